"""A process that serves, and forks children that count and are killed; prints what a scrape says.

python -m tests.faults.apps.workers_forks 100
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading

import ninefold as nf

RUNS = 3
service = nf.setup("parents", prometheus=True)
operation = service.measure("work")


def total() -> float:
    """How many runs a scrape of this process tells of."""
    text = service.expose()[0].decode()
    found = re.findall(r"(?m)^ninefold_operation_duration_seconds_count\{.*\} (\S+)$", text)
    return sum(map(float, found))


def child(number: int, ready: int) -> None:
    """Count, and go on or be killed."""
    for _ in range(RUNS):
        with operation:
            pass
    if number % 10 == 0:
        # A child may be asked as well.
        assert total() >= RUNS
    os.write(ready, b".")
    if number % 3 == 0:
        signal.pause()
    os._exit(0)


def main(children: int) -> None:
    """Fork them, four at a time, while this process counts, scrapes and never sees less."""
    counted, seen, done = 0, 0.0, threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.wait(0.001):
            with operation:
                pass
            counted += 1

    thread = threading.Thread(target=count)
    thread.start()
    for first in range(0, children, 4):
        pids = []
        for number in range(first, min(children, first + 4)):
            told, ready = os.pipe()
            pid = os.fork()
            if pid == 0:
                child(number, ready)
            os.close(ready)
            os.read(told, 1)
            os.close(told)
            pids.append(pid)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        now = total()
        assert now >= seen, (now, seen)
        seen = now
    done.set()
    thread.join()
    sys.stdout.write(f"{total():g} {counted + children * RUNS}\n")
    service.shutdown()


if __name__ == "__main__":
    # A child of a process with threads: what this is about.
    sys.exit(main(int(sys.argv[1])))
