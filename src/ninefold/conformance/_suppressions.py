"""Comments that accept a finding on their line: `# noqa: NF-U202`, `# ninefold: ignore[NF-A507]`.

The second takes `until=2027-03-01` and `reason=…`, which runs to the end of the comment. A plain
`# noqa` speaks to other tools and is not heard.
"""

from __future__ import annotations

import re
from typing import Final

from ninefold.conformance._facts import Position, Suppression

_NOQA: Final = re.compile(r"#\s*noqa\s*:\s*((?:[A-Za-z][A-Za-z0-9_-]*[\s,]*)+)", re.IGNORECASE)
_CODE: Final = re.compile(r"NF-[A-Za-z0-9_]+", re.IGNORECASE)
_OURS: Final = re.compile(
    r"#\s*ninefold\s*:\s*ignore(?![\w-])(?:\s*(?P<listed>\[[^\]]*\]?))?"
    r"(?:\s+until=(?P<until>\S*))?(?:\s+reason=(?P<reason>.*))?(?=(?P<rest>.*))"
)
_BARE_CODE: Final = re.compile(r"[\s:(=]*(?:[A-Za-z]+-)?[A-Za-z][0-9]{3}\b")
_BARE_KEY: Final = re.compile(r"(?<!\S)(\w+)=")


def may_suppress(data: bytes) -> bool:
    """Whether a file is worth looking through for suppressions."""
    return b"NF-" in data or (
        b"ninefold" in data and (b"ninefold: ignore" in data or b"ninefold:ignore" in data)
    )


def suppressions_in(path: str, data: bytes) -> list[Suppression]:
    """The suppressions in a file of Python; comments alone are looked at, never strings."""
    import io
    import tokenize

    found: list[Suppression] = []
    if b"\r" in data:  # the parser ends a line at each, tokenize only where a line feed follows
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        for token in tokenize.tokenize(io.BytesIO(data).readline):
            if token.type == tokenize.COMMENT:
                found.extend(suppressions_of(token.string, path, token.start[0], token.start[1]))
    except (tokenize.TokenError, SyntaxError, UnicodeError):
        pass  # the reader says that the file is not valid
    return found


def suppressions_of(comment: str, path: str, line: int, offset: int) -> list[Suppression]:
    """The suppressions in one comment, which begins `offset` characters into its line."""
    found: list[Suppression] = []
    for match in _NOQA.finditer(comment):
        codes = tuple(code.upper() for code in _CODE.findall(match.group(1)))
        if codes:
            found.append(Suppression(_stretch(match, path, line, offset), codes))
    for match in _OURS.finditer(comment):
        listed = (match["listed"] or "").strip("[]")
        codes = tuple(each.strip().upper() for each in listed.split(",") if each.strip())
        found.append(
            Suppression(
                _stretch(match, path, line, offset),
                codes,
                match["until"] or "",
                (match["reason"] or "").strip(),
                _fault(match, codes),
            )
        )
    return found


def _fault(match: re.Match[str], codes: tuple[str, ...]) -> str:
    """What is wrong with how the comment is written; it would accept more than was meant."""
    listed, until, reason, rest = match["listed"], match["until"], match["reason"], match["rest"]
    if (listed is not None and not listed.endswith("]")) or _BARE_CODE.match(rest):
        return "codes must stand in brackets, as in ignore[NF-A507]"
    if listed is not None and not codes:
        return "the brackets name no rule; without them ignore accepts every one"
    if until is not None and not _is_day(until):
        return f"until must be a day as in 2027-03-01, got {until!r}"
    if reason is not None and not reason.strip():
        return "reason= gives none"
    key = _BARE_KEY.search(rest if reason is None else reason)
    if key is not None and key[1] in ("until", "reason"):
        return "until= must stand before reason=, and each but once"
    if key is not None and reason is None:
        return f"{key[1]}= is not known; there are until= and reason="
    return ""


def _is_day(text: str) -> bool:
    from datetime import date  # few comments say one

    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _stretch(match: re.Match[str], path: str, line: int, offset: int) -> Position:
    text = match.group()
    start = offset + match.start() + 1
    return Position(path, line, start, line, start + len(text.rstrip()))
