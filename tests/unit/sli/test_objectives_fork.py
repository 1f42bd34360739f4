"""A forked child counts its own events, from zero."""

from __future__ import annotations

import os

import pytest
from tests.support.child import run

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="by design: this platform does not fork"
)

PROGRAM = """
import os, sys
import ninefold as nf
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

async def a(request):
    return PlainTextResponse("a")

service = nf.setup("forks", prometheus=True, workers="off")
service.objective("a", nf.availability(route="/a", target=0.9))
service.objective("quick", nf.latency(route="/a", threshold=60, target=0.9))
app = service.instrument(Starlette(routes=[Route("/a", a)]))

def serve(times):
    with TestClient(app) as client:
        for _ in range(times):
            client.get("/a")
        lines = client.get("/metrics").text.splitlines()
    found = [line for line in lines if line.startswith("ninefold_sli_events_total")]
    return sorted(line.partition("total")[2] for line in found)

print("parent", serve(3))
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    print("child", serve(0), serve(2))
    sys.stdout.flush()
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
print("parent", serve(1))
"""


def series(good: int) -> list[str]:
    """Both objectives with so many good events and no bad one."""
    return [
        f'{{ninefold_outcome="{outcome}",ninefold_slo_name="{name}"}} {value}'
        for outcome, value in (("bad", 0.0), ("good", float(good)))
        for name in ("a", "quick")
    ]


def test_a_child_begins_at_zero_and_the_parent_goes_on() -> None:
    """Both series are there in the child too; nothing is told twice, and nothing is lost."""
    told = run(PROGRAM).splitlines()
    assert told == [
        f"parent {series(3)}",
        f"child {series(0)} {series(2)}",
        f"parent {series(4)}",
    ]
