"""Sampling rules on served requests and on spans of the SDK: which traces are kept, and told of."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from flask import Flask
from opentelemetry import trace
from opentelemetry.trace import SpanKind

import ninefold as nf
from ninefold.errors import ConfigurationError
from ninefold.registry import SAMPLING_DECISIONS
from ninefold.testing import CapturedTelemetry

RULES = (
    nf.Rule(path="/pay/*", rate=1.0, name="payments"),
    nf.Rule(path="/probe", drop=True, override=True, name="our own probe"),
    nf.Rule(method="POST", drop=True),
    nf.Rule(kind="consumer", rate=1.0),
    nf.Rule(dependency="psp", drop=True),
)
SAMPLING = nf.Sampling(default=0.0, rules=RULES)
KEPT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
DROPPED = KEPT[:-2] + "00"

Ask = Any


def _nothing() -> dict[str, str]:
    return {}


def _asgi(service: nf.Service) -> Ask:
    app = FastAPI()
    for path in ("/pay/{what}", "/probe", "/search"):
        app.api_route(path, methods=["GET", "POST"])(_nothing)
    served = service.instrument(app)

    async def ask(method: str, path: str, headers: dict[str, str]) -> int:
        transport = httpx.ASGITransport(served, root_path="/shop")
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.request(method, f"/shop{path}", headers=headers)).status_code

    def run(method: str, path: str, **headers: str) -> None:
        import asyncio

        assert asyncio.run(ask(method, path, headers)) == 200

    return run


def _wsgi(service: nf.Service) -> Ask:
    app = Flask("shop")
    for path in ("/pay/<what>", "/probe", "/search"):
        app.route(path, methods=["GET", "POST"], endpoint=path)(lambda **_: "")
    client = service.instrument(app).test_client()

    def run(method: str, path: str, **headers: str) -> None:
        found = client.open(path, method=method, headers=headers, base_url="http://shop/shop")
        assert found.status_code == 200

    return run


@pytest.fixture(params=[_asgi, _wsgi], ids=["fastapi", "flask"])
def ask(request: pytest.FixtureRequest, telemetry: CapturedTelemetry) -> Ask:
    """Sends a request, below the root path `/shop`, to a service with the rules."""
    telemetry.capture(nf.setup("shop", sampling=SAMPLING), sampled=True)
    return request.param(telemetry.service)


def decisions(telemetry: CapturedTelemetry) -> dict[tuple[str, str], float]:
    """How often each rule decided what."""
    return {
        (str(at["ninefold.sampling.rule"]), str(at["ninefold.sampling.decision"])): point.value
        for point in telemetry.points(SAMPLING_DECISIONS.name)
        for at in [point.attributes or {}]
    }


def test_the_first_rule_that_fits_decides_on_a_request(
    ask: Ask, telemetry: CapturedTelemetry
) -> None:
    """By its path below the root path, and its method; and each decision is counted by its rule."""
    ask("GET", "/pay/cards")
    ask("POST", "/pay/cards")
    ask("GET", "/probe")
    ask("POST", "/search")
    ask("GET", "/search")
    kept = [span.attributes["url.path"] for span in telemetry.spans]
    assert [str(path).removeprefix("/shop") for path in kept] == ["/pay/cards", "/pay/cards"]
    assert [span.context.trace_state.to_header() for span in telemetry.spans] == ["ot=th:0"] * 2
    assert decisions(telemetry) == {
        ("payments", "kept"): 2,
        ("our own probe", "dropped"): 1,
        ("method=POST", "dropped"): 1,
        ("default", "dropped"): 1,
    }


def test_a_caller_s_decision_comes_first_but_for_rules_that_override(
    ask: Ask, telemetry: CapturedTelemetry
) -> None:
    """A trace that the caller dropped stays dropped; our own probe is never kept."""
    ask("GET", "/pay/cards", traceparent=DROPPED)
    ask("GET", "/search", traceparent=KEPT)
    ask("GET", "/probe", traceparent=KEPT)
    kept = [str(span.attributes["url.path"]).removeprefix("/shop") for span in telemetry.spans]
    assert kept == ["/search"]
    assert decisions(telemetry) == {
        ("parent", "dropped"): 1,
        ("parent", "kept"): 1,
        ("our own probe", "dropped"): 1,
    }


def test_spans_of_the_sdk_are_decided_on_by_kind_and_dependency(
    telemetry: CapturedTelemetry,
) -> None:
    """At the root alone: what is below follows, whatever rules would say of it."""
    telemetry.capture(nf.setup("shop", sampling=SAMPLING), sampled=True)
    tracer = trace.get_tracer("test")
    with tracer.start_as_current_span("message", kind=SpanKind.CONSUMER):
        attributes = {"service.peer.name": "psp"}
        tracer.start_span("call", kind=SpanKind.CLIENT, attributes=attributes).end()
    tracer.start_span("call", kind=SpanKind.CLIENT, attributes=attributes).end()
    with tracer.start_as_current_span("job"):
        tracer.start_span("message", kind=SpanKind.CONSUMER).end()
    assert sorted(span.name for span in telemetry.spans) == ["call", "message"]
    assert decisions(telemetry) == {
        ("kind=consumer", "kept"): 1,
        ("dependency=psp", "dropped"): 1,
        ("default", "dropped"): 1,
    }


def test_a_file_says_rules_in_the_place_of_code_s(
    telemetry: CapturedTelemetry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    limited: None,
) -> None:
    """All of them together; one that can never decide is warned of with the one that covers it."""
    file = tmp_path / "ninefold.toml"
    file.write_text(
        """
        [sampling]
        default = 1.0
        target_per_s = 50

        [[sampling.rules]]
        path = "/pay/*"
        attributes = {"tenant" = "/^acme/"}
        rate = 0.5

        [[sampling.rules]]
        path = "/pay/*"
        drop = true

        [[sampling.rules]]
        path = "/pay/cards"
        per_second = 5
        """
    )
    monkeypatch.setenv("NINEFOLD_CONFIG", str(file))
    with caplog.at_level(logging.WARNING, "ninefold"):
        service = nf.setup("shop", sampling=SAMPLING)
    telemetry.capture(service, sampled=True)
    assert len(service.settings.sampling_rules) == 3
    assert service.settings.sampling_target == 50
    [told] = [each.message for each in caplog.records if "never decides" in each.message]
    assert told.startswith("the sampling rule 'path=/pay/cards' never decides: 'path=/pay/*'")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("rat = 1", "a rule has no 'rat' (rule 1 of "),
        ("path = 'pay'\nrate = 1", "must begin with / or a wildcard, got 'pay'"),
        ("rate = 2", "a rule's rate must be between 0 and 1, got 2"),
        ("path = '/a'", "one of rate, per_second and drop=True, got none of them"),
        ("rate = 1\ndrop = true", "got rate and drop"),
        ("rate = 1\nname = 'parent'", "a rule's name must not be 'parent'"),
        ("rate = 1\nroute = '/a/{b}'\npath = '/a/*'", "leave one of them out"),
        ("per_second = 0", "a rule's per_second must be > 0 traces per second, got 0"),
        ("kind = 'servr'\nrate = 1", "did you mean 'server'?"),
        ("rate = 1\nattributes = {a = '/(/'}", "'/(/' is no regular expression"),
    ],
)
def test_a_wrong_rule_in_a_file_is_refused_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, told: str
) -> None:
    """What, the value, and where it stands."""
    file = tmp_path / "ninefold.toml"
    file.write_text(f"[[sampling.rules]]\n{rule}\n")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(file))
    with pytest.raises(ConfigurationError) as raised:
        nf.setup("shop")
    assert told in str(raised.value)
    assert "ninefold.toml" in str(raised.value)


@pytest.mark.parametrize("rules", [nf.Rule(rate=1.0), "none", [{"rate": 1.0}], 3])
def test_rules_in_code_are_a_list_of_rules(rules: Any) -> None:
    """Anything else is refused, with what to write."""
    with pytest.raises(ConfigurationError, match=r"rules=\[nf.Rule|nf\.Rule\(path"):
        nf.Sampling(rules=rules)


def test_rules_of_one_name_drop_all_of_them_or_none() -> None:
    """What is dropped for good goes by the name."""
    rules = (nf.Rule(path="/a", drop=True, name="a"), nf.Rule(path="/b", rate=0.1, name="a"))
    with pytest.raises(ConfigurationError, match="named 'a' some drop and some do not"):
        nf.Sampling(rules=rules)


def test_rules_that_differ_in_an_attribute_alone_have_names_of_their_own(
    telemetry: CapturedTelemetry,
) -> None:
    """One of them drops for good, the other leaves its traces to how they end."""
    rules = (
        nf.Rule(attributes={"tenant": "noise"}, drop=True),
        nf.Rule(attributes={"tenant": "acme"}, rate=0.0),
        nf.Rule(attributes={"tenant": re.compile("^a"), "vip": True}, rate=0.0),
        nf.Rule(attributes={"tenant": "noise"}, rate=0.0, override=True),
    )
    names = ["tenant=noise", "tenant=acme", "tenant=/^a/ vip", "tenant=noise override"]
    assert [rule.name for rule in rules] == names
    sampling = nf.Sampling(default=0.0, rules=rules, keep=nf.Keep())
    telemetry.capture(nf.setup("shop", sampling=sampling), sampled=True)
    tracer = trace.get_tracer("tests")
    for tenant in ("noise", "acme"):
        span = tracer.start_span("call", attributes={"tenant": tenant})
        assert span.is_recording() == (tenant == "acme")
        span.end()
