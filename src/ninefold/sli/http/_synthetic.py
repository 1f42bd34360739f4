"""Synthetic traffic: requests that no user sent, told by their User-Agent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from typing import Final, final

__all__ = ["SyntheticTraffic"]

_MOST_SEEN: Final = 1024
_LONGEST: Final = 512


@final
class SyntheticTraffic:
    """Says whether a User-Agent is that of a probe, a synthetic test or a crawler.

    `globs` are patterns of whole User-Agents, upper and lower case the same. What was seen is
    remembered, up to a bound: clients repeat themselves, and a pattern costs more than a look-up.

    >>> traffic = SyntheticTraffic(["kube-probe/*", "*bingbot/*"])
    >>> traffic.sent(b"kube-probe/1.31"), traffic.sent("Mozilla/5.0"), traffic.sent(None)
    (True, False, False)
    """

    __slots__ = ("_match", "seen")

    def __init__(self, globs: Iterable[str]) -> None:
        pattern = "|".join(translate(glob) for glob in globs)
        self._match = re.compile(pattern, re.IGNORECASE).match if pattern else None
        self.seen: dict[bytes | str | None, bool] = {}
        """What was asked before, for a caller who looks here first and saves a call."""

    def sent(self, user_agent: bytes | str | None) -> bool:
        """Whether a client that calls itself so is no user."""
        if user_agent is None or self._match is None:
            return False
        known = self.seen.get(user_agent)
        if known is None:
            known = self._look(user_agent)
        return known

    def _look(self, user_agent: bytes | str) -> bool:
        assert self._match is not None
        # A client may send any length; what matters stands at the front.
        short = user_agent[:_LONGEST]
        text = short.decode("latin-1") if isinstance(short, bytes) else short
        found = self._match(text) is not None
        if len(user_agent) <= _LONGEST:
            if len(self.seen) >= _MOST_SEEN:
                self.seen.clear()
            self.seen[user_agent] = found
        return found
