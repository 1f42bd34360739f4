"""setup(objectives=…): files of objectives become objectives, before the first event."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import ninefold as nf
from ninefold.config import read as read_settings
from ninefold.service import current
from ninefold.sli import Objectives
from ninefold.testing import CapturedTelemetry

AS_DESIGNED = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-availability
  annotations: {ninefold/sli: http.availability, ninefold/route: /checkout,
                ninefold/owner: payments, ninefold/runbook: "https://…",
                ninefold/escalation: payments-oncall, ninefold/min-bad-events: "5"}
spec:
  service: checkout
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
  objectives: [{target: 0.999}]
"""
WRONG = AS_DESIGNED.replace("0.999", "99.9")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with one file of objectives; no service outlives its test."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slo").mkdir()
    (tmp_path / "slo" / "checkout.yaml").write_text(AS_DESIGNED, "utf-8")
    yield tmp_path
    service = current()
    if service is not None:
        service.shutdown()


def test_an_objective_in_a_file_is_there_from_setup_on(telemetry: CapturedTelemetry) -> None:
    """Both series exist at zero before any request, so that Prometheus sees the first error."""
    service = nf.setup("checkout", objectives=["slo/*.yaml"], readers=[InMemoryMetricReader()])
    telemetry.capture(service)
    app = FastAPI()

    @app.get("/checkout")
    def checkout(fail: bool = False) -> None:
        if fail:
            raise RuntimeError("no stock")

    declared = service.objectives.declared["checkout-availability"]
    assert declared.kind == nf.availability(route="/checkout", target=0.999, window="28d")
    assert (declared.owner, declared.escalation) == ("payments", "payments-oncall")
    assert declared.source == "slo/checkout.yaml"

    def events(outcome: str) -> float:
        labels = {"ninefold.slo.name": "checkout-availability", "ninefold.outcome": outcome}
        return telemetry.value("ninefold.sli.events", **labels)

    assert (events("good"), events("bad")) == (0, 0)
    with TestClient(service.instrument(app), raise_server_exceptions=False) as client:
        client.get("/checkout")
        client.get("/checkout", params={"fail": True})
        client.get("/elsewhere")
    assert (events("good"), events("bad")) == (1, 1)


def test_the_file_wins_over_code(caplog: pytest.LogCaptureFixture) -> None:
    """The deployment decides: an objective of that name in code is the file's."""
    service = nf.setup("checkout", objectives=[Path("slo/checkout.yaml")])
    with caplog.at_level(logging.INFO, "ninefold.sli"):
        got = service.objective("checkout-availability", nf.availability(target=0.9))
    assert got.kind.target == 0.999
    assert "is taken from slo/checkout.yaml" in caplog.text


def test_owner_is_the_services_where_nobody_is_named(here: Path) -> None:
    """As for an objective in code."""
    text = AS_DESIGNED.replace("ninefold/owner: payments, ", "")
    (here / "slo" / "checkout.yaml").write_text(text, "utf-8")
    service = nf.setup("checkout", owner="shop", objectives=["slo/checkout.yaml"])
    assert service.objectives.declared["checkout-availability"].owner == "shop"


def test_a_wrong_file_leaves_nothing_behind(here: Path) -> None:
    """setup() raises; once the file is mended the same call works, with the same reader."""
    reader = InMemoryMetricReader()
    (here / "slo" / "checkout.yaml").write_text(WRONG, "utf-8")
    with pytest.raises(nf.ConfigurationError) as caught:
        nf.setup("checkout", objectives=["slo/*.yaml"], readers=[reader])
    assert str(caught.value).startswith("slo/checkout.yaml, document 1, line 12:")
    assert current() is None
    (here / "slo" / "checkout.yaml").write_text(AS_DESIGNED, "utf-8")
    service = nf.setup("checkout", objectives=["slo/*.yaml"], readers=[reader])
    assert "checkout-availability" in service.objectives.declared


def test_a_refused_declaration_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever objectives may come to refuse at set-up, the next one begins anew."""

    def refuse(self: Objectives, objective: nf.Objective) -> nf.Objective:
        raise nf.ConfigurationError(f"{objective.name} is refused")

    with monkeypatch.context() as patched:
        patched.setattr(Objectives, "declare", refuse)
        with pytest.raises(nf.ConfigurationError, match="checkout-availability is refused"):
            nf.setup("checkout", objectives=["slo/*.yaml"])
        assert current() is None
    service = nf.setup("checkout", objectives=["slo/*.yaml"], prometheus=True)
    assert b"checkout-availability" in service.expose()[0]


def test_the_same_setup_again_reads_no_file(here: Path) -> None:
    """Modules that each call setup() share one service, whatever became of the files."""
    service = nf.setup("checkout", objectives=["slo/*.yaml"])
    (here / "slo" / "checkout.yaml").write_text(WRONG, "utf-8")
    assert nf.setup("checkout", objectives=["slo/*.yaml"]) is service
    with pytest.raises(nf.ConfigurationError, match=", in objectives; call it once"):
        nf.setup("checkout", objectives=["slo/checkout.yaml"])


def test_disabled_reads_no_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch that turns everything off does not depend on files being right."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    (here / "slo" / "checkout.yaml").write_text(WRONG, "utf-8")
    assert nf.setup("checkout", objectives=["slo/*.yaml"]).objectives.declared == {}


@pytest.mark.parametrize("file", ["ninefold.toml", "pyproject.toml"])
def test_what_a_file_of_settings_names_is_beside_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """A service may be started from anywhere in its repository; `[eu]` in its path is no glob."""
    root = here / "shop [eu]"
    (root / ".git").mkdir(parents=True)
    (root / "below").mkdir()
    (here / "slo").rename(root / "slo")
    head = "[tool.ninefold]\n" if file == "pyproject.toml" else ""
    (root / file).write_text(f'{head}objectives = ["slo/*.yaml"]\n')
    monkeypatch.chdir(root / "below")
    service = nf.setup("checkout", objectives=["code/loses.yaml"])
    assert "checkout-availability" in service.objectives.declared
    row = next(row for row in service.settings.explain() if row.key == "objectives")
    assert row.value == "slo/*.yaml"
    assert row.origin.source == "file"
    assert row.origin.overridden[0].value == "code/loses.yaml"


def test_what_the_environment_names_is_in_the_working_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several with commas, over the file and code."""
    monkeypatch.setenv("NINEFOLD_OBJECTIVES", "slo/*.yaml, slo/checkout.yaml")
    service = nf.setup("checkout", objectives=["code/loses.yaml"])
    assert service.settings.objectives == ("slo/*.yaml", "slo/checkout.yaml")
    assert list(service.objectives.declared) == ["checkout-availability"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("slo/a.yaml", ["objectives must be a list", "write objectives=['slo/*.yaml']"]),
        (Path("slo/a.yaml"), ["objectives must be a list", "'slo/*.yaml'"]),
        (7, ["objectives must be a list, got 7"]),
        ([7], ["objectives (argument of setup) must list text, got 7"]),
        ([""], ["objectives (argument of setup) must list text, got ''"]),
        (["slo/none.yaml"], ["'slo/none.yaml'", "not there"]),
    ],
    ids=str,
)
def test_what_names_no_files_is_told(given: object, words: list[str]) -> None:
    """As every argument of setup()."""
    with pytest.raises(nf.ConfigurationError) as caught:
        nf.setup("checkout", objectives=given)  # type: ignore[arg-type]  # what the test is about
    assert [word for word in words if word not in str(caught.value)] == []
    assert current() is None


def test_a_single_path_in_settings_is_told() -> None:
    """`load` takes the settings of code as they come."""
    with pytest.raises(nf.ConfigurationError, match="must be a list"):
        read_settings(code={"objectives": Path("slo/a.yaml")}, environ={})
