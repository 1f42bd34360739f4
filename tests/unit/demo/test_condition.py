"""The demo tells of health by what `/readyz` and `/healthz` answer, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.demo._condition import Condition, Looks
from ninefold.demo._story import Story
from ninefold.testing import faults


@pytest.fixture
def service() -> Iterator[nf.Service]:
    """A service that tells who asks from this machine all that it knows."""
    service = nf.setup("shop", environment="development")
    yield service
    service.shutdown()


def read(service: nf.Service) -> Condition:
    """What it answers now."""
    ready = service.health.answer("/readyz")
    told = service.health.answer("/healthz", "verbose", is_local=True)
    assert ready is not None
    assert told is not None
    condition = Condition.read(ready.status, told.status, told.body.decode())
    assert condition is not None
    return condition


def test_what_is_told_is_what_a_service_answered(service: nf.Service) -> None:
    """Its readiness, its status and each dependency's, with remarks and the reason."""
    stock = service.dependency(
        "stock", kind="http", policy=nf.Policy(breaker=nf.Breaker(min_calls=3, open_for=60))
    )
    ask = stock.guard(lambda: "fresh")
    with faults.fail(stock):
        for _ in range(4):
            with pytest.raises(Exception):  # noqa: B017 - whatever it is, it is the fault's
                ask()
    # A view is shown for a second; calls are evidence for a minute.
    eventually(lambda: read(service).status == "DOWN")
    condition = read(service)
    assert condition == Condition(
        200,
        "DOWN",
        ("fail-open",),
        {"stock": ("down (passive)", "its breaker lets no call pass")},
    )
    assert str(condition) == "/readyz 200, /healthz DOWN (fail-open)"


@pytest.mark.parametrize(
    ("ready", "code", "body"),
    [
        (404, 404, "not found"),
        (200, 404, '{"status": "UP"}'),
        (200, 200, "<html>"),
        (200, 200, "[]"),
        (200, 200, "{}"),
        (200, 200, '{"status": "UP", "checks": {"stock": []}}'),
        (200, 200, '{"status": "UP", "checks": {"stock": [{}]}}'),
    ],
)
def test_who_does_not_answer_for_health_is_not_told_of(ready: int, code: int, body: str) -> None:
    """It may be switched off, or be another's route."""
    assert Condition.read(ready, code, body) is None
    looks, story = Looks(), Story()
    looks.take(None)
    story.see(1, "shop", None)
    assert (looks.summary("shop"), story.lines) == ([], [])


def test_only_changes_are_told() -> None:
    """Of a dependency with the reason, and of the service; how it begins is no change."""
    well = Condition(200, "UP", (), {"stock": ("up", "")})
    ill = Condition(200, "DOWN", ("fail-open",), {"stock": ("down (passive)", "calls to it fail")})
    story = Story()
    for elapsed, condition in enumerate((well, well, ill, ill, None, well)):
        story.see(elapsed, "shop", condition)
    assert story.lines == [
        "   2 s  shop: stock is down (passive): calls to it fail",
        "   2 s  shop: /readyz 200, /healthz DOWN (fail-open)",
        "   5 s  shop: stock is up",
        "   5 s  shop: /readyz 200, /healthz UP",
    ]


def test_all_looks_are_counted() -> None:
    """How it is now, then how often it was how."""
    looks = Looks()
    for condition in (
        Condition(503, "STARTING"),
        Condition(200, "UP"),
        Condition(200, "DOWN", ("fail-open",)),
        None,
        Condition(200, "UP"),
    ):
        looks.take(condition)
    assert looks.summary("shop") == [
        "shop       /readyz 200, /healthz UP",
        (
            "           so far /readyz 200 in 3 looks, 503 in 1 looks;"
            " /healthz UP in 2, STARTING in 1, DOWN in 1"
        ),
    ]
