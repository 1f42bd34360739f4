"""Traces that wait come out as conformance/vectors/sampling/deferred.yaml says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.sampling import Buffer, Deferral, Keep, Outcome, Part

_TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "sampling" / "deferred.yaml"
_READ: dict[str, list[dict[str, Any]]] = yaml.safe_load(_TABLE.read_text("utf-8"))
_MB = 1_000_000


class _Played:
    """A case, event by event, with what came of it."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._engine: Deferral[str] = Deferral(
            Keep(**case["keep"]), Buffer(**case.get("buffer", {})), lambda _: _MB
        )
        self._sampled = case.get("sampled", [])
        self._parts: dict[str, Part[str]] = {}
        self._began: dict[str, float] = {}
        self.out: list[str] = []
        self.decided: dict[str, str] = {}
        self.lost: Counter[str] = Counter()
        for event in case["events"]:
            self._play(event)
        assert self._engine.bytes <= self._engine_bound(case)

    @staticmethod
    def _engine_bound(case: dict[str, Any]) -> float:
        return float(case.get("buffer", {}).get("max_mb", 32)) * _MB

    def _play(self, event: dict[str, Any]) -> None:
        now = event["at"]
        if "start" in event:
            trace, _, number = event["start"].partition("/")
            part = self._parts.get(trace)
            if part is None:
                part = self._parts[trace] = self._engine.begin(
                    "default", trace in self._sampled, now
                )
            part.joined(int(number))
            self._began[event["start"]] = now
        elif "end" in event:
            trace, _, number = event["end"].partition("/")
            self._take(
                self._engine.ended(
                    self._parts[trace],
                    int(number),
                    event["end"],
                    now,
                    error=event.get("error", False),
                    seconds=now - self._began[event["end"]],
                    route=("the route's", event["route"]) if "route" in event else None,
                )
            )
        elif "sweep" in event:
            self._take(self._engine.sweep(now))
        elif "close" in event:
            self._take(self._engine.close(now))
        else:
            self._engine.gone(event["gone"] * _MB)

    def _take(self, outcome: Outcome[str] | None) -> None:
        if outcome is None:
            return
        for released in outcome.released or ():
            told = "" if released.threshold is None else f":{released.threshold}"
            self.out += [f"{span}{told}" for span, _ in released.spans]
        for part in outcome.decided or ():
            (trace,) = (name for name, each in self._parts.items() if each is part)
            assert trace not in self.decided, "decided twice"
            self.decided[trace] = f"{'kept' if part.kept else 'dropped'} {part.rule}"
        for reason, spans in outcome.lost or ():
            self.lost[reason] += spans


@pytest.mark.parametrize("case", _READ["cases"], ids=lambda case: case["name"])
def test_spans_go_out_or_are_let_go_as_the_table_says(case: dict[str, Any]) -> None:
    """In the order, with the threshold and the loss that it names."""
    played = _Played(case)
    assert played.out == case["out"]
    assert played.decided == case.get("decided", {})
    assert played.lost == case.get("lost", {})
