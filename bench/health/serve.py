"""`python -m bench.health.serve`: the process of one library's server."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.health import ours, peers
from bench.health.check import Asking
from bench.health.rows import Scope

SERVERS: Final[dict[str, Callable[[Asking, Scope], None]]] = {
    "ninefold": ours.ninefold,
    "fastapi-health": peers.fastapi_health,
    "py-healthcheck": peers.py_healthcheck,
    "django-health-check": peers.django_health_check,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.health.serve", description=__doc__)
    parser.add_argument("library", choices=list(SERVERS))
    parser.add_argument("--dependency", type=int, required=True, help="its port")
    parser.add_argument("--timeout", type=float, help="of the check's client; none by default")
    parser.add_argument("--scope", default="local", choices=["local", "shared"])
    parser.add_argument("--journal", type=Path, required=True, help="where calls are noted")
    given = parser.parse_args()
    journal = os.open(given.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asking = Asking(port=given.dependency, timeout=given.timeout, journal=journal)
    SERVERS[given.library](asking, given.scope)


if __name__ == "__main__":
    main()
