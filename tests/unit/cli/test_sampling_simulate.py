"""`ninefold sampling simulate`: what it says, and with which exit code it ends."""

from __future__ import annotations

import json
import random
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.otlp_files import json_lines, span, traces

from ninefold.cli import _sampling, main

RULES = """
[sampling]
default = 0.0

[[sampling.rules]]
path = "/pay/*"
rate = 1.0

[[sampling.rules]]
name = "search"
path = "/search"
rate = 0.5
"""


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with rules and traces, and no setting in the environment."""
    import os

    for variable in os.environ:
        if variable.startswith(("NINEFOLD_", "OTEL_")):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ninefold.toml").write_text(RULES)
    (tmp_path / "all.toml").write_text("[sampling]\ntarget_per_s = inf\n")
    (tmp_path / "traces.jsonl").write_bytes(b"".join(_lines()))
    return tmp_path


def _lines() -> Iterator[bytes]:
    """100 traces in 10 s: 20 of /pay, of which 5 fail, 40 of /search, 40 slow ones of /items."""
    chance = random.Random(1)
    for number in range(100):
        trace_id = chance.getrandbits(128)
        path = ("/pay/7", "/search", "/search", "/items", "/items")[number % 5]
        yield json_lines(
            traces(
                span(
                    trace_id,
                    start=1 + number / 10,
                    seconds=2.0 if path == "/items" else 0.1,
                    failed=number % 20 == 0,
                    url_path=path,
                ),
                span(trace_id, 2, 1, start=1 + number / 10, seconds=0.05),
            )
        )


def _run(*arguments: str, content: bytes | None = None, **environ: str) -> Result:
    return CliRunner().invoke(
        main, ["sampling", "simulate", *arguments], input=content, env=environ
    )


def _json(*arguments: str, **environ: str) -> Any:
    options = ("--rules", "ninefold.toml", "--format", "json")
    result = _run(*options, *arguments, content=None, **environ)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_text_is_a_table_of_rules_with_what_they_keep_and_cost() -> None:
    """Also of those that decide on nothing, with the total below."""
    result = _run("--rules", "ninefold.toml", "traces.jsonl", "--price", "2", "--seconds", "10")
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert result.output.startswith(
        "traces.jsonl: 100 traces, 200 spans of 1 service in 1 process, 10 s\n\nninefold.toml\n\n"
    )
    rows = {line[0]: line[1:] for line in lines if line}
    assert " ".join(rows["rule"]).startswith(
        "traces/s kept kept/s spans/s bytes/s GB/month cost/mo"
    )
    assert rows["path=/pay/*"][:5] == ["2", "100.0", "%", "2", "4"]
    assert rows["path=/pay/*"][-4:] == ["5", "of", "5", "-"]
    assert rows["default"][:5] == ["4", "0.0", "%", "0", "0"]
    assert rows["default"][-4:] == ["-", "0", "of", "40"]
    assert rows["total"][0] == "10"


def test_json_keeps_its_shape() -> None:
    """Programs read it: what is there stays there."""
    report = _json("traces.jsonl", "--price", "2", "--against", "all.toml")
    assert _shape(report) == {
        "traffic": {
            "file": "str",
            "seconds": "float",
            "traces": "int",
            "spans": "int",
            "services": ["str"],
            "processes": "int",
        },
        "slower_than": "float",
        "price": {"per_gb": "float", "per_million_spans": "NoneType"},
        "simulations": [
            {
                "file": "str",
                "estimated": "float",
                "rules": [{"rule": "str", **_ROW}],
                "total": _ROW,
                "notes": [],
            }
        ],
        "notes": [],
    }


_SHARE = {"seen": "float", "kept": "float", "share": "float"}
_ROW = {
    "traces": _SHARE,
    "errors": _SHARE,
    "slow": {**_SHARE, "share": "NoneType"},
    "traces_per_s": "float",
    "kept_per_s": "float",
    "spans_per_s": "float",
    "bytes_per_s": "float",
    "gb_per_month": "float",
    "cost_per_month": "float",
}


def _shape(value: Any) -> Any:
    """The names and types of a document; of a list, that of its first item."""
    if isinstance(value, dict):
        found = {name: _shape(each) for name, each in value.items()}
        if "slow" in found:
            # Of a rule that no slow trace reaches there is no share.
            found["slow"] = {**found["slow"], "share": "NoneType"}
        return found
    return [_shape(each) for each in value[:1]] if isinstance(value, list) else type(value).__name__


def test_the_figures_follow_from_one_another() -> None:
    """Rates from counts and time, a month from a second, cost from both prices."""
    report = _json(
        "traces.jsonl", "--seconds", "20", "--price", "2", "--price-per-million-spans", "3"
    )
    [simulation] = report["simulations"]
    pay = simulation["rules"][0]
    assert (pay["rule"], pay["traces"]) == ("path=/pay/*", {"seen": 20, "kept": 20, "share": 1.0})
    assert pay["errors"] == {"seen": 5, "kept": 5, "share": 1.0}
    assert (pay["traces_per_s"], pay["kept_per_s"], pay["spans_per_s"]) == (1, 1, 2)
    month = 30 * 86_400
    assert pay["gb_per_month"] == pytest.approx(pay["bytes_per_s"] * month / 1e9)
    assert pay["cost_per_month"] == pytest.approx(2 * pay["gb_per_month"] + 3 * 2 * month / 1e6)
    rows = simulation["rules"]
    for name in ("kept_per_s", "spans_per_s", "bytes_per_s", "cost_per_month"):
        assert simulation["total"][name] == pytest.approx(sum(row[name] for row in rows))
    assert simulation["total"]["slow"] == {"seen": 40, "kept": 0, "share": 0.0}


def test_another_file_is_compared_with() -> None:
    """Both tables, and what the second one has more or less of."""
    result = _run("--rules", "ninefold.toml", "--against", "all.toml", "traces.jsonl")
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "total ninefold.toml all.toml difference" in lines
    assert "errors kept 100.0 % 100.0 % +0.0 points" in lines
    assert "slow kept 0.0 % 100.0 % +100.0 points" in lines


def test_traffic_is_made_up_where_none_was_recorded() -> None:
    """Of the figures given, the same for the same seed."""
    options = ["--requests-per-s", "20", "--seconds", "30", "--spans-per-trace", "3"]
    options += ["--route", "/pay/{id}=1", "--route", "POST /search=1"]
    report = _json(*options)
    assert report == _json(*options)
    assert report != _json(*options, "--seed", "2")
    assert report["traffic"]["file"] is None
    assert report["traffic"]["spans"] == 3 * report["traffic"]["traces"]
    [simulation] = report["simulations"]
    assert [row["rule"] for row in simulation["rules"]] == ["path=/pay/*", "search", "default"]
    # 5 sigma of a Poisson process.
    assert abs(report["traffic"]["traces"] - 600) <= 5 * 600**0.5


def test_standard_input_is_read(somewhere: Path) -> None:
    """As from `kubectl cp` or `zcat`."""
    content = (somewhere / "traces.jsonl").read_bytes()
    result = _run("--rules", "ninefold.toml", "-", content=content)
    assert result.exit_code == 0
    assert result.output.startswith("standard input: 100 traces")


def test_a_pyproject_has_rules_too(somewhere: Path) -> None:
    """Where a project keeps its settings there."""
    (somewhere / "pyproject.toml").write_text("[tool.ninefold.sampling]\ndefault = 0.0\n")
    result = _run("--rules", "pyproject.toml", "traces.jsonl")
    assert result.exit_code == 0
    assert "default" in result.output


def test_the_environment_wins_and_that_is_said() -> None:
    """As it does in a service: what it overrides is not the file's doing."""
    report = _json("traces.jsonl", NINEFOLD_SAMPLING_DEFAULT="1")
    [simulation] = report["simulations"]
    assert simulation["rules"][-1]["traces"]["share"] == 1.0
    [note] = simulation["notes"]
    assert note.startswith("sampling.default is 1 by NINEFOLD_SAMPLING_DEFAULT, which wins over")


def test_secrets_of_another_machine_are_not_wanted(somewhere: Path) -> None:
    """The file of a service may name files that are where the service runs."""
    (somewhere / "ninefold.toml").write_text('[otlp]\nheaders_file = "/run/secrets/none"\n')
    assert _run("--rules", "ninefold.toml", "traces.jsonl").exit_code == 0


def test_what_is_kept_for_its_end_has_rows_of_its_own(somewhere: Path) -> None:
    """And what is slow is what the rules keep for being slow, unless said otherwise."""
    (somewhere / "ninefold.toml").write_text(
        "[sampling]\ndefault = 0.0\nkeep = { errors = true, slower_than = 2.0 }\n"
    )
    report = _json("traces.jsonl")
    [simulation] = report["simulations"]
    assert report["slower_than"] == 2.0
    rows = {row["rule"]: row for row in simulation["rules"]}
    assert rows["error"]["errors"] == {"seen": 5, "kept": 5, "share": 1.0}
    assert rows["slow"]["slow"] == {"seen": 40, "kept": 40, "share": 1.0}
    assert rows["default"]["traces"] == {"seen": 55, "kept": 0, "share": 0.0}
    assert _json("traces.jsonl", "--slower-than", "3")["slower_than"] == 3


def test_rules_that_never_decide_are_named(somewhere: Path) -> None:
    """As the service warns of them."""
    (somewhere / "ninefold.toml").write_text(
        '[[sampling.rules]]\npath = "/*"\ndrop = true\n'
        '[[sampling.rules]]\npath = "/a"\nrate = 1.0\n'
    )
    assert "the sampling rule 'path=/a' never decides" in str(_json()["simulations"][0]["notes"])


def test_what_was_recorded_by_chance_stands_for_more_and_that_is_said(somewhere: Path) -> None:
    """At th:8 two came for each that is in the file."""
    recorded = traces(*(span((1 << 56) - number, state="ot=th:8") for number in range(1, 11)))
    (somewhere / "half.jsonl").write_bytes(json_lines(recorded))
    result = _run("--rules", "all.toml", "half.jsonl")
    assert "10 of the traces were not recorded: th in the trace state says" in result.output
    report = _json("half.jsonl")
    assert report["traffic"]["traces"] == 10
    assert report["simulations"][0]["total"]["traces"]["seen"] == 20
    assert report["simulations"][0]["estimated"] == 10


def test_notes_say_what_the_figures_rest_on(somewhere: Path) -> None:
    """Callers that are not there, spans that are missing or came twice, and nameless processes."""
    data = traces(
        span(1, 1, 9, flags=0x300), span(1, 1, 9), span(2, 2, 9, flags=0x100), instance=""
    )
    (somewhere / "odd.jsonl").write_bytes(json_lines(data) + b'{"resourceLogs":[]}\n')
    (somewhere / "rate.toml").write_text("[sampling]\ntarget_per_s = 1\n")
    result = _run("--rules", "rate.toml", "odd.jsonl")
    notes = [line for line in result.output.splitlines() if line.startswith("note:")]
    assert [note.removeprefix("note: ")[:60] for note in notes] == [
        "came twice, and count once: 1 span",
        "left out, as there are no traces in them: 1 line",
        "kept by a caller that is not in the file, whose decision --a",
        "begun by a span that is not in the file, so that rules see a",
        "shop tells no service.instance.id, so that it counts as one ",
    ]
    assert [note.endswith(": 1 trace") for note in notes[2:4]] == [True, True]
    anew = _run("--rules", "rate.toml", "odd.jsonl", "--as-roots")
    assert "caller" not in anew.output
    assert "begun" not in anew.output


def test_rules_are_those_of_the_services_that_are_named(somewhere: Path) -> None:
    """The others stay as they were recorded."""
    (somewhere / "two.jsonl").write_bytes(
        json_lines(traces(span(1, 1)), traces(span(1, 2, 1), service="stock"))
    )
    never = [{"rule": "default", "seen": 0.0}, {"rule": "parent", "seen": 1.0}]
    (somewhere / "ninefold.toml").write_text("[sampling]\ndefault = 0.0\n")
    [simulation] = _json("two.jsonl", "--service", "stock")["simulations"]
    found = [{"rule": row["rule"], "seen": row["traces"]["seen"]} for row in simulation["rules"]]
    assert found == never
    assert simulation["total"]["traces"]["kept"] == 1
    [simulation] = _json("two.jsonl")["simulations"]
    assert simulation["total"]["traces"]["kept"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing option '--rules'"),
        (("--rules", "."), "'--rules'"),
        (("--rules", "all.toml", "nowhere"), "nowhere cannot be read: No such file"),
        (("--rules", "all.toml", "all.toml"), "all.toml, at byte 0: neither JSON nor protobuf"),
        (("--rules", "all.toml", "moment.jsonl"), "say with --seconds how long was recorded"),
        (("--rules", "all.toml", "logs.jsonl"), "logs.jsonl has no span, only metrics or logs"),
        (("--rules", "all.toml", "--price", "-1"), "'--price'"),
        (("--rules", "all.toml", "--errors", "2"), "'--errors'"),
        (("--rules", "all.toml", "--seconds", "0"), "'--seconds'"),
        (("--rules", "all.toml", "--route", "pay"), "'--route': route must begin with /"),
        (("--rules", "all.toml", "--service", "shop"), "--service is about recorded traces"),
        (("--rules", "all.toml", "--as-roots"), "--as-roots is about recorded traces"),
        (
            ("--rules", "all.toml", "traces.jsonl", "--seed", "1"),
            "--seed is about made-up traffic: leave it out, or leave out traces.jsonl",
        ),
        (
            ("--rules", "all.toml", "traces.jsonl", "--service", "shp"),
            "there is no 'shp' in traces.jsonl, but shop",
        ),
    ],
)
def test_wrong_usage_and_unreadable_traces_end_with_2(
    arguments: tuple[str, ...], message: str, somewhere: Path
) -> None:
    """What, the value, and the remedy; never a traceback."""
    (somewhere / "moment.jsonl").write_bytes(json_lines(traces(span(1, seconds=0))))
    (somewhere / "logs.jsonl").write_bytes(b'{"resourceLogs":[]}\n')
    result = _run(*arguments)
    assert (result.exit_code, type(result.exception)) == (2, SystemExit)
    assert message in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the file of settings"),
        ("[sampling", "is not valid TOML"),
        ("[sampling]\ndefault = 2\n", "must be"),
        ("[sampling]\ndefalt = 0.1\n", "did you mean"),
        ('[[sampling.rules]]\npath = "/a"\n', "a rule must say one of rate"),
        ('[[sampling.rules]]\npaht = "/a"\nrate = 1.0\n', "a rule has no 'paht'"),
        ("sampling.target_per_s = -1\n", "target_per_s"),
    ],
)
@pytest.mark.parametrize("option", ["--rules", "--against"])
def test_a_mistake_in_the_rules_ends_with_1(
    content: str | None, message: str, option: str, somewhere: Path
) -> None:
    """In the words of the service that would not start with them."""
    if content is not None:
        (somewhere / "bad.toml").write_text(content)
    other = () if option == "--rules" else ("--rules", "all.toml")
    result = _run(option, "bad.toml", *other)
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert message in result.output
    assert "bad.toml" in result.output


def test_without_protobuf_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up traffic needs none."""
    monkeypatch.setattr(_sampling, "find_spec", lambda name: None)
    result = _run("--rules", "all.toml", "traces.jsonl")
    assert (result.exit_code, "pip install opentelemetry-proto" in result.output) == (2, True)
    assert _run("--rules", "all.toml").exit_code == 0


def test_the_how_to_shows_what_is_really_printed(somewhere: Path) -> None:
    """Each command on the page, run with the files on the page."""
    page = Path(__file__).parents[3] / "docs" / "how-to" / "choose-a-sampling-rate.md"
    if not page.exists():
        pytest.skip("by design: there are no pages beside an installed wheel")
    text = page.read_text(encoding="utf-8")
    for name, content in re.findall(r'```toml title="(.*?)"\n(.*?)```', text, re.DOTALL):
        (somewhere / name).write_text(content)
    shown = re.findall(
        r"```console\n\$ ninefold sampling simulate (.*?)\n(.*?)```", text, re.DOTALL
    )
    assert len(shown) == 2
    for arguments, printed in shown:
        assert _run(*shlex.split(arguments)).output == printed
