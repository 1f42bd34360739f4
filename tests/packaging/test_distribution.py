"""What is installed is complete: modules, typing marker, licence, entry points, command."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import ninefold
from ninefold._version import __version__

FROM_WHEEL = os.environ.get("TEST_WHEEL") == "1"
EXTRAS = frozenset(
    ["celery", "fastapi", "flask", "httpx", "redis", "rich", "sqlalchemy", "starlette", "structlog"]
)
# Those parts whose import may want an extra. Everything else must do without.
OPTIONAL = ("ninefold.cli._demo", "ninefold.demo", "ninefold.integrations")


def _modules() -> list[str]:
    """All modules of ninefold that must import without extras."""
    return [
        module.name
        for module in pkgutil.walk_packages(ninefold.__path__, "ninefold.", onerror=lambda _: None)
        if not module.name.startswith(OPTIONAL) and not module.name.endswith("__main__")
    ]


@pytest.mark.skipif(not FROM_WHEEL, reason="by design: `nox -s package` builds the wheel")
def test_it_is_the_wheel_that_is_tested() -> None:
    """The session's environment has the built wheel and none of the extras."""
    assert "site-packages" in Path(ninefold.__file__).parts
    assert {name for name in EXTRAS if importlib.util.find_spec(name)} == set()


@pytest.mark.parametrize("name", _modules())
def test_imports_without_extras(name: str) -> None:
    """Each module outside demo and integrations imports with the core dependencies alone."""
    importlib.import_module(name)


@pytest.mark.parametrize("name", ["asgi", "wsgi"])
def test_plain_integrations_need_no_framework(name: str) -> None:
    """A bare ASGI or WSGI callable is instrumented without any extra."""
    [found] = importlib.metadata.entry_points(group="ninefold.integrations", name=name)
    assert found.load() is not None


@pytest.mark.parametrize("group", ["opentelemetry_traces_sampler", "opentelemetry_sampler"])
def test_opentelemetry_finds_our_sampler_by_its_name(group: str) -> None:
    """Its zero-code start and its declarative file look in a group each, and call what is there."""
    [found] = importlib.metadata.entry_points(group=group, name="ninefold")
    made = found.load()()
    assert made.get_description().startswith("NinefoldSampler{default=")


@pytest.mark.parametrize("name", ["fastapi", "flask", "httpx", "requests", "starlette"])
def test_an_integration_is_found_by_its_framework(name: str) -> None:
    """The entry point loads where the framework is, and names the framework where it is not."""
    [found] = importlib.metadata.entry_points(group="ninefold.integrations", name=name)
    if importlib.util.find_spec(name) is not None:
        assert found.load() is not None
        return
    with pytest.raises(ModuleNotFoundError) as caught:
        found.load()
    assert str(caught.value.name).partition(".")[0] in EXTRAS


def test_type_checkers_are_told_that_it_is_typed() -> None:
    """PEP 561: the marker is installed with the code."""
    assert importlib.resources.files("ninefold").joinpath("py.typed").is_file()


def test_metadata_says_version_and_licence() -> None:
    """The installed version is the one the code knows; the licence is stated as SPDX has it."""
    metadata = importlib.metadata.metadata("ninefold")
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_command_answers() -> None:
    """`ninefold --help` works without extras and names its commands."""
    command = [sys.executable, "-c", "from ninefold.cli import main; main()", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
    assert "doctor" in done.stdout
