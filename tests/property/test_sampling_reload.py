"""Sampling that changes under traffic: no half of two, no count lost, nothing unlearnt."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ninefold as nf
from ninefold.registry import SAMPLING_DECISIONS
from ninefold.sampling import Head, Sampling
from ninefold.testing import CapturedTelemetry

ONE = nf.Sampling(
    default=1.0,
    parent="ignore",
    target_per_s=None,
    rules=[nf.Rule(path="/a", rate=1.0, name="a"), nf.Rule(path="/*", drop=True, name="rest")],
)
OTHER = nf.Sampling(
    default=0.0,
    parent="respect",
    target_per_s=None,
    rules=[nf.Rule(path="/a", drop=True, name="b"), nf.Rule(path="/*", rate=1.0, name="more")],
)
DECISIONS = {
    # path, whether a caller dropped it: what each of the two says of it.
    ("/a", False): {("a", True), ("b", False)},
    ("/b", False): {("rest", False), ("more", True)},
    ("", False): {("default", True), ("default", False)},
    ("/a", True): {("a", True), ("parent", False)},
}
DROPPED = [(b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")]
RELOADS = 1000
THREADS = 2


class _Request:
    sampled_method = "GET"
    sampled_kind = "server"
    sampled_attributes: dict[str, object] = {}  # noqa: RUF012 - one for all, and never changed

    def __init__(self, path: str) -> None:
        self.sampled_path = path or None

    def span_name(self) -> str:
        return "GET"

    def span_attributes(self) -> dict[str, object]:
        return {}


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often", "limited")
def test_a_thousand_reloads_under_traffic_lose_and_mix_nothing(
    telemetry: CapturedTelemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request is decided on by one of the two; what was decided is what is counted."""
    # Else each reload reads this repository's pyproject.toml.
    monkeypatch.setenv("NINEFOLD_CONFIG", os.devnull)
    service = nf.setup("shop", sampling=ONE)
    telemetry.capture(service, sampled=True)
    begin, ended = service.tracing.begin, threading.Event()
    kept: list[Counter[tuple[tuple[str, bool], bool]]] = []

    def ask(seed: int, found: Counter[tuple[tuple[str, bool], bool]]) -> None:
        draw = random.Random(seed)
        while not ended.is_set():
            case = draw.choice(list(DECISIONS))
            began = begin(DROPPED if case[1] else [], _Request(case[0]))  # type: ignore[arg-type]
            assert began is not None
            found[case, began.span is not None] += 1
            began.end()

    threads = []
    for seed in range(THREADS):
        kept.append(Counter())
        threads.append(threading.Thread(target=ask, args=[seed, kept[-1]]))
        threads[-1].start()
    for number in range(RELOADS):
        service.reload(sampling=OTHER if number % 2 == 0 else ONE)
    ended.set()
    for thread in threads:
        thread.join()

    asked = sum(kept, Counter())
    counted = {
        (str(at["ninefold.sampling.rule"]), at["ninefold.sampling.decision"] == "kept"): point.value  # type: ignore[union-attr]
        for point in telemetry.points(SAMPLING_DECISIONS.name)
        for at in [point.attributes or {}]
    }
    assert set(counted) <= set().union(*DECISIONS.values())
    assert sum(counted.values()) == sum(asked.values()) > 0
    # Names tell who decided: what each of them kept and dropped is what its requests saw.
    assert counted.get(("b", False), 0) == asked[("/a", False), False]
    assert counted.get(("rest", False), 0) == asked[("/b", False), False]
    assert counted.get(("more", True), 0) == asked[("/b", False), True]
    assert counted.get(("parent", False), 0) == asked[("/a", True), False]
    assert counted.get(("a", True), 0) == asked[("/a", False), True] + asked[("/a", True), True]
    assert len(telemetry.spans) == sum(n for (_, was_kept), n in asked.items() if was_kept)
    assert telemetry.value("ninefold.telemetry.dropped") == 0


class _Second:
    """A clock by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _kept(head: Head, clock: _Second, load: int, seconds: int, draw: random.Random) -> int:
    kept = 0
    for _ in range(load * seconds):
        clock.now += 1 / load
        kept += head.decide(draw.getrandbits(128), None, None, _ANY)[0]
    return kept


class _Any:
    sampled_path = "/search"
    sampled_method = "GET"
    sampled_kind = "server"
    sampled_attributes: dict[str, object] = {}  # noqa: RUF012 - as above


_ANY = _Any()


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.booleans())
def test_rates_know_after_a_reload_what_load_to_expect(seed: int, by_rule: bool) -> None:
    """With the same target nothing is to be noticed; who forgot would keep a burst each time."""
    clock, draw, load = _Second(), random.Random(seed), 300

    def sampling(other: float) -> Sampling:
        if by_rule:
            rules = [nf.Rule(path="/other", rate=other), nf.Rule(path="/search", per_second=10)]
            return Sampling(rules=rules, target_per_s=None)
        return Sampling(target_per_s=10, rules=[nf.Rule(path="/other", rate=other)])

    head = Head(sampling(0.5), clock)
    _kept(head, clock, load, 3, draw)
    kept = 0
    for number in range(10):
        head = Head(sampling(number / 10), clock, before=head)
        kept += _kept(head, clock, load, 1, draw)
    assert abs(kept - 100) <= 6 * 10


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_another_target_is_met_without_a_burst(seed: int) -> None:
    """What load there is does not depend on how much of it is wanted."""
    clock, draw = _Second(), random.Random(seed)
    head = Head(Sampling(target_per_s=50), clock)
    _kept(head, clock, 1000, 5, draw)
    head = Head(Sampling(target_per_s=10), clock, before=head)
    assert abs(_kept(head, clock, 1000, 5, draw) - 50) <= 6 * 50**0.5


def test_rules_of_one_name_keep_rates_of_their_own() -> None:
    """The first is the first again; they do not share one."""
    clock, draw = _Second(), random.Random(3)
    rules = [
        nf.Rule(path="/search", per_second=10, name="same"),
        nf.Rule(path="/other", per_second=10, name="same"),
    ]
    head = Head(Sampling(rules=rules), clock)
    _kept(head, clock, 1000, 5, draw)
    head = Head(Sampling(rules=rules, default=0.5), clock, before=head)
    first, second = (each.rate for each in head._judged)
    assert first is not second
    assert abs(_kept(head, clock, 1000, 10, draw) - 100) <= 60


def test_a_reload_gives_a_forger_no_new_room() -> None:
    """The guard remembers what was kept before it."""
    clock = _Second()
    head = Head(Sampling(parent=nf.cap(0.05)), clock)
    forged = "rv:ffffffffffffff"
    kept = 0
    for number in range(2000):
        if number % 10 == 0:
            head = Head(Sampling(parent=nf.cap(0.05)), clock, before=head)
        kept += head.decide(7, True, forged)[0]
    assert kept <= 155
