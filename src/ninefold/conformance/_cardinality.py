"""Which keys and values have no bound, and which tell something of a person or are secret.

Lists and not guesses: what is not in them is not judged. A key that is bounded in some services
(`client_id`, `job_id`, `worker_id`) is in none, nor one that may be a machine's (`ip`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from ninefold.conformance._facts import Value
from ninefold.conformance._words import words

Sureness: TypeAlias = Literal["certain", "likely"]

_ID_KEYS: Final = frozenset(
    {
        "user_id", "userid", "enduser_id", "customer_id", "session_id", "sessionid", "request_id",
        "req_id", "requestid", "trace_id", "traceid", "span_id", "spanid", "correlation_id",
        "transaction_id", "order_id", "payment_id", "invoice_id", "message_id", "event_id",
        "uuid", "guid", "request_uuid", "user_uuid",
    }
)  # fmt: skip
_LIKELY_KEYS: Final = frozenset(
    {
        "url", "full_url", "request_url", "url_full", "request_path", "raw_path", "url_path",
        "query_string", "url_query", "user_agent", "user_agent_original", "error_message",
        "exception_message", "exception_text", "stacktrace", "exception_stacktrace", "timestamp",
        "sql", "query_text", "db_query_text", "db_statement",
    }
)  # fmt: skip
_MAKERS: Final = frozenset({"uuid1", "uuid4", "uuid7", "token_hex", "token_urlsafe", "time_ns"})
_MADE: Final = ("time.time", "datetime.now", "datetime.utcnow", "random.random", "random.randint")
_PATHS: Final = (
    "request.path", "request.url", "request.url.path", "request.full_path", "request.base_url",
    "request.raw_path", "request.path_info", "request.query_string", "req.path", "req.url",
    "request.path_url",
)  # fmt: skip
_TEXTS: Final = frozenset({"str", "repr", "format_exc"})
_EXCEPTIONS: Final = frozenset({"e", "ex", "exc", "err", "error", "exception"})

_PERSONAL: Final = frozenset(
    {
        "email", "e_mail", "email_address", "user_email", "password", "passwd", "secret",
        "client_secret", "api_key", "apikey", "access_token", "auth_token", "bearer_token",
        "refresh_token", "authorization", "ssn", "phone_number", "credit_card", "card_number",
        "first_name", "last_name", "full_name", "date_of_birth",
    }
)  # fmt: skip
_LIKELY_PERSONAL: Final = frozenset(
    {
        "username", "user_name", "user_full_name", "ip_address", "client_ip", "remote_addr",
        "client_address", "client_host", "user_ip", "peer_ip",
    }
)  # fmt: skip


def key_without_bound(key: str) -> Sureness | None:
    """Whether a key names something of which there is ever more."""
    return _in(key, _ID_KEYS, _LIKELY_KEYS)


def personal_key(key: str) -> Sureness | None:
    """Whether a key names something of a person, or a secret."""
    return _in(key, _PERSONAL, _LIKELY_PERSONAL)


def _in(key: str, certain: frozenset[str], likely: frozenset[str]) -> Sureness | None:
    folded = "_".join(words(key))
    if folded in certain:
        return "certain"
    return "likely" if folded in likely else None


def value_without_bound(value: Value) -> tuple[Sureness, str] | None:
    """Whether what an attribute is set to has no bound, and what of it says so."""
    return next(_unbounded(value, 0), None)


def personal_value(value: Value) -> tuple[Sureness, str] | None:
    """Whether what an attribute is set to tells something of a person, or is secret."""
    if value.kind == "name" and not value.is_known:
        found = personal_key(value.dotted.rpartition(".")[2])
        if found is not None:
            return found, value.dotted
    for each in value.inner if value.kind in ("fstring", "name") else ():
        inner = personal_value(each)
        if inner is not None:
            return inner
    return None


def _unbounded(value: Value, deep: int) -> Iterator[tuple[Sureness, str]]:
    if value.is_known or deep > 3:
        return
    last = value.dotted.rpartition(".")[2]
    if value.kind == "name":
        if any(value.dotted == each or value.dotted.endswith(f".{each}") for each in _PATHS):
            yield "likely", value.dotted
        elif "_".join(words(last)) in _ID_KEYS:
            yield "certain", value.dotted
        else:
            for each in value.inner:
                yield from _unbounded(each, deep + 1)
    elif value.kind == "call":
        if last in _MAKERS or value.dotted.endswith(_MADE):
            yield "certain", f"{value.dotted}()"
        elif last in _TEXTS:
            for each in value.inner:
                if each.kind == "name" and each.dotted in _EXCEPTIONS:
                    yield "likely", f"{last}({each.dotted})"
                else:
                    yield from _unbounded(each, deep + 1)
            if last == "format_exc":
                yield "certain", f"{value.dotted}()"
    elif value.kind == "fstring":
        for each in value.inner:
            if each.kind == "name" and each.dotted in _EXCEPTIONS:
                yield "likely", each.dotted
            else:
                yield from _unbounded(each, deep + 1)
