"""`python -m bench`: what requests, records and guarded calls cost."""

from __future__ import annotations

import sys

from bench.command import run
from bench.scenarios import SCENARIOS

if __name__ == "__main__":
    run(sys.argv[1:], module="bench", scenarios=SCENARIOS, results="latest.json")
