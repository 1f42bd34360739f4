"""Jobs of Celery in pre-forked children, each measured as an operation and within a span.

Run as a module it sends so many of them. They go through files, as there is no broker in the tests.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from celery import Celery
from opentelemetry import trace

import ninefold as nf

CHILDREN = 2
folder = Path(os.environ["JOBS_FOLDER"])
service = nf.setup("jobs")
tracer = trace.get_tracer("jobs")
app = Celery("jobs", broker="filesystem://")
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
        "processed_folder": str(folder / "processed"),
        "store_processed": True,
        "polling_interval": 0.05,
    },
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
)


@app.task(name="work")
@service.measure("jobs.work")
def work(number: int) -> None:
    """Leave a file, once each child has met a job: a fast one must not do them all."""
    with tracer.start_as_current_span("work"):
        folder.joinpath("children", str(os.getpid())).touch()
        until = time.monotonic() + 30
        while len(list(folder.joinpath("children").iterdir())) < CHILDREN:
            if time.monotonic() > until:
                raise TimeoutError("the other child did not come")
            time.sleep(0.01)
    folder.joinpath("done", str(number)).touch()


if __name__ == "__main__":
    for each in range(int(sys.argv[1])):
        app.send_task("work", (each,))
