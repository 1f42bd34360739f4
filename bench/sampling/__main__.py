"""`python -m bench.sampling`: what decisions, dropped spans and kept ones cost."""

from __future__ import annotations

import sys

from bench.command import run
from bench.sampling import SCENARIOS

if __name__ == "__main__":
    run(sys.argv[1:], module="bench.sampling", scenarios=SCENARIOS, results="sampling.json")
