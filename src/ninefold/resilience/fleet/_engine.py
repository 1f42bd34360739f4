"""Decides whether a fleet has opened its breaker, and what one instance makes of that. Pure."""

from __future__ import annotations

import math

from ninefold.resilience.fleet._model import Count, Decision, Declare, Sight, Stay, Trip

__all__ = ["Fleet", "count"]


def count(quorum: int | float, sight: Sight) -> Count:
    """The votes that count: of instances that are alive, and not over yet.

    A share is one of the live instances, and never fewer than two.
    """
    live = {name for name, until in sight.alive.items() if until > sight.now}
    opened = sum(name in live and until > sight.now for name, until in sight.votes.items())
    needed = _share(quorum, len(live)) if isinstance(quorum, float) else quorum
    return Count(opened, len(live), needed)


def _share(share: float, live: int) -> int:
    # 0.07 of 100 is 7, whatever binary fractions make of it.
    return max(2, math.ceil(share * live - 1e-9))


class Fleet:
    """One breaker's fleet, as one instance sees it.

    A verdict is an event and no state: every instance follows it once, and closes by probes of its
    own. Were it followed as long as it stands, who has found the dependency well would be opened
    again by a verdict that is older than its probes.
    """

    __slots__ = ("_heard", "_quorum")

    def __init__(self, quorum: int | float) -> None:
        self._quorum = quorum
        self._heard: float | None = None

    def see(self, sight: Sight) -> Decision:
        """What follows from a look."""
        counted = count(self._quorum, sight)
        reason = f"{counted.opened} of {counted.live} instances opened theirs"
        if sight.opened_at is not None:
            if sight.opened_at == self._heard:
                return Stay()
            self._heard = sight.opened_at
            return Trip(reason if counted.is_reached else "the fleet opened it")
        if not counted.is_reached:
            self._heard = None
            return Stay()
        # As the store keeps it: in whole seconds.
        self._heard = float(math.floor(sight.now))
        return Declare(reason)
