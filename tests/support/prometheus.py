"""A real Prometheus that scrapes given targets every second, and a client of its HTTP API."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.components import executable
from tests.support.net import LOOPBACK, free_port, http
from tests.support.process import Process
from tests.support.waiting import PATIENCE, eventually


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector."""

    labels: Mapping[str, str]
    value: float


class Prometheus:
    """A running server. `targets` maps a job's name to its `host:port`s."""

    def __init__(
        self,
        directory: Path,
        targets: Mapping[str, Sequence[str]],
        *,
        rules: Sequence[Path] = (),
        metrics_path: str = "/metrics",
    ) -> None:
        binary = executable("prometheus", package="prometheus")
        directory.mkdir(parents=True, exist_ok=True)
        # JSON is YAML.
        config = directory / "prometheus.yml"
        config.write_text(
            json.dumps(
                {
                    "global": {
                        "scrape_interval": "1s",
                        "scrape_timeout": "1s",
                        "evaluation_interval": "1s",
                    },
                    "rule_files": [str(rule) for rule in rules],
                    "scrape_configs": [
                        {
                            "job_name": job,
                            "metrics_path": metrics_path,
                            "static_configs": [{"targets": list(hosts)}],
                        }
                        for job, hosts in targets.items()
                    ],
                }
            )
        )
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        self.process = Process(
            "prometheus",
            [
                binary,
                f"--config.file={config}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address={LOOPBACK}:{port}",
                "--enable-feature=exemplar-storage",
                "--log.level=warn",
            ],
            log=directory / "prometheus.log",
        )

    def wait_until_ready(self) -> None:
        """Wait until it answers queries."""
        self.process.wait_until(lambda: http(f"{self.url}/-/ready").status == 200)

    def api(self, path: str, **parameters: str) -> Any:
        """`data` of one answer of `/api/v1/…`; anything but success is an `AssertionError`."""
        query = urllib.parse.urlencode(parameters)
        answer = http(f"{self.url}/api/v1/{path}?{query}")
        document = json.loads(answer.body)
        assert document["status"] == "success", document
        return document["data"]

    def query(self, expression: str) -> list[Sample]:
        """The instant vector of `expression` as of now."""
        data = self.api("query", query=expression)
        assert data["resultType"] == "vector", data["resultType"]
        return [
            Sample(labels=element["metric"], value=float(element["value"][1]))
            for element in data["result"]
        ]

    def exemplars(self, selector: str) -> list[dict[str, Any]]:
        """Every stored exemplar of the series, over all time."""
        data = self.api("query_exemplars", query=selector, start="0", end="99999999999")
        return [exemplar for series in data for exemplar in series["exemplars"]]

    def wait_for(
        self,
        expression: str,
        holds: Callable[[list[Sample]], object] = bool,
        *,
        within: float = PATIENCE,
    ) -> list[Sample]:
        """The first result of `expression` for which `holds`; asked again until then."""
        seen: list[Sample] = []

        def look() -> bool:
            seen[:] = self.query(expression)
            return bool(holds(seen))

        try:
            eventually(look, within=within, pause=0.1, wanted=expression)
        except AssertionError as error:
            error.add_note(f"last result: {seen}")
            raise
        return seen


def promtool(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run promtool with `given` on its standard input, and return what became of it."""
    return subprocess.run(
        [executable("promtool", package="prometheus"), *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
