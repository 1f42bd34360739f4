"""Secrets are in the settings and nowhere else: not in what is shown, logged or raised."""

from __future__ import annotations

import pytest

from ninefold.config._decision import Deliberation, Said
from ninefold.config._parse import text
from ninefold.config._setting import Setting
from ninefold.config._settle import settle
from ninefold.errors import ConfigurationError

SECRET = "hunter2"


def test_nothing_shown_repeats_a_secret() -> None:
    """Representation, rows and what lost: headers and passwords are redacted in all of them."""
    settings = settle(
        Said(
            environ={
                "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={SECRET}",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"https://me:{SECRET}@c/p?token={SECRET}",
            },
            file={"otlp": {"headers": {"x-key": SECRET}, "endpoint": f"u:{SECRET}@c:1"}},
        )
    )
    assert dict(settings.otlp_logs.headers) == {"authorization": SECRET}
    assert SECRET in settings.otlp_traces.endpoint
    assert SECRET not in repr(settings)
    assert SECRET not in repr(settings.rows)
    assert settings.explain()[-1].key == "process_metrics"
    shown = {row.key: row.value for row in settings.explain()}
    assert shown["otlp.headers"] == "authorization=REDACTED"
    assert shown["otlp.traces.endpoint"] == "https://REDACTED@c/p?REDACTED"


def test_a_secret_that_is_one_word_is_redacted_too() -> None:
    """A token is no table: all of it is left out, whether it won or lost."""
    token = Setting(key="token", parse=text, default="", doc="…", secret=True)
    chosen = Deliberation(Said(environ={"NINEFOLD_TOKEN": SECRET}, code={"token": SECRET * 2}))
    assert chosen.choose(token).value == SECRET
    row = chosen.rows["token"]
    assert (row.value, row.origin.overridden[0].value) == ("REDACTED", "REDACTED")


def test_an_address_of_a_team_is_no_secret() -> None:
    """Only endpoints are searched for passwords: an owner may well have an address."""
    (owner,) = [row for row in settle(Said(code={"owner": "a@b"})).rows if row.key == "owner"]
    assert owner.value == "a@b"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("otlp.headers", f"authorization: Bearer {SECRET}"),
        ("otlp.headers", f"authorization: Bearer {SECRET}=="),
        ("otlp.headers", {f"a {SECRET}": "x"}),
        ("otlp.headers", {"a": f"{SECRET}\n"}),
        ("otlp.headers", [SECRET]),
        ("admin_token", f"{SECRET}\n{SECRET}"),
        ("admin_token", f"{SECRET} {SECRET}"),
        ("admin_token", f"{SECRET}{SECRET}\u00e9"),
        ("admin_token", [SECRET]),
        ("otlp.endpoint", f"https://me:{SECRET}@h:port"),
        ("otlp.endpoint", f"me:{SECRET}@collector"),
        ("otlp.endpoint", f"http://[::1?key={SECRET}"),
        ("otlp.endpoint", f"https://me:{SECRET}@[::1"),
    ],
)
def test_no_message_repeats_a_secret(key: str, value: object) -> None:
    """A message about a wrong secret ends up in a log: it names the setting alone."""
    with pytest.raises(ConfigurationError) as raised:
        settle(Said(code={key: value}))
    assert key in str(raised.value)
    assert SECRET not in str(raised.value)
