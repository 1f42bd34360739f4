"""Our sampler where no line of code names it: `OTEL_TRACES_SAMPLER`, and a declarative file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.child import run
from tests.support.otlp_sink import OtlpSink
from tests.support.process import clean_environment

START = """
import logging, sys
logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s %(message)s")
from opentelemetry import trace
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
try:
    _OTelSDKConfigurator().configure()
    print(trace.get_tracer_provider().sampler.get_description())
except Exception as error:
    print(type(error).__name__, error)
"""
QUIET = dict.fromkeys(
    ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"), "none"
)


def started(**env: str) -> list[str]:
    """What is logged when the SDK's own configurator starts, and then its sampler."""
    return run(START, env=QUIET | env).splitlines()


def sampled_by(argument: str | None, **env: str) -> list[str]:
    """The same with our sampler, and this argument."""
    given = {} if argument is None else {"OTEL_TRACES_SAMPLER_ARG": argument}
    return started(OTEL_TRACES_SAMPLER="ninefold", **given, **env)


@pytest.mark.usefixtures("limited")
def test_the_sdk_finds_our_sampler_by_its_name(tmp_path: Path) -> None:
    """With the argument's share and pairs, above the file of settings; without one by that file."""
    file = tmp_path / "ninefold.toml"
    file.write_text(
        "[sampling]\ndefault = 0.25\ntarget_per_s = 7\n"
        '[[sampling.rules]]\npath = "/pay/*"\nrate = 1\n'
    )
    named = {"NINEFOLD_CONFIG": str(file)}
    rules = "rules=[path=/pay/* rate=1]"
    wanted = f"NinefoldSampler{{default=%s, parent=%s, {rules}, target_per_s=7.0}}"
    assert sampled_by(None, **named) == [wanted % (0.25, "respect")]
    assert sampled_by("0.1", **named) == [wanted % (0.1, "respect")]
    assert sampled_by("parent=ignore,default=0.5", **named) == [wanted % (0.5, "ignore")]
    assert sampled_by(f"file={file},parent=ignore") == [wanted % (0.25, "ignore")]


def test_a_wrong_argument_is_told_in_our_words() -> None:
    """What, the value and the remedy, at ERROR: the SDK goes on with its own default."""
    first, *_, sampler = sampled_by("defualt=0.1")
    assert first == (
        "ninefold.sampling ERROR there is no sampler of ninefold: a sampler has no 'defualt'"
        " (OTEL_TRACES_SAMPLER_ARG); did you mean 'default'?"
    )
    assert sampler.startswith("ParentBased{root:AlwaysOnSampler")


def test_what_needs_setup_is_left_out_where_it_is_said_for_all(tmp_path: Path) -> None:
    """Keeping for outcomes, and rules by route: with a warning; asked for by name it is refused."""
    file = tmp_path / "ninefold.toml"
    file.write_text(
        "[sampling]\ndefault = 0.25\nkeep.errors = true\n"
        '[[sampling.rules]]\nroute = "/pay/{card}"\nrate = 1\n'
    )
    for said in ({"NINEFOLD_CONFIG": str(file)}, {"OTEL_TRACES_SAMPLER_ARG": f"file={file}"}):
        warned, sampler = sampled_by(None, **said)
        assert warned.startswith(
            "ninefold.sampling WARNING traces are not kept for how they end: that needs"
        )
        assert sampler.startswith("NinefoldSampler{default=0.25, parent=respect")
        assert "rules" not in sampler
    refused, *_ = sampled_by("keep.errors=true")
    assert "a sampler alone cannot keep traces for how they end" in refused


SERVED = """
from flask import Flask
app = Flask("shop")
for path in ("/pay/<card>", "/search", "/probe"):
    app.route(path, endpoint=path)(lambda **_: "")
client = app.test_client()
for _ in range(5):
    for path in ("/pay/visa?n=1", "/search?q=/pay/", "/probe"):
        assert client.get(path).status_code == 200
"""


@pytest.mark.parametrize("conventions", ["", "http"], ids=["older", "stable"])
def test_an_application_that_opentelemetry_starts_is_sampled_by_our_rules(
    otlp_sink: OtlpSink, tmp_path: Path, conventions: str
) -> None:
    """`opentelemetry-instrument` on a Flask application; each of its conventions names the path."""
    pytest.importorskip("opentelemetry.distro", reason="opentelemetry-distro (group `contrib`)")
    pytest.importorskip("opentelemetry.instrumentation.flask", reason="dependency group `contrib`")
    (tmp_path / "shop.py").write_text(SERVED)
    (tmp_path / "rules.toml").write_text(
        "[sampling]\ndefault = 0.0\n"
        '[[sampling.rules]]\npath = "/pay/*"\nrate = 1\n'
        '[[sampling.rules]]\npath = "/probe"\ndrop = true\n'
    )
    env = {
        "OTEL_TRACES_SAMPLER": "ninefold",
        "OTEL_TRACES_SAMPLER_ARG": f"file={tmp_path / 'rules.toml'}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp_sink.http_endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_SEMCONV_STABILITY_OPT_IN": conventions,
    }
    _finished(["opentelemetry-instrument", sys.executable, str(tmp_path / "shop.py")], env)
    spans = otlp_sink.wait_for(otlp_sink.spans)
    assert len(spans) == 5
    assert {span.attributes["http.route"] for span in spans} == {"/pay/<card>"}
    assert {span.trace_state for span in spans} == {"ot=th:0"}
    counted = {
        (
            each.attributes["ninefold.sampling.rule"],
            each.attributes["ninefold.sampling.decision"],
        ): (each.value)
        for each in otlp_sink.latest("ninefold.sampling.decisions")
    }
    assert counted == {
        ("path=/pay/*", "kept"): 5,
        ("path=/probe", "dropped"): 5,
        ("default", "dropped"): 5,
    }


def _finished(command: list[str], env: Mapping[str, str]) -> None:
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run(
        [program, *command[1:]],
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def declared(folder: Path, sampler: str, **env: str) -> list[str]:
    """What the SDK makes of a declarative file with this sampler."""
    if find_spec("opentelemetry.configuration") is None:
        pytest.skip("opentelemetry-configuration is not installed (dependency group `contrib`)")
    file = folder / "otel.yaml"
    file.write_text(
        'file_format: "1.0"\ntracer_provider:\n'
        "  processors: [{simple: {exporter: {console: {}}}}]\n"
        f"  sampler: {sampler}\n"
    )
    return started(OTEL_CONFIG_FILE=str(file), **env)


def test_a_declarative_file_says_what_our_sampler_does(tmp_path: Path) -> None:
    """All of it: beside that file neither variables nor a file of settings count."""
    others = {"NINEFOLD_SAMPLING_PARENT": "respect", "OTEL_TRACES_SAMPLER_ARG": "0.5"}
    asked = "{default: 0.25, parent: ignore, target_per_s: 7, rules: [{path: /pay/*, rate: 1}]}"
    ours = (
        "NinefoldSampler{default=0.25, parent=ignore, rules=[path=/pay/* rate=1], target_per_s=7.0}"
    )
    assert declared(tmp_path, f"{{ninefold: {asked}}}", **others) == [ours]
    [around] = declared(tmp_path, f"{{parent_based: {{root: {{ninefold: {asked}}}}}}}")
    assert around.startswith(f"ParentBased{{root:{ours},")


def test_a_declarative_file_that_only_names_our_sampler_leaves_our_settings(tmp_path: Path) -> None:
    """As `setup()` would find them."""
    for empty in ("", "{}"):
        [found] = declared(tmp_path, f"{{ninefold: {empty}}}", NINEFOLD_SAMPLING_DEFAULT="0.5")
        assert found.startswith("NinefoldSampler{default=0.5, parent=respect")


def test_a_mistake_in_a_declarative_file_stops_the_start(tmp_path: Path) -> None:
    """Under the name of its key; so do two samplers of ours of which one cannot tell which."""
    *_, told = declared(tmp_path, "{ninefold: {defualt: 1}}")
    assert told == (
        "ConfigurationError a sampler has no 'defualt' (the sampler's configuration);"
        " did you mean 'default'?"
    )
    two = "{root: {ninefold: {default: 1}}, remote_parent_sampled: {ninefold: {default: 0}}}"
    *_, told = declared(tmp_path, f"{{parent_based: {two}}}")
    assert told.startswith("ConfigurationError ninefold: stands 2 times in ")
