"""What a user says of the waits between attempts, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from ninefold.core import require_one_of, require_positive, seconds, shown
from ninefold.errors import ConfigurationError

Jitter: TypeAlias = Literal["full", "equal", "decorrelated", "none"]
"""How chance spreads the waits of callers that failed at the same moment."""

JITTERS: Final[tuple[Jitter, ...]] = ("full", "equal", "decorrelated", "none")


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class Backoff:
    """Waits that grow from retry to retry and are spread by chance.

    The nth wait grows as `base * factor ** (n - 1)`, up to `cap`; `jitter` says what is drawn:

    - `"full"`: anything from 0 up to that. It spreads callers the widest, and so ends a pile-up of
      retries the soonest.
    - `"equal"`: half of that for certain, and anything up to the other half.
    - `"decorrelated"`: anything from `base` to three times the wait before, up to `cap`.
      `factor` plays no part in it.
    - `"none"`: exactly that. Callers that failed together come back together; for tests, and for a
      caller that is alone.

    `base` and `cap` are float seconds or a `timedelta`, and are kept as float seconds. The first
    retry waits 0.1 s at most by default, so that a hiccup costs a user little; the cap of 10 s is
    reached with the eighth, when waiting longer helps a dependency no more.

    Raises `ConfigurationError` for a base that is not above 0, a cap below the base, a factor below
    1, and an unknown jitter.
    Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    >>> Backoff(base=timedelta(milliseconds=50), cap=5)
    Backoff(base=0.05, cap=5.0, factor=2.0, jitter='full')
    >>> Backoff(jitter="ful")
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: jitter must be one of 'full', 'equal', 'decorrelated', \
'none', got 'ful'; did you mean 'full'?
    """

    base: float
    cap: float
    factor: float
    jitter: Jitter

    # Written out, so that a timedelta goes in while the field is a float to type checkers too.
    def __init__(
        self,
        *,
        base: float | timedelta = 0.1,
        cap: float | timedelta = 10.0,
        factor: float = 2.0,
        jitter: Jitter = "full",
    ) -> None:
        shortest, longest = _above_zero("base", base), _above_zero("cap", cap)
        if longest < shortest:
            raise ConfigurationError(
                f"cap must be >= base, which is {shortest:g} seconds, got {longest:g}; raise the"
                " cap or lower the base"
            )
        _require_growth(factor)
        require_one_of("jitter", jitter, JITTERS)
        object.__setattr__(self, "base", shortest)
        object.__setattr__(self, "cap", longest)
        object.__setattr__(self, "factor", float(factor))
        object.__setattr__(self, "jitter", jitter)


def _above_zero(name: str, value: object) -> float:
    if value in (0, timedelta(0)) and value is not False:
        raise ConfigurationError(
            f"{name} must be > 0 seconds, got {shown(value)}; a retry without a wait meets a"
            " dependency that had no time to recover: write 0.001 for next to none"
        )
    return seconds(name, value)


def _require_growth(factor: object) -> None:
    if isinstance(factor, (int, float)) and not isinstance(factor, bool) and factor < 1:
        raise ConfigurationError(
            f"factor must be >= 1, got {shown(factor)}; waits that shrink would come ever"
            " faster on a dependency that is down: write 1 for waits that stay the same"
        )
    require_positive("factor", factor)
