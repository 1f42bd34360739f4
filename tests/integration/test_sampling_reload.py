"""A file of settings that is rewritten under a running server: good, bad, and good again."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.servers import Serve, Server
from tests.support.waiting import eventually

WITHIN = 60.0
"""A file is looked at every 5 seconds, on a machine that may be busy."""


def _rule(name: str, said: str) -> str:
    return f"[[sampling.rules]]\nname = {name!r}\npath = '/'\n{said}\n"


def _decided(server: Server) -> dict[tuple[str, str], float]:
    """How often each rule decided what, as Prometheus scrapes it."""
    found = {}
    for line in server.request("/metrics").text.splitlines():
        match = re.match(r"ninefold_sampling_decisions_total\{(.*)\} (\S+)", line)
        if match is not None:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[1]))
            key = labels["ninefold_sampling_rule"], labels["ninefold_sampling_decision"]
            found[key] = float(match[2])
    return found


def _decides(server: Server, rule: str, what: str) -> bool:
    """Whether a request that is made now is decided on by that rule."""
    before = _decided(server).get((rule, what), 0)
    assert server.request("/").status == 200
    return _decided(server).get((rule, what), 0) == before + 1


def test_a_running_service_takes_a_file_over_and_stays_with_it_when_it_breaks(
    serve_asgi: Serve, tmp_path: Path
) -> None:
    """Each request is decided on by the last file that could be meant; a bad one is told once."""
    file = tmp_path / "ninefold.toml"
    file.write_text(_rule("one", "rate = 1.0"))
    server = serve_asgi(
        "tests.integration.apps.fastapi_shop:app",
        NINEFOLD_CONFIG=str(file),
        OTEL_TRACES_EXPORTER="console",
        OTEL_METRICS_EXPORTER="none",
    )
    asked = 0

    def decides(rule: str, what: str) -> bool:
        nonlocal asked
        asked += 1
        return _decides(server, rule, what)

    assert decides("one", "kept")
    file.write_text(_rule("two", "drop = true"))
    eventually(lambda: decides("two", "dropped"), within=WITHIN, pause=0.5)

    file.write_text(_rule("three", "rate = 3.0"))
    told = "the sampling that is in force stays"
    eventually(lambda: told in server.process.log, within=WITHIN, pause=0.5)
    assert decides("two", "dropped")

    # As a deployment does it: another file takes its place.
    (tmp_path / "next").write_text(_rule("four", "rate = 1.0"))
    (tmp_path / "next").replace(file)
    eventually(lambda: decides("four", "kept"), within=WITHIN, pause=0.5)

    [line] = [each for each in server.process.log.splitlines() if told in each]
    assert "a rule's rate must be between 0 and 1, got 3.0 (rule 1 of " in line
    assert str(file) in line
    found = _decided(server)
    assert {rule for rule, _ in found} == {"one", "two", "four"}
    assert sum(found.values()) == asked
