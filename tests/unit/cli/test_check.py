"""`ninefold check` and `ninefold explain`, as they are called."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ninefold.cli import _check
from ninefold.cli import main as commands
from ninefold.cli._check import main

HEAD = "from opentelemetry.metrics import get_meter\nmeter = get_meter('shop')\n"
GOOD = f"{HEAD}orders = meter.create_counter('shop.orders', '{{order}}', 'Orders placed.')\n"
BAD = f"{HEAD}orders = meter.create_counter('shop.orders', 'orders', 'Orders placed.')\n"
WARNED = f"{HEAD}orders = meter.create_counter('orders', '{{order}}', 'Orders placed.')\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to check in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(name: str, text: str) -> None:
    """Write a file in the folder that is checked."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        (GOOD, [], 0),
        (BAD, [], 1),
        (WARNED, [], 0),
        (WARNED, ["--fail-on", "W"], 1),
        (WARNED, ["--fail-on=I"], 1),
        (BAD, ["--ignore", "U"], 0),
        (BAD, ["--select", "N,NF-I"], 0),
        (BAD, ["--profile", "prometheus", "--select", "U"], 0),
        (f"{GOOD}(", [], 2),
        (GOOD, ["nowhere.py"], 2),
        ("", [], 0),
    ],
)
def test_exit_code(text: str, arguments: list[str], code: int) -> None:
    """0 where all is well, 1 where findings fail it, 2 where something was not read."""
    write("shop/metrics.py", text)
    assert main(arguments) == code


def test_what_cannot_be_read_stands_with_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    """A broken file is told with its place, what others hold as well, and it exits with 2."""
    write("a.py", BAD)
    write("b.py", f"{HEAD}meter.create_counter(\n")
    assert main(["--format", "concise"]) == 2
    out = capsys.readouterr().out
    assert "a.py:3:46: NF-U202 E" in out
    assert "b.py:3:21: NF-X002 E not valid Python: '(' was never closed" in out
    assert out.endswith("2 errors. 1 metric declared in 2 files, 1 resolved.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--selct", "U"], "there is no option --selct; did you mean --select?"),
        (["--select"], "--select needs a value"),
        (["--baseline"], "--baseline needs a value"),
        (["--write-baseline="], "--write-baseline needs a value"),
        (["--select", "U209,U299"], "--select names 'U299', which is no rule; did you mean"),
        (["--format", "xml"], "--format must be one of text, concise, json"),
        (["--fail-on", "X"], "--fail-on must be one of E, W, I, got 'X'"),
        (["--format", "sarrif"], "got 'sarrif'; did you mean sarif?"),
        (["--fail-on", "warning"], "got 'warning'; did you mean W?"),
        (["--format", "JSON"], "got 'JSON'; did you mean json?"),
        (["--exclude", "tests"], "exclude is a key of [tool.ninefold.check] in pyproject.toml"),
        (["--prefix=acme"], "there is no option --prefix; prefix is a key of"),
        (["--names", "--format", "json"], "--format json has it all, in `metrics`"),
        (["--statistics", "--format", "sarif"], "--statistics writes a list for people, got"),
        (["--names", "--statistics"], "--statistics and --names exclude each other"),
        (["--config", "empty.toml"], "empty.toml has no [tool.ninefold.check]"),
        (["--config", "none.toml"], "the configuration none.toml cannot be read"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be meant is refused with what was probably meant, and nothing is checked."""
    write("a.py", BAD)
    write("empty.toml", "[tool.other]\n")
    assert main(arguments) == 2
    caught = capsys.readouterr()
    assert says in caught.err
    assert caught.out == ""


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("", 1),
        ("ignore = ['U202']", 0),
        ("select = ['NF-N']", 0),
        ("severity = {'NF-U202' = 'W'}", 0),
        ("fail-on = 'I'\nignore = ['U']", 0),
        ("per-file-ignores = {'shop/*' = ['U']}", 0),
        ("exclude = ['shop']", 0),
        ("exclude = ['other']", 1),
        ("backends = ['datadog', 'dynatrace']\nignore = ['U']", 0),
        ("prefix = 'acme'\nignore = ['U']\nfail-on = 'W'", 1),
    ],
)
def test_configuration(table: str, code: int) -> None:
    """`[tool.ninefold.check]` of the nearest pyproject.toml says what is wanted."""
    write("pyproject.toml", f"[tool.ninefold.check]\n{table}\n")
    write("shop/metrics.py", BAD)
    assert main([]) == code


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("slect = []", "tool.ninefold.check has no key 'slect'; did you mean 'select'?"),
        ("select = ['NF-U299']", "names 'NF-U299', which is no rule; did you mean"),
        ("select = 'U'", "select must be a list of strings, got 'U'"),
        ("severity = {U202 = 'high'}", "severity of U202 must be one of 'E', 'W', 'I'"),
        ("backends = ['datadoc']", "backends names 'datadoc', which is not known; did you mean"),
        ("profile = 'otlp'", "profile must be one of 'otel', 'prometheus', 'both', got 'otlp'"),
        ("select = [", "is not valid TOML"),
    ],
)
def test_wrong_configuration(table: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong configuration is refused with its place, before anything is checked."""
    write("pyproject.toml", f"[tool.ninefold.check]\n{table}\n")
    assert main([]) == 2
    assert says in capsys.readouterr().err


def test_code_frame(capsys: pytest.CaptureFixture[str]) -> None:
    """The text for people shows the line, points at the columns, and says what to do."""
    write("a.py", BAD)
    main([])
    assert capsys.readouterr().out == (
        "a.py:3:46: NF-U202 E the unit 'orders' is not UCUM\n"
        "  |\n"
        "3 | orders = meter.create_counter('shop.orders', 'orders', 'Orders placed.')\n"
        "  |                                              ^^^^^^^^\n"
        "  = write '{order}'\n"
        "\n"
        "1 error. 1 metric declared in 1 file, 1 resolved.\n"
    )


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The document for programs has each finding with its place, metric and fix."""
    write("a.py", BAD)
    assert main(["--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (finding,) = document["findings"]
    assert (document["declarations"], document["resolved"], document["files"]) == (1, 1, 1)
    assert (finding["code"], finding["severity"], finding["metric"]) == (
        "NF-U202",
        "E",
        "shop.orders",
    )
    place = ("path", "line", "column", "end_line", "end_column")
    assert [finding[each] for each in place] == ["a.py", 3, 46, 3, 54]
    assert finding["fix"]["kind"] == "unsafe"
    (edit,) = finding["fix"]["edits"]
    assert [edit[each] for each in (*place, "text")] == ["a.py", 3, 46, 3, 54, '"{order}"']


def test_exposition_on_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exposition is read from `-`."""

    class Input:
        buffer = io.BytesIO(b"# HELP a_total Help.\n# TYPE a_total gauge\na_total 1\n")

    monkeypatch.setattr(sys, "stdin", Input())
    assert main(["-", "--format", "concise", "--fail-on", "W"]) == 1
    assert "NF-S402 W" in capsys.readouterr().out


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a check as it ends other commands, without a traceback."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_check, "_run", interrupted)
    assert main([]) == 130


def test_a_fault_of_ours_is_no_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told whole, and exits as what was not read does."""

    def failing(*_: object) -> None:
        raise IndexError("of ours")

    monkeypatch.setattr(_check, "_run", failing)
    assert main([]) == 2
    assert "IndexError: of ours" in capsys.readouterr().err


def test_statistics(capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of findings their numbers are written."""
    write("a.py", BAD + "more = meter.create_counter('shop.more', 'seconds', 'More of it.')\n")
    main(["--statistics"])
    assert capsys.readouterr().out.startswith("     2 NF-U202 E\n2 errors. ")


def test_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of findings each metric stands with its names in Prometheus, as far as known."""
    write(
        "a.py",
        HEAD
        + "wait = meter.create_histogram('shop.wait', 's', 'How long one waits.')\n"
        + "many = meter.create_counter('shop.' + this.kind, '1', 'Of that kind.')\n"
        + "from prometheus_client import Counter, Gauge\n"
        + "open_carts = Gauge('shop_carts', 'Open carts.')\n"
        + "closed = Counter('shop_closed', 'Closed carts.')\n",
    )
    assert main(["--names"]) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [
        "a.py:3:31: shop.wait (histogram, s)",
        "  shop_wait_seconds  UnderscoreEscapingWithSuffixes",
        "  shop_wait          UnderscoreEscapingWithoutSuffixes",
        "  shop.wait_seconds  NoUTF8EscapingWithSuffixes",
        "  shop.wait          NoTranslation",
        "a.py:4:29: shop.… (counter, 1)",
        "a.py:6:20: shop_carts (gauge)",
        "a.py:7:18: shop_closed (counter)",
        "  shop_closed_total  as the client exposes it",
    ]
    main(["--format", "json"])
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert [each["name"] for each in metrics] == ["shop.wait", None, "shop_carts", "shop_closed"]
    assert metrics[0]["prometheus"]["NoUTF8EscapingWithSuffixes"] == "shop.wait_seconds"
    assert metrics[1]["prometheus"] == metrics[2]["prometheus"] == {}


def test_a_name_is_held_against_its_own_api(capsys: pytest.CaptureFixture[str]) -> None:
    """Dots are right in an OpenTelemetry name, whatever it is judged as."""
    write("a.py", HEAD + "wait = meter.create_histogram('shop.wait', 's', 'How long one waits.')\n")
    main(["--profile", "prometheus", "--format", "concise"])
    assert "N101" not in capsys.readouterr().out


def test_what_is_not_resolved_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary says of how many declarations the name is known: nothing is skipped unsaid."""
    write("a.py", f"{GOOD}import os\nmore = meter.create_counter(os.environ['NAME'])\n")
    main([])
    assert capsys.readouterr().out.endswith("2 metrics declared in 1 file, 1 resolved.\n")
    main(["--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["declarations"], document["resolved"]) == (2, 1)


def test_explain() -> None:
    """A rule is explained by its page, all are listed without a code, and a near one is named."""
    run = CliRunner().invoke
    page = run(commands, ["explain", "u202"])
    assert page.exit_code == 0
    assert page.output.startswith("# NF-U202: not-ucum\n")
    assert "## Why" in page.output
    assert "NF-X003 I unresolved-name" in run(commands, ["explain"]).output
    both = run(commands, ["explain", "NF-U202", "NF-X00"])
    assert both.output.startswith("# NF-U202: not-ucum\n")
    listed = [line[:7] for line in both.output.splitlines() if line.startswith("NF-X")]
    assert listed == ["NF-X001", "NF-X002", "NF-X003"]
    wrong = run(commands, ["explain", "NF-U299"])
    assert wrong.exit_code == 2
    assert "did you mean NF-U2" in wrong.output


def test_among_the_other_commands() -> None:
    """`ninefold check` is listed by the group and takes the same arguments there."""
    write("a.py", BAD)
    result = CliRunner().invoke(commands, ["check", "--format", "concise", "."])
    assert result.exit_code == 1
    assert "NF-U202" in result.output


def test_as_a_module() -> None:
    """`python -m ninefold` is the same command, where no script is on the path."""
    write("a.py", BAD)
    arguments = [sys.executable, "-m", "ninefold", "check", "--format", "concise", "."]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "NF-U202" in ran.stdout


def test_what_a_check_imports() -> None:
    """Neither click nor OpenTelemetry nor YAML is loaded: it is run on every save."""
    write("a.py", GOOD)
    code = (
        "import os, sys; sys.argv = ['ninefold', 'check', '.']\n"
        "os._exit = sys.exit\n"
        "from ninefold.cli._entry import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = ('click', 'opentelemetry', 'prometheus_client', 'yaml', 'msgspec', 'asyncio')\n"
        "print(sorted(set(sys.modules) & set(heavy)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
