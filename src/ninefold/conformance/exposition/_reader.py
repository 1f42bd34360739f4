"""An exposition, read to its end whatever is in between: a bad line is told, the rest is read."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Facts, Position, Unread, Use
from ninefold.conformance.exposition._families import Families
from ninefold.conformance.exposition._line import take_apart
from ninefold.conformance.exposition._tokens import WrongLine

_MOST_UNREAD = 100
"""So many bad lines of one exposition are told one by one: more say that it is none."""

_LONGEST = 200
"""Characters of a message: what stands in a line that is no sample may be of any length."""


def read(data: bytes, path: str, *, openmetrics: bool | None = None) -> Facts:
    """The facts of an exposition; `path` is what positions call it.

    `openmetrics` says which of the two formats it is; by default its last line does, which is
    `# EOF` in OpenMetrics.
    """
    if openmetrics is None:
        openmetrics = data.rstrip(b"\r\n \t").endswith(b"\n# EOF") or data.startswith(b"# EOF")
    lines = data.split(b"\n")
    families = Families(path, openmetrics=openmetrics)
    unread: list[Unread] = []
    returns: list[Position] = []
    for number, given in enumerate(_texts(lines), 1):
        line = given.removesuffix("\r")
        if line != given and _is_read(line):
            end = len(given)
            returns.append(Position(path, number, end, number, end + 1))
        if openmetrics and line == "# EOF":
            unread += _after_end(lines[number:], path, number + 1)
            break
        if number == len(lines):
            unread += _end(line, path, number, openmetrics=openmetrics)
            if not line:
                break
        try:
            part = take_apart(line, openmetrics=openmetrics)
            if part is not None:
                families.add(part, number)
        except WrongLine as wrong:
            where = Position(path, number, wrong.start + 1, number, wrong.end + 1)
            unread.append(Unread(where, _shortened(wrong.message)))
    if returns:
        unread.insert(0, Unread(returns[0], _returned(len(returns))))
    if len(unread) > _MOST_UNREAD:
        more = len(unread) - _MOST_UNREAD
        last = unread[_MOST_UNREAD].position
        unread[_MOST_UNREAD:] = [Unread(last, f"this line and {more - 1} more cannot be read")]
    facts = list(families.facts())
    uses: list[Use] = [use for _, uses in facts for use in uses]
    return Facts(
        declarations=tuple(declaration for declaration, _ in facts),
        uses=tuple(uses),
        unread=tuple(unread),
        files=1,
    )


def _texts(lines: list[bytes]) -> Iterator[str]:
    # What is not UTF-8 becomes lone surrogates, one for each byte, and is told where it stands.
    return (line.decode("utf-8", "surrogateescape") for line in lines)


def _end(line: str, path: str, number: int, *, openmetrics: bool) -> Iterator[Unread]:
    end = len(line) + 1
    where = Position(path, number, end, number, end)
    if openmetrics:
        yield Unread(where, "the last line must be '# EOF'; the exposition may be cut short")
    elif line:
        yield Unread(where, "the last line must end with a line feed; it may be cut short")


def _after_end(lines: list[bytes], path: str, number: int) -> Iterator[Unread]:
    for offset, line in enumerate(lines):
        if line.strip():
            where = Position(path, number + offset, 1, number + offset, 1)
            yield Unread(where, "nothing may follow '# EOF'")
            return


def _shortened(message: str) -> str:
    return f"{message[:_LONGEST]}…" if len(message) > _LONGEST else message


def _is_read(line: str) -> bool:
    """Whether a line is more than text, in which a carriage return may stand."""
    return not line.startswith("#") or line.startswith(("# TYPE", "# UNIT", "# EOF"))


def _returned(count: int) -> str:
    # Said once: it is either the whole exposition that went through Windows, or a line of it.
    lines = f", as this and {count - 1} more do" if count > 1 else ""
    return f"lines must end with a line feed alone, not with a carriage return{lines}"
