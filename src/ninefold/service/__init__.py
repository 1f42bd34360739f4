"""The service: set up once in a process, with all that is measured for it."""

from ninefold.service._heartbeats import Heartbeats
from ninefold.service._service import Service
from ninefold.service._setup import current, setup

__all__ = ["Heartbeats", "Service", "current", "setup"]
