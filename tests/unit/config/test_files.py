"""Where the file of settings is found, and what is wrong with it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ninefold.config import load, read
from ninefold.errors import ConfigurationError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The root of a repository, with a directory two levels below it."""
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / "services" / "checkout").mkdir(parents=True)
    return root


def _owner(start: Path, environ: dict[str, str] | None = None) -> str | None:
    return read(code={}, environ=environ or {}, start=start).owner


def test_the_nearest_file_up_to_the_root_of_the_repository_wins(repository: Path) -> None:
    """Upwards from where the process runs, and the nearer file hides the further one."""
    below = repository / "services" / "checkout"
    assert _owner(below) is None
    (repository / "pyproject.toml").write_text('[tool.ninefold]\nowner = "root"\n')
    assert _owner(below) == "root"
    (below.parent / "ninefold.toml").write_text('owner = "services"\n')
    assert _owner(below) == "services"
    assert _owner(repository) == "root"


def test_nothing_above_the_repository_is_read(repository: Path) -> None:
    """A file further up may be anybody's."""
    (repository.parent / "ninefold.toml").write_text('owner = "somebody"\n')
    assert _owner(repository / "services") is None
    assert _owner(repository.parent) == "somebody"


def test_outside_a_repository_the_working_directory_alone_counts(tmp_path: Path) -> None:
    """In a container without a repository no parent directory is trusted."""
    (tmp_path / "ninefold.toml").write_text('owner = "here"\n')
    (tmp_path / "below").mkdir()
    assert _owner(tmp_path) == "here"
    assert _owner(tmp_path / "below") is None


def test_the_working_directory_is_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a start the search begins where the process is."""
    (tmp_path / "ninefold.toml").write_text('owner = "here"\n')
    monkeypatch.chdir(tmp_path)
    settings = load(code={}, environ={})
    assert settings.owner == "here"
    assert settings.file == tmp_path / "ninefold.toml"


def test_a_working_directory_that_is_gone_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may outlive its directory; then there is no file, and set-up goes on."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load(code={"owner": "code"}, environ={}).owner == "code"
    named = tmp_path / "named.toml"
    named.write_text('owner = "named"\n')
    assert load(code={}, environ={"NINEFOLD_CONFIG": str(named)}).owner == "named"


def test_ninefold_toml_wins_over_pyproject_in_one_directory(tmp_path: Path) -> None:
    """The file that is all ours is the one that was meant."""
    (tmp_path / "pyproject.toml").write_text('[tool.ninefold]\nowner = "shared"\n')
    (tmp_path / "ninefold.toml").write_text('owner = "own"\n')
    assert _owner(tmp_path) == "own"


@pytest.mark.parametrize(
    "content", ["[tool.other]\n", "broken = [", '[project]\nname = "ninefold-user"\n', "tool = 1"]
)
def test_a_pyproject_that_is_not_about_us_is_passed_by(repository: Path, content: str) -> None:
    """Neither its mistakes nor its presence matter: the search goes on upwards."""
    (repository / "services" / "pyproject.toml").write_text(content)
    (repository / "ninefold.toml").write_text('owner = "root"\n')
    assert _owner(repository / "services") == "root"


def test_a_named_file_is_taken_instead(repository: Path) -> None:
    """`NINEFOLD_CONFIG` ends the search; a relative path starts where the search would."""
    (repository / "ninefold.toml").write_text('owner = "found"\n')
    (repository / "named.toml").write_text('owner = "named"\n')
    assert _owner(repository, {"NINEFOLD_CONFIG": "named.toml"}) == "named"
    (repository / "services" / "pyproject.toml").write_text('[tool.ninefold]\nowner = "p"\n')
    assert _owner(repository, {"NINEFOLD_CONFIG": "services/pyproject.toml"}) == "p"
    (repository / "services" / "pyproject.toml").write_text("[tool.other]\n")
    assert _owner(repository, {"NINEFOLD_CONFIG": "services/pyproject.toml"}) is None


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    """A deployment that names a file means it."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml cannot be read: No such file"):
        _owner(tmp_path, {"NINEFOLD_CONFIG": "nowhere.toml"})
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        _owner(tmp_path, {"NINEFOLD_CONFIG": "."})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ninefold.toml", b"owner = [", r"ninefold\.toml is not valid TOML: "),
        ("ninefold.toml", b'owner = "\xff"', r"ninefold\.toml is not valid TOML: "),
        ("pyproject.toml", b"[tool.ninefold", r"pyproject\.toml is not valid TOML: "),
        ("pyproject.toml", b"[tool]\nninefold = 1", r"must be a table, \[tool\.ninefold\]"),
        ("pyproject.toml", b"[tool.ninefold]\nonwer = 1", r"'onwer' \(.*pyproject\.toml\)"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """The file is ours and cannot be meant: set-up says which, and what is wrong with it."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        _owner(tmp_path)


def test_the_origin_names_the_file_and_the_key_in_it(tmp_path: Path) -> None:
    """What the reader has to open, and what to look for there."""
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.ninefold.otlp.traces]\ntimeout = 1.5\n")
    settings = read(code={}, environ={}, start=tmp_path)
    assert settings.origin("otlp.traces.timeout").name == (
        f"{path}: tool.ninefold.otlp.traces.timeout"
    )


def test_the_process_environment_is_read_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a mapping, the variables are those of the process."""
    monkeypatch.setenv("NINEFOLD_OWNER", "payments")
    assert load(code={}, start=tmp_path).owner == "payments"


def test_every_problem_is_one_warning_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Loading says once what was ignored; reading leaves that to the caller."""
    environ = {"NINEFOLD_EXLUDE": "/x", "OTEL_SDK_DISABLED": "si"}
    with caplog.at_level(logging.DEBUG, logger="ninefold.config"):
        assert len(read(code={}, environ=environ, start=tmp_path).problems) == 2
        assert caplog.records == []
        settings = load(code={}, environ=environ, start=tmp_path)
    assert [record.getMessage() for record in caplog.records] == list(settings.problems)
    assert {record.levelname for record in caplog.records} == {"WARNING"}
