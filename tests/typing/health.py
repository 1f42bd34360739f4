"""What a type checker knows of health and its checks, and what it must refuse.

Each `type: ignore` stands on a line that must not type-check: mypy reports one that is not needed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import assert_type

import ninefold as nf
from ninefold.health import Answer, Calls, Check, Finding, Judged, Overall


def look(timeout: float) -> Finding:
    """A check that tells more than yes or no."""
    return Finding("degraded", f"half of the shards, within {timeout} s")


async def ask() -> bool:
    """An async one."""
    return True


class Own:
    """A check is whatever has such a method."""

    def run(self, timeout: float, /) -> Finding:
        """Look."""
        return look(timeout)


def a_dependency_is_declared_with_its_check(service: nf.Service, pool: ThreadPoolExecutor) -> None:
    """One of `nf.checks`, a function, an object of one's own, or one for each replica."""
    psp = service.dependency("psp", kind="http", check=nf.checks.http("https://psp.example/ping"))
    assert_type(psp, nf.Dependency)
    assert_type(psp.health, Judged)
    assert_type(psp.calls(), Calls)
    assert_type(psp.has_fallback, bool)
    service.dependency("search", kind="other", check=look, role="optional", scope="local")
    service.dependency("cart", kind="rpc", check=ask, interval=timedelta(seconds=5), rto=60)
    service.dependency("stock", kind="db", check=Own(), upstreams=["psp"], latency_budget=0.2)
    replicas = [nf.checks.tcp("a.internal", 5432), nf.checks.tcp("b.internal", 5432)]
    service.dependency("orders-db", kind="db", check=replicas, quorum=1)
    service.dependency("pool", kind="other", check=nf.checks.thread_pool(pool))
    service.dependency("psp", kind="http", role="vital")  # type: ignore[arg-type]
    service.dependency("psp", kind="http", scope="global")  # type: ignore[arg-type]
    service.dependency("psp", kind="http", interval="5s")  # type: ignore[arg-type]
    service.dependency("psp", kind="http", chek=look)  # type: ignore[call-arg]


def health_stands_alone(health: nf.Health) -> None:
    """With the same words, and answers for frameworks of one's own."""
    health.add("disk", nf.checks.disk("/"), role="optional", scope="local")
    assert_type(health.answer("/readyz"), Answer | None)
    assert_type(health.overall(), Overall)
    assert_type(health.overall().ready, bool)
    health.add("disk")  # type: ignore[call-arg]
    health.add("disk", look, fail_after="3")  # type: ignore[arg-type]
    nf.Health(startup="never")  # type: ignore[arg-type]


def a_check_can_be_handed_on() -> list[Check]:
    """Each of `nf.checks` gives one."""
    nf.checks.http("https://psp.example/ping", timeout=3)  # type: ignore[call-arg]
    nf.checks.tcp("db.internal", "5432")  # type: ignore[arg-type]
    nf.checks.function(lambda: "well")  # type: ignore[arg-type]
    nf.checks.Finding("fine")  # type: ignore[arg-type]
    return [
        nf.checks.dns("db.internal"),
        nf.checks.function(look),
        nf.checks.http("https://psp.example/ping", expect=(200, 204)),
        nf.checks.memory(),
        nf.checks.tcp("db.internal", 5432),
        nf.checks.tls("db.internal", 5432),
        Own(),
    ]
