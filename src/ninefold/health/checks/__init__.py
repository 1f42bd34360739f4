"""Checks: what to ask of a dependency, a file each; `nf.checks.tcp("db", 5432)`."""

from ninefold.health._model import Finding

__all__ = ["Finding"]
