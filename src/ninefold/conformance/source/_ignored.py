r"""What a repository's `.gitignore` files leave out, read as git reads them.

Read are `.gitignore` in every folder from the root of the repository down, the repository's
`info/exclude` and the user's `core.excludesFile`; outside of a repository `.gitignore` from the
named folder down. Not read is the index: a file that is tracked although a pattern fits it is left
out too. Case counts, and characters are bytes. Source: git's documentation, gitignore.
"""

from __future__ import annotations

import os
import re
from typing import Final, NamedTuple, TypeAlias

from ninefold.conformance.source._git import ignore_files

_FILE: Final = ".gitignore"
_REPOSITORY: Final = ".git"
_Either: TypeAlias = tuple[re.Pattern[str] | None, re.Pattern[str] | None]
_NOTHING: Final = "(?!)"
_SPECIAL: Final = re.compile(r"[*?\[\\]")
_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r"\ \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r"\ \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "a-fA-F0-9",
}


class _Run(NamedTuple):
    """Patterns that follow one another and all leave out, or all take in again.

    `files` and `folders` are each of the name alone, and of the path; None where there is none.
    """

    takes_in: bool
    files: _Either
    folders: _Either

    def fits(self, path: str, start: int, name: str, *, is_folder: bool) -> bool:
        """Whether one of the patterns fits the path from `start` on, or its last name."""
        of_name, of_path = self.folders if is_folder else self.files
        return (of_name is not None and of_name.match(name) is not None) or (
            of_path is not None and of_path.match(path, start) is not None
        )


class Ignored(NamedTuple):
    """What is left out of the folder `place` of a repository; `place` is empty or ends with `/`.

    `files` are the ignore files, the outermost first, each with the length of its folder's place.
    """

    files: tuple[tuple[int, tuple[_Run, ...]], ...] = ()
    place: str = ""

    def leaves_out(self, name: str, *, is_folder: bool) -> bool:
        """Whether a file or folder of this name is left out here: the last pattern decides."""
        name = _in_bytes(name)
        path = self.place + name
        for start, runs in reversed(self.files):
            for run in reversed(runs):
                if run.fits(path, start, name, is_folder=is_folder):
                    return not run.takes_in
        return False

    def inside(self, name: str) -> Ignored:
        """The same, for the folder of this name."""
        return self._replace(place=f"{self.place}{_in_bytes(name)}/")

    def entered(self, folder: str, *, is_root: bool, has_file: bool) -> Ignored:
        """The same with what `folder` itself says; a repository of its own asks no other."""
        found = self
        if is_root:
            found = Ignored()
            for each in ignore_files(folder):
                found = found._with(each)
        return found._with(os.path.join(folder, _FILE)) if has_file else found

    def _with(self, file: str) -> Ignored:
        try:
            with open(file, "rb") as opened:
                data = opened.read()
        except OSError:
            return self
        runs = _runs(data)
        return self._replace(files=(*self.files, (len(self.place), runs))) if runs else self


def ignored_above(folder: str) -> Ignored:
    """What the folders above `folder` say of it, from the root of its repository down.

    That is nothing where they leave out the folder itself: it is named all the same.
    """
    above: list[str] = []
    root = os.path.abspath(folder)
    while not os.path.exists(os.path.join(root, _REPOSITORY)):
        parent, name = os.path.split(root)
        if parent == root:
            return Ignored()
        above.append(name)
        root = parent
    found = Ignored()
    for depth, name in enumerate(reversed(above)):
        found = found.entered(root, is_root=depth == 0, has_file=True)
        if found.leaves_out(name, is_folder=True):
            return Ignored()
        found = found.inside(name)
        root = os.path.join(root, name)
    return found


def _in_bytes(name: str) -> str:
    """A name with a character for each of its bytes, of which `?` stands for one in git."""
    return name if name.isascii() else os.fsencode(name).decode("latin-1")


def _runs(data: bytes) -> tuple[_Run, ...]:
    grouped: list[tuple[bool, list[tuple[bool, str]], list[tuple[bool, str]]]] = []
    for line in data.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n"):
        text = _trimmed(line.removesuffix("\r"))
        if not text or text[0] == "#":
            continue
        takes_in = text[0] == "!"
        text = text[takes_in:]
        is_for_folders = text.endswith("/")
        text = text[: len(text) - is_for_folders]
        if not text:
            continue
        if not grouped or grouped[-1][0] != takes_in:
            grouped.append((takes_in, [], []))
        pattern = _wild(text.removeprefix("/"), is_path="/" in text)
        grouped[-1][2].append(("/" in text, pattern))
        if not is_for_folders:
            grouped[-1][1].append(("/" in text, pattern))
    return tuple(_Run(sign, _either(files), _either(folders)) for sign, files, folders in grouped)


def _either(patterns: list[tuple[bool, str]]) -> _Either:
    of_name, of_path = (
        [pattern for is_path, pattern in patterns if is_path == wanted] for wanted in (False, True)
    )
    return _any(of_name), _any(of_path)


def _any(patterns: list[str]) -> re.Pattern[str] | None:
    return re.compile(f"(?:{'|'.join(patterns)})\\Z", re.DOTALL) if patterns else None


def _trimmed(line: str) -> str:
    """The line without blanks at its end, of which one after a backslash stays."""
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if escapes % 2 and len(bare) < len(line) else bare


def _wild(text: str, *, is_path: bool) -> str:
    """A pattern as a regular expression of a name, or of the path from its ignore file on."""
    found = ""
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            start = at - 1
            while text[at : at + 1] == "*":
                at += 1
            stars, at = _stars(text, start, at) if is_path else ("[^/]*", at)
            found += stars
        elif char == "?":
            found += "[^/]"
        elif char == "[":
            chars, at = _bracket(text, at)
            found += chars
        elif char == "\\":
            if at == len(text):
                return _NOTHING
            found += re.escape(text[at])
            at += 1
        else:
            found += re.escape(char)
    return found


def _stars(text: str, start: int, end: int) -> tuple[str, int]:
    """What the stars from `start` to `end` stand for, and where to go on: two span folders.

    They do between separators. Git compares what comes before the first special character on its
    own, so that two stars after it span folders too.
    """
    is_after = text[start - 1 : start] in ("", "/") or not _SPECIAL.search(text, 0, start)
    follows = text[end : end + 1]
    is_before = follows in ("", "/") or text[end : end + 2] == "\\/"
    if end - start < 2 or not is_after or not is_before:
        return "[^/]*", end
    return ("(?:.*/)?", end + 1) if follows == "/" else (".*", end)


def _bracket(text: str, at: int) -> tuple[str, int]:
    """What `[…]` from `at` on stands for, and where it ends; nothing fits one without an end."""
    is_not = text[at : at + 1] in ("!", "^")
    at += is_not
    found = ""
    before = ""
    is_first = True
    while at < len(text):
        char = text[at]
        at += 1
        if char == "]" and not is_first:
            # No bracket fits a separator.
            return (f"(?![/])[{'^' if is_not else ''}{found}]" if found else "(?![/])."), at
        is_first = False
        if char == "[" and text[at : at + 1] == ":":
            name, closed, _ = text[at + 1 :].partition(":]")
            if closed and name in _CLASSES:
                found += _CLASSES[name]
                at += len(name) + 3
                before = ""
                continue
            if closed and name.isalpha():
                return _NOTHING, len(text)
        is_range = char == "-" and before and text[at : at + 1] not in ("", "]")
        if is_range:
            char = text[at]
            at += 1
        if char == "\\":
            if at == len(text):
                break
            char = text[at]
            at += 1
        if not is_range:
            found += re.escape(char)
            before = char
            continue
        if before <= char:
            found += f"{re.escape(before)}-{re.escape(char)}"
        before = ""
    return _NOTHING, len(text)
