"""The setting `propagators`: a file's or code's word made the global propagator, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import propagate
from opentelemetry.propagators.b3 import B3MultiFormat
from tests.support.child import run

import ninefold as nf


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Whatever a test sets is taken back."""
    before = propagate.get_global_textmap()
    yield
    propagate.set_global_textmap(before)


def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    """Have setup() read this file."""
    file = tmp_path / "ninefold.toml"
    file.write_text(text)
    monkeypatch.setenv("NINEFOLD_CONFIG", str(file))


def test_a_files_propagators_are_global_until_shutdown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They are in force for the service's life; what was there before comes back."""
    before = propagate.get_global_textmap()
    configure(monkeypatch, tmp_path, 'propagators = ["b3multi", "baggage"]')
    service = nf.setup("b3")
    assert propagate.get_global_textmap().fields == {
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-sampled",
        "baggage",
    }
    service.shutdown()
    assert propagate.get_global_textmap() is before


def test_what_the_application_set_since_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Shutdown does not undo what somebody else has set meanwhile."""
    configure(monkeypatch, tmp_path, 'propagators = ["b3"]')
    service = nf.setup("b3")
    theirs = B3MultiFormat()
    propagate.set_global_textmap(theirs)
    service.shutdown()
    assert propagate.get_global_textmap() is theirs


def test_none_carries_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With `none` no header is read or written."""
    configure(monkeypatch, tmp_path, 'propagators = "none"')
    service = nf.setup("silent")
    assert propagate.get_global_textmap().fields == set()
    service.shutdown()


def test_an_unknown_propagator_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error names what is known, and nothing is set up."""
    configure(monkeypatch, tmp_path, 'propagators = ["tracecontexts"]')
    with pytest.raises(nf.ConfigurationError) as caught:
        nf.setup("b3")
    told = str(caught.value)
    assert "no propagator is called 'tracecontexts'" in told
    assert "b3, b3multi, baggage" in told
    assert "did you mean 'tracecontext'?" in told
    configure(monkeypatch, tmp_path, 'propagators = ["quux"]')
    with pytest.raises(nf.ConfigurationError, match="install the distribution"):
        nf.setup("b3")


def test_the_standard_variable_is_opentelemetrys_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_PROPAGATORS works as ever, and what the application set over it stays."""
    theirs = B3MultiFormat()
    propagate.set_global_textmap(theirs)
    monkeypatch.setenv("OTEL_PROPAGATORS", "tracecontext")
    service = nf.setup("theirs")
    assert propagate.get_global_textmap() is theirs
    service.shutdown()
    out = run(
        """
        import ninefold as nf
        from opentelemetry import propagate
        nf.setup("b3")
        print(sorted(propagate.get_global_textmap().fields))
        """,
        env={"OTEL_PROPAGATORS": "b3"},
    )
    assert out.strip() == "['b3']"
