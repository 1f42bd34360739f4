"""Where git keeps what a repository and its user leave out, without asking git.

Read are the files of its configuration that may say `core.excludesFile`, with what they include
whatever the case, and the folder that the worktrees of a repository share. Not read are conditional
includes. Sources: git's documentation, gitignore, git-config and gitrepository-layout.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

_SECTION: Final = re.compile(r'\s*\[\s*([A-Za-z0-9.-]+)\s*(?:"(?:[^"\\]|\\.)*"\s*)?\]')
_KEY: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)", re.DOTALL)
_DEEPEST: Final = 10
"""How deep git follows includes."""


def ignore_files(root: str) -> Iterator[str]:
    """The files of patterns of a repository but for its `.gitignore`, the weakest first."""
    shared = _shared(os.path.join(root, ".git"))
    excludes = _excludes_file(shared)
    if excludes:
        yield os.path.join(root, excludes)
    yield os.path.join(shared, "info", "exclude")


def _shared(place: str) -> str:
    """The folder of a repository that all its worktrees share; `place` is its `.git`."""
    if os.path.isdir(place):
        return place
    # A worktree's, or a submodule's, is a file that says where.
    start, _, named = _text(place).strip().partition(": ")
    if start != "gitdir":
        return place
    folder = os.path.join(os.path.dirname(place), named)
    common = _text(os.path.join(folder, "commondir")).strip()
    return os.path.join(folder, common) if common else folder


def _excludes_file(shared: str) -> str:
    """What `core.excludesFile` is, or is without being said; empty for none."""
    home = os.path.expanduser("~")
    ours = os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "git")
    system = os.environ.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig")
    of_user = os.environ.get("GIT_CONFIG_GLOBAL")
    files = [] if os.environ.get("GIT_CONFIG_NOSYSTEM") else [system]
    files += (
        [os.path.join(ours, "config"), os.path.join(home, ".gitconfig")]
        if of_user is None
        else [of_user]
    )
    said: str | None = None
    for each in (*files, os.path.join(shared, "config")):
        for value in _values(each, 0):
            said = value
    if said is None:
        return os.path.join(ours, "ignore")
    return os.path.expanduser(said)


def _values(file: str, depth: int) -> Iterator[str]:
    """What a file of git's configuration says of `core.excludesFile`, the last of which counts."""
    text = _text(file)
    if depth == _DEEPEST or not ("exclude" in text.lower() or "include" in text.lower()):
        return
    section = ""
    for line in re.sub(r"\\\r?\n", "", text).splitlines():
        header = _SECTION.match(line)
        if header is not None:
            # What is in quotes makes it another section, as of a branch.
            section = "" if '"' in header.group() else header[1].lower()
        found = _KEY.match(line, header.end() if header is not None else 0)
        if found is None:
            continue
        key = (section, found[1].lower())
        if key == ("core", "excludesfile"):
            yield _value(found[2])
        elif key == ("include", "path"):
            named = os.path.expanduser(_value(found[2]))
            yield from _values(os.path.join(os.path.dirname(file), named), depth + 1)


def _value(text: str) -> str:
    """A value as git reads it: without quotes, escapes and comments."""
    found = ""
    kept = 0
    is_quoted = is_escaped = False
    for char in text:
        if is_escaped:
            found += {"n": "\n", "t": "\t", "b": "\b"}.get(char, char)
            kept, is_escaped = len(found), False
        elif char == "\\":
            is_escaped = True
        elif char == '"':
            is_quoted = not is_quoted
            kept = len(found)
        elif char in "#;" and not is_quoted:
            break
        else:
            found += char
            if is_quoted or not char.isspace():
                kept = len(found)
    return found[:kept]


def _text(file: str) -> str:
    try:
        with open(file, "rb") as opened:
            return os.fsdecode(opened.read())
    except OSError:
        return ""
