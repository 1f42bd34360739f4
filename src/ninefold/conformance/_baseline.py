"""A baseline: the findings that a project knows of, so that only new ones are told and fail."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from ninefold.conformance._engine import UNREAD, Report
from ninefold.conformance._finding import Finding
from ninefold.conformance._places import beneath
from ninefold.conformance._rule import Rule
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


class OtherVersionError(ConfigurationError):
    """A baseline that another version of ninefold has written."""


def read_baseline(file: str) -> tuple[Known, ...]:
    """The findings in the baseline `file`. Raises `ConfigurationError` for what is none."""
    try:
        with open(file, "rb") as opened:
            document = json.loads(opened.read())
        if not isinstance(document, dict):
            raise ValueError("it is no JSON object")
        version = document["version"]
        if version != _VERSION:
            raise OtherVersionError(
                f"the baseline {file} is of version {version!r}, this is ninefold for"
                f" {_VERSION}: write it anew with --write-baseline"
            )
        return tuple(Known(**each) for each in document["findings"])
    except OtherVersionError:
        raise
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
            f"{file} is no baseline ({error}): name another file, or remove it and write it anew"
            " with --write-baseline"
        ) from error


def write_baseline(
    file: str, report: Report, paths: Iterable[str], rules: Iterable[Rule], folder: str
) -> tuple[int, int]:
    """Write the findings to the baseline `file`, whole or not at all; how many, and how many kept.

    Of a baseline that is there is kept what this run over `paths` by `rules` could not have found
    again: what is in files that were not checked, or not read, and still are there. What could not
    be read is left out. Raises `ConfigurationError` where the file cannot be written, or is
    something else.
    """
    before: tuple[Known, ...] = ()
    if os.path.lexists(file):
        try:
            before = read_baseline(file)
        except OtherVersionError:
            before = ()  # what is in it cannot be told
    new = [_known(each, folder) for each in report.findings if each.code != UNREAD]
    looked = _Looked(report, paths, rules, folder, before)
    kept = [each for each in before if looked.passes(each)]
    known = sorted({each.fingerprint: each for each in (*kept, *new)}.values())
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
    return len(new), len(known) - len(new)


def without_known(
    report: Report, known: Iterable[Known], paths: Iterable[str], rules: Iterable[Rule], folder: str
) -> Report:
    """The report without what is known, and with what of that is gone.

    Only what this run over `paths` by `rules` could have found again is gone.
    """
    left = {each.fingerprint: each for each in known}
    findings: list[Finding] = []
    met: set[str] = set()
    for each in report.findings:
        if each.fingerprint in left and each.code != UNREAD:
            met.add(each.fingerprint)
        else:
            findings.append(each)
    looked = _Looked(report, paths, rules, folder, left.values())
    gone = (
        each for each in left.values() if each.fingerprint not in met and looked.could_find(each)
    )
    return report._replace(
        findings=tuple(findings),
        known=len(met),
        gone=tuple(f"{each.code} {each.path}: {each.message}" for each in sorted(gone)),
    )


class _Looked:
    """What a run has looked for, and where."""

    def __init__(
        self,
        report: Report,
        paths: Iterable[str],
        rules: Iterable[Rule],
        folder: str,
        known: Iterable[Known],
    ) -> None:
        self._folder = folder
        self._paths = tuple("<stdin>" if each == "-" else beneath(each, folder) for each in paths)
        self._unread = {beneath(each.position.path, folder) for each in report.facts.unread}
        self._about = {each.code: each.about for each in rules}
        # A rule about all that was read finds less in a part of it.
        self._is_part = any(self._is_elsewhere(each) for each in known)

    def could_find(self, known: Known) -> bool:
        """Whether the run would have met this finding if it still were one."""
        about = self._about.get(known.code)
        return (
            self._is_in(known.path)
            and known.path not in self._unread
            and about is not None
            and not (about == "run" and self._is_part)
        )

    def passes(self, known: Known) -> bool:
        """Whether the run says nothing of a finding whose file still is there."""
        return not self.could_find(known) and self._exists(known.path)

    def _is_elsewhere(self, known: Known) -> bool:
        return not self._is_in(known.path) and self._exists(known.path)

    def _is_in(self, path: str) -> bool:
        return any(each in (".", path) or path.startswith(f"{each}/") for each in self._paths)

    def _exists(self, path: str) -> bool:
        return (
            "://" in path
            or path.startswith("<")
            or os.path.lexists(os.path.join(self._folder, path))
        )


def _known(finding: Finding, folder: str) -> Known:
    return Known(
        beneath(finding.position.path, folder),
        finding.code,
        finding.metric,
        finding.message,
        finding.fingerprint,
    )
