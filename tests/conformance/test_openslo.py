"""Files of objectives are read as conformance/vectors/openslo says."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.errors import ConfigurationError
from ninefold.slo.openslo import Loaded, Slo, read

_VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "openslo"
_KINDS: dict[str, Any] = yaml.safe_load((_VECTORS / "kinds.yaml").read_text("utf-8"))
_REFUSED: dict[str, Any] = yaml.safe_load((_VECTORS / "refused.yaml").read_text("utf-8"))


def _cases(table: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(case, id=f"{topic}-{place}")
        for topic, cases in table.items()
        if topic not in ("base", "left_out")
        for place, case in enumerate(cases)
    ]


def _text(base: dict[str, Any], case: dict[str, Any]) -> str:
    document = copy.deepcopy(base) | case.get("document", {})
    if "annotations" in case:
        document["metadata"]["annotations"] = case["annotations"]
    if "spec" in case:
        document["spec"] |= case["spec"]
    for name in case.get("without", ()):
        del document["spec"][name]
    return yaml.safe_dump_all([document, *case.get("beside", ())], sort_keys=False)


def _read(tmp_path: Path, text: str) -> Loaded:
    file = tmp_path / "objectives.yaml"
    file.write_text(text, "utf-8")
    return read([str(file)], service="checkout")


def _told(slo: Slo) -> dict[str, Any]:
    """An SLO in the words of the table, without what is as usual."""
    objective, slices = slo.objective, slo.time_slices
    kind = objective.kind
    told: dict[str, Any] = {
        "sli": kind.sli,
        "routes": None if (routes := getattr(kind, "routes", None)) is None else list(routes),
        "operation": getattr(kind, "operation", None),
        "dependency": getattr(kind, "dependency", None),
        "side": getattr(kind, "side", None),
        "vendor": getattr(kind, "vendor", None),
        "threshold": getattr(kind, "threshold", None) or getattr(kind, "slower_than", None),
        "target": kind.target,
        "window": kind.window.seconds,
        "owner": objective.owner,
        "runbook": objective.runbook,
        "escalation": objective.escalation,
        "min_bad_events": objective.min_bad_events,
        "method": slo.budgeting_method,
        "slice_target": None if slices is None else slices.target,
        "slice_window": None if slices is None else slices.window,
    }
    return told


_USUAL = {"target": 0.999, "window": 2419200, "min_bad_events": 5, "method": "Occurrences"}


@pytest.mark.parametrize("case", _cases(_KINDS))
def test_an_slo_declares_this_objective(tmp_path: Path, case: dict[str, Any]) -> None:
    """Annotations, indicator and objective together say one SLI, in full."""
    loaded = _read(tmp_path, _text(_KINDS["base"], case))
    (slo,) = loaded.slos
    told = _told(slo)
    assert told == dict.fromkeys(told) | _USUAL | case["expect"]
    assert loaded.left_out == ()
    assert loaded.problem is None
    assert slo.objective.source == str(tmp_path / "objectives.yaml")
    assert slo.annotations == case.get("annotations", {})


@pytest.mark.parametrize("case", _KINDS["left_out"], ids=lambda case: str(case["expect"]["why"]))
def test_an_slo_is_left_out_with_a_reason(tmp_path: Path, case: dict[str, Any]) -> None:
    """What is asked elsewhere, or counted later, is no error; whether it may surprise is told."""
    loaded = _read(tmp_path, _text(_KINDS["base"], case))
    (left_out,) = loaded.left_out
    assert loaded.slos == ()
    assert [word for word in case["expect"]["why"] if word not in str(left_out)] == []
    assert left_out.is_surprising is case["expect"]["loud"]


@pytest.mark.parametrize("case", _cases(_REFUSED))
def test_what_cannot_be_meant_is_told(tmp_path: Path, case: dict[str, Any]) -> None:
    """The message names the file, the document, the line, the path, the value and the remedy."""
    text = case["file"] if "file" in case else _text(_REFUSED["base"], case)
    with pytest.raises(ConfigurationError) as caught:
        _read(tmp_path, text)
    message = str(caught.value)
    assert [str(word) for word in case["words"] if str(word) not in message] == [], message
    assert message.startswith(str(tmp_path / "objectives.yaml"))
