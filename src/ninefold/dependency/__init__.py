"""Dependency: what a service calls, declared once: guarded calls, health, and what both tell."""

from ninefold.dependency._declared import KINDS, OWN_FIELDS, Declared, Kind
from ninefold.dependency._dependency import Dependency

__all__ = ["KINDS", "OWN_FIELDS", "Declared", "Dependency", "Kind"]
