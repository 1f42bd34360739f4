"""Checks: what to ask of a dependency, a file each; `nf.checks.tcp("db", 5432)`."""

from ninefold.health._model import Finding
from ninefold.health.checks._celery import celery
from ninefold.health.checks._connection_pool import connection_pool
from ninefold.health.checks._disk import disk
from ninefold.health.checks._event_loop import event_loop
from ninefold.health.checks._memory import memory
from ninefold.health.checks._psycopg import psycopg
from ninefold.health.checks._redis import redis
from ninefold.health.checks._sqlalchemy import sqlalchemy
from ninefold.health.checks._thread_pool import thread_pool

__all__ = [
    "Finding",
    "celery",
    "connection_pool",
    "disk",
    "event_loop",
    "memory",
    "psycopg",
    "redis",
    "sqlalchemy",
    "thread_pool",
]
