"""What an earlier run has read of the same files, as far as that is what reading them would give.

What a file declares may depend on others: on a constant that it imports, on the calls of a function
that it defines. So an entry says all that its facts were made of: the content of each file that was
parsed, where modules were looked for and found, and for which names all the others were looked
through. It holds while all of that is the same; a file that was not parsed may change as long as
there is nothing in it that this run would parse it for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ninefold.conformance._cache import Cache
from ninefold.conformance._digest import digest
from ninefold.conformance._facts import Facts, Suppression
from ninefold.conformance._packed import numbered, packed, unpacked
from ninefold.conformance._suppressions import may_suppress, suppressions_in
from ninefold.conformance.source._files import Calls, Records, may_declare
from ninefold.conformance.source._finder import package_of, read_source
from ninefold.conformance.source._read import Files


def remembered(paths: Iterable[str], files: Files, cache: Cache) -> Facts:
    """The facts in files: those of the cache where they hold, else read and stored."""
    digests: dict[str, str] = {}
    for path in paths:
        data = files.take(path)
        if data is not None:
            digests[path] = digest(data)
    entry = cache.load()
    if entry is not None:
        try:
            found = _Check(entry, files, digests).facts()
        except (KeyError, ValueError, TypeError, IndexError, AttributeError):
            found = None  # whole, and yet none of ours
        if found is not None:
            if entry["files"] != digests:
                cache.store(entry | {"files": digests, "suppressions": _by_path(found)})
            return found
    return _read(files, digests, cache)


class _Check:
    """Whether an entry holds for these files."""

    def __init__(self, entry: dict[str, Any], files: Files, digests: Mapping[str, str]) -> None:
        self._entry = entry
        self._files = files
        self._digests = digests
        self._called = [Calls(each) for each in entry["called"]]
        self._recorded = Records(entry["recorded"])

    def facts(self) -> Facts | None:
        """The entry's facts; None where it does not hold."""
        entry, files = self._entry, self._files
        known: dict[str, str] = entry["files"]
        parsed = dict.fromkeys(entry["parsed"])
        # Which comes first may decide what a name is: the same files in the same order.
        if [each for each in self._digests if each in parsed] != list(parsed):
            return None
        if not self._is_found():
            return None
        suppressions: list[Suppression] = []
        for path, content in self._digests.items():
            if known.get(path) == content:
                suppressions.extend(map(unpacked, entry["suppressions"].get(path, ())))
                continue
            data = files.data(path)
            if path in parsed or self._is_telling(path, data):
                return None
            if may_suppress(data):
                suppressions.extend(suppressions_in(path, data))
        declarations = tuple(unpacked(each) for each in entry["declarations"])
        return Facts(
            declarations,
            tuple(unpacked(each, declarations) for each in entry["uses"]),
            (*files.unread, *map(unpacked, entry["unread"])),
            tuple(suppressions),
            len(files.held),
        )

    def _is_telling(self, path: str, data: bytes) -> bool:
        """Whether a file that is new or changed would be parsed."""
        if may_declare(data) or os.path.abspath(path) in self._entry["modules"]:
            return True
        if not self._called and not self._recorded.may(data):
            return False
        near = self._files.near(path)
        return self._recorded.near(near, data) or any(
            each.near(near, data) for each in self._called
        )

    def _is_found(self) -> bool:
        """Whether modules are where they were, and those outside of the run as they were."""
        entry = self._entry
        for folder, place in entry["places"].items():
            if list(package_of(folder)) != place:
                return False
        for folder, top in entry["tops"].items():
            if package_of(os.path.abspath(folder))[1].partition(".")[0] != top:
                return False
        for name, near, path in entry["sought"]:
            if self._files.finder.find(name, near) != path:
                return False
        return all(_content(path) == content for path, content in entry["modules"].items())


def _read(files: Files, digests: Mapping[str, str], cache: Cache) -> Facts:
    declaring: list[str] = []
    suppressions: list[Suppression] = []
    for path in files.held:
        data = files.data(path)
        if may_declare(data):
            declaring.append(path)
        if may_suppress(data):
            suppressions.extend(suppressions_in(path, data))
    before = len(files.unread)
    entry: dict[str, Any] = {
        "files": digests,
        "parsed": [],
        "modules": {},
        "places": {},
        "tops": {},
        "sought": [],
        "called": [],
        "recorded": [],
    }
    if declaring:
        from ninefold.conformance.source._run import Run

        run = Run(files, declaring)
        facts = run.facts(suppressions)
        looked_up = run.program.contents()
        own = {os.path.abspath(path): path for path in files.held}
        parsed = {own[each] for each in looked_up if each in own} | run.parsed.keys()
        folders = {os.path.dirname(each) for each in looked_up}
        entry["parsed"] = [each for each in files.held if each in parsed]
        entry["modules"] = {
            path: None if data is None else digest(data)
            for path, data in looked_up.items()
            if path not in own
        }
        entry["places"] = {each: list(package_of(each)) for each in folders}
        entry["tops"] = files.packages.tops
        entry["sought"] = [[*key, path] for key, path in files.finder.found.items()]
        entry["called"] = [each.names() for each in run.called]
        entry["recorded"] = [] if run.recorded is None else run.recorded.names()
    else:
        facts = Facts((), (), tuple(files.unread), tuple(suppressions), len(files.held))
    numbers = numbered(facts.declarations)
    entry["declarations"] = [packed(each) for each in facts.declarations]
    entry["uses"] = [packed(each, numbers) for each in facts.uses]
    entry["unread"] = [packed(each) for each in facts.unread[before:]]
    entry["suppressions"] = _by_path(facts)
    cache.store(entry)
    return facts


def _by_path(facts: Facts) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in facts.suppressions:
        found.setdefault(each.position.path, []).append(packed(each))
    return found


def _content(path: str) -> str | None:
    data = read_source(path)
    return None if data is None else digest(data)
