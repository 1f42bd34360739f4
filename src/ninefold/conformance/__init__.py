"""The conformance checker: whether metric names, units, kinds and labels are right.

Nothing that it reads is imported or run.
"""
