"""Processes that the faults are done to."""
