"""The conventions' own metrics, in source form: nothing is wrong with them, and what would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import opentelemetry.semconv
import pytest
import yaml
from opentelemetry.semconv.schemas import Schemas

from ninefold.conformance._engine import Report, run
from ninefold.conformance._options import Options
from ninefold.conformance.registry import conventions
from ninefold.conformance.rules import shipped
from ninefold.conformance.source import python_files, read

LIST = Path(__file__).resolve().parents[2] / "conformance/vectors/checker/conventions.yaml"

PLACE = "opentelemetry/semconv/declared.py"

_CREATE = {
    "counter": "create_counter",
    "updowncounter": "create_up_down_counter",
    "gauge": "create_gauge",
    "histogram": "create_histogram",
}
# Told with the exemption too, of exactly the metrics that the facts say it of.
_OF_THE_FACTS = ("NF-R801", "NF-R802", "NF-R805")

Found = dict[tuple[str, str], set[str]]


def _facts() -> Mapping[str, Mapping[str, Any]]:
    known = conventions()
    return {name: known.metric(name) or {} for name in known.metrics}


LIVE = [name for name, fact in _facts().items() if "deprecated" not in fact]
OLD = [name for name, fact in _facts().items() if "deprecated" in fact]


def _declared(names: Iterable[str], folder: Path) -> list[str]:
    """A module that declares the metrics with unit and kind of the facts.

    It stands where the conventions' own does, whose histograms are given no boundaries.
    """
    lines = ["from opentelemetry.metrics import get_meter", 'meter = get_meter("conventions")']
    facts = _facts()
    lines += (
        f"meter.{_CREATE[facts[name]['instrument']]}("
        f'"{name}", unit="{facts[name]["unit"]}", description="As the conventions say.")'
        for name in sorted(names)
    )
    path = folder / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [str(path)]


def _packaged() -> list[str]:
    """The modules of the installed `opentelemetry-semantic-conventions`."""
    newest = list(Schemas)[-1].value.rpartition("/")[2]
    if f"v{newest}" != conventions().version:
        pytest.skip(f"by design: the installed conventions are {newest}, not those of the facts")
    return list(python_files(list(opentelemetry.semconv.__path__)))


def _report(files: Iterable[str], *, exempt: bool = True) -> Report:
    return run(read(files), Options(exempt=exempt), tuple(shipped()), conventions())


def _found(report: Report) -> Found:
    found: Found = {}
    for one in report.findings:
        found.setdefault((one.code, one.severity), set()).add(one.metric)
    return found


def _listed(*sections: str) -> Found:
    listed: Found = {}
    document = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    for section in sections:
        for row in document[section]:
            assert row["why"].strip()
            listed.setdefault((row["code"], row["severity"]), set()).update(row["metrics"])
    return listed


def test_live_conventions_are_right(tmp_path: Path) -> None:
    """Of every live metric, as the conventions declare it, there is no warning and no error."""
    report = _report(_declared(LIVE, tmp_path))
    assert report.resolved == len(LIVE)
    assert [one for one in report.findings if one.severity != "I"] == []


def test_boundaries_are_asked_for_in_anyone_s_own_code(tmp_path: Path) -> None:
    """Declared elsewhere, the live histograms in seconds lack boundaries, and nothing else."""
    [path] = _declared(LIVE, tmp_path)
    own = tmp_path / "shop.py"
    own.write_bytes(Path(path).read_bytes())
    report = _report([str(own)])
    found = {key: metrics for key, metrics in _found(report).items() if key[1] != "I"}
    assert found == {("NF-B901", "W"): _listed("declared")["NF-B901", "W"] & {*LIVE}}


def test_old_names_are_told(tmp_path: Path) -> None:
    """Every metric that is deprecated or has moved away is told as that, and as nothing else."""
    found = _found(_report(_declared(OLD, tmp_path)))
    moved = {name for name in OLD if _facts()[name]["deprecated"]["reason"] == "moved"}
    assert found == {("NF-R801", "E"): {*OLD} - moved, ("NF-R802", "I"): moved}


def test_the_package_is_right() -> None:
    """In the conventions' own Python package, only what is deprecated has a warning or an error."""
    report = _report(_packaged())
    assert report.resolved == report.declarations > 400
    told = [(one.code, one.metric) for one in report.findings if one.severity != "I"]
    assert {code for code, _ in told} == {"NF-R801"}
    assert {metric for _, metric in told} <= {*OLD}


def test_without_the_exemption(tmp_path: Path) -> None:
    """What the exemption spares is listed, each finding with its reason, and no other."""
    found = _found(_report(_declared([*LIVE, *OLD], tmp_path), exempt=False))
    unstable = {name for name in LIVE if _facts()[name]["stability"] != "stable"}
    assert found.pop(("NF-R805", "I")) == unstable
    assert found.pop(("NF-R801", "E")) | found.pop(("NF-R802", "I")) == {*OLD}
    assert found == _listed("declared")


def test_the_package_without_the_exemption() -> None:
    """The package has the same findings, and those that its descriptions add."""
    found = _found(_report(_packaged(), exempt=False))
    listed = _listed("declared", "packaged")
    for key, metrics in found.items():
        if key[0] not in _OF_THE_FACTS:
            assert metrics <= listed[key], key
    assert found["NF-D602", "I"] == listed["NF-D602", "I"]
