"""How many traces are kept where nobody says anything, and of callers who say what they like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import ninefold as nf
from ninefold.errors import ConfigurationError
from ninefold.registry import SAMPLING_DECISIONS
from ninefold.testing import CapturedTelemetry

MANY = 2000
HIGHEST = "00-0af7651916cd43ddffffffffffffffff-b7ad6b7169203331-01"
"""A trace id that passes every threshold below 1, flagged."""


@pytest.fixture
def kept(limited: None) -> Iterator[Any]:
    """Sets a service up as a user does, and gives the spans that it would export."""
    del limited
    exporter = InMemorySpanExporter()

    def setup(**arguments: Any) -> Any:
        service = nf.setup("shop", span_processors=[SimpleSpanProcessor(exporter)], **arguments)
        made.append(service)
        return service, exporter.get_finished_spans

    made: list[nf.Service] = []
    yield setup
    for service in made:
        service.shutdown()


def test_by_default_a_few_traces_of_every_second_are_kept(kept: Any) -> None:
    """Five at once whatever comes, then fewer and fewer; each says what it stands for."""
    service, spans = kept()
    client = service.instrument(Flask("shop")).test_client()
    for _ in range(MANY):
        client.get("/")
    found = spans()
    entries = [span.context.trace_state.get("ot") for span in found]
    assert entries[:5] == ["th:0"] * 5
    assert len(found) < MANY / 2
    assert all(entry and entry.startswith("th:") for entry in entries)


def test_spans_of_the_sdk_are_limited_alike(kept: Any) -> None:
    """Roots alone: what is below one that is kept is kept."""
    _, spans = kept()
    tracer = trace.get_tracer("test")
    for _ in range(MANY):
        with tracer.start_as_current_span("root"):
            tracer.start_span("below").end()
    names = [span.name for span in spans()]
    assert names[:2] == ["below", "root"]
    assert names.count("root") == names.count("below") < MANY / 2


def test_a_share_is_limited_too(kept: Any) -> None:
    """`default` says which, and the target how many at most."""
    service, spans = kept(sampling=nf.Sampling(default=0.99))
    client = service.instrument(Flask("shop")).test_client()
    for _ in range(MANY):
        client.get("/")
    assert 0 < len(spans()) < MANY / 2


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        ({"sampling": nf.Sampling(target_per_s=None)}, {}),
        ({"sampling": nf.Sampling(target_per_s=float("inf"))}, {}),
        ({}, {"NINEFOLD_SAMPLING_TARGET_PER_S": "inf"}),
        ({}, {"OTEL_TRACES_SAMPLER": "parentbased_always_on"}),
        ({"sampling": nf.Sampling(default=0.1)}, {"OTEL_TRACES_SAMPLER": "always_on"}),
    ],
)
def test_without_a_limit_all_are_kept(
    kept: Any,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    environ: dict[str, str],
) -> None:
    """Where code or the deployment says so, or names a sampler that means it."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    service, spans = kept(**arguments)
    assert service.sampling.target_per_s is None
    for _ in range(MANY):
        trace.get_tracer("test").start_span("root").end()
    assert len(spans()) == MANY


def test_no_limit_in_a_file(kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As TOML writes infinity."""
    file = tmp_path / "ninefold.toml"
    file.write_text("[sampling]\ntarget_per_s = inf\nparent = 'cap:0.5'\n")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(file))
    service, _ = kept()
    assert service.sampling == nf.Sampling(target_per_s=None, parent=nf.cap(0.5))


def test_callers_are_followed_without_a_limit(kept: Any) -> None:
    """A trace is whole: who keeps it decides how many there are."""
    service, spans = kept()
    client = service.instrument(Flask("shop")).test_client()
    for _ in range(MANY):
        client.get("/", headers={"traceparent": HIGHEST})
    assert len(spans()) == MANY


@pytest.mark.parametrize("parent", [nf.cap(0.05), "ignore"])
def test_a_forged_flag_gains_little_at_the_edge(kept: Any, parent: Any) -> None:
    """Nor do chosen ids: of requests that all pass the threshold few are kept."""
    service, spans = kept(sampling=nf.Sampling(parent=parent))
    client = service.instrument(Flask("shop")).test_client()
    for _ in range(MANY):
        client.get("/", headers={"traceparent": HIGHEST})
    assert 0 < len(spans()) < MANY / 4


def test_a_cap_comes_from_the_environment_too(
    telemetry: CapturedTelemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is counted as the parent's decision."""
    monkeypatch.setenv("NINEFOLD_SAMPLING_PARENT", "cap:0")
    service = nf.setup("shop")
    telemetry.capture(service, sampled=True)
    client = service.instrument(Flask("shop")).test_client()
    client.get("/", headers={"traceparent": HIGHEST})
    assert telemetry.spans == ()
    [point] = telemetry.points(SAMPLING_DECISIONS.name)
    assert point.attributes == {
        "ninefold.sampling.rule": "parent",
        "ninefold.sampling.decision": "dropped",
    }


@pytest.mark.parametrize("share", [-0.1, 1.5, "5 %", None])
def test_a_cap_is_a_share(share: Any) -> None:
    """Anything else is refused where it is written."""
    with pytest.raises(ConfigurationError, match=r"the share of nf\.cap must be"):
        nf.cap(share)
