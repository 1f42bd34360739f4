"""What a check is made of: mistakes are told when it is made, and secrets never are."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ninefold.errors import ConfigurationError
from ninefold.health import checks

URL = "https://api.example/health"
SECRET = "secret123"


async def later(status: int) -> bool:
    """Say something that is true before it is awaited."""
    return status == 200


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: checks.tcp("", 80), "host must be 1 to 255"),
    (lambda: checks.tcp("tcp://db", 80), "host must be .* got 'tcp://db'"),
    (lambda: checks.tcp("a..b", 80), "host must be .* got 'a..b'"),
    (lambda: checks.tcp("x" * 64, 80), "host must be"),
    (lambda: checks.tcp(None, 80), "host must be"),  # type: ignore[arg-type]
    (lambda: checks.tcp(f"me:{SECRET}@db", 80), "host must be .* got one with a user in it"),
    (lambda: checks.tcp("db", 0), "port must be between 1 and 65535, got 0"),
    (lambda: checks.tcp("db", 65536), "port must be between 1 and 65535, got 65536"),
    (lambda: checks.tcp("db", "80"), "port must be a whole number"),  # type: ignore[arg-type]
    (lambda: checks.dns("http://db"), "name must be"),
    (lambda: checks.dns("db", at_least=0), "at_least must be a whole number >= 1"),
    (lambda: checks.tls("db", 0), "port must be"),
    (lambda: checks.tls("db", days=-1), "days must be >= 0 days, got -1"),
    (lambda: checks.tls("db", days=float("nan")), "days must be"),
    (lambda: checks.tls("db", server_name="https://db"), "server_name must be"),
    (
        lambda: checks.tls("db", ca_file="/nowhere.pem"),
        "ca_file must be .*'/nowhere.pem': .*No such",
    ),
    (lambda: checks.tls("db", ca_file=__file__), "ca_file must be"),
    (lambda: checks.tls("db", ca_file=5), "ca_file must be"),  # type: ignore[arg-type]
    (lambda: checks.http(URL, ca_file=Path("/nowhere.pem")), "ca_file must be"),
    (lambda: checks.http("http://db", ca_file="x"), "ca_file is for https:// URLs"),
    (lambda: checks.http(URL, method="get"), "method must be one of .*did you mean 'GET'"),
    (lambda: checks.http(URL, expect=()), r"expect must be .* got \(\)"),
    (lambda: checks.http(URL, expect="200"), "expect must be"),  # type: ignore[arg-type]
    (lambda: checks.http(URL, expect=None), "expect must be"),  # type: ignore[arg-type]
    (lambda: checks.http(URL, expect=later), "expect must be a plain function"),  # type: ignore[arg-type]
    (lambda: checks.http(URL, expect=True), "a status of expect must be a whole number"),
    (lambda: checks.http(URL, expect=[200, 600]), "a status of expect must be between"),
    (lambda: checks.http(URL, headers=[]), "headers must be a mapping"),  # type: ignore[arg-type]
    (lambda: checks.http(URL, headers={"a b": "c"}), "a header's name must be .* got 'a b'"),
    (lambda: checks.http(URL, headers={"Connection": "x"}), "a header's name must be"),
    (lambda: checks.http(URL, headers={"X": f"{SECRET}\r\nY: z"}), "the header 'X' must be text"),
    (lambda: checks.http(URL, headers={"X": f"{SECRET}\u2028"}), "the header 'X' must be text"),
    (lambda: checks.http(URL, headers={"X": SECRET.encode()}), "'X' must be text"),  # type: ignore[dict-item]
    (
        lambda: checks.http(f"http://me:{SECRET}@db", headers={"authorization": "x"}),
        "either a user in its url or the header Authorization",
    ),
    (lambda: checks.ninefold("http://db", token=""), "token must be"),
    (lambda: checks.ninefold("http://db", token=f"{SECRET}\n"), "token must be .* line end"),
    (lambda: checks.ninefold("http://db", token=5), "token must be"),  # type: ignore[arg-type]
    (lambda: checks.ninefold(f"http://me:{SECRET}@db", token="x"), "either a user in its url or a"),
    (lambda: checks.ninefold("http://db", ca_file="x"), "ca_file is for https:// URLs"),
]

NO_URL: list[Any] = [
    None,
    "",
    "db.internal",
    f"me:{SECRET}@db",
    f"ftp://me:{SECRET}@db",
    f"http://me:{SECRET}@",
    f"http://me:{SECRET}@db:port",
    f"http://me:{SECRET}@db:0",
    f"http://me:{SECRET}@db:99999",
    f"http://me:{SECRET}/@db",
    f"http://me:{SECRET}@[::1",
    f"http://me:{SECRET}@db/a b",
    f"http://me:{SECRET}@db/a\r\nX: y",
    f"http://me:{SECRET}@db/caf\u00e9",
    f"http://me:{SECRET}@d\u2100b/",
    f"http://me:{SECRET}@a..b/",
]


def told(error: BaseException) -> str:
    """All that a log with the traceback shows, but for the lines of source."""
    chain: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        chain += [str(seen), repr(seen)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join((*chain, *traceback.format_exception_only(error)))


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_mistake_is_told_when_a_check_is_made(make: Callable[[], Any], message: str) -> None:
    """What is wrong, the value, and the remedy; the value is left out where it may be secret."""
    with pytest.raises(ConfigurationError, match=message) as raised:
        make()
    assert SECRET not in told(raised.value)


@pytest.mark.parametrize("make", [checks.http, checks.ninefold], ids=["http", "ninefold"])
@pytest.mark.parametrize("url", NO_URL)
def test_a_url_that_is_none_is_told_without_showing_it(make: Callable[..., Any], url: Any) -> None:
    """It may hold a password where one does not look for it, so it is not shown at all."""
    with pytest.raises(ConfigurationError, match="url") as raised:
        make(url)
    assert SECRET not in told(raised.value)


@pytest.mark.parametrize(
    ("check", "shown"),
    [
        (
            checks.http(f"http://me:{SECRET}@db:81/x?key={SECRET}", headers={"X-Key": SECRET}),
            "http('http://db:81/x?…', method='GET')",
        ),
        (checks.http("http://[::1]:80/"), "http('http://[::1]:80/', method='GET')"),
        (checks.http(f"http://{SECRET}@db"), "http('http://db/', method='GET')"),
        (checks.ninefold("http://db/healthz", token=SECRET), "ninefold('http://db/healthz')"),
        (checks.ninefold(f"http://me:{SECRET}@db"), "ninefold('http://db/')"),
        (checks.tcp("::1", 80), "tcp('::1', 80)"),
        (checks.dns("db"), "dns('db', at_least=1)"),
        (checks.tls("db", 8443, days=0.5), "tls('db', 8443, days=0.5)"),
    ],
    ids=str,
)
def test_a_repr_says_whom_a_check_asks_and_no_secret(check: Any, shown: str) -> None:
    """Users, passwords, queries, headers and tokens are left out; of the parts, too."""
    assert repr(check) == str(check) == shown
    address = getattr(check, "address", None)
    assert SECRET not in repr(address)
