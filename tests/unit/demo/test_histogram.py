"""Quantiles from buckets are Prometheus's own."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from tests.support.prometheus import promtool

from ninefold.demo._histogram import Histogram, total

BOUNDS = (0.1, 0.25, 1.0, math.inf)

CASES = {
    "spread": Histogram(BOUNDS, (10.0, 60.0, 95.0, 100.0)),
    "one bucket": Histogram(BOUNDS, (0.0, 8.0, 8.0, 8.0)),
    "lowest bucket": Histogram(BOUNDS, (5.0, 5.0, 5.0, 5.0)),
    "beyond": Histogram(BOUNDS, (0.0, 0.0, 0.0, 3.0)),
    "on a bound": Histogram(BOUNDS, (50.0, 95.0, 100.0, 100.0)),
    "below zero": Histogram((-1.0, 0.0, 1.0, math.inf), (4.0, 6.0, 8.0, 8.0)),
}
QUANTILES = (0.01, 0.5, 0.95, 0.99, 1.0)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_a_quantile_is_the_one_that_prometheus_computes(tmp_path: Path) -> None:
    """Promtool evaluates `histogram_quantile` over the same buckets, and finds the same figures."""
    series, expected = [], []
    for name, histogram in CASES.items():
        for bound, count in zip(histogram.bounds, histogram.counts, strict=True):
            le = "+Inf" if bound == math.inf else repr(bound)
            series.append(
                {"series": f'd_bucket{{case="{name}",le="{le}"}}', "values": f"{count:g}"}
            )
        for q in QUANTILES:
            sample = {"labels": f'{{case="{name}"}}', "value": histogram.quantile(q)}
            expected.append(
                {
                    "expr": f'histogram_quantile({q}, d_bucket{{case="{name}"}})',
                    "eval_time": "0m",
                    "exp_samples": [sample],
                }
            )
    # JSON is YAML too.
    file = tmp_path / "test.yaml"
    file.write_text(json.dumps({"tests": [{"input_series": series, "promql_expr_test": expected}]}))
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_measured_has_no_quantile() -> None:
    """Without measurements, or without the infinite bucket, a quantile is NaN, as in Prometheus."""
    assert math.isnan(Histogram(BOUNDS, (0.0,) * 4).quantile(0.5))
    assert math.isnan(Histogram((0.1, 1.0), (1.0, 2.0)).quantile(0.5))
    assert math.isnan(Histogram((), ()).quantile(0.5))


def test_histograms_add_up_by_bound() -> None:
    """Counts of the same bound are summed; an empty histogram adds nothing."""
    one = Histogram((1.0, math.inf), (1.0, 2.0))
    assert total([one, one, Histogram((), ())]) == Histogram((1.0, math.inf), (2.0, 4.0))
    assert total([]).count == 0
