"""A baseline: the findings that a project knows of, so that only new ones are told and fail."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Final

from ninefold.conformance._engine import UNREAD, Report
from ninefold.conformance._finding import Finding
from ninefold.conformance._places import beneath
from ninefold.errors import ConfigurationError

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """One finding of a baseline: its fingerprint, and what says to people which one it is.

    `path` is relative to the project.
    """

    path: str
    code: str
    metric: str
    message: str
    fingerprint: str


def read_baseline(file: str) -> tuple[Known, ...]:
    """The findings in the baseline `file`. Raises `ConfigurationError` for what is none."""
    try:
        with open(file, "rb") as opened:
            document = json.loads(opened.read())
        version = document["version"]
        if version != _VERSION:
            raise ConfigurationError(
                f"the baseline {file} is of version {version!r}, this is ninefold for"
                f" {_VERSION}: write it anew with --write-baseline"
            )
        return tuple(Known(**each) for each in document["findings"])
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"there is no baseline {file}; `ninefold check --write-baseline {file}` writes one"
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"the baseline {file} cannot be read: {error.strerror or error}"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{file} is no baseline ({error}): write it anew with --write-baseline"
        ) from error


def write_baseline(file: str, findings: Iterable[Finding], folder: str) -> int:
    """Write `findings` to the baseline `file`, whole or not at all; how many were written.

    What could not be read is left out. Raises `ConfigurationError` where it cannot be written.
    """
    known = sorted(_known(each, folder) for each in findings if each.code != UNREAD)
    document = {"version": _VERSION, "findings": [asdict(each) for each in known]}
    beside = f"{file}.{os.getpid()}.new"
    try:
        with open(beside, "w", encoding="utf-8", newline="\n") as opened:
            opened.write(json.dumps(document, indent=1, ensure_ascii=True) + "\n")
        os.replace(beside, file)
    except OSError as error:
        raise ConfigurationError(
            f"the baseline {file} cannot be written: {error.strerror or error}"
        ) from error
    return len(known)


def without_known(
    report: Report, known: Iterable[Known], paths: Iterable[str], ran: Collection[str], folder: str
) -> Report:
    """The report without what is known, and with what of that is gone.

    Only what this run could have found again is gone: a finding by one of the rules that `ran`, in
    one of `paths` or beneath it.
    """
    left = {each.fingerprint: each for each in known}
    findings: list[Finding] = []
    met: set[str] = set()
    for each in report.findings:
        if each.fingerprint in left and each.code != UNREAD:
            met.add(each.fingerprint)
        else:
            findings.append(each)
    looked = tuple("<stdin>" if each == "-" else beneath(each, folder) for each in paths)
    gone = (
        each
        for each in left.values()
        if each.fingerprint not in met and each.code in ran and _is_in(each.path, looked)
    )
    return report._replace(
        findings=tuple(findings),
        known=len(met),
        gone=tuple(f"{each.code} {each.path}: {each.message}" for each in sorted(gone)),
    )


def _known(finding: Finding, folder: str) -> Known:
    return Known(
        beneath(finding.position.path, folder),
        finding.code,
        finding.metric,
        finding.message,
        finding.fingerprint,
    )


def _is_in(path: str, looked: tuple[str, ...]) -> bool:
    return any(each in (".", path) or path.startswith(f"{each}/") for each in looked)
