"""A project's own registry, laid over the conventions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ninefold.conformance._facts import Position, Unread
from ninefold.conformance.registry._known import Known, Sections, conventions


def with_project(
    paths: Iterable[str | Path], *, base: Known | None = None
) -> tuple[Known, tuple[Unread, ...]]:
    """The conventions with the registry at `paths` merged over them, and what could not be read.

    A path is a file or a folder, whose `*.yaml` and `*.yml` are read at any depth. What a file of
    the project says of a name replaces what the conventions say. The formats are OpenTelemetry
    Weaver's: `groups`, and its second one with `attributes`, `metrics` and `attribute_groups`.
    """
    base = base or conventions()
    files, unread = _files(paths)
    if not files:
        return base, tuple(unread)
    from ninefold.conformance.registry._weaver import read

    own = read(files, base.sections["attributes"])
    unread += own.unread

    def merged() -> Sections:
        sections = dict(base.sections)
        sections["metrics"] = sections["metrics"] | own.metrics
        sections["attributes"] = sections["attributes"] | own.attributes
        return sections

    return Known(merged, own=frozenset(own.metrics)), tuple(unread)


def _files(paths: Iterable[str | Path]) -> tuple[list[Path], list[Unread]]:
    files: list[Path] = []
    unread: list[Unread] = []
    for each in map(Path, paths):
        if each.is_dir():
            found = sorted(path for path in each.rglob("*.y*ml") if path.suffix in _SUFFIXES)
            if not found:
                unread.append(Unread(_start(each), "the folder holds no *.yaml of a registry"))
            files += (path for path in found if path.stem not in _NO_DEFINITIONS)
        elif each.exists():
            files.append(each)
        else:
            remedy = "name what is there in `registry`"
            unread.append(Unread(_start(each), "there is no such file or folder", remedy))
    return files, unread


_SUFFIXES = {".yaml", ".yml"}
# What Weaver keeps beside the definitions.
_NO_DEFINITIONS = {"manifest", "registry_manifest", "weaver"}


def _start(path: Path) -> Position:
    return Position(str(path), 1, 1, 1, 1)
