"""Reads the files of objectives, and picks what is for one service."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ninefold.core import nearest, require_name, shown
from ninefold.errors import ConfigurationError
from ninefold.slo.openslo._decode import Tell, decode, unknown
from ninefold.slo.openslo._files import found
from ninefold.slo.openslo._indicator import Library
from ninefold.slo.openslo._model import Document, LeftOut, Slo
from ninefold.slo.openslo._shape import Head, SloHead
from ninefold.slo.openslo._slo import slo_of

if TYPE_CHECKING:
    from ninefold.slo.openslo._yaml import Parsed

__all__ = ["Loaded", "documents", "load", "read"]

_log = logging.getLogger("ninefold.slo")
_VERSION: Final = "openslo/v1"
_KINDS: Final = (
    "SLO",
    "SLI",
    "Service",
    "DataSource",
    "AlertPolicy",
    "AlertCondition",
    "AlertNotificationTarget",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the files say about one service, and whom else they are about.

    `problem` says that nothing is about the service, although there are files.
    """

    files: tuple[Path, ...]
    slos: tuple[Slo, ...]
    left_out: tuple[LeftOut, ...]
    services: tuple[str, ...]
    problem: str | None


def load(patterns: Iterable[str], *, service: str, owner: str | None = None) -> tuple[Slo, ...]:
    """The SLOs of `service` in the files that `patterns` name.

    `owner` answers for those that name nobody. What is not counted is logged, as a warning where
    the author may have expected otherwise. Raises `ConfigurationError` for a file or a document
    that cannot be meant; an SLO of another service is looked at no further than its head.
    """
    loaded = read(patterns, service=service, owner=owner)
    for each in loaded.left_out:
        _log.log(logging.WARNING if each.is_surprising else logging.DEBUG, "%s", each)
    if loaded.problem is not None:
        _log.warning("%s", loaded.problem)
    return loaded.slos


def read(patterns: Iterable[str], *, service: str, owner: str | None = None) -> Loaded:
    """What `load` gives and more, without a word in the log."""
    files = found(patterns)
    all_of_them = documents(files)
    library = Library(all_of_them)
    slos: list[Slo] = []
    left_out: list[LeftOut] = []
    for document in _named_once(each for each in all_of_them if each.service == service):
        made = slo_of(document, library, owner=owner)
        if isinstance(made, Slo):
            slos.append(made)
        else:
            left_out.append(made)
    services = tuple(sorted({each.service for each in all_of_them if each.service is not None}))
    return Loaded(
        files=files,
        slos=tuple(slos),
        left_out=tuple(left_out),
        services=services,
        problem=None if service in services or not files else _nobody(service, services),
    )


def _named_once(of_service: Iterable[Document]) -> Iterator[Document]:
    # Other services may use the same names: theirs are told apart by the service.
    seen: dict[str, Document] = {}
    for document in of_service:
        first = seen.setdefault(document.name, document)
        if first is not document:
            raise document.error(
                "metadata.name",
                f"is taken: the SLO {document.name!r} is in {first.place()} already; rename one",
            )
        yield document


def documents(files: Iterable[Path]) -> tuple[Document, ...]:
    """Every document of the files, its head checked: version, kind, name, and whose an SLO is."""
    return tuple(document for file in files for document in _documents(file))


def _documents(file: Path) -> Iterator[Document]:
    # PyYAML is slow to import, and few services have files of objectives.
    from ninefold.slo.openslo._yaml import parse

    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the file of objectives {file} cannot be read: {error.strerror or error}; let the"
            " service's user read it"
        ) from error
    for parsed in parse(content, str(file)):
        yield _document(file, parsed)


def _document(file: Path, parsed: Parsed) -> Document:
    content = parsed.content
    bare = Document(
        file=file,
        index=parsed.index,
        line=parsed.line,
        kind="",
        name="",
        service=None,
        content=content if isinstance(content, dict) else {},
        lines=parsed.lines,
    )
    tell: Tell = bare.error
    head = decode(content, Head, tell)
    if head.api_version != _VERSION:
        raise tell(
            "apiVersion",
            f"must be {_VERSION!r}, got {shown(head.api_version)}; keep other documents in files"
            " that the setting objectives does not name",
        )
    if head.kind not in _KINDS:
        hint = unknown(head.kind, _KINDS)
        raise tell("kind", f"must be a kind of OpenSLO, got {shown(head.kind)}; {hint}")
    service = decode(content, SloHead, tell).spec.service if head.kind == "SLO" else None
    for at, name in (("metadata.name", head.metadata.name), ("spec.service", service)):
        if name is not None:
            try:
                require_name(at, name)
            except ConfigurationError as error:
                raise tell(at, str(error).removeprefix(f"{at} ")) from error
    return Document(
        file=file,
        index=parsed.index,
        line=parsed.line,
        kind=head.kind,
        name=head.metadata.name,
        service=service,
        content=bare.content,
        lines=parsed.lines,
    )


def _nobody(service: str, services: tuple[str, ...]) -> str:
    near = nearest(service, services)
    listed = ", ".join(map(repr, services)) or "none"
    hint = f"did you mean {near!r}? " if near else ""
    return (
        f"no SLO in the files of objectives is about the service {service!r}, they are about"
        f" {listed}; {hint}spec.service must be the service's name"
    )
