"""Headers from a file: read as a file, sent with every export, and shown by name alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninefold.config import Settings, load
from ninefold.errors import ConfigurationError

SECRET = "hunter2"


def reading(path: Path, **environ: str) -> Settings:
    """The settings where the environment names this file."""
    return load(
        code={}, environ={"NINEFOLD_OTLP_HEADERS_FILE": str(path), **environ}, start=path.parent
    )


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (f"authorization: Bearer {SECRET}==\n", {"authorization": f"Bearer {SECRET}=="}),
        (f"Authorization=Bearer {SECRET}", {"authorization": f"Bearer {SECRET}"}),
        ("x-a=1, x-b=a%2Cb\n", {"x-a": "1", "x-b": "a,b"}),
        ("# rotated weekly\n\nx-a: 1, 2 100%\r\nx-b=3\n", {"x-a": "1, 2 100%", "x-b": "3"}),
        ("x-url=https://a:1/b", {"x-url": "https://a:1/b"}),
    ],
)
def test_lines_and_pairs_are_headers(tmp_path: Path, content: str, headers: dict[str, str]) -> None:
    """A line with a colon is taken as it is; pairs are read as the standard variable is."""
    path = tmp_path / "headers"
    path.write_text(content, newline="")
    assert dict(reading(path).otlp_traces.headers) == headers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no header; write one `name: value` on each line"),
        (b"# nothing\n", "holds no header"),
        (f"{SECRET}".encode(), "must be 'key=value' pairs"),
        (f"{SECRET}:".encode(), "must be 'key=value' pairs"),
        (f"{SECRET} x: y".encode(), "must be 'key=value' pairs"),
        (f"ключ: {SECRET}".encode(), "must have header names as keys"),
        (f"{SECRET}\xff".encode("latin-1"), "must be UTF-8 text"),
        (f"x-a: {SECRET}\0".encode(), "the header 'x-a' must be printable text"),
    ],
)
def test_a_file_that_cannot_be_meant_is_named_and_never_quoted(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """The message has the path and the remedy, and nothing of what the file holds."""
    path = tmp_path / "headers"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message) as raised:
        reading(path)
    assert str(path) in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """At set-up; but the switch that turns everything off does not depend on it."""
    with pytest.raises(ConfigurationError, match="none' of the setting"):
        reading(tmp_path / "none")
    assert reading(tmp_path / "none", OTEL_SDK_DISABLED="true").disabled


def test_a_signal_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    """It counts for that signal alone; headers of other settings are sent beside it."""
    general, own = tmp_path / "general", tmp_path / "own"
    general.write_text("x-key: general")
    own.write_text("x-key: own")
    settings = reading(
        general,
        NINEFOLD_OTLP_TRACES_HEADERS_FILE=str(own),
        OTEL_EXPORTER_OTLP_HEADERS="x-tenant=acme",
    )
    assert dict(settings.otlp_traces.headers) == {"x-tenant": "acme", "x-key": "own"}
    assert dict(settings.otlp_metrics.headers) == {"x-tenant": "acme", "x-key": "general"}


def test_a_header_that_is_given_twice_is_told(tmp_path: Path) -> None:
    """Neither wins in silence, and neither is shown."""
    path = tmp_path / "headers"
    path.write_text(f"authorization: {SECRET}")
    with pytest.raises(ConfigurationError, match="'authorization' is given by") as raised:
        reading(path, OTEL_EXPORTER_OTLP_HEADERS=f"Authorization={SECRET}")
    assert SECRET not in str(raised.value)


def test_the_rows_show_names_alone(tmp_path: Path) -> None:
    """What `ninefold doctor` prints has the path and the names."""
    path = tmp_path / "headers"
    path.write_text(f"authorization: {SECRET}\nx-tenant: {SECRET}")
    settings = reading(path)
    shown = {row.key: row.value for row in settings.explain()}
    assert shown["otlp.headers_file"] == (f"{path} (authorization=REDACTED, x-tenant=REDACTED)")
    assert SECRET not in repr(settings) + repr(settings.rows)
