"""`ninefold doctor`: what it shows, what it finds, and with which exit code it ends."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ninefold.cli import _doctor, main
from ninefold.cli._diagnosis import Finding, diagnose, why_unreachable
from ninefold.cli._objective_files import objectives_in_files
from ninefold.cli._sampled import sampling_in_settings
from ninefold.config import read

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no setting in the environment."""
    import os

    for variable in os.environ:
        if variable.startswith(("NINEFOLD_", "OTEL_")):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def collector() -> Iterator[int]:
    """A port of the loopback that accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _run(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], env=environ)


def _findings(environ: dict[str, str], **code: object) -> list[Finding]:
    settings = read(code=code, environ=environ)
    return diagnose(settings, environ, why_unreachable=lambda host, port: None)


def test_text_tells_value_origin_and_what_lost(somewhere: Path) -> None:
    """One line per setting, and below it the words that lost; secrets are redacted."""
    (somewhere / "ninefold.toml").write_text(
        f'owner = "payments"\nshutdown_timeout = 3\n[otlp.headers]\nkey = "{SECRET}"\n'
    )
    result = _run(NINEFOLD_OWNER="checkout")
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert ["owner", "checkout", "environment:", "NINEFOLD_OWNER"] in lines
    assert ["won", "over", "payments", f"({somewhere}/ninefold.toml:", "owner)"] in lines
    assert ["max_series", "2000", "default"] in lines
    assert "shutdown_timeout         3 s" in result.output
    assert "key=REDACTED" in result.output
    assert SECRET not in result.output


def test_json_is_for_programs(somewhere: Path) -> None:
    """The same, as one JSON document."""
    (somewhere / "ninefold.toml").write_text(f'owner = "a"\notlp.headers.key = "{SECRET}"\n')
    result = _run("--format", "json", OTEL_SERVICE_NAME="checkout")
    assert result.exit_code == 0
    assert SECRET not in result.output
    report = json.loads(result.output)
    rows = {row["key"]: row for row in report["settings"]}
    assert report["file"] == str(somewhere / "ninefold.toml")
    assert rows["name"]["value"] == "checkout"
    assert rows["name"]["source"] == "environment"
    assert rows["name"]["name"] == "OTEL_SERVICE_NAME"
    assert rows["owner"]["source"] == "file"
    # What else is installed may add notes, and nothing worse.
    assert {finding["level"] for finding in report["findings"]} == {"note"}


def test_overrides_of_policies_are_told_with_their_source(somewhere: Path) -> None:
    """By name, from the file and from the environment, and what lost; whoever may ask for them."""
    (somewhere / "ninefold.toml").write_text(
        "[policy.search.retry]\nattempts = 3\n[dependency.psp.policy]\ndeadline = 2.0\n"
    )
    result = _run(
        NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS="5", NINEFOLD_POLICY_CART_BREAKER_OPEN_FOR="9s"
    )
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    by_variable = "NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS"
    place = f"{somewhere}/ninefold.toml:"
    assert ["policy.search.retry.attempts", "5", "environment:", by_variable] in lines
    assert ["won", "over", "3", f"({place}", "policy.search.retry.attempts)"] in lines
    key = "dependency.psp.policy.deadline"
    assert [key, "2.0", "file:", place, key] in lines
    variable = "NINEFOLD_POLICY_CART_BREAKER_OPEN_FOR"
    assert [variable, "9s", "environment:", variable] in lines


def test_overrides_of_dependencies_are_told_beside_those_of_their_policies(
    somewhere: Path,
) -> None:
    """Where both say it, what won over what; where a variable alone does, by its name."""
    (somewhere / "ninefold.toml").write_text(
        "[dependency.orders-db]\ninterval = 7\nrole = 'optional'\n"
    )
    by_variable = "NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL"
    alone = "NINEFOLD_DEPENDENCY_PSP_FAIL_AFTER"
    result = _run("--format", "json", **{by_variable: "5s", alone: "2"})
    assert result.exit_code == 0
    report = json.loads(result.output)
    rows = {row["key"]: row for row in report["settings"]}
    interval = rows["dependency.orders-db.interval"]
    assert (interval["value"], interval["name"]) == ("5s", by_variable)
    assert [(lost["source"], lost["value"]) for lost in interval["overridden"]] == [("file", "7")]
    assert rows["dependency.orders-db.role"]["value"] == "optional"
    assert (rows[alone]["value"], rows[alone]["source"]) == ("2", "environment")
    assert "dependency" in rows[alone]["doc"]
    assert not any(alone in finding["message"] for finding in report["findings"])


def test_a_dependencys_variable_that_is_none_is_a_note(somewhere: Path) -> None:
    """With what there is; `somewhere` has no file."""
    del somewhere
    result = _run(NINEFOLD_DEPENDENCY_PSP_DEADLINE="2")
    assert (
        "note   there is no setting for the environment variable NINEFOLD_DEPENDENCY_PSP_DEADLINE;"
        " of a dependency there are …_FAIL_AFTER, …_INTERVAL"
    ) in result.output


@pytest.mark.parametrize("form", ["text", "json"])
def test_settings_that_cannot_be_read_are_the_finding(somewhere: Path, form: str) -> None:
    """A wrong file ends with exit code 1 and the message that set-up would give."""
    (somewhere / "ninefold.toml").write_text("max_series = 1\n")
    result = _run("--format", form)
    assert result.exit_code == 1
    assert "max_series" in result.output
    assert "must be a whole number >= 2 series, got 1" in result.output


def test_a_collector_that_listens_is_well(collector: int) -> None:
    """An endpoint that accepts a connection is said to, once for all signals that use it."""
    result = _run(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector}")
    assert result.exit_code == 0
    assert f"OTLP endpoint 127.0.0.1:{collector} (traces, metrics) accepts connections" in (
        result.output
    )


def test_a_collector_that_is_not_there_is_wrong(closed_port: int) -> None:
    """Exit code 1, with the reason and the variable to change."""
    result = _run(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{closed_port}")
    assert result.exit_code == 1
    assert f"127.0.0.1:{closed_port} (traces, metrics) accepts no connection" in result.output
    assert "Connection refused" in result.output
    assert "change OTEL_EXPORTER_OTLP_ENDPOINT" in result.output


def test_an_exporter_without_an_endpoint_goes_to_the_usual_one() -> None:
    """OTLP asked for by name alone goes to this machine; if nobody is there, set an endpoint."""
    settings = read(code={"logs_exporter": ["otlp"]}, environ={})
    asked: list[tuple[str, int]] = []

    def nobody(host: str, port: int) -> str:
        asked.append((host, port))
        return "nobody there"

    found = diagnose(settings, {}, why_unreachable=nobody)
    assert asked == [("localhost", 4318)]
    (wrong,) = [finding.message for finding in found if finding.level == "wrong"]
    assert wrong == (
        "OTLP endpoint localhost:4318 (logs) accepts no connection: nobody there; "
        "start a collector there, or set OTEL_EXPORTER_OTLP_ENDPOINT"
    )


def test_an_endpoint_without_a_port_is_asked_at_the_usual_one() -> None:
    """The port follows from the scheme and the protocol, as the exporters have it."""
    from ninefold.cli._diagnosis import _address

    def address(**code: object) -> tuple[str, int]:
        return _address(read(code=code, environ={}).otlp_traces)

    assert address() == ("localhost", 4318)
    assert address(**{"otlp.protocol": "grpc"}) == ("localhost", 4317)
    assert address(**{"otlp.endpoint": "https://c"}) == ("c", 443)
    assert address(**{"otlp.endpoint": "http://c"}) == ("c", 80)
    assert address(**{"otlp.endpoint": "http://c", "otlp.protocol": "grpc"}) == ("c", 4317)
    assert address(**{"otlp.endpoint": "c:7", "otlp.protocol": "grpc"}) == ("c", 7)


def test_who_does_not_answer_in_time_is_unreachable() -> None:
    """A full backlog drops connections: the wait ends when patience does."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            assert why_unreachable("127.0.0.1", port, patience=0.05) is not None
        finally:
            for each in waiting:
                each.close()


def test_nothing_exported_is_said_but_not_wrong() -> None:
    """A service without an endpoint is allowed; the note says how to change that."""
    finding = _findings({})[0]
    assert finding.level == "note"
    assert finding.message.startswith("traces, metrics, logs: not exported; set OTEL_EXPORTER")
    served, rest, *_ = _findings({}, prometheus=True)
    assert served == Finding("ok", "Prometheus is answered on the application, /metrics")
    assert rest.message.startswith("traces, logs: not exported")
    port, rest, *_ = _findings({}, admin=":9464")
    assert port == Finding("ok", "Prometheus is answered on the admin port :9464, at /metrics")
    assert rest.message.startswith("traces, logs: not exported")
    everywhere = _findings({}, logs_exporter="console", traces_exporter="console", prometheus=True)
    assert not [finding for finding in everywhere if "not exported" in finding.message]


def test_disabled_is_said_and_nothing_else_is_asked() -> None:
    """Under the kill switch no endpoint matters."""
    environ = {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    assert _findings(environ) == [
        Finding("note", "ninefold is disabled by OTEL_SDK_DISABLED: nothing is measured")
    ]


def test_names_that_nobody_provides_are_wrong() -> None:
    """An exporter or a propagator that is not installed would fail set-up: it is said before."""
    environ = {"OTEL_TRACES_EXPORTER": "console,oltp", "OTEL_PROPAGATORS": "b3,tracecontxt"}
    wrong = [f.message for f in _findings(environ) if f.level == "wrong"]
    assert len(wrong) == 2
    assert "no exporter of traces is called 'oltp'" in wrong[0]
    assert "change OTEL_TRACES_EXPORTER" in wrong[0]
    assert "no propagator is called 'tracecontxt'" in wrong[1]


def test_a_missing_certificate_is_wrong(collector: int, somewhere: Path) -> None:
    """A certificate that is not there would fail every export, silently."""
    (somewhere / "there.pem").touch()
    code = {
        "otlp.endpoint": f"https://127.0.0.1:{collector}",
        "otlp.certificate": "gone.pem",
        "otlp.traces.certificate": "there.pem",
    }
    wrong = [f.message for f in _findings({}, **code) if f.level == "wrong"]
    assert wrong == ["otlp.metrics.certificate names a file that is not there: gone.pem"]


def test_problems_and_foreign_providers_are_notes() -> None:
    """What was ignored, and what will make ninefold step back, is told without failing."""
    environ = {"OTEL_PYTHON_METER_PROVIDER": "sdk_meter_provider", "NINEFOLD_EXLUDE": "/x"}
    findings = _findings(environ)
    assert {finding.level for finding in findings} == {"note"}
    assert "did you mean NINEFOLD_EXCLUDE?" in findings[0].message
    assert any("OTEL_PYTHON_METER_PROVIDER=sdk_meter_provider" in f.message for f in findings)


def test_contrib_instrumentation_beside_ours_is_noted(
    somewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its presence is a note with the switch that turns it off; switched off, it is none."""
    info = somewhere / "contrib_flask-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: contrib-flask\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[opentelemetry_instrumentor]\nflask = contrib_flask:Instrumentor\nfoo = foo:Foo\n"
    )
    monkeypatch.syspath_prepend(str(somewhere))

    def about_flask(environ: dict[str, str]) -> list[str]:
        return [f.message for f in _findings(environ) if "instrumentation-flask" in f.message]

    (message,) = about_flask({})
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=flask" in message
    assert about_flask({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "redis, flask"}) == []


def test_on_a_terminal_rich_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra `cli`, the table is rich's; every setting and finding is in it."""
    rich_console = pytest.importorskip("rich.console", reason="rich is not installed (extra `cli`)")
    out = io.StringIO()

    class Terminal(rich_console.Console):  # type: ignore[misc]  # rich may be absent
        def __init__(self) -> None:
            super().__init__(file=out, force_terminal=True, width=200)

    monkeypatch.setattr(rich_console, "Console", Terminal)
    settings = read(code={}, environ={"OTEL_SERVICE_NAME": "checkout"})
    _doctor.print_rich(settings, [Finding("wrong", "a [bracketed] finding")])
    _doctor.print_rich(None, [])
    for row in settings.explain():
        assert row.key in out.getvalue()
    assert "environment: OTEL_SERVICE_NAME" in out.getvalue()
    assert "a [bracketed] finding" in out.getvalue()


SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: availability, annotations: {ninefold/sli: http.availability}}
spec: {service: shop, budgetingMethod: Occurrences, objectives: [{target: 0.999}]}
"""


def _objectives(name: str | None, *slos: str) -> list[tuple[str, str]]:
    Path("slo.yaml").write_text("---\n".join(slos))
    settings = read(code={"objectives": ["slo.yaml"], "name": name}, environ={})
    return [(each.level, each.message) for each in objectives_in_files(settings)]


def test_objectives_in_files_are_listed() -> None:
    """Those of the service, and with the reason those that are not counted."""
    journey = SLO.replace("http.availability", "journey").replace("availability", "whole")
    (found, left_out) = _objectives("shop", SLO, journey)
    assert found == (
        "ok",
        "objectives of shop in files: availability (http.availability, 99.9 % over 28d)",
    )
    assert left_out[0] == "note"
    assert "'whole' is about journey" in left_out[1]
    ((level, message),) = _objectives("shop", "")
    assert (level, "about none" in message) == ("note", True)


def test_objectives_of_every_service_are_listed_where_only_code_knows_the_name() -> None:
    """Seen from outside, the service may be any of them."""
    told = _objectives(None, SLO, SLO.replace("shop", "search"))
    assert [message.split(" in ")[0] for _, message in told] == [
        "objectives of search",
        "objectives of shop",
    ]


def test_a_wrong_file_of_objectives_makes_doctor_fail() -> None:
    """With the same words as at set-up, and with exit code 1."""
    Path("slo.yaml").write_text(SLO.replace("0.999", "1"))
    done = _run(NINEFOLD_OBJECTIVES="slo.yaml", NINEFOLD_SERVICE_NAME="shop")
    assert done.exit_code == 1
    assert "slo.yaml, document 1, line 4: spec.objectives[0].target must be" in done.output
    done = _run(NINEFOLD_OBJECTIVES="slo.yaml", OTEL_SDK_DISABLED="true")
    assert done.exit_code == 0


def _of_sampling(content: str, somewhere: Path, **environ: str) -> list[Finding]:
    (somewhere / "ninefold.toml").write_text(content)
    return sampling_in_settings(read(code={}, environ=environ))


def test_why_traces_may_be_missing_is_told_with_the_remedy(somewhere: Path) -> None:
    """Nobody has said a limit, and there is one; who has said one knows of it."""
    (told,) = _of_sampling("", somewhere)
    assert told.level == "note"
    assert "up to 5 per second are kept" in told.message
    assert "NINEFOLD_SAMPLING_TARGET_PER_S=inf" in told.message
    assert told.message in _run().stdout
    assert _of_sampling("", somewhere, NINEFOLD_SAMPLING_TARGET_PER_S="inf") == []
    assert _of_sampling("sampling.target_per_s = 9", somewhere) == []
    assert _of_sampling("", somewhere, OTEL_TRACES_SAMPLER="always_on") == []
    assert _of_sampling("disabled = true", somewhere) == []


@pytest.mark.parametrize(
    ("rule", "level", "message"),
    [
        ('path = "/pay/*"\nrate = 2', "wrong", "a rule's rate must be between 0 and 1, got 2"),
        ('pth = "/pay/*"\nrate = 1', "wrong", "did you mean 'path'?"),
        ('route = "/pay"\ndrop = true', "wrong", "drop by path"),
        ('route = "/pay"\nrate = 1', "note", "add keep=nf.Keep()"),
        (
            'name = "a"\nrate = 1\n[[sampling.rules]]\npath = "/b"\nrate = 1',
            "note",
            "never decides",
        ),
        ('name = "pay"\nrate = 1\n[sampling.rule.pya]\nrate = 1', "note", "did you mean 'pay'?"),
    ],
)
def test_a_rule_that_set_up_would_refuse_or_warn_of_is_found(
    somewhere: Path, rule: str, level: str, message: str
) -> None:
    """Before the service starts; what code may complete is no failure."""
    start = "[sampling]\ntarget_per_s = 9\n[[sampling.rules]]\n"
    (told,) = _of_sampling(start + rule, somewhere)
    assert told.level == level
    assert message in told.message
    assert _run().exit_code == (level == "wrong")


def test_names_of_rules_that_only_code_has_are_no_finding(somewhere: Path) -> None:
    """They are not seen from outside."""
    content = "[sampling]\ntarget_per_s = 9\n[sampling.rule.pay]\nrate = 1\n"
    assert _of_sampling(content, somewhere) == []
