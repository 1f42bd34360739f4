"""The manifest for Kubernetes: its numbers fit ninefold's, and its hook drains a real service."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.net import LOOPBACK, free_port, http
from tests.support.process import ROOT, Process
from tests.support.waiting import eventually

from ninefold.config import Settings, load
from ninefold.health import PATHS, Patience
from ninefold.health._schedule import JITTER, SOON

MANIFEST = Path(ROOT, "examples", "kubernetes", "deployment.yaml")
PAGE = Path(ROOT, "docs", "how-to", "kubernetes.md")
TOKEN = "a-token-of-the-test"

SERVICE = """
import threading
import ninefold as nf
service = nf.setup("checkout")
service.dependency("postgres", kind="db", check=lambda: True)
service.start()
threading.Event().wait()
"""


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    """The pod of the manifest."""
    document = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    spec: dict[str, Any] = document["spec"]["template"]
    return spec


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    """Its one container."""
    (only,) = pod["spec"]["containers"]
    held: dict[str, Any] = only
    return held


@pytest.fixture(scope="module")
def defaults() -> Settings:
    """What holds where nothing is said."""
    return load(code={}, environ={}, start=MANIFEST.parent)


def patience(probe: dict[str, Any]) -> int:
    """Seconds of failing after which the kubelet acts on it."""
    seconds: int = probe["failureThreshold"] * probe["periodSeconds"]
    return seconds


def slept(container: dict[str, Any]) -> int:
    """Seconds that the hook waits for load balancers."""
    (found,) = re.findall(r"time\.sleep\((\d+)\)", hook(container)[-1])
    return int(found)


def hook(container: dict[str, Any]) -> list[str]:
    """The preStop hook's command."""
    command: list[str] = container["lifecycle"]["preStop"]["exec"]["command"]
    return command


def test_every_probe_asks_its_path_on_the_admin_port(container: dict[str, Any]) -> None:
    """The application's own port does not answer while its loop is blocked; the admin port does."""
    asked = {
        kind: (container[kind]["httpGet"]["path"], container[kind]["httpGet"]["port"])
        for kind in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert asked == {
        "startupProbe": ("/startupz", "admin"),
        "readinessProbe": ("/readyz", "admin"),
        "livenessProbe": ("/livez", "admin"),
    }
    assert {path for path, _ in asked.values()} <= set(PATHS)


def test_addresses_agree(
    pod: dict[str, Any], container: dict[str, Any], defaults: Settings
) -> None:
    """The port that ninefold is told, the pod's and Prometheus's are one."""
    values = {each["name"]: each.get("value") for each in container["env"]}
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    annotations = pod["metadata"]["annotations"]
    assert values["NINEFOLD_ADMIN"] == f"0.0.0.0:{ports['admin']}"
    assert annotations["prometheus.io/port"] == str(ports["admin"])
    assert annotations["prometheus.io/path"] == defaults.metrics_path
    assert values["NINEFOLD_ADMIN_TOKEN"] is None  # from a secret


def test_a_start_may_take_longer_than_the_gate_is_closed(
    container: dict[str, Any], defaults: Settings
) -> None:
    """Who waits for a shared dependency until the deadline must not be restarted at it."""
    assert patience(container["startupProbe"]) >= 2 * defaults.start_deadline


def test_nothing_is_restarted_sooner_than_its_heartbeat_is_missed(
    container: dict[str, Any], defaults: Settings
) -> None:
    """A process that gives no answer has as long as one whose loop is blocked."""
    assert patience(container["livenessProbe"]) >= defaults.heartbeat_timeout


def test_one_lost_answer_takes_nobody_away(container: dict[str, Any]) -> None:
    """What /readyz says is confirmed already; only that it was not heard is forgiven, once."""
    ready = container["readinessProbe"]
    assert ready["failureThreshold"] == 2
    believed = Patience()
    wait = (1 + JITTER) * believed.period
    again = (believed.fail_after - 1) * (1 + JITTER) * SOON
    refused = wait + again
    silent = refused + believed.fail_after * believed.patience
    told = PAGE.read_text(encoding="utf-8")
    for seconds in (refused, silent, silent + patience(ready)):
        assert f"{seconds:.1f} s" in told


def test_all_that_ends_fits_the_grace_period(
    pod: dict[str, Any], container: dict[str, Any], defaults: Settings
) -> None:
    """Hook, last requests and last export together end before the kubelet kills."""
    command = container["command"]
    requests = int(command[command.index("--timeout-graceful-shutdown") + 1])
    needed = slept(container) + requests + defaults.shutdown_timeout
    assert needed < pod["spec"]["terminationGracePeriodSeconds"]


def test_the_hook_waits_until_who_asks_readyz_has_heard(container: dict[str, Any]) -> None:
    """A load balancer that asks as often as the kubelet has believed it before SIGTERM."""
    assert slept(container) >= patience(container["readinessProbe"])


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The admin port of a running service, which wants the token."""
    port = free_port()
    env = {"NINEFOLD_ADMIN": f"{LOOPBACK}:{port}", "NINEFOLD_ADMIN_TOKEN": TOKEN}
    command = [sys.executable, "-c", SERVICE]
    with Process("checkout", command, log=tmp_path / "service.log", env=env) as service:
        service.wait_until(lambda: http(f"http://{LOOPBACK}:{port}/readyz").status == 200)
        yield port


def environment(port: int, token: str) -> dict[str, str]:
    """What the hook finds in its container, whose `python` is here the one that runs this."""
    return {
        "NINEFOLD_ADMIN": f"0.0.0.0:{port}",
        "NINEFOLD_ADMIN_TOKEN": token,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }


def test_the_hook_as_written_drains_and_waits(
    container: dict[str, Any], port: int, tmp_path: Path
) -> None:
    """Run as the kubelet runs it: not ready at once, and live; then it waits for the others."""
    env = environment(port, TOKEN)
    ready = f"http://{LOOPBACK}:{port}/readyz"
    with Process("preStop", hook(container), log=tmp_path / "hook.log", env=env) as running:
        running.wait_until(lambda: http(ready).status == 503)
        assert running.status is None, running.log
    assert http(ready).text == '{"status":"DRAINING"}'
    assert http(f"http://{LOOPBACK}:{port}/livez").status == 200


def test_a_hook_that_may_not_drain_waits_all_the_same_and_tells(
    container: dict[str, Any], port: int, tmp_path: Path
) -> None:
    """With a wrong token it still gives load balancers their time, and fails, which is an event."""
    *start, script = hook(container)
    told = script.replace(f"time.sleep({slept(container)})", "print('slept', flush=True)")
    assert told != script
    env = environment(port, "another-token")
    with Process("preStop", [*start, told], log=tmp_path / "hook.log", env=env) as running:
        eventually(lambda: running.status is not None)
        assert running.status == 1
        assert "slept" in running.log
        assert "401" in running.log
    assert http(f"http://{LOOPBACK}:{port}/readyz").status == 200
