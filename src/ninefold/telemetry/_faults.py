"""What telemetry lost or got wrong: counted by signal and reason, logged once a minute at most."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from reprlib import Repr
from time import monotonic
from typing import TYPE_CHECKING

from ninefold.core import REDACTED, redacted_text

if TYPE_CHECKING:
    from ninefold.registry import Reason, Signal

_log = logging.getLogger("ninefold.telemetry")

LOG_EVERY = 60.0
"""Seconds between two log lines about the same signal and reason."""

SHOWN = 200
"""How much of a foreign value or message a log line quotes, in characters."""


_LOOKED_AT = 4096
"""How much of a text is searched for secrets: those at the edge of what is shown are found too."""


def quoted(value: object) -> str:
    r"""What a foreign value looks like, cut to `SHOWN` characters, on one line, without secrets.

    Of a container or text only as much is looked at as is shown: a list of a million items must
    not be written out on a request's time. Characters are of ASCII, so they are bytes as well.

    >>> quoted("a\nb"), quoted("no db at pg://me:abc@host")
    ("'a\\nb'", "'no db at pg://REDACTED@host'")
    """
    short = Repr()
    short.maxstring = short.maxother = short.maxlong = SHOWN
    try:
        # Before anything is cut out of its middle: a secret is known by what stands before it.
        if isinstance(value, str):
            text = short.repr(redacted_text(value[:_LOOKED_AT]))
        elif isinstance(value, BaseException):
            text = redacted_text(repr(value)[:_LOOKED_AT])
        else:
            text = redacted_text(short.repr(value))
    except Exception:  # noqa: BLE001 - a broken __repr__ is the application's
        text = f"<{type(value).__name__}>"
    return _on_one_line(text)


def _on_one_line(text: str) -> str:
    text = text.encode("ascii", "backslashreplace").decode("ascii")
    if not text.isprintable():
        text = repr(text)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


class Faults:
    """Counts what telemetry dropped, and says so without flooding a log.

    Nothing here raises: it is called from every place that must not raise either. Nor does it hold
    its lock while it counts, quotes or logs, all of which run other people's code.

    No log line repeats any of `secrets`: exporters tell of the address they failed with.
    """

    __slots__ = (
        "_clock",
        "_count",
        "_counting",
        "_lock",
        "_said",
        "_secrets",
        "_uncounted",
        "_unsaid",
    )

    def __init__(
        self, clock: Callable[[], float] = monotonic, *, secrets: Iterable[str] = ()
    ) -> None:
        self._clock = clock
        # The longest first: one may be part of another.
        self._secrets = sorted(secrets, key=len, reverse=True)
        self._count: Callable[[int, tuple[str, str]], None] | None = None
        self._uncounted: dict[tuple[str, str], int] = {}
        self.restart()

    def count_with(self, add: Callable[[int, tuple[str, str]], None]) -> None:
        """Count through this function from now on, what was dropped before included.

        It is `add` of the counter `ninefold.telemetry.dropped`.
        """
        self._count = add
        for key in list(self._uncounted):
            self._add(0, key)

    def restart(self) -> None:
        """Take a lock of its own and forget what is the parent's, as a forked child must."""
        self._lock = threading.RLock()
        self._counting = threading.local()
        self._said: dict[tuple[str, str], float] = {}
        self._unsaid: dict[tuple[str, str], int] = {}
        self._uncounted.clear()

    def dropped(self, signal: Signal, reason: Reason, items: int = 1, detail: object = "") -> None:
        """Count `items` of `signal` as lost for `reason`; `detail` is quoted in the log line."""
        try:
            key = (signal, reason)
            self._add(items, key)
            now = self._clock()
            with self._lock:
                unsaid = self._unsaid.get(key, 0) + items
                said = self._said.get(key)
                if said is not None and now - said < LOG_EVERY:
                    self._unsaid[key] = unsaid
                    return
                self._said[key], self._unsaid[key] = now, 0
            if isinstance(detail, str):
                # Here, for every line passes: exporters' words are as little to be trusted as ours.
                detail = self._without_secrets(detail)
            readable = (
                isinstance(detail, str)
                and len(detail) <= SHOWN
                and detail.isascii()
                and detail.isprintable()
            )
            _log.warning(
                "dropped %d item(s) of %s: %s (%s); said once a minute at most, counted in"
                " ninefold.telemetry.dropped",
                unsaid,
                signal,
                reason,
                detail if readable else quoted(detail),
            )
        except Exception:  # noqa: BLE001 - the last resort has nobody left to tell
            return

    def _add(self, items: int, key: tuple[str, str]) -> None:
        """Count, unless this thread is counting already: a fault of counting itself waits.

        Such as providers that cannot be built: each attempt to count would attempt that again.
        """
        with self._lock:
            items += self._uncounted.pop(key, 0)
        count = self._count
        if count is None or getattr(self._counting, "now", False):
            with self._lock:
                self._uncounted[key] = self._uncounted.get(key, 0) + items
            return
        self._counting.now = True
        try:
            count(items, key)
        finally:
            self._counting.now = False

    def invalid_value(self, value: object) -> None:
        """Count a measurement that is no finite number, or negative where that means nothing."""
        self.dropped("metrics", "invalid_value", 1, _Value(value))

    def internal_error(self, signal: Signal, error: BaseException) -> None:
        """Count a defect of ours that was kept from the application."""
        self.dropped(signal, "internal_error", 1, _Error(self, error))

    def quoted(self, error: BaseException) -> str:
        """What an exception looks like, as `quoted` has it, without what is secret."""
        try:
            return _on_one_line(self._without_secrets(repr(error)))
        except Exception:  # noqa: BLE001 - a broken __repr__ is a third party's
            return quoted(error)

    def _without_secrets(self, text: str) -> str:
        """The text, as far as is looked at, without our own secrets and what looks like one."""
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return redacted_text(text[:_LOOKED_AT])


class _Value:
    """Quotes a value when it is logged: most often it is not, and text costs time."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"value {quoted(self._value)}"


class _Error:
    """Quotes an exception when it is logged."""

    __slots__ = ("_error", "_faults")

    def __init__(self, faults: Faults, error: BaseException) -> None:
        self._faults = faults
        self._error = error

    def __repr__(self) -> str:
        text = self._faults._without_secrets(str(self._error))
        return f"{type(self._error).__name__}: {quoted(text)}"
