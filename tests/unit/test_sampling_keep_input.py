"""What is said wrongly of sampling and of traces that wait: told with key, value and place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import ninefold as nf
from ninefold.errors import ConfigurationError

CODE: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (nf.Keep, {"errors": 1}, "keep.errors must be true or false, got 1"),
    (nf.Keep, {"errors": None}, "keep.errors must be true or false, got None"),
    (nf.Keep, {"slower_than": 0}, "keep.slower_than must be > 0 seconds, got 0"),
    (nf.Keep, {"slower_than": "1s"}, "keep.slower_than must be a number > 0 seconds, got '1s'"),
    (nf.Keep, {"slower_than": True}, "keep.slower_than must be a number > 0 seconds, got True"),
    (nf.Keep, {"slower_than": float("inf")}, "keep.slower_than must be a finite number"),
    (nf.Keep, {"slower_than": timedelta(0)}, "keep.slower_than must be > 0 seconds, got 0"),
    (nf.Keep, {"propagate": "alway"}, "keep.propagate must be one of 'decision', 'always', got"),
    (nf.Buffer, {"max_mb": 0}, "buffer.max_mb must be > 0 MB, got 0"),
    (nf.Buffer, {"max_mb": "32"}, "buffer.max_mb must be a number > 0 MB, got '32'"),
    (nf.Buffer, {"per_trace": 0}, "buffer.per_trace must be a whole number >= 1, got 0"),
    (nf.Buffer, {"per_trace": 1.5}, "buffer.per_trace must be a whole number >= 1, got 1.5"),
    (nf.Buffer, {"grace": None}, "buffer.grace must be a number > 0 seconds, got None"),
    (nf.Buffer, {"max_age": -1}, "buffer.max_age must be > 0 seconds, got -1"),
    (nf.Rule, {"route": 5, "rate": 1}, "a rule's route must be 1 to 255 printable characters"),
    (nf.Rule, {"route": "/a", "drop": True}, "a rule by route keeps and cannot drop, got route="),
    (nf.Rule, {"route": "/a"}, "one of rate, per_second and drop=True, got none of them"),
    (nf.Sampling, {"keep": True}, "keep must be an nf.Keep, got True; write keep=nf.Keep("),
    (nf.Sampling, {"buffer": 32}, "buffer must be an nf.Buffer, got 32; write buffer=nf.Buffer("),
    (nf.Sampling, {"rules": [nf.Rule(route="/a", rate=1)]}, "add keep=nf.Keep()"),
    (nf.Sampling, {"parent": "cap:0.05"}, "got 'cap:0.05'; write parent=nf.cap(0.05)"),
    (nf.Sampling, {"parent": 0.05}, "got 0.05; write parent=nf.cap(0.05)"),
    (nf.Sampling, {"parent": "respekt"}, "did you mean 'respect'?"),
    (nf.Sampling, {"target_per_s": 0}, "traces per second, got 0; write None for no limit"),
    (nf.Sampling, {"target_per_s": "inf"}, "got 'inf'; write None for no limit"),
    (nf.Sampling, {"keep": nf.Keep(errors=False)}, "got errors=False without slower_than"),
]

FILE = [
    ("[sampling.keep]\nerrors = 1", "sampling.keep.errors", "must be true or false, got 1"),
    ("[sampling.keep]\nerror = true", "sampling.keep.error", "did you mean 'sampling.keep.errors'"),
    ("[sampling.keep]\nslower_than = 0", "sampling.keep.slower_than", "must be > 0 seconds, got 0"),
    ("[sampling.keep]\npropagate = 'alway'", "sampling.keep.propagate", "did you mean 'always'?"),
    ("[sampling]\nkeep = true", "sampling.keep", "must be a table with keys such as"),
    ("[sampling]\nbuffer = 3", "sampling.buffer", "must be a table with keys such as"),
    ("[sampling.buffer]\nmax_mb = 0", "sampling.buffer.max_mb", "must be > 0 MB, got 0"),
    (
        "[sampling.buffer]\nmax_md = 1",
        "sampling.buffer.max_md",
        "did you mean 'sampling.buffer.max",
    ),
    ("[sampling.buffer]\nper_trace = 1.5", "sampling.buffer.per_trace", "whole number >= 1 spans"),
    ("[sampling.buffer]\ngrace = -1", "sampling.buffer.grace", "must be > 0 seconds, got -1"),
    ("[sampling.buffer]\nmax_age = 'x'", "sampling.buffer.max_age", "got 'x'"),
    ("[[sampling.rules]]\nroute = 3\nrate = 1", "route", "got 3 (rule 1 of"),
    ("[[sampling.rules]]\nrout = '/a'\nrate = 1", "'rout'", "did you mean 'route'?"),
]

ENVIRONMENT = [
    ("KEEP_ERRORS", "maybe", "must be true or false, got 'maybe'"),
    ("KEEP_SLOWER_THAN", "-1", "must be > 0 seconds, got -1"),
    ("KEEP_PROPAGATE", "alway", "did you mean 'always'?"),
    ("BUFFER_MAX_MB", "nan", "must be a number > 0 MB, got 'nan'"),
    ("BUFFER_PER_TRACE", "1.5", "must be a whole number >= 1 spans, got '1.5'"),
    ("BUFFER_GRACE", "x", "must be a duration in seconds"),
    ("BUFFER_MAX_AGE", "0", "must be > 0 seconds, got 0"),
]


@pytest.mark.parametrize(("make", "given", "told"), CODE)
def test_in_code(make: Callable[..., Any], given: dict[str, Any], told: str) -> None:
    """Where the object is made."""
    with pytest.raises(ConfigurationError) as raised:
        make(**given)
    assert told in str(raised.value)


@pytest.mark.parametrize(("text", "key", "told"), FILE)
def test_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, key: str, told: str
) -> None:
    """With the file that says it."""
    (file := tmp_path / "ninefold.toml").write_text(text)
    monkeypatch.setenv("NINEFOLD_CONFIG", str(file))
    with pytest.raises(ConfigurationError) as raised:
        nf.setup("shop")
    assert all(word in str(raised.value) for word in (key, told, "ninefold.toml"))


@pytest.mark.parametrize(("name", "value", "told"), ENVIRONMENT)
def test_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    """With the variable."""
    monkeypatch.setenv(f"NINEFOLD_SAMPLING_{name}", value)
    with pytest.raises(ConfigurationError) as raised:
        nf.setup("shop", sampling=nf.Sampling(keep=nf.Keep()))
    assert told in str(raised.value)
    assert f"NINEFOLD_SAMPLING_{name}" in str(raised.value)


def test_durations_may_be_timedeltas() -> None:
    """They are float seconds inside."""
    keep = nf.Keep(slower_than=timedelta(milliseconds=250))
    buffer = nf.Buffer(grace=timedelta(seconds=1), max_age=timedelta(minutes=1))
    assert (keep.slower_than, buffer.grace, buffer.max_age) == (0.25, 1.0, 60.0)


@pytest.mark.parametrize("keep", [None, nf.Keep()])
def test_a_file_turns_keep_on_within_the_buffer_of_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: nf.Keep | None
) -> None:
    """Whether code keeps for outcomes or not."""
    (file := tmp_path / "ninefold.toml").write_text("[sampling.keep]\nslower_than = '500ms'")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(file))
    service = nf.setup("shop", sampling=nf.Sampling(keep=keep, buffer=nf.Buffer(max_mb=8)))
    try:
        assert service.settings.keep_slower_than == 0.5
        assert service.settings.buffer_max_mb == 8
        assert service.settings.origin("sampling.keep.slower_than").source == "file"
    finally:
        service.shutdown()


def test_a_deployment_turns_off_what_code_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing waits, and nothing is recorded that is not kept at first."""
    monkeypatch.setenv("NINEFOLD_SAMPLING_KEEP_ERRORS", "false")
    service = nf.setup("shop", sampling=nf.Sampling(default=0.0, keep=nf.Keep()))
    try:
        assert not service.tracing._head.defers
    finally:
        service.shutdown()
