"""The end of the story: what was sent, against what `/metrics` counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ninefold.demo._exposition import Reading


@dataclass(frozen=True, slots=True)
class Account:
    """One service's requests: sent by the customers, called by its fellow, counted by itself.

    `unknown` of what was sent and called were given up before an answer came: whether such a one
    ever came through, who made it cannot tell.
    """

    service: str
    sent: int
    called: int
    counted: int
    unanswered: int = 0
    unknown: int = 0

    @property
    def difference(self) -> int:
        """How many more were counted than sent."""
        return self.counted - self.sent - self.called

    def __str__(self) -> str:
        """Say it in one line."""
        sent = f"sent {self.sent:,}"
        if self.called:
            sent = f"sent {self.sent:,} + {self.called:,} called by checkout"
        verdict = "equal" if not self.difference else f"DIFFERENT by {self.difference:+,}"
        if 0 < -self.difference <= self.unknown:
            verdict = f"equal, but for {-self.difference:,} given up before they came through"
        lost = f" ({self.unanswered:,} without an answer)" if self.unanswered else ""
        return f"{self.service:10} {sent}{lost}, counted by /metrics {self.counted:,}: {verdict}"


def accounts(
    sent: Mapping[str, int], unanswered: Mapping[str, int], latest: Mapping[str, Reading]
) -> list[Account]:
    """One account per service; the calls between them are told by the metrics of who made them."""
    asked = latest["checkout"].asked
    calls = sum(each.durations.count for each in asked)
    given_up = sum(each.durations.count for each in asked if each.status is None)
    return [
        Account(
            name,
            sent.get(name, 0),
            calls if name == "inventory" else 0,
            reading.requests,
            unanswered.get(name, 0),
            unanswered.get(name, 0) + (given_up if name == "inventory" else 0),
        )
        for name, reading in latest.items()
    ]
