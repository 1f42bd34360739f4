"""A process among its siblings: how it joins, shares, is re-entered and leaves."""

from __future__ import annotations

import os

import pytest
from tests.support.child import run

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="by design: this platform does not fork"
)

SETUP = """
import gc, os, re, signal, sys, time
from opentelemetry import metrics
import ninefold as nf
service = nf.setup("lives", prometheus=True)
operation = service.measure("work")

def work(times):
    for _ in range(times):
        with operation:
            pass

def total(name="ninefold_operation_duration_seconds_count"):
    text = service.expose()[0].decode()
    return sum(map(float, re.findall(rf"(?m)^{name}(?:\\{{.*\\}})? (\\S+)$", text)))

def until(wanted, *name):
    # What only the process itself can tell is written down once a second.
    end = time.monotonic() + 60
    while total(*name) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    return total(*name)

def child(act):
    pid = os.fork()
    if pid == 0:
        act()
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_a_child_answers_for_its_parent_from_the_fork_on() -> None:
    """Also where nobody has asked the parent yet."""
    out = run(SETUP + "work(100)\nchild(lambda: (work(1), print(total())))\nprint(total())\n")
    assert out.split() == ["101.0", "101.0"]


def test_a_scrape_after_the_end_tells_nothing_rather_than_twice() -> None:
    """What it counted is among the dead's, and stays what it was to those that go on."""
    out = run(
        SETUP
        + """
work(100)
def act():
    work(1)
    total()
    service.shutdown()
    try:
        print(service.expose())
    except OSError as error:
        print("ended" in str(error))
child(act)
print(total())
"""
    )
    assert out.split() == ["True", "101.0"]


def test_sums_are_the_same_whoever_answers() -> None:
    """To the last bit, however often each has collected between its records."""
    out = run(
        SETUP
        + """
from ninefold.registry import HTTP_SERVER_REQUEST_DURATION
duration = service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
KEY = ("GET", "http", "/a", 200, None, "1.1")
SUM = "http_server_request_duration_seconds_sum"
duration.record(0.1, KEY)
told, go = os.pipe()
back, done = os.pipe()
if os.fork() == 0:
    while os.read(told, 1) == b".":
        os.write(done, f"{total(SUM)!r:>30}".encode())
    os._exit(0)
total(SUM)
for number in range(200):
    for _ in range(7):
        duration.record(0.1 + number / 977, KEY)
    mine = total(SUM)
    os.write(go, b".")
    theirs = float(os.read(back, 30))
    assert mine == theirs, (number, mine, theirs)
os.write(go, b"x")
print("same")
"""
    )
    assert out.strip() == "same"


def test_a_series_that_begins_within_the_making_of_another_is_shared_too() -> None:
    """A signal handler or a finalizer records whenever it comes: nothing hangs, nothing is lost."""
    out = run(
        SETUP
        + """
from ninefold.telemetry._workers._file import CountsFile
work(1)
child(lambda: None)
add, nested = CountsFile.add, []
def adding(self, *arguments):
    if not nested:
        nested.append(1)
        with service.measure("within"):
            pass
    return add(self, *arguments)
CountsFile.add = adding
signal.alarm(20)
with service.measure("outer"):
    pass
CountsFile.add = add
child(lambda: (work(1), print(total())))
"""
    )
    assert out.split() == ["4.0"]


def test_attributes_of_any_make_break_no_scrape() -> None:
    """What an application's own instruments carry is told to siblings as far as text goes."""
    out = run(
        SETUP
        + """
orders = metrics.get_meter("shop").create_counter("orders")
orders.add(1, {"b": b"x", "a": 1, "list": ("p", "q"), "flag": True})
def act():
    orders.add(2, {"flag": True, "list": ("p", "q"), "a": 1, "b": b"x"})
    print(until(3, "orders_total"))
work(1)
child(act)
print(total("orders_total"))
"""
    )
    assert out.split() == ["3.0", "3.0"]


def test_another_meter_with_a_metric_of_our_name_is_told_too() -> None:
    """Contrib's instrumentations have some."""
    out = run(
        SETUP
        + """
theirs = metrics.get_meter("contrib").create_histogram("ninefold.operation.duration", unit="s")
theirs.record(1.0)
work(1)
child(lambda: (theirs.record(1.0), work(1), print(until(4))))
print(total())
"""
    )
    assert out.split() == ["4.0", "4.0"]
