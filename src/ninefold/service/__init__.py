"""The service: set up once in a process, with all that is measured for it."""

from ninefold.service._service import Service
from ninefold.service._setup import current, setup

__all__ = ["Service", "current", "setup"]
