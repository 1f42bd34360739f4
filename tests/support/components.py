"""Programs that a test needs: found, or the test is skipped with the reason.

Where `REQUIRE_COMPONENTS=1`, as in CI, tests/conftest.py makes such a skip a failure.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest


def executable(name: str, *, package: str, folders: str | None = None) -> Path:
    """The program `name` on the path; `package` is what brings it.

    `folders` is a pattern of where the package keeps it off the path; the newest release is taken.
    """
    found = shutil.which(name)
    if found is None and folders is not None:
        pattern = f"{folders}/{name}".removeprefix("/")
        beside = sorted(Path("/").glob(pattern), key=lambda path: (len(str(path)), str(path)))
        found = next((str(path) for path in reversed(beside)), None)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return Path(found)


def rotel_agent() -> Path:
    """The Collector's own binary inside the wheel `rotel`."""
    spec = importlib.util.find_spec("rotel")
    if spec is None or spec.origin is None:
        pytest.skip("rotel is not installed (dependency group `components`)")
    return Path(spec.origin).with_name("rotel-agent")
