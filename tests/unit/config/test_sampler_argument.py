"""`OTEL_TRACES_SAMPLER_ARG` with `OTEL_TRACES_SAMPLER=ninefold`: the settings of `sampling`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.config import Settings, load, sampler_settings
from ninefold.config._decision import Said
from ninefold.config._sampler_argument import argued
from ninefold.config._settle import settle
from ninefold.errors import ConfigurationError

IGNORED = "; ignored, as OpenTelemetry asks for its own variables"


def settled(argument: str, **more: str) -> Settings:
    """The settings where the argument stands above a file that says everything."""
    file = {"sampling": {"default": 0.75, "parent": "respect", "target_per_s": 9}}
    names = {"OTEL_TRACES_SAMPLER": "ninefold", "OTEL_TRACES_SAMPLER_ARG": argument}
    return settle(Said(environ=names | more, file=file, where="ninefold.toml"))


def read(settings: Settings) -> tuple[float, str, float | None]:
    """Default, parent and target."""
    return settings.sampling_ratio, settings.sampling_parent, settings.sampling_target


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("", (0.75, "respect", 9)),
        ("0.1", (0.1, "respect", 9)),
        (" 1 ", (1, "respect", 9)),
        (".5", (0.5, "respect", 9)),
        ("default=0.1", (0.1, "respect", 9)),
        ("parent=ignore", (0.75, "ignore", 9)),
        (" default = 0.1 , parent=IGNORE,, target_per_s=2.5 ,", (0.1, "ignore", 2.5)),
    ],
)
def test_it_counts_as_the_environment_does(argument: str, wanted: object) -> None:
    """Above the file, for what it names alone."""
    settings = settled(argument)
    assert read(settings) == wanted
    assert settings.problems == ()


def test_settings_in_tables_within_are_named_with_their_table() -> None:
    """`[sampling.keep]` and `[sampling.buffer]`, in text and below a declarative file's name."""
    settings = settled("keep.errors=true,keep.slower_than=500ms,buffer.max_mb=8")
    assert (settings.keep_errors, settings.keep_slower_than) == (True, 0.5)
    assert settings.buffer_max_mb == 8
    said = {"keep": {"slower_than": 2}, "buffer": {"grace": "1s"}}
    assert sampler_settings(said).keep_slower_than == 2
    assert sampler_settings(said).buffer_grace == 1
    with pytest.raises(ConfigurationError, match=r"did you mean 'keep\.slower_than'"):
        sampler_settings({"keep": {"slower_then": 2}})


def test_our_own_variables_win_over_it() -> None:
    """As over every variable of OpenTelemetry's; the row says what lost."""
    settings = settled("default=0.1,parent=ignore", NINEFOLD_SAMPLING_DEFAULT="0.5")
    assert read(settings) == (0.5, "ignore", 9)
    origin = settings.origin("sampling.default")
    assert origin.name == "NINEFOLD_SAMPLING_DEFAULT"
    assert [(lost.name, lost.value) for lost in origin.overridden] == [
        ("OTEL_TRACES_SAMPLER_ARG", "0.1"),
        ("ninefold.toml: sampling.default", "0.75"),
    ]


def test_it_is_another_sampler_s_where_another_is_named() -> None:
    """Nothing is said about ours then."""
    assert read(settled("parent=ignore", OTEL_TRACES_SAMPLER="always_on")) == (1, "ignore", 9)
    assert read(settled("0.5", OTEL_TRACES_SAMPLER="")) == (0.75, "respect", 9)


MISTAKES = [
    (
        "defualt=0.1",
        "a sampler has no 'defualt' (OTEL_TRACES_SAMPLER_ARG); did you mean 'default'?",
    ),
    ("default=0.1,zzz=1", "a sampler has no 'zzz' (OTEL_TRACES_SAMPLER_ARG); there are default,"),
    ("default=0.1,defualt", "got 'defualt'; did you mean 'default'?"),
    ("default=", "must be a share such as 0.1, or pairs such as default=0.1,parent=ignore, got"),
    ("10%", "OTEL_TRACES_SAMPLER_ARG must be a share such as 0.1, or pairs"),
    ("2", "sampling.default (OTEL_TRACES_SAMPLER_ARG) must be between 0 and 1, got 2.0"),
    ("default=-1", "sampling.default (OTEL_TRACES_SAMPLER_ARG) must be between 0 and 1, got -1.0"),
    (
        "1e-1",
        "sampling.default (OTEL_TRACES_SAMPLER_ARG) must be a number between 0 and 1, got '1e-1'",
    ),
    ("parent=respct", "sampling.parent (OTEL_TRACES_SAMPLER_ARG) must be one of"),
    ("parent=respct", "did you mean 'respect'?"),
    (
        "target_per_s=0",
        "sampling.target_per_s (OTEL_TRACES_SAMPLER_ARG) must be > 0 per second, got 0.0",
    ),
    ("default=0.1,default=0.2", "OTEL_TRACES_SAMPLER_ARG says default twice; say it once"),
    (
        "rules=/pay/*",
        "sampling.rules (OTEL_TRACES_SAMPLER_ARG) must be a list of tables, got '/pay/*'",
    ),
    ("file=", "or pairs such as default=0.1,parent=ignore, got 'file='"),
]


@pytest.mark.parametrize(("argument", "message"), MISTAKES)
def test_one_with_a_mistake_is_as_none(argument: str, message: str) -> None:
    """The specification wants it: it is warned of once, and nothing of it counts."""
    settings = settled(argument)
    assert read(settings) == read(settled(""))
    [problem] = settings.problems
    assert message in problem
    assert problem.endswith(IGNORED)


@pytest.mark.parametrize(("argument", "message"), MISTAKES)
def test_a_sampler_that_stands_alone_is_not_made_of_one_with_a_mistake(
    argument: str, message: str
) -> None:
    """What, the value and the remedy."""
    with pytest.raises(ConfigurationError) as raised:
        sampler_settings(argument)
    assert message in str(raised.value)


@given(st.text(max_size=40))
def test_whatever_it_says_is_meant_or_refused(text: str) -> None:
    """And `setup()` starts in either case, but for a file that is not there."""
    try:
        found = argued(text)
    except ConfigurationError:
        found = {}
    assert all(key.startswith("sampling.") for key in found)
    if "file" not in text:
        settled(text.replace("\0", ""))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of settings, about more than sampling."""
    path = tmp_path / "elsewhere.toml"
    path.write_text(
        'environment = "production"\n[sampling]\ndefault = 0.2\ntarget_per_s = 7\n'
        '[[sampling.rules]]\npath = "/pay/*"\nrate = 1.0\n'
    )
    return path


def test_a_file_that_it_names_speaks_where_no_pair_does(file: Path) -> None:
    """Of sampling alone, and the row tells the file."""
    settings = settled(f"default=0.1,file={file}")
    assert read(settings) == (0.1, "respect", 7)
    assert settings.environment is None
    assert settings.sampling_rules == ({"path": "/pay/*", "rate": 1.0},)
    assert settings.origin("sampling.rules").source == "environment"
    assert settings.origin("sampling.rules").name == f"{file}: sampling.rules"
    assert settings.origin("sampling.default").name == "OTEL_TRACES_SAMPLER_ARG"


def test_the_shared_file_of_a_project_can_be_named(tmp_path: Path) -> None:
    """`[tool.ninefold.sampling]` in pyproject.toml; and a file may say nothing of sampling."""
    shared = tmp_path / "pyproject.toml"
    shared.write_text("[tool.ninefold.sampling]\ndefault = 0.2\n")
    assert read(settled(f"file={shared}")) == (0.2, "respect", 9)
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    assert read(settled(f"file={empty}")) == (0.75, "respect", 9)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("[sampling", "is not valid TOML"),
        ("[sampling]\ndefault = 2", "sampling.default ("),
        ("[sampling]\ndefualt = 1", "did you mean 'sampling.default'?"),
        ("sampling = 3", "sampling ("),
        ("[sampling.rule.pay]\nrate = 1", "write rate or per_second in [[sampling.rules]] itself"),
    ],
)
def test_a_file_that_it_names_must_be_right(
    tmp_path: Path, content: str | None, message: str
) -> None:
    """As every file of settings: a mistake there is an error at set-up, with the file's name."""
    path = tmp_path / "named.toml"
    if content is not None:
        path.write_text(content)
    for ask in (settled, sampler_settings):
        with pytest.raises(ConfigurationError) as raised:
            ask(f"file={path}")
        assert message in str(raised.value)
        assert str(path) in str(raised.value)


@pytest.mark.usefixtures("limited")
def test_a_sampler_that_stands_alone_finds_what_setup_would_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables, then the argument, then the file of settings."""
    (tmp_path / "ninefold.toml").write_text("[sampling]\ndefault = 0.2\ntarget_per_s = 7\n")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(tmp_path / "ninefold.toml"))
    monkeypatch.setenv("NINEFOLD_SAMPLING_PARENT", "ignore")
    assert read(sampler_settings()) == (0.2, "ignore", 7)
    assert read(sampler_settings("default=0.1,parent=respect")) == (0.1, "ignore", 7)


def test_beside_a_declarative_file_nothing_else_counts(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry's rule for such a file; null there is as if it were left out."""
    (tmp_path / "ninefold.toml").write_text("[sampling]\ndefault = 0.2\n")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(tmp_path / "ninefold.toml"))
    monkeypatch.setenv("NINEFOLD_SAMPLING_PARENT", "ignore")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    plain = read(load(code={}, environ={}, start=tmp_path / "nowhere"))
    said: dict[str, Any] = {"default": 0.1, "target_per_s": 3, "parent": None}
    assert read(sampler_settings(said)) == (0.1, plain[1], 3)
    assert read(sampler_settings({"parent": "ignore"})) == (plain[0], "ignore", plain[2])
    assert sampler_settings({"file": str(file), "default": 1}).sampling_ratio == 1
    assert sampler_settings({"file": str(file)}).sampling_rules != ()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"defualt": 1}, "a sampler has no 'defualt' (the sampler's configuration); did you mean"),
        (
            {"default": "much"},
            "sampling.default (the sampler's configuration) must be a number between 0",
        ),
        ({"file": 3}, "file (the sampler's configuration) must be the path of a file"),
        ({"rules": {"path": "/"}}, "each under [[sampling.rules]]"),
    ],
)
def test_a_mistake_in_a_declarative_file_is_refused(said: Any, message: str) -> None:
    """By the name of the key."""
    with pytest.raises(ConfigurationError) as raised:
        sampler_settings(said)
    assert message in str(raised.value)
