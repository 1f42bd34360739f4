"""Trace ids on log records: `trace_id`, `span_id` and `trace_flags`, dropped traces included.

The fields are those of the OpenTelemetry specification, "Trace Context in non-OTLP Log Formats":
32, 16 and 2 lowercase hex digits. Outside any trace they are empty: zeros would be one more trace
to follow, and a missing field would fail a format string that names it.

They are set after `Logger.makeRecord` rather than by a record factory: `makeRecord` refuses any
`extra` whose key the factory has set already, so that `log.info("…", extra={"trace_id": …})`, which
many applications have, would raise `KeyError` out of the logging call. Here `extra` wins, and a
record factory, set before or after, goes on working.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import get_current_span

if TYPE_CHECKING:
    from ninefold.telemetry._faults import Faults

__all__ = ["FIELDS", "current_ids", "install_log_ids", "remove_log_ids"]

FIELDS: Final = ("trace_id", "span_id", "trace_flags")
"""The fields, in the order in which `current_ids` gives their values."""

_NONE: Final = ("", "", "")
_FLAGS: Final = tuple(f"{flags:02x}" for flags in range(256))
_MARK: Final = "ninefold_log_ids"


def current_ids() -> tuple[str, str, str]:
    """Give trace id, span id and flags of the present context in hex; empty outside any trace.

    A trace that is not kept has ids as well: its log lines belong together all the same.

    >>> current_ids()
    ('', '', '')
    """
    # A span context is a tuple; taking it apart costs a fifth of asking its properties one by one.
    trace_id, span_id, _, flags, _, is_valid = get_current_span().get_span_context()
    if not is_valid:
        return _NONE
    return trace_id.to_bytes(16).hex(), span_id.to_bytes(8).hex(), _FLAGS[flags & 0xFF]


def install_log_ids(faults: Faults, logger: type[logging.Logger] = logging.Logger) -> None:
    """Have every record that a `logger` makes carry the ids; a second time changes nothing.

    Works for loggers made before and after, and for the fields of any formatter, such as
    `logging.Formatter("%(levelname)s %(trace_id)s %(message)s")`. Nothing here raises into a
    logging call: what goes wrong is counted in `faults`, and the record goes out without ids.
    """
    if _installed(logger):
        return
    make = logger.makeRecord

    @wraps(make)
    def make_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            put = record.__dict__.setdefault
            trace_id, span_id, flags = current_ids()
            put("trace_id", trace_id)
            put("span_id", span_id)
            put("trace_flags", flags)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            faults.internal_error("logs", error)
        return record

    setattr(make_record, _MARK, True)
    logger.makeRecord = make_record  # type: ignore[method-assign]


def remove_log_ids(logger: type[logging.Logger] = logging.Logger) -> None:
    """Undo `install_log_ids`. What somebody else put around it since is left as it is."""
    if _installed(logger):
        original: Callable[..., logging.LogRecord] = logger.makeRecord.__wrapped__  # type: ignore[attr-defined]
        logger.makeRecord = original  # type: ignore[method-assign]


def _installed(logger: type[logging.Logger]) -> bool:
    return hasattr(logger.__dict__.get("makeRecord"), _MARK)
