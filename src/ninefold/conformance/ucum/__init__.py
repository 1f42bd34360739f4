"""UCUM units, read case-sensitively: whether one is valid, where it is wrong, what it measures."""

from ninefold.conformance.ucum._parser import parse
from ninefold.conformance.ucum._unit import Fault, Quantity, Term, Unit
from ninefold.conformance.ucum._words import meant

__all__ = ["Fault", "Quantity", "Term", "Unit", "meant", "parse"]
