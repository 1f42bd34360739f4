"""Children of multiprocessing: one that returns, one that is terminated, one that resists."""

from __future__ import annotations

import multiprocessing
import sys
import time
from multiprocessing.synchronize import Event

from opentelemetry import metrics, trace

import ninefold as nf

service = nf.setup("ends")
counter = metrics.get_meter("ends").create_counter("orders")


def work(ready: Event, how: str) -> None:
    """Record once, where there is something to lose, then end as `how` says."""
    if how != "unused":
        counter.add(1)
        trace.get_tracer("ends").start_span("work").end()
    if how == "returns":
        return
    while True:
        try:
            ready.set()
            time.sleep(60)
        except SystemExit:
            if how != "resists":
                raise


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    for how in sys.argv[2:]:
        event = context.Event()
        child = context.Process(target=work, args=(event, how))
        child.start()
        if how != "returns":
            event.wait()
            child.terminate()
        child.join()
        sys.stdout.write(f"{how} {child.exitcode}\n")
