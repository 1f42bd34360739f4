"""`import ninefold` is cheap and quiet: it loads next to nothing and starts nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

UNWANTED = {
    "SDK": ("opentelemetry.sdk",),
    "exporter": ("opentelemetry.exporter", "grpc", "google.protobuf", "prometheus_client"),
    "framework": (
        "celery",
        "fastapi",
        "flask",
        "httpx",
        "psycopg",
        "redis",
        "requests",
        "sqlalchemy",
        "starlette",
    ),
    "YAML": ("yaml",),
    "command line": ("click", "grafana_foundation_sdk", "promql_parser", "rich", "ninefold.cli"),
    "part of ours": ("ninefold.demo", "ninefold.integrations", "ninefold.testing"),
}


def _after(code: str) -> list[str]:
    """What is in sys.modules of a new interpreter after this code; the last line prints it."""
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    """Modules loaded by `import ninefold` beyond those that an idle interpreter has."""
    return sorted(set(_after("import ninefold")) - set(_after("pass")))


@pytest.mark.parametrize("kind", UNWANTED)
def test_import_loads_no(kind: str, loaded: list[str]) -> None:
    """Who imports ninefold pays for none of this before it is used."""
    found = [
        name
        for name in loaded
        for unwanted in UNWANTED[kind]
        if name == unwanted or name.startswith(f"{unwanted}.")
    ]
    assert found == []


def test_import_starts_nothing() -> None:
    """No thread, no signal handler and no open file or socket comes with the import."""
    code = """
import os, signal, sys, threading
def state():
    files = sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else []
    return threading.active_count(), signal.getsignal(signal.SIGTERM), len(files)
before = state()
import ninefold
assert state() == before, (before, state())
"""
    _after(code)


def test_setup_without_files_of_objectives_loads_no_yaml() -> None:
    """PyYAML is slow to import, and only documents need it."""
    loaded = _after('import ninefold as nf; nf.setup("shop").shutdown()')
    assert [name for name in loaded if name == "yaml" or name.startswith("ninefold.slo")] == []


HEAVY = ("asyncio", "concurrent.futures", "http.client", "ssl")
"""Modules that one check or another needs, and who checks a function does not."""


@pytest.mark.parametrize(
    ("used", "allowed"),
    [
        ("nf.Health()", ()),
        ('nf.Health().add("pool", lambda: True)', ()),
        ('nf.Health().add("disk", nf.checks.disk("/"))', ()),
        ('nf.checks.tcp("db.internal", 5432)', ("ssl",)),
        ('nf.checks.http("https://psp.example/ping")', ("http.client", "ssl")),
    ],
)
def test_health_loads_what_its_checks_need_and_no_more(used: str, allowed: tuple[str, ...]) -> None:
    """Whatever the rest has loaded already: it is taken away before, and must not come again."""
    loaded = _after(
        f"""
import sys
import ninefold as nf
import ninefold.telemetry
for name in list(sys.modules):
    if name.startswith({HEAVY}):
        del sys.modules[name]
assert "ninefold.health" not in sys.modules
{used}
assert "ninefold.health" in sys.modules
"""
    )
    assert [name for name in HEAVY if name in loaded and name not in allowed] == []


def test_a_service_with_checks_loads_no_event_loop_and_no_client() -> None:
    """Set-up, a dependency with a check and an answer, of a service that is not async."""
    loaded = _after(
        """
import ninefold as nf
service = nf.setup("shop")
service.dependency("stock-db", kind="db", check=lambda: True)
assert service.health.answer("/livez").status == 200
service.shutdown()
"""
    )
    clients = ("asyncio", "celery", "httpx", "psycopg", "redis", "requests", "sqlalchemy")
    assert [name for name in clients if name in loaded] == []
    checks = [name for name in loaded if name.startswith("ninefold.health.checks.")]
    assert checks == ["ninefold.health.checks._function"]
