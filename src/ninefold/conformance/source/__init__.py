"""Reads declarations and uses of metrics out of Python source, without importing or running it."""

from ninefold.conformance.source._files import bytes_of, may_declare
from ninefold.conformance.source._named import wrong_with
from ninefold.conformance.source._read import read
from ninefold.conformance.source._walk import is_python, python_files

__all__ = ["bytes_of", "is_python", "may_declare", "python_files", "read", "wrong_with"]
