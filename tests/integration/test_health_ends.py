"""A process that was told to end is not ready, and alive, while its last requests end."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import servers
from tests.support.net import LOOPBACK, Answer, free_port, http
from tests.support.process import Process
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="by design: Windows ends a process without asking it"
)

APPS = "tests.integration.apps"
ASGI = f"{APPS}.health_workers_asgi:app"
SERVERS: dict[str, Callable[[int], list[str]]] = {
    "uvicorn": lambda port: ["-m", "uvicorn", ASGI, "--port", str(port)],
    "uvicorn --lifespan off": lambda port: [
        *("-m", "uvicorn", ASGI, "--port", str(port), "--lifespan", "off"),
    ],
    "wsgiref": lambda port: ["-m", f"{APPS}.health_wsgiref", str(port)],
}


@pytest.mark.parametrize("name", SERVERS)
def test_it_is_not_ready_while_the_last_requests_end(
    name: str, keep: Callable[[Process], Process], tmp_path: Path
) -> None:
    """Whose the handler of SIGTERM is: the server's, or ours where there is none."""
    admin = free_port()
    server = servers.command(
        SERVERS[name],
        log=tmp_path / "server.log",
        # Ours ends the process once that time has passed, whatever is under way.
        env={
            "NINEFOLD_ADMIN": f"{LOOPBACK}:{admin}",
            "NINEFOLD_SHUTDOWN_TIMEOUT": "60",
            "TOLD": str(tmp_path),
        },
    )
    keep(server.process)
    pid = int(json.loads(server.request("/").body)["pid"])
    ready, alive = f"http://{LOOPBACK}:{admin}/readyz", f"http://{LOOPBACK}:{admin}/livez"
    eventually(lambda: http(ready).status == 200, within=60, wanted="it is ready")
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(server.request(f"/waits/{pid}")))
    asking.start()
    eventually(lambda: (tmp_path / f"waited-{pid}").exists(), wanted="a request is under way")

    os.kill(pid, signal.SIGTERM)
    eventually(lambda: http(ready).status == 503, wanted="it drains")
    assert json.loads(http(ready).body)["status"] == "DRAINING"
    assert http(alive).status == 200
    (tmp_path / "go").touch()
    asking.join()
    eventually(lambda: server.process.status is not None, wanted="it ends")
    assert [answer.status for answer in answers] == [200]
