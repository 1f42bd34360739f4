"""Celery's pre-forked children lose nothing when the worker is told to end."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.otlp_sink import OtlpSink
from tests.support.process import ROOT, Process, clean_environment

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="by design: this platform does not fork"
)

APP = "tests.integration.apps.celery_jobs"
JOBS = 12


def test_children_export_what_they_measured_once_each_as_itself(
    keep: Callable[[Process], Process], tmp_path: Path, otlp_sink: OtlpSink
) -> None:
    """Nothing goes out before the end; then every job once, from two instances, and status 0."""
    if importlib.util.find_spec("celery") is None:
        pytest.skip("celery is not installed (dependency group `components`)")
    for name in ("queue", "control", "processed", "children", "done"):
        (tmp_path / name).mkdir()
    env = {"JOBS_FOLDER": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-m", APP, str(JOBS)],
        cwd=ROOT,
        env=clean_environment({**env, "OTEL_SDK_DISABLED": "true"}),
        timeout=60,
        check=True,
    )
    worker = keep(
        Process(
            "celery worker",
            [
                *(sys.executable, "-m", "celery", "-A", APP, "worker", "--pool", "prefork"),
                *("--concurrency", "2", "--without-gossip", "--without-mingle", "-O", "fair"),
            ],
            log=tmp_path / "worker.log",
            env={
                **env,
                "OTEL_EXPORTER_OTLP_ENDPOINT": otlp_sink.http_endpoint,
                "OTEL_TRACES_SAMPLER": "always_on",
                "OTEL_METRIC_EXPORT_INTERVAL": "600000",
                "OTEL_BSP_SCHEDULE_DELAY": "600000",
            },
        )
    )
    worker.wait_until(lambda: len(list((tmp_path / "done").iterdir())) == JOBS, within=60)
    assert otlp_sink.received == ()
    assert worker.stop(within=60) == 0
    runs = otlp_sink.latest("ninefold.operation.duration")
    assert sum(point.count for point in runs) == JOBS
    spans = otlp_sink.spans(name="work")
    assert len({span.span_id for span in spans}) == len(spans) == JOBS
    instances = [point.resource["service.instance.id"] for point in runs]
    assert len(instances) == len(set(instances)) == 2
    assert {span.resource["service.instance.id"] for span in spans} == set(instances)
