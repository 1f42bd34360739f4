"""The admin port under real servers: while the loop is blocked, and when its worker is killed."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support import servers
from tests.support.net import LOOPBACK, free_port, http
from tests.support.process import Process
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="by design: these servers fork, or end by a signal"
)
FLASK = "tests.integration.apps.admin_flask"
CONFIG = f"""
def post_worker_init(worker):
    from {FLASK} import service

    service.start()
"""


def instance(port: int) -> str:
    """The `service.instance.id` of the process that answers there."""
    text = http(f"http://{LOOPBACK}:{port}/metrics").text
    found = re.search(r'service_instance_id="([^"]+)"', text)
    assert found is not None
    return found[1]


def blocked(server: servers.Server) -> threading.Thread:
    """Ask for what is never answered, on a thread that ends when the server does."""

    def ask() -> None:
        with suppress(OSError):
            http(f"http://{server.target}/blocks", timeout=60)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    return asking


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["loaded by workers", "preloaded"])
@pytest.mark.parametrize("disabled", ["false", "true"], ids=["measured", "OTEL_SDK_DISABLED"])
def test_under_gunicorn_it_answers_before_the_first_request(
    tmp_path: Path, preload: list[str], disabled: str
) -> None:
    """Without a hook of the deployment's; one that it has is called all the same."""
    if importlib.util.find_spec("gunicorn") is None:
        pytest.skip("gunicorn is not installed (dependency group `components`)")
    port, admin = free_port(), free_port()
    config = tmp_path / "gunicorn.conf.py"
    config.write_text("def post_worker_init(worker):\n    print('the own hook', flush=True)\n")
    command = ["-m", "gunicorn", "--config", str(config), "-k", "gthread", *preload]
    process = Process(
        "gunicorn",
        [sys.executable, *command, "--bind", f"{LOOPBACK}:{port}", f"{FLASK}:app"],
        log=tmp_path / "gunicorn.log",
        env={"NINEFOLD_ADMIN": f"{LOOPBACK}:{admin}", "OTEL_SDK_DISABLED": disabled},
    )
    try:
        eventually(lambda: http(f"http://{LOOPBACK}:{admin}/readyz").status == 200, within=30)
        assert process.log.count("the own hook") == 1
    finally:
        process.stop()


def test_it_answers_before_the_first_request_and_while_the_loop_is_blocked(
    serve_asgi: servers.Serve,
) -> None:
    """From lifespan start-up on; and the request that blocks everything is seen as active."""
    port = free_port()
    server = serve_asgi("tests.integration.apps.admin_asgi:app", NINEFOLD_ADMIN=f":{port}")
    url = f"http://{LOOPBACK}:{port}/metrics"
    eventually(lambda: "process_cpu_time" in http(url).text)

    blocking = blocked(server)
    active = re.compile(r"^http_server_active_requests\{.*\} 1\.0$", re.MULTILINE)
    eventually(lambda: active.search(http(url).text))
    lag = re.search(r"event_loop_lag_seconds (\S+)", http(url).text)
    assert lag is not None
    server.process.stop(signal.SIGKILL)
    blocking.join()


def test_it_answers_while_the_only_thread_of_a_pool_is_busy(
    keep: Callable[[Process], Process], tmp_path: Path
) -> None:
    """A scrape needs no thread of the application's."""
    if importlib.util.find_spec("gunicorn") is None:
        pytest.skip("gunicorn is not installed (dependency group `components`)")
    port = free_port()
    command = ["-m", "gunicorn", "-k", "gthread", "--threads", "1", "--workers", "1"]
    server = servers.command(
        lambda at: [*command, "--bind", f"{LOOPBACK}:{at}", f"{FLASK}:app"],
        log=tmp_path / "gunicorn.log",
        env={"NINEFOLD_ADMIN": f"{LOOPBACK}:{port}"},
    )
    keep(server.process)
    worker = int(http(f"http://{server.target}/", timeout=60).text)

    busy = blocked(server)
    active = re.compile(r"^http_server_active_requests\{.*\} 1\.0$", re.MULTILINE)
    eventually(lambda: active.search(http(f"http://{LOOPBACK}:{port}/metrics").text))
    # The pool is full: whatever the application is asked waits.
    with pytest.raises(OSError, match="timed out"):
        http(f"http://{server.target}/", timeout=1)
    assert http(f"http://{LOOPBACK}:{port}/metrics").status == 200
    server.process.stop(signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    busy.join()


@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["each loads", "preloaded"])
def test_a_worker_takes_the_port_over_when_the_one_that_has_it_is_killed(
    preload: tuple[str, ...], keep: Callable[[Process], Process], tmp_path: Path
) -> None:
    """One worker of two has it before any traffic; after its SIGKILL another one, and no warning.

    Never the master, which serves nothing.
    """
    if importlib.util.find_spec("gunicorn") is None:
        pytest.skip("gunicorn is not installed (dependency group `components`)")
    port = free_port()
    config = tmp_path / "gunicorn.conf.py"
    config.write_text(CONFIG)
    command = ["-m", "gunicorn", "--config", str(config), "--workers", "2", *preload]
    server = servers.command(
        lambda at: [*command, "--bind", f"{LOOPBACK}:{at}", f"{FLASK}:app"],
        log=tmp_path / "gunicorn.log",
        # Who answers is told by its instance, which is nobody's where one answers for all.
        env={"NINEFOLD_ADMIN": f"{LOOPBACK}:{port}", "NINEFOLD_WORKERS": "off"},
    )
    keep(server.process)
    first = eventually(lambda: instance(port))
    assert {instance(port) for _ in range(5)} == {first}
    binder = listener_of(port)
    assert binder != server.process.pid
    eventually(lambda: server.process.log.count("Booting worker") == 2)
    # The master would start another worker, which might be the quicker one.
    os.kill(server.process.pid, signal.SIGSTOP)
    os.kill(binder, signal.SIGKILL)
    second = eventually(lambda: (now := instance(port)) != first and now)
    assert {instance(port) for _ in range(5)} == {second}
    assert listener_of(port) not in (binder, server.process.pid)
    assert server.request("/").status == 200
    os.kill(server.process.pid, signal.SIGCONT)
    assert "admin port" not in server.process.log


def listener_of(port: int) -> int:
    """The one process that has a listening socket of this port open, as Linux tells."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("by design: only Linux tells who listens")
    wanted = f":{port:04X}"
    sockets = {
        parts[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (parts := line.split())[1].endswith(wanted) and parts[3] == "0A"
    }
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if any(os.readlink(link) == f"socket:[{inode}]" for inode in sockets):
                found.add(int(link.parts[2]))
    [pid] = found
    return pid


def test_a_forked_child_neither_keeps_the_port_nor_closes_it(
    keep: Callable[[Process], Process], tmp_path: Path
) -> None:
    """The child of the process that has the port takes it over when that process is killed.

    Until then the parent answers; a child that inherited the socket would answer nobody for ever.
    """
    port = free_port()
    code = """
import os, sys, time
import ninefold as nf
service = nf.setup("forks")
service.start()
while service.admin_address is None:
    time.sleep(0.01)
if os.fork() == 0:
    assert service.admin_address is None
    os.setsid()
    service.start()
    sys.stdout.write(f"child {os.getpid()}\\n")
    sys.stdout.flush()
time.sleep(600)
"""
    env = {
        "NINEFOLD_ADMIN": f"{LOOPBACK}:{port}",
        "NINEFOLD_WORKERS": "off",
        "PYTHONPATH": "src",
    }
    parent = keep(Process("parent", [sys.executable, "-c", code], log=tmp_path / "log", env=env))
    child = int(eventually(lambda: re.search(r"child (\d+)\n", parent.log), within=60)[1])
    try:
        first = eventually(lambda: instance(port))
        assert listener_of(port) == parent.pid
        parent.stop(signal.SIGKILL)
        assert eventually(lambda: instance(port)) != first
        assert listener_of(port) == child
    finally:
        os.kill(child, signal.SIGKILL)
