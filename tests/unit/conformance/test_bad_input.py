"""What cannot be read is told with its place, the rest is checked, and the run exits with 2."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ninefold.cli._check import main
from ninefold.conformance.exposition import read_stream
from ninefold.conformance.exposition._sources import LIMIT_BYTES

HEAD = "from opentelemetry.metrics import get_meter\nmeter = get_meter('shop')\n"
BAD = f"{HEAD}orders = meter.create_counter('shop.orders', 'orders', 'Orders placed.')\n"
FOUND = "good.py:3:46: NF-U202 E"
WRONG = f"{HEAD}meter.create_counter(\n"
NOBODY = 65_534
RUN = "import sys; from ninefold.cli._entry import main; sys.argv[0] = 'ninefold'; main()"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one file that has an error, which is found whatever stands beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "good.py").write_text(BAD)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    """What a run says, which must exit with `code`."""
    capsys.readouterr()
    assert main([*arguments, "--no-cache", "--format", "concise"]) == code
    return capsys.readouterr().out


def pipe(path: Path) -> None:
    """A pipe that nobody writes to."""
    os.mkfifo(path)


def device(path: Path) -> None:
    """A link to what never ends."""
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    """A link to itself."""
    path.symlink_to(path.name)


def astray(path: Path) -> None:
    """A link to what is not there."""
    path.symlink_to("gone.py")


@pytest.mark.skipif(sys.platform == "win32", reason="by design: POSIX files")
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (pipe, "it is no regular file"),
        (device, "it is no regular file"),
        (loop, "symbolic links"),
        (astray, "No such file or directory"),
    ],
)
@pytest.mark.parametrize("form", ["concise", "text"])
def test_what_is_no_file(
    make: Callable[[Path], None],
    says: str,
    form: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing that has a file's name is waited for or passed over, in a folder or named itself."""
    make(folder / "odd.py")
    assert main(["--no-cache", "--format", form]) == 2
    out = capsys.readouterr().out
    assert "odd.py:1:1: NF-X002 E" in out
    assert says in out
    assert FOUND in out
    assert "odd.py:1:1: NF-X002 E" in told(capsys, "odd.py")


def test_locks_of_editors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The link to nowhere by which an editor locks a file is no file of the project."""
    (folder / ".#good.py").symlink_to("me@here.1234")
    assert "NF-X002" not in told(capsys, code=1)


def test_a_folder_with_a_file_s_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `web.py`, it is looked into as any other."""
    (folder / "web.py").mkdir()
    (folder / "web.py/deep.py").write_text(BAD)
    assert "web.py/deep.py:3:46: NF-U202 E" in told(capsys, code=1)


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user who may not read everything: the tests may be run by one who may."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="by design: POSIX permissions")
def test_what_may_not_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file, and a folder, that the user may not read are told by their names."""
    (folder / "shut").mkdir()
    (folder / "secret.py").write_text(BAD)
    folder.chmod(0o755)
    (folder / "secret.py").chmod(0)
    (folder / "shut").chmod(0)
    with as_nobody():
        out = told(capsys)
    (folder / "shut").chmod(0o755)
    assert "secret.py:1:1: NF-X002 E Permission denied" in out
    assert "shut:1:1: NF-X002 E Permission denied" in out
    assert FOUND in out


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "there is no such file or folder"),
        ("nowhere.py", "there is no such file or folder"),
        ("nowhere.prom", "No such file or directory"),
        ("", "there is no such file or folder"),
        ("localhost:9464/metrics", "begins with its scheme: http://localhost:9464/metrics"),
        ("empty", "no Python is in the folder"),
        ("empty.prom", "it is empty: nothing was checked"),
        ("blank.om", "it is empty: nothing was checked"),
        ("binary.prom", "cannot begin with '\\x00'"),
        ("data.bin", "neither Python (*.py) nor an exposition"),
        ("wrong.py", "not valid Python: '(' was never closed"),
    ],
)
def test_what_is_named_is_read_or_told(
    name: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that is named passes for clean without having been read, not even an empty folder."""
    (folder / "empty/.hidden").mkdir(parents=True)
    (folder / "empty/.hidden/a.py").touch()
    (folder / "empty.prom").touch()
    (folder / "blank.om").write_text("\n\n")
    (folder / "binary.prom").write_bytes(bytes(range(256)))
    (folder / "data.bin").write_bytes(bytes(range(256)))
    (folder / "wrong.py").write_text("x = (\n")
    out = told(capsys, name, "good.py")
    assert f"{name}:1:" in out
    assert "NF-X002 E" in out
    assert says in out
    assert FOUND in out


def test_what_was_not_read_is_always_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever rules are chosen, and whichever files are spared: it fails the run in any case."""
    (folder / "wrong.py").write_text(WRONG)
    (folder / "pyproject.toml").write_text(
        "[tool.ninefold.check.per-file-ignores]\n'wrong.py' = ['ALL']\n"
    )
    for arguments in (["--select", "U202"], ["--ignore", "X002"], ["--ignore", "ALL"]):
        assert "wrong.py:3:21: NF-X002 E" in told(capsys, *arguments)


def test_an_exit_code_for_the_exposition_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bad line of a good exposition makes it 2, and the rest of it is judged."""
    (folder / "a.prom").write_text("# TYPE a_total gauge\na_total x\na_total 1\n")
    out = told(capsys, "a.prom")
    assert "a.prom:2:9: NF-X002 E the value must be a number" in out
    assert "a.prom:1:8: NF-S402" in out


@pytest.mark.parametrize("given", ["/dev/null", "&-"])
def test_standard_input_that_gives_nothing(given: str, folder: Path) -> None:
    """A command in front that has failed gives none: that is no clean exposition."""
    ran = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" check --format concise - <{given}', sys.executable, RUN],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "<stdin>:1:1: NF-X002 E" in ran.stdout
    assert (ran.returncode, ran.stderr) == (2, "")


def test_what_is_too_long() -> None:
    """Nothing is read without end."""

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    facts = read_stream(Endless(), "<stdin>")  # type: ignore[arg-type]  # only read is asked
    assert facts.unread[0].why == f"it is longer than {LIMIT_BYTES} bytes"


def test_a_name_that_is_no_text(folder: Path) -> None:
    """A file's name of any bytes, and a terminal of few letters, break no report."""
    path = os.fsencode(folder) + b"/caf\xe9.py"
    with open(path, "w", encoding="ascii") as file:
        file.write(WRONG)
    for form in ("text", "concise", "json", "sarif", "junit", "markdown", "github", "gitlab"):
        ran = subprocess.run(
            [sys.executable, "-c", RUN, "check", "--format", form, "."],
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (2, b""), form
        assert b"caf" in ran.stdout


def test_what_a_terminal_would_obey(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of source is shown without what moves a cursor or changes colours."""
    (folder / "good.py").write_text(f"{BAD.rstrip()}  # \x1b[2J\x07\x9b2J\n")
    main(["--no-cache"])
    out = capsys.readouterr().out
    assert "# \ufffd[2J" in out
    assert not set("\x1b\x07\x9b") & set(out)


def test_a_frame_is_of_the_file_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """What is not there is not looked for elsewhere, as a module of Python's of the same name."""
    main(["this.py"])
    assert capsys.readouterr().out.startswith(
        "this.py:1:1: NF-X002 E there is no such file or folder\n  = name what is there\n"
    )


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        (b"groups: [\n", (2, 1), "is not YAML"),
        (b"- a\n", (1, 1), "must be a mapping with groups or metrics"),
        (b"text\n", (1, 1), "must be a mapping with groups or metrics"),
        (b"", (1, 1), "is empty"),
        (b"a: 1\n", (1, 1), "neither groups nor metrics"),
        (b"groups: 3\n", (1, 9), "'groups' must be a list of mappings, got 3"),
        (b"metrics:\n  a: 1\n", (2, 3), "'metrics' must be a list of mappings, got a mapping"),
        (b"groups:\n  - 3\n", (2, 5), "'groups' must be a list of mappings, has 3"),
        (b"groups: []\n---\ngroups: []\n", (2, 1), "another document"),
        (b"a: &a [*a]\ngroups: *a\n", (1, 4), "more than 100 levels"),
        (b"a: 1\n\xc3\xa9: \xff\n", (2, 4), "is not UTF-8"),
        (
            b"metrics:\n  - name: a.b\n    instrument: {c: 1}\n",
            (3, 17),
            "must be one of counter, updowncounter, gauge, histogram, got a mapping",
        ),
        (
            b"metrics:\n  - name: a.b\n    instrument: counter\n    unit: [s]\n",
            (4, 11),
            "the unit of 'a.b' must be text, got a list",
        ),
        (
            b"attributes:\n  - key: a.b\n    type: {c: 1}\n",
            (3, 11),
            "the type of 'a.b' must be a word, or have members, got a mapping",
        ),
    ],
)
def test_a_registry_that_is_none(
    text: bytes,
    place: tuple[int, int],
    says: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is wrong in it has its place, and the code is checked by the conventions."""
    (folder / "registry").mkdir()
    (folder / "registry/a.yaml").write_bytes(text)
    (folder / "pyproject.toml").write_text("[tool.ninefold.check]\nregistry = ['registry']\n")
    out = told(capsys)
    assert f"a.yaml:{place[0]}:{place[1]}: NF-X002 E" in out
    assert says in out
    assert FOUND in out


@pytest.mark.skipif(sys.platform == "win32", reason="by design: POSIX files")
def test_a_registry_that_is_no_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe among its files is told, not waited for."""
    (folder / "registry").mkdir()
    os.mkfifo(folder / "registry/a.yaml")
    (folder / "pyproject.toml").write_text("[tool.ninefold.check]\nregistry = ['registry']\n")
    assert "a.yaml:1:1: NF-X002 E cannot be read: it is no regular file" in told(capsys)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.ninefold.chek]\nselect = ['U']\n", "did you mean [tool.ninefold.check]?"),
        ("[tool.ninefold]\nselect = ['U']\n", "select must stand in [tool.ninefold.check]"),
        ("[[tool.ninefold.check]]\nselect = ['U']\n", "must be a table, [tool.ninefold.check]"),
        ("[tool.ninefold.check]\nfail_on = 'W'\n", "no key 'fail_on'; did you mean 'fail-on'?"),
        (
            "[tool.ninefold.check.per_file_ignores]\n'a' = []\n",
            "no key 'per_file_ignores'; did you mean 'per-file-ignores'?",
        ),
        (
            "[tool.ninefold.check.per-file-ignores]\n'a.py' = 'U202'\n",
            "per-file-ignores of 'a.py' must be a list of strings, got 'U202'",
        ),
        (
            "[tool.ninefold.check.per-file-ignores]\n'a.py' = ['U2020']\n",
            "per-file-ignores of 'a.py' names 'U2020', which is no rule; did you mean 'NF-U202'?",
        ),
        (
            "[tool.ninefold.check.severity]\nU20 = 'warning'\n",
            "severity of U20 must be one of 'E', 'W', 'I', got 'warning'; did you mean 'W'?",
        ),
        (
            "[tool.ninefold.check.severity]\nU203x = 'W'\n",
            "severity names 'U203x', which is no rule; did you mean 'NF-U203'?",
        ),
        ("[tool.ninefold.check]\nselect = ['']\n", "select names ''; 'ALL' is every rule"),
        ("[tool.ninefold.check]\nfail-on = 'error'\n", "got 'error'; did you mean 'E'?"),
        ("[tool.ninefold.check]\nprofile = 'otl'\n", "got 'otl'; did you mean 'otel'?"),
        ("[tool.ninefold.check]\nprefix = 'A b'\n", "prefix must be a beginning of names"),
        ("[tool.ninefold.check]\nexclude = [1]\n", "exclude must be a list of strings, got [1]"),
    ],
)
def test_a_wrong_configuration(
    text: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is nearly right is named, wherever in the tables it stands, and nothing is checked."""
    (folder / "pyproject.toml").write_text(text)
    assert main([]) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("table", "severity"),
    [
        ("ALL = 'E'\nU = 'W'\nU202 = 'I'", "I"),
        ("ALL = 'I'\nU = 'W'\nU204 = 'I'", "W"),
        ("ALL = 'I'\nN = 'W'", "I"),
    ],
)
def test_a_severity_of_many_rules(
    table: str, severity: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The longest code that fits a rule decides, as it does for `select`."""
    (folder / "pyproject.toml").write_text(f"[tool.ninefold.check.severity]\n{table}\n")
    assert f"NF-U202 {severity}" in told(capsys, code=0)


def test_a_flag_takes_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    """It is said, in place of the same name as the nearest one."""
    assert main(["--statistics=1"]) == 2
    assert "--statistics takes no value, got '1'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("# ninefold: ignore[NF-U202] until=soon", "until must be a day as in 2027-03-01"),
        ("# ninefold: ignore[NF-U202] until=2027-02-30", "until must be a day"),
        ("# ninefold: ignore[NF-U202] until=", "until must be a day as in 2027-03-01, got ''"),
        ("# ninefold: ignore[NF-U202] reason=", "reason= gives none"),
        ("# ninefold: ignore[NF-U202] reason=x until=2099-01-01", "until= must stand before"),
        ("# ninefold: ignore[NF-U202] untill=2099-01-01", "untill= is not known"),
        ("# ninefold: ignore[]", "the brackets name no rule"),
        ("# ninefold: ignore NF-U202", "codes must stand in brackets"),
        ("# ninefold: ignore[NF-U202", "codes must stand in brackets"),
        ("# ninefold: ignore[U202]", "names U202, which is no rule; write NF-U202"),
        ("# ninefold: ignore[NF-U2020]", "names NF-U2020, which is no rule; write NF-U202"),
        ("# noqa: NF-U2020", "names NF-U2020, which is no rule; write NF-U202"),
        ("# ninefold: ignore[ACME-N101]", "names ACME-N101, which is no rule; write NF-N101"),
    ],
)
def test_a_wrong_suppression(
    comment: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It accepts nothing, least of all more than was meant, and is told."""
    (folder / "good.py").write_text(f"{BAD.rstrip()}  {comment}\n")
    out = told(capsys, code=1)
    assert FOUND in out
    assert "NF-X001 W" in out
    assert says in out


def test_json_says_what_was_not_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs see it as a finding like the others."""
    (folder / "wrong.py").write_text(WRONG)
    assert main(["--format", "json", "--select", "U202"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert [(each["code"], each["path"], each["line"]) for each in document["findings"]] == [
        ("NF-U202", "good.py", 3),
        ("NF-X002", "wrong.py", 3),
    ]
