"""A check is never probed twice at once, and neither too often nor too seldom."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ninefold.health import Patience
from ninefold.health._schedule import GRACE, JITTER, SOON, Agenda, Rhythm, first_due

# A probe's end, in seconds after its start; in half of them within the shortest timeout.
took = st.one_of(st.floats(0.0, 0.09), st.floats(0.0, 40.0))


@dataclass(frozen=True)
class Answer:
    """How one probe goes: how long it takes, and whether it leaves its change unconfirmed."""

    took: float
    unconfirmed: bool


answers = st.lists(st.builds(Answer, took, st.booleans()), min_size=1, max_size=40)
patience = st.builds(Patience, interval=st.floats(1.5, 60.0), timeout=st.floats(0.1, 10.0))
NEARLY = 1e-6


@dataclass
class Played:
    """What came of it: when probes began and ended, and when anything was told."""

    begun: list[float]
    ended: list[float]
    told: list[tuple[float, str]]


def play(patience: Patience, answers: list[Answer], seed: int) -> Played:
    """Act on a rhythm as the driver does, one that is always in time, on threads."""
    rhythm = Rhythm(patience, random.Random(seed), 0.0)
    played = Played([], [], [])
    ends: float | None = None
    answer = answers[0]
    for answer in answers:
        while True:
            if ends is not None and ends <= rhythm.due:
                now, ends = ends, None
                played.ended.append(now)
                if rhythm.ended():
                    played.told.append((now, "result"))
                rhythm.rest(now, unconfirmed=answer.unconfirmed)
                break
            now = rhythm.due
            turn = rhythm.turn(now)
            if turn == "begin":
                assert ends is None, "two at once"
                played.begun.append(now)
                ends = now + answer.took
                continue
            assert ends is not None, "told of one that had ended"
            if turn == "expire":
                assert rhythm.expired()
            played.told.append((now, turn))
            rhythm.rest(now, unconfirmed=answer.unconfirmed)
            assert rhythm.due > now
    return played


@given(patience, answers, st.integers())
def test_a_check_has_one_probe_at_a_time(
    patience: Patience, answers: list[Answer], seed: int
) -> None:
    """Each begins when the former one has ended, however late that is, and never sooner."""
    played = play(patience, answers, seed)
    assert len(played.begun) == len(played.ended)
    for ended, begun in zip(played.ended, played.begun[1:], strict=False):
        assert begun >= ended


@given(patience, st.lists(st.floats(0.0, 0.09), min_size=2, max_size=40), st.integers())
def test_one_that_answers_is_probed_each_interval(
    patience: Patience, times: list[float], seed: int
) -> None:
    """From start to start it is the interval, 20 % less or more, whatever a probe takes."""
    played = play(patience, [Answer(each, unconfirmed=False) for each in times], seed)
    for earlier, later in pairwise(played.begun):
        assert (1 - JITTER) * patience.period - NEARLY <= later - earlier
        assert later - earlier <= (1 + JITTER) * patience.period + NEARLY


@given(patience, answers, st.integers())
def test_something_is_told_each_interval(
    patience: Patience, answers: list[Answer], seed: int
) -> None:
    """Also of one that hangs: results never grow stale, nor do they come by the dozen."""
    played = play(patience, answers, seed)
    longest = (1 + JITTER) * max(patience.period, SOON) + patience.patience + GRACE
    times = [0.0, *(time for time, _ in played.told)]
    assert all(b - a <= longest + NEARLY for a, b in pairwise(times))
    hanging = [b - a for (a, _), (b, what) in pairwise(played.told) if what == "overdue"]
    assert all(each >= (1 - JITTER) * min(SOON, patience.period) - NEARLY for each in hanging)


@given(patience, st.lists(st.floats(0.0, 30.0), min_size=2, max_size=40), st.integers())
def test_an_unconfirmed_change_is_probed_soon(
    patience: Patience, times: list[float], seed: int
) -> None:
    """A second after the start, at once after an end that came later, and never sooner.

    One that hangs is told of again, and the second begins anew with that.
    """
    played = play(patience, [Answer(each, unconfirmed=True) for each in times], seed)
    pairs = zip(played.begun, played.ended, played.begun[1:], strict=False)
    for begun, ended, again in pairs:
        assert again >= begun + (1 - JITTER) * min(SOON, patience.period) - NEARLY
        hung = ended - begun > patience.patience + (1 - JITTER) * SOON
        since = ended if hung else begun
        assert again <= max(since + (1 + JITTER) * SOON, ended) + NEARLY


@given(st.floats(0.05, 1.5), st.integers())
def test_soon_is_never_later_than_the_interval(interval: float, seed: int) -> None:
    """What is probed more than once a second anyway is not probed less while it is unconfirmed."""
    often = Patience(interval=interval, timeout=10)
    played = play(often, [Answer(0.0, unconfirmed=True)] * 20, seed)
    longest = (1 + JITTER) * min(interval, SOON)
    assert all(b - a <= longest + NEARLY for a, b in pairwise(played.begun))


@given(st.booleans(), st.integers())
def test_no_two_instances_keep_step(unconfirmed: bool, seed: int) -> None:
    """Waits differ by more than half of what they may: those that began together drift apart."""
    played = play(Patience(), [Answer(0.0, unconfirmed)] * 50, seed)
    waits = [b - a for a, b in pairwise(played.begun)]
    usual = SOON if unconfirmed else 10.0
    assert max(waits) - min(waits) > JITTER * usual


@given(st.integers(1, 1000), st.integers())
def test_first_probes_are_soon(count: int, seed: int) -> None:
    """A single one is at once; however many there are, all begin within a fifth of a second."""
    due = first_due(5.0, count, random.Random(seed))
    assert 5.0 <= due <= (5.0 if count == 1 else 5.2)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 5), st.integers(0, 50)),
            st.tuples(st.just("drop"), st.integers(0, 5), st.just(0)),
            st.tuples(st.just("take"), st.just(0), st.integers(0, 50)),
        )
    )
)
def test_an_agenda_gives_each_when_it_is_due_and_once(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is put anew, dropped and taken: as a dictionary that is looked through each time."""
    agenda, model = Agenda[int](), dict[int, float]()
    for what, key, time in steps:
        if what == "put":
            agenda.put(key, time)
            model[key] = time
        elif what == "drop":
            agenda.drop(key)
            model.pop(key, None)
        else:
            taken = list(agenda.take(time))
            assert sorted(taken) == sorted(k for k, due in model.items() if due <= time)
            assert [model[k] for k in taken] == sorted(model[k] for k in taken)
            for each in taken:
                del model[each]
        assert agenda.earliest() == min(model.values(), default=None)
