"""Comments that accept a finding on their line: `# noqa: NF-U202`, `# ninefold: ignore[NF-A507]`.

The second takes `until=2027-03-01` and `reason=…`, which runs to the end of the comment. A plain
`# noqa` speaks to other tools and is not heard.
"""

from __future__ import annotations

import re
from typing import Final

from ninefold.conformance._facts import Position, Suppression

_NOQA: Final = re.compile(r"#\s*noqa\s*:\s*((?:[A-Za-z][A-Za-z0-9_-]*[\s,]*)+)", re.IGNORECASE)
_CODE: Final = re.compile(r"NF-[A-Za-z][0-9]{3}\b", re.IGNORECASE)
_OURS: Final = re.compile(
    r"#\s*ninefold\s*:\s*ignore(?:\s*\[([^\]]*)\])?"
    r"(?:\s+until=(?P<until>\S+))?(?:\s+reason=(?P<reason>.*))?"
)


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
        listed = match.group(1)
        codes = tuple(each.strip().upper() for each in (listed or "").split(",") if each.strip())
        found.append(
            Suppression(
                _stretch(match, path, line, offset),
                codes,
                match["until"] or "",
                (match["reason"] or "").strip(),
            )
        )
    return found


def _stretch(match: re.Match[str], path: str, line: int, offset: int) -> Position:
    text = match.group()
    start = offset + match.start() + 1
    return Position(path, line, start, line, start + len(text.rstrip()))
