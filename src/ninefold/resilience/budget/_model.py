"""What a user says of the retries that all calls together may make, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from ninefold.core import require_between, require_non_negative, require_positive, shown
from ninefold.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Retries in proportion to what succeeds, so that they never drown a dependency that is down.

    A retry costs one token, and without one the call fails as it is. Tokens come in two ways:

    - Each success earns `ratio` of one: 0.2 by default, a retry for every five, as in Finagle and
      Linkerd. What is earned and not spent is kept up to `burst` tokens.
    - `floor` of them come each second, whatever happens, for calls that are few or have just
      begun. 3 by default: enough for one call that is tried again by hand, and no load. No more
      than one second's worth is kept, or one token where that is less.

    Good times, however long, fund no storm. Finagle has what was earned expire after 10 seconds;
    here it is kept and bounded by `burst`, so that a service with few calls has earned something
    too when it needs it. The 100 retries of the default are what AWS's SDKs allow (500 tokens, 5 a
    retry): once, at the beginning of an outage, in each process. A new budget has earned nothing,
    so that a service which is restarted again and again brings no load of retries with it.

    Raises `ConfigurationError` for a ratio outside [0, 1], a negative floor, a burst below 1, and
    for a ratio and a floor that are both 0.
    Source: Finagle, "Retry Budgets", 2016; gRPC proposal A6, "Throttling Retry Attempts".

    >>> Budget(ratio=0.1, floor=1)
    Budget(ratio=0.1, floor=1.0, burst=100.0)
    """

    ratio: float = 0.2
    floor: float = 3.0
    burst: float = 100.0

    def __post_init__(self) -> None:
        require_between("ratio", self.ratio, 0, 1)
        require_non_negative("floor", self.floor, unit="retries per second")
        require_positive("burst", self.burst, unit="retries")
        if self.burst < 1:
            raise ConfigurationError(
                f"burst must be >= 1 retries, got {shown(self.burst)}; less than one whole token"
                " would never pay for a retry: write ratio=0 for the floor alone"
            )
        if self.ratio == 0 and self.floor == 0:
            raise ConfigurationError(
                "ratio or floor must be > 0, got 0 for both: a budget that never lets a retry pass;"
                " leave retry out instead"
            )
        for name in ("ratio", "floor", "burst"):
            object.__setattr__(self, name, float(getattr(self, name)))
