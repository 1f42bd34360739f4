"""A report as JSON lines: one for each finding and each metric, and a last one about the run."""

from __future__ import annotations

import json

from ninefold.conformance._engine import Report
from ninefold.conformance.reporters._json import finding_as_json, run_as_json
from ninefold.conformance.reporters._names import metrics_as_json


def written(report: Report) -> str:
    """Lines of `type` `finding` and `metric`, as in the JSON format, then one of `type` `run`."""
    lines: list[dict[str, object]] = [
        {"type": "finding", **finding_as_json(each)} for each in report.findings
    ]
    lines.extend({"type": "metric", **each} for each in metrics_as_json(report))
    lines.append({"type": "run", **run_as_json(report)})
    return "".join(f"{json.dumps(each)}\n" for each in lines)
