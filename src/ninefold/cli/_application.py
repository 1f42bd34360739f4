"""Imports the application that a command is about, as a server would, and serves nothing."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from inspect import iscoroutine
from types import MappingProxyType, ModuleType
from typing import Final

import click

from ninefold.service import Service, current

_QUIET: Final[Mapping[str, str]] = MappingProxyType(
    {
        # What the application records while it is imported goes nowhere, and starts no thread.
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        # Flask's own command sets it, upon which `app.run()` at a module's end does nothing.
        "FLASK_RUN_FROM_CLI": "true",
    }
)


class NotThereError(click.ClickException):
    """What the command line names is not there, or is not what the command needs."""

    exit_code = 2


def load(written: str, *, factory: bool) -> tuple[object, Service]:
    """The application that `written` (MODULE:ATTRIBUTE) names, and the service that is set up.

    With `factory` the attribute is called, without arguments. What the application prints goes to
    standard error. Raises `click.ClickException`, exit code 2, saying what is wrong and what to do.
    """
    module_name, colon, path = written.partition(":")
    if not colon or not module_name or not path:
        raise click.BadParameter(
            f"it must be MODULE:ATTRIBUTE, as for uvicorn, got {written!r}; write shop.main:app",
            param_hint="'APP'",
        )
    with _quiet(), redirect_stdout(sys.stderr):
        app = _attribute(_imported(module_name), path, written)
        if factory:
            app = _made(app, written)
    if isinstance(app, ModuleType):
        raise NotThereError(f"{written} is a module; name the application in it, {written}.app")
    service = current()
    if service is None:
        raise NotThereError(
            f"{written} was imported, and no setup() was called: call ninefold.setup() where the"
            " application is made"
            + ("" if factory else ", or pass --factory where a function makes it")
        )
    return app, service


@contextmanager
def _quiet() -> Generator[None, None, None]:
    """Import as a server does, from the working directory, but export nothing."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    before = {name: os.environ.get(name) for name in _QUIET}
    os.environ.update(_QUIET)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing and (name == missing or name.startswith(f"{missing}.")):
            raise NotThereError(
                f"there is no module {missing!r} in {os.getcwd()} or on the path; run this where"
                " the server runs, or install the application"
            ) from error
        raise _failed(f"import of {name}", error) from error
    except (Exception, SystemExit) as error:
        raise _failed(f"import of {name}", error) from error


def _attribute(module: ModuleType, path: str, written: str) -> object:
    found: object = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            hint = " for an application factory, name it and pass --factory" if "(" in name else ""
            raise NotThereError(
                f"{written}: there is no {name!r} in {module.__name__};"
                + (hint or " name what the server is given")
            ) from error
    return found


def _made(factory: object, written: str) -> object:
    if not callable(factory):
        raise NotThereError(
            f"{written} is no function, got a {type(factory).__name__}; leave out --factory"
        )
    try:
        made: object = factory()
    except (Exception, SystemExit) as error:
        raise _failed(f"call of {written}", error) from error
    if iscoroutine(made):
        made.close()
        raise NotThereError(f"{written} is async; a factory must return the application itself")
    return made


def _failed(what: str, error: BaseException) -> NotThereError:
    # Where the application is at fault its author needs the frames, as a server would show them.
    sys.stderr.write("".join(traceback.format_exception(error)))
    said = str(error)
    name = type(error).__name__
    return NotThereError(
        f"the {what} failed: {name}: {said}" if said else f"the {what} failed: {name}"
    )
