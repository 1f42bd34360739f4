"""The process metrics: standard names, told when a reader collects, and off by a setting."""

from __future__ import annotations

import gc
import os
import sys
import threading

import pytest
from tests.support.child import run
from tests.support.states import started

from ninefold.sli.process import _stat
from ninefold.sli.process._metrics import Collector

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="by design: only Linux has /proc")
NAMES = {
    "process.cpu.time",
    "process.memory.usage",
    "process.thread.count",
    "cpython.gc.collections",
    "cpython.gc.collected_objects",
    "cpython.gc.uncollectable_objects",
}


def test_the_process_is_told_by_default() -> None:
    """CPU time by mode, threads and the collector by generation, without anything being set."""
    with started() as (_, collect):
        told = collect()
        cpu = told.points("process.cpu.time")
        assert set(cpu) == {("user",), ("system",)}
        assert 0 < sum(cpu.values()) <= sum(os.times()[:2])
        assert told.points("process.thread.count")[()] >= threading.active_count() - 1
        before = told.points("cpython.gc.collections")
        assert set(before) == {(0,), (1,), (2,)}
        gc.collect()
        after = collect().points("cpython.gc.collections")
        assert after[2,] > before[2,]


@LINUX
def test_memory_is_what_is_resident() -> None:
    """Bytes, near what the kernel says elsewhere, and more after much was taken."""
    with started() as (_, collect):
        before = collect().points("process.memory.usage")[()]
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
        assert before == pytest.approx(pages * os.sysconf("SC_PAGE_SIZE"), rel=0.5)
        block = b"x" * (64 << 20)
        assert collect().points("process.memory.usage")[()] > before + (32 << 20)
        del block


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `process_metrics` false none of it is told."""
    monkeypatch.setenv("NINEFOLD_PROCESS_METRICS", "false")
    with started() as (service, collect):
        service.events("a", good=1, total=1)
        told = collect()
        assert [name for name in NAMES if told.points(name)] == []


def test_elsewhere_memory_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc the threads are those that Python knows, and memory has no series."""
    monkeypatch.setattr(_stat, "read", lambda: None)
    with started() as (_, collect):
        told = collect()
        assert told.points("process.memory.usage") == {}
        assert told.points("process.thread.count") == {(): threading.active_count()}
        assert set(told.points("process.cpu.time")) == {("user",), ("system",)}


def test_another_interpreters_collector_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyPy's collector has no generations to tell."""
    monkeypatch.setattr(sys.implementation, "name", "pypy")
    with started() as (_, collect):
        told = collect()
        assert told.points("cpython.gc.collections") == {}
        assert told.points("process.cpu.time")


@pytest.mark.parametrize(
    "command", [b"python", b"a b", b"a) S 1 2 3", b")", b"((", b"", b"\xff\n) ("]
)
def test_a_command_may_be_called_anything(command: bytes) -> None:
    """The line is read from the last parenthesis on, whatever the command holds."""
    fields = b" ".join(b"%d" % number for number in range(4, 53))
    assert _stat.parse(b"7 (%s) S %s\n" % (command, fields)) == (20, 24)


@pytest.mark.parametrize("line", [b"", b"7 (a) S 1", b"nothing", b"7 (a) S " + b"x " * 40])
def test_another_line_is_an_error(line: bytes) -> None:
    """What is no such line is told from one, and `read` makes nothing of it."""
    with pytest.raises((ValueError, IndexError)):
        _stat.parse(line)


@LINUX
def test_the_line_agrees_with_python() -> None:
    """Threads that are started are counted."""
    before = _stat.read()
    leave = threading.Event()
    threads = [threading.Thread(target=leave.wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    now = _stat.read()
    leave.set()
    for thread in threads:
        thread.join()
    assert before is not None
    assert now is not None
    assert now.threads >= before.threads + 3 - 1


def test_a_forked_child_shows_only_its_own_collections() -> None:
    """What the interpreter counted before the fork is the parent's."""
    collector = Collector()
    gc.collect()
    assert collector.collections()[2][0] > 0
    collector.restart()
    before = [value for value, _ in collector.collected()]
    assert all(value >= 0 for value in before)
    gc.collect()
    assert collector.collections()[2][0] >= 1
    assert collector.collections()[2][0] < 50
    assert [key for _, key in collector.uncollectable()] == [(0,), (1,), (2,)]


def test_telling_of_it_starts_nothing() -> None:
    """No thread and no open file comes with the setup."""
    run(
        """
        import os, threading
        import ninefold as nf
        def state():
            files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
            return threading.active_count(), files
        import ninefold.service
        before = state()
        nf.setup("quiet")
        assert state() == before, (before, state())
        """
    )
