"""Faults of a dependency, for tests: `fail`, `slow`, `hang`, `flap`, each for `with`."""

from ninefold.testing._faults import fail, flap, hang, slow

__all__ = ["fail", "flap", "hang", "slow"]
