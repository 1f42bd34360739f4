"""What can be told from outside a service about its files of objectives."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.cli._diagnosis import Finding
from ninefold.config import Settings
from ninefold.errors import ConfigurationError
from ninefold.slo.openslo import Loaded, Slo, read

__all__ = ["objectives_in_files"]


def objectives_in_files(settings: Settings) -> Iterator[Finding]:
    """The objectives that the service will declare; what is wrong with a file is a finding."""
    if settings.disabled or not settings.objectives:
        return
    try:
        own = read(settings.objectives, service=settings.name)
        if settings.origin("name").source != "default":
            yield from _of(settings.name, own)
            return
        # Only the application knows its name: every service in the files may be it.
        for service in own.services:
            yield from _of(service, read(settings.objectives, service=service))
    except ConfigurationError as error:
        yield Finding("wrong", str(error))


def _of(service: str, loaded: Loaded) -> Iterator[Finding]:
    if loaded.problem is not None:
        yield Finding("note", loaded.problem)
    if loaded.slos:
        told = ", ".join(_told(slo) for slo in loaded.slos)
        yield Finding("ok", f"objectives of {service} in files: {told}")
    for left_out in loaded.left_out:
        yield Finding("note" if left_out.is_surprising else "ok", str(left_out))


def _told(slo: Slo) -> str:
    kind = slo.objective.kind
    return f"{slo.name} ({kind.sli}, {kind.target * 100:.10g} % over {kind.window})"
