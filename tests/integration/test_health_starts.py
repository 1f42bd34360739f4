"""A service has started once its server listens, and not as soon as the admin port answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.net import LOOPBACK, free_port, http, is_listening
from tests.support.process import Process
from tests.support.waiting import eventually


def test_an_application_that_takes_its_time_is_not_ready_before(
    keep: Callable[[Process], Process], tmp_path: Path
) -> None:
    """Neither `/startupz` nor `/readyz` says so, whether it blocks the loop meanwhile or waits."""
    admin, port = free_port(), free_port()
    command = ["-m", "uvicorn", "tests.integration.apps.health_starts:app", "--port", str(port)]
    env = {"NINEFOLD_ADMIN": f"{LOOPBACK}:{admin}", "TOLD": str(tmp_path)}
    keep(Process("uvicorn", [sys.executable, *command], log=tmp_path / "server.log", env=env))

    def statuses() -> list[int]:
        paths = ("/startupz", "/readyz", "/livez")
        return [http(f"http://{LOOPBACK}:{admin}{path}").status for path in paths]

    assert eventually(statuses, within=60) == [503, 503, 200]
    assert json.loads(http(f"http://{LOOPBACK}:{admin}/readyz").body)["status"] == "STARTING"
    (tmp_path / "awaits").touch()
    assert statuses() == [503, 503, 200]
    assert not is_listening(port)
    (tmp_path / "starts").touch()
    eventually(lambda: is_listening(port) and statuses() == [200, 200, 200])
