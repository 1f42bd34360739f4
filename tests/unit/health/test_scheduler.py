"""The scheduler: what is probed when, on which threads, and what is told of it."""

from __future__ import annotations

import contextvars
import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import pytest
from tests.support.waiting import eventually
from tests.support.watched import Hung, Kept, scheduled, well

from ninefold.core import Runtime
from ninefold.health import Finding, Probed
from ninefold.health._scheduler import Scheduler
from ninefold.health._workers import Workers


def checks() -> list[threading.Thread]:
    """The threads that checks run on."""
    return [each for each in threading.enumerate() if each.name == "ninefold-check"]


def raising(error: BaseException) -> Callable[[float], Finding]:
    """A check that raises this."""

    def run(_: float) -> NoReturn:
        raise error

    return run


def test_the_first_probe_is_at_once_and_the_next_an_interval_later() -> None:
    """A start-up gate waits for the first; the next comes after 8 to 12 of 10 seconds."""
    kept = Kept()
    with scheduled(kept) as made:
        first = kept.eventually_told(1)
        assert first == Probed(0.0, 0.0, "success", finding=Finding())
        made.pass_by(7.9)
        kept.eventually_told(1)
        made.pass_by(4.1)
        kept.eventually_told(2)


def test_an_unconfirmed_change_is_probed_again_after_a_second() -> None:
    """Whoever is not sure has another result about a second later, until it is."""
    kept = Kept()
    kept.unconfirmed = True
    with scheduled(kept) as made:
        kept.eventually_told(1)
        made.pass_by(1.2)
        kept.eventually_told(2)
        kept.unconfirmed = False
        made.pass_by(1.2)
        kept.eventually_told(3)
        made.pass_by(6.7)
        kept.eventually_told(3)


@pytest.mark.parametrize(
    ("error", "name", "detail"),
    [
        (ValueError("no\nway"), "ValueError", "no way"),
        (SystemExit(3), "SystemExit", "3"),
        (KeyboardInterrupt(), "KeyboardInterrupt", ""),
        (ConnectionError("redis://me:abc@cache " + "x" * 300), "ConnectionError", None),
    ],
)
def test_what_a_check_raises_is_a_failure(
    error: BaseException, name: str, detail: str | None
) -> None:
    """Whatever it is: its worker works on, and what is told has no secret and is short."""
    kept = Kept(raising(error))
    with scheduled(kept) as made:
        first = kept.eventually_told(1)
        assert (first.outcome, first.error, first.finding) == ("failure", name, None)
        assert detail is None or first.detail == detail
        assert "abc" not in first.detail
        assert len(first.detail) <= 200
        made.pass_by(12)
        kept.eventually_told(2)
        assert made.scheduler.is_alive


@pytest.mark.parametrize("gives", [None, True, "ok", Finding])
def test_a_result_that_is_no_finding_is_a_failure(gives: object) -> None:
    """A check that gives something else says nothing about its dependency, which is told."""
    kept = Kept(lambda _: gives)  # type: ignore[arg-type, return-value]  # the misuse that is tested
    with scheduled(kept):
        first = kept.eventually_told(1)
        assert (first.outcome, first.error) == ("failure", "TypeError")
        assert first.detail.startswith("a check gives a Finding, got ")


def test_a_coroutine_that_nobody_awaits_is_a_failure_and_no_warning() -> None:
    """A function that gives a coroutine, unlike a coroutine function, is refused as such."""

    async def forgotten() -> Finding:
        return Finding()

    kept = Kept(lambda _: forgotten())
    with scheduled(kept):
        assert kept.eventually_told(1).detail == "a check gives a Finding, got coroutine"


def test_a_findings_words_are_without_secrets() -> None:
    """Also those within the finding, which answers show."""
    kept = Kept(lambda _: Finding("down", "see pg://me:abc@db", cause="pg://me:abc@db"))
    with scheduled(kept):
        told = kept.eventually_told(1)
        assert told.detail == "see pg://REDACTED@db"
        assert told.finding == Finding("down", "see pg://REDACTED@db", cause="pg://REDACTED@db")


def test_a_check_that_hangs_is_told_at_each_due_probe_and_adds_no_thread() -> None:
    """Row 10: the first time when its timeout is over, then as stuck, on the one thread it has."""
    hung = Hung()
    kept = Kept(hung)
    with scheduled(kept) as made:
        eventually(lambda: hung.begun == 1)
        made.pass_by(2)
        assert kept.eventually_told(1) == Probed(0.0, 2.0, "timeout")
        threads = threading.active_count()
        for number in range(2, 32):
            made.pass_by(12)
            last = kept.eventually_told(number)
            assert (last.outcome, last.stuck, last.at) == ("timeout", True, made.clock.now())
        assert threading.active_count() == threads
        assert hung.begun == 1


def test_a_late_result_is_thrown_away_and_the_next_probe_runs() -> None:
    """What ended after its time counts for nothing, but its check is probed again."""
    hung = Hung()
    kept = Kept(hung)
    with scheduled(kept) as made:
        eventually(lambda: hung.begun == 1)
        made.pass_by(2)
        kept.eventually_told(1)
        hung.go.set()
        made.pass_until(lambda: kept.told[-1].outcome == "success")
        late = [each for each in kept.told if each.outcome != "success"]
        assert {each.outcome for each in late} == {"timeout"}
        assert kept.told[-1].at > late[-1].at


def test_one_that_hangs_delays_no_other() -> None:
    """Each check has a thread while it runs."""
    hung, well_ = Kept(Hung()), Kept()
    with scheduled(hung, well_) as made:
        made.pass_by(1)  # they begin at times of their own
        well_.eventually_told(1)
        made.pass_by(2)
        hung.eventually_told(1)
        made.pass_by(12)
        well_.eventually_told(2)
        hung.eventually_told(2)


def test_idle_threads_are_shared_by_checks_which_see_nothing_of_one_another() -> None:
    """Checks that do not run at once share one thread, each in a context of its own."""
    variable = contextvars.ContextVar("variable", default="unset")
    seen: list[tuple[str, int]] = []

    def run(_: float) -> Finding:
        seen.append((variable.get(), threading.get_ident()))
        variable.set("set")
        return Finding()

    one, other = Kept(run), Kept(run)
    with scheduled(one) as made:
        one.eventually_told(1)
        made.scheduler.add(other)
        other.eventually_told(1)
        made.pass_by(12)
        eventually(lambda: len(seen) >= 4)
        assert {value for value, _ in seen} == {"unset"}
        assert seen[0][1] == seen[1][1]


def test_an_idle_thread_ends_after_a_while() -> None:
    """None is kept that is no longer needed, and the next job has a new one."""
    workers = Workers(idle=0.01)
    before = set(checks())
    for _ in range(2):
        done = threading.Event()
        workers.run(partial(getattr, done, "set"))
        assert done.wait(15)
        eventually(lambda: not set(checks()) - before, wanted="its end")


def test_all_can_be_added_and_removed_while_it_runs() -> None:
    """One that was added is probed at once; of one that was removed nothing is told any more."""
    one, other = Kept(), Kept()
    with scheduled(one) as made:
        one.eventually_told(1)
        made.scheduler.add(one)
        made.scheduler.add(other)
        other.eventually_told(1)
        made.scheduler.remove(one)
        made.scheduler.remove(one)
        made.pass_by(12)
        other.eventually_told(2)
        one.eventually_told(1)


def test_one_that_hangs_has_one_thread_also_if_it_is_added_again() -> None:
    """To remove and add it does not bring more and more threads; nor is it forgotten."""
    hung = Hung()
    kept = Kept(hung)
    with scheduled(kept) as made:
        eventually(lambda: hung.begun == 1)
        for _ in range(5):
            made.scheduler.remove(kept)
            made.scheduler.add(kept)
            made.pass_by(12)
        assert hung.begun == 1
        assert kept.told
        hung.go.set()
        made.pass_until(lambda: hung.begun > 1)


def test_of_a_removed_one_that_was_under_way_nothing_is_told() -> None:
    """It may belong to something that was closed."""
    hung = Hung()
    kept, other = Kept(hung), Kept()
    with scheduled(kept, other) as made:
        made.pass_by(1)  # they begin at times of their own
        eventually(lambda: hung.begun == 1)
        made.scheduler.remove(kept)
        hung.go.set()
        made.pass_by(12)
        other.eventually_told(2)
        assert kept.told == []


def test_nothing_is_told_after_stop() -> None:
    """Neither of what was under way, nor of what is due later; and it does not begin again."""
    hung = Hung()
    kept = Kept(hung)
    with scheduled(kept) as made:
        eventually(lambda: hung.begun == 1)
        made.scheduler.stop()
        made.scheduler.stop()
        assert not made.scheduler.is_alive
        hung.go.set()
        made.clock.advance(12)
        made.scheduler.start()
        assert not made.scheduler.is_alive
        assert kept.told == []
        assert hung.begun == 1


def test_stopping_ends_idle_threads() -> None:
    """A process that goes on without it has no thread more than before."""
    before = set(checks())
    kept = Kept()
    with scheduled(kept):
        kept.eventually_told(1)
    eventually(lambda: not set(checks()) - before, wanted="their end")


def test_it_starts_once() -> None:
    """However often it is told to, and wherever from: there is one thread."""

    def drivers() -> list[threading.Thread]:
        return [each for each in threading.enumerate() if each.name == "ninefold-health"]

    before = len(drivers())
    with scheduled() as made:
        made.scheduler.start()
        assert len(drivers()) == before + 1
        assert drivers()[-1].daemon
        assert made.scheduler.is_alive


def test_it_is_not_alive_before_it_is_started() -> None:
    """To make one costs no thread, and what is added is probed once it starts."""
    kept = Kept()
    with scheduled(kept, start=False) as made:
        assert not made.scheduler.is_alive
        assert kept.told == []
        made.scheduler.start()
        kept.eventually_told(1)


def test_it_ticks_once_a_second_also_without_anything_to_probe() -> None:
    """Others judge passive evidence by it: at once, then at each second, and not more often."""
    with scheduled() as made:
        made.pass_by(1.0)
        made.pass_by(0.5)
        made.pass_by(0.25)
        made.pass_by(1.0)
        assert made.ticks == [0.0, 1.0, 2.75]


def test_what_others_raise_goes_to_faults_and_ends_nothing() -> None:
    """A listener that is broken harms neither the other ones nor the probing of its own check."""

    class Broken(Kept):
        def probed(self, probed: Probed, /) -> None:
            super().probed(probed)
            raise SystemExit("told")

        def is_unconfirmed(self) -> bool:
            raise LookupError("asked")

    def tick(now: float) -> None:
        ticks.append(now)
        raise RuntimeError("tick")

    ticks: list[float] = []
    broken, kept = Broken(), Kept()
    with scheduled(broken, kept, tick=tick) as made:
        made.ticks = ticks
        made.pass_by(1)  # they begin at times of their own
        for number in (1, 2, 3):
            kept.eventually_told(number)
            broken.eventually_told(number)
            made.pass_by(12)
        assert {type(each) for each in made.faults} == {SystemExit, RuntimeError}
        made.faults.clear()


def test_faults_that_raise_end_nothing_either() -> None:
    """The last resort has nobody left to tell."""

    def raises(*_: Any) -> NoReturn:
        raise RuntimeError("no")

    kept = Kept()
    scheduler = Scheduler(tick=raises, faults=raises, runtime=Runtime(random=random.Random(1)))
    scheduler.add(kept)
    scheduler.start()
    try:
        kept.eventually_told(1)
        assert scheduler.is_alive
    finally:
        scheduler.stop()


def test_many_first_probes_are_spread_and_soon() -> None:
    """A hundred checks all have a result within a fifth of a second, and do not begin at once."""
    many = [Kept(well) for _ in range(100)]
    with scheduled(*many) as made:
        eventually(lambda: made.ticks)
        assert sum(len(each.told) for each in many) < 50
        made.pass_by(0.2)
        for each in many:
            each.eventually_told(1)
