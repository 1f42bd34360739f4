"""A service that tells how it is: its database goes away and comes back, its disk fills up.

Both stand-ins are on loopback. The database is shared, so the service says DOWN and stays ready;
the disk is this instance's own, so it is not ready. Intervals are short, so that nobody waits.
"""

from __future__ import annotations

import json
import logging
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import ninefold as nf

TOKEN = "an-example-token"

free = 0.4
database = socket.create_server(("127.0.0.1", 0))
address = database.getsockname()

service = nf.setup("checkout", owner="payments", admin="127.0.0.1:0", admin_token=TOKEN)


def spool() -> nf.checks.Finding:
    return nf.checks.Finding("up" if free > 0.05 else "down", f"{free:.0%} free")


service.dependency(
    "postgres",
    kind="db",
    check=nf.checks.tcp(*address),
    interval=0.1,
    owner="storage",
    runbook="https://runbooks.example/postgres",
)
service.dependency("spool", kind="storage", check=spool, scope="local", interval=0.1)


def ask(path: str, method: str = "GET") -> tuple[int, dict[str, object]]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(
        f"http://{service.admin_address}{path}",
        method=method,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it never did"
        time.sleep(0.02)


def becomes(status: str, ready: int) -> None:
    eventually(lambda: (ask("/healthz")[1]["status"], ask("/readyz")[0]) == (status, ready))
    print(f"{status}, /readyz {ready}, /livez {ask('/livez')[0]}")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    service.start()
    eventually(lambda: service.admin_address is not None)
    becomes("UP", ready=200)

    database.close()
    becomes("DOWN", ready=200)
    print(json.dumps(ask("/healthz")[1], indent=2))

    database = socket.create_server(address)
    becomes("UP", ready=200)

    free = 0.01
    becomes("DOWN", ready=503)
    free = 0.4
    becomes("UP", ready=200)

    assert ask("/drainz", method="POST")[0] == 200
    becomes("DRAINING", ready=503)
    database.close()
    service.shutdown()
