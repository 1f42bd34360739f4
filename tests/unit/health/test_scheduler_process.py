"""The scheduler and its process: forks, the interpreter's end, and threads that are none."""

from __future__ import annotations

import os

import pytest
from tests.support.child import run

SETUP = """
import os, threading
from ninefold.health import Finding
from ninefold.health._scheduler import Scheduler
from tests.support.waiting import eventually
from tests.support.watched import Hung, Kept

faults = []
"""

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="by design: this platform does not fork"
)


def test_an_interpreter_ends_although_checks_hang() -> None:
    """Neither a function nor a coroutine that hangs, nor one that blocks our loop, keeps it."""
    run(
        SETUP
        + """
async def block(_):
    Hung()(_)

hung, blocking = Kept(Hung(), timeout=0.05), Kept(block, timeout=0.05)
scheduler = Scheduler(faults=faults.append)
scheduler.add(hung)
scheduler.add(blocking)
scheduler.start()
for each in hung, blocking:
    eventually(lambda: any(told.outcome == "timeout" for told in each.told))
assert not faults, faults
"""
    )


def test_to_stop_waits_for_nothing_that_hangs() -> None:
    """It ends at once, and the interpreter after it."""
    run(
        SETUP
        + """
hung = Kept(Hung(), timeout=0.05)
scheduler = Scheduler(faults=faults.append)
scheduler.add(hung)
scheduler.start()
eventually(lambda: hung.told)
scheduler.stop()
assert not scheduler.is_alive
told = len(hung.told)
hung.check.run.go.set()
eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("ninefold")])
assert len(hung.told) == told
assert not faults, faults
"""
    )


@needs_fork
def test_a_forked_child_probes_anew_once_it_is_started() -> None:
    """The parent's threads, what hangs on them and its loop are not the child's; it goes on."""
    run(
        SETUP
        + """
async def answer(_):
    return Finding()

first = []
def hang_in_the_parent(_):
    if not first:
        first.append(1)
        threading.Event().wait()
    return Finding()

hung = Kept(hang_in_the_parent, timeout=1, interval=0.1)
awaited = Kept(answer, interval=0.1)
scheduler = Scheduler(faults=faults.append)
scheduler.add(hung)
scheduler.add(awaited)
scheduler.start()
eventually(lambda: hung.told and awaited.told)

pid = os.fork()
if pid == 0:
    try:
        assert not scheduler.is_alive
        hung.told.clear()
        awaited.told.clear()
        scheduler.start()
        scheduler.restart()  # also if its own fork hook comes after its owner's
        assert scheduler.is_alive
        eventually(lambda: len(hung.told) > 1 and len(awaited.told) > 1)
        assert {each.outcome for each in hung.told + awaited.told} == {"success"}
        assert not faults, faults
        scheduler.stop()
        os._exit(0)
    except BaseException as error:
        print(repr(error), flush=True)
        os._exit(1)
assert os.waitpid(pid, 0)[1] == 0
told = len(awaited.told)
eventually(lambda: len(awaited.told) > told)
assert {each.outcome for each in hung.told} == {"timeout"}
"""
    )


@needs_fork
def test_a_child_of_a_stopped_one_stays_stopped() -> None:
    """What was ended for good is not begun by a fork."""
    run(
        SETUP
        + """
scheduler = Scheduler(faults=faults.append)
scheduler.start()
scheduler.stop()
pid = os.fork()
if pid == 0:
    scheduler.start()
    os._exit(scheduler.is_alive)
assert os.waitpid(pid, 0)[1] == 0
"""
    )


def test_under_gevents_threads_nothing_is_probed() -> None:
    """One check that blocks would block the server; it is told, and the snapshot is stale."""
    run(
        SETUP
        + """
import sys, types
monkey = types.ModuleType("gevent.monkey")
monkey.is_module_patched = lambda name: name == "threading"
sys.modules["gevent.monkey"] = monkey
scheduler = Scheduler(faults=faults.append)
scheduler.add(Kept())
before = threading.active_count()
scheduler.start()
assert not scheduler.is_alive
assert threading.active_count() == before
assert "gevent" in str(faults[0])
"""
    )


def test_a_service_without_a_loop_loads_no_asyncio() -> None:
    """Checks that are functions do not pay for what coroutines need."""
    run(
        """
import sys
import opentelemetry.sdk.metrics, opentelemetry.sdk.trace  # older ones load it themselves
before = "asyncio" in sys.modules
from ninefold.health import Finding, Patience
from ninefold.health._scheduler import Scheduler
import threading

class Plain:
    name, patience, check = "plain", Patience(), None
    def run(self, timeout): return Finding()
    def probed(self, probed): told.set()
    def is_unconfirmed(self): return False

told, plain = threading.Event(), Plain()
plain.check = plain
scheduler = Scheduler(faults=print)
scheduler.add(plain)
scheduler.start()
assert told.wait(15)
assert ("asyncio" in sys.modules) == before
"""
    )
