"""The storefront's services keep their names and their calls to this machine."""

from __future__ import annotations

import pytest

from ninefold.demo._environment import destination, environment


def test_a_user_s_settings_do_not_rename_or_hide_the_services() -> None:
    """Settings meant for a service of the user's are left out, others go along."""
    theirs = {
        "OTEL_SERVICE_NAME": "mine",
        "NINEFOLD_METRICS_PATH": "/m",
        "NINEFOLD_ADMIN": "127.0.0.1:9464",
        "NINEFOLD_ENVIRONMENT": "production",
        "NINEFOLD_HEALTH": "off",
    }
    given = environment(theirs | {"OTEL_PROPAGATORS": "b3"}, service="checkout", port=0)
    assert given["NINEFOLD_SERVICE_NAME"] == "checkout"
    assert given["OTEL_PROPAGATORS"] == "b3"
    assert not theirs.keys() & given.keys()


def test_calls_between_the_services_go_by_no_proxy() -> None:
    """Loopback is added to what the user has excepted from the proxy already."""
    given = environment({"no_proxy": "corp"}, service="checkout", port=0)
    assert given["no_proxy"] == given["NO_PROXY"] == "corp,127.0.0.1"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:secret@c:4318"}, "go to c:4318"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t:1/v1/traces"}, "go to t:1"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "go to console"),
    ],
)
def test_it_is_said_where_spans_go(environ: dict[str, str], said: str | None) -> None:
    """The user's own endpoint or exporter is named, without its password; else there is none."""
    told = destination(environ)
    if said is None or told is None:
        assert told is said
    else:
        assert said in told
        assert "secret" not in told
