"""A worker of Celery that does nothing but answer pings, by the Redis of `BROKER`."""

from __future__ import annotations

import os

from celery import Celery

app = Celery("answers", broker=os.environ["BROKER"])
app.conf.update(broker_connection_retry_on_startup=True, task_ignore_result=True)
