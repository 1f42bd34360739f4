"""Sampling changes while a service runs: by a call, and by its file."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import ninefold as nf
from ninefold.errors import ConfigurationError
from ninefold.registry import SAMPLING_DECISIONS
from ninefold.service._file_watch import EVERY, REST, FileWatch
from ninefold.testing import CapturedTelemetry

pytestmark = pytest.mark.usefixtures("limited")

Write = Callable[[str], None]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of settings that is in use; empty at first."""
    path = tmp_path / "ninefold.toml"
    path.write_text("")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(path))
    return path


@pytest.fixture
def ended() -> Iterator[Callable[[nf.Service], nf.Service]]:
    """Shuts services down at the end."""
    made: list[nf.Service] = []

    def end(service: nf.Service) -> nf.Service:
        made.append(service)
        return service

    yield end
    for service in made:
        service.shutdown()


Ended = Callable[[nf.Service], nf.Service]


def test_a_call_changes_what_is_kept_from_the_next_trace_on(telemetry: CapturedTelemetry) -> None:
    """On requests and on spans of the SDK alike; counters go on."""
    service = nf.setup("shop", sampling=nf.Sampling(default=0.0))
    telemetry.capture(service, sampled=True)
    tracer = trace.get_tracer("test")
    tracer.start_span("dropped").end()
    service.reload(sampling=nf.Sampling(default=1.0))
    tracer.start_span("kept").end()
    service.reload(sampling=nf.Sampling(rules=[nf.Rule(kind="internal", drop=True)]))
    tracer.start_span("dropped").end()
    assert [span.name for span in telemetry.spans] == ["kept"]
    counted = {
        tuple((point.attributes or {}).values()): point.value  # type: ignore[union-attr]
        for point in telemetry.points(SAMPLING_DECISIONS.name)
    }
    assert counted == {
        ("default", "dropped"): 1,
        ("default", "kept"): 1,
        ("kind=internal", "dropped"): 1,
    }


def test_a_call_takes_the_place_of_the_argument_alone(
    file: Path, ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and environment, read anew, still win; the next reading starts from the call's words."""
    service = ended(nf.setup("shop", sampling=nf.Sampling(default=0.5)))
    service.reload(sampling=nf.Sampling(default=0.25, parent="ignore"))
    assert service.sampling == nf.Sampling(default=0.25, parent="ignore")
    file.write_text("sampling.default = 0.125")
    service.reload()
    assert service.sampling == nf.Sampling(default=0.125, parent="ignore")
    assert service.settings.origin("sampling.default").source == "file"
    monkeypatch.setenv("NINEFOLD_SAMPLING_DEFAULT", "0.75")
    service.reload(sampling=nf.Sampling(default=1.0, target_per_s=None))
    assert service.sampling == nf.Sampling(default=0.75, target_per_s=None)
    assert service.settings.sampling_ratio == 0.75
    assert [each.source for each in service.settings.origin("sampling.default").overridden] == [
        "file",
        "code",
    ]
    file.write_text("")
    monkeypatch.delenv("NINEFOLD_SAMPLING_DEFAULT")
    service.reload()
    assert service.sampling == nf.Sampling(target_per_s=None)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("sampling.default = 2", "sampling.default"),
        ("sampling.defalt = 1", "did you mean 'sampling.default'?"),
        ("sampling = [", "is not valid TOML"),
        ("[[sampling.rules]]\nrat = 1", "rule 1 of"),
        ("[sampling.rule.pay]\nrat = 1", "did you mean 'sampling.rule.pay.rate'?"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    file: Path, ended: Ended, content: str | None, told: str
) -> None:
    """It is said with its place, and what was in force is still in force."""
    rules = [nf.Rule(path="/pay", rate=1.0, name="pay")]
    service = ended(nf.setup("shop", sampling=nf.Sampling(default=0.5, rules=rules)))
    before, settings = service.sampling, service.settings
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    with pytest.raises(ConfigurationError) as raised:
        service.reload(sampling=nf.Sampling(default=0.125, rules=rules))
    assert told in str(raised.value)
    assert "ninefold.toml" in str(raised.value)
    assert service.sampling is before
    assert service.settings is settings
    file.write_text("")
    service.reload()
    assert service.sampling == before


@pytest.mark.parametrize("sampling", [0.1, "respect", {"default": 1}])
def test_what_is_no_sampling_is_refused(ended: Ended, sampling: Any) -> None:
    """As setup() refuses it."""
    service = ended(nf.setup("shop"))
    with pytest.raises(ConfigurationError, match=r"write nf\.Sampling\(default=0\.1\)"):
        service.reload(sampling=sampling)


def test_the_same_setup_still_gives_the_service(file: Path, ended: Ended) -> None:
    """Whatever was reloaded since, and whatever the file says of sampling by now."""
    sampling = nf.Sampling(default=0.5)
    service = ended(nf.setup("shop", sampling=sampling))
    service.reload(sampling=nf.Sampling(default=0.25))
    file.write_text("sampling.default = 0.125")
    assert nf.setup("shop", sampling=sampling) is service
    with pytest.raises(ConfigurationError, match=r"in force in this process, in sampling"):
        nf.setup("shop", sampling=nf.Sampling(default=0.25))


def test_what_changes_at_the_next_start_is_said_once(
    file: Path, ended: Ended, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the settings, sampling alone changes at run time."""
    service = ended(nf.setup("shop"))
    with caplog.at_level(logging.INFO, "ninefold"):
        file.write_text("exclude = ['/a']\nsampling.default = 0.5\n[policy.search]\ndeadline = 2\n")
        service.reload()
        service.reload()
    assert [each.message for each in caplog.records] == [
        "exclude changes at the next start",
        "policy.search.deadline changes at the next start",
        "sampling has changed: default is 0.5, was 1.0",
    ]
    assert service.settings.exclude == ()
    assert service.settings.overrides == ()
    caplog.clear()
    with caplog.at_level(logging.INFO, "ninefold"):
        file.write_text("exclude = ['/b']\nsampling.default = 0.5\n")
        service.reload()
    assert [each.message for each in caplog.records] == ["exclude changes at the next start"]


def test_keep_and_buffer_stay_as_they_began(
    file: Path, ended: Ended, caplog: pytest.LogCaptureFixture
) -> None:
    """Where spans wait is built once in a process; who would have it otherwise is told."""
    keep = nf.Keep(slower_than=2.0)
    service = ended(nf.setup("shop", sampling=nf.Sampling(default=0.5, keep=keep)))
    with caplog.at_level(logging.INFO, "ninefold"):
        service.reload(sampling=nf.Sampling(default=0.25))
        assert service.sampling == nf.Sampling(default=0.25, keep=keep)
        service.reload(sampling=nf.Sampling(default=0.25, keep=nf.Keep(slower_than=9.0)))
        file.write_text("[sampling.keep]\nslower_than = 5\n[sampling.buffer]\nmax_mb = 8\n")
        service.reload()
    assert service.sampling == nf.Sampling(default=0.25, keep=keep)
    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("INFO", "sampling has changed: default is 0.25, was 0.5"),
        ("WARNING", "keep and buffer of reload() are left out: setup() sets them"),
        ("INFO", "sampling.keep.slower_than changes at the next start"),
        ("INFO", "sampling.buffer.max_mb changes at the next start"),
    ]


def test_a_rule_by_route_needs_that_traces_wait_already(ended: Ended) -> None:
    """They cannot begin to at run time."""
    rules = [nf.Rule(route="/users/{id}", rate=1.0)]
    service = ended(nf.setup("shop"))
    with pytest.raises(ConfigurationError, match="looks at the route"):
        service.reload(sampling=nf.Sampling(rules=rules, keep=nf.Keep()))
    assert service.sampling == nf.Sampling()


def test_rules_that_never_decide_are_warned_of_again_only_when_new(
    file: Path, ended: Ended, caplog: pytest.LogCaptureFixture
) -> None:
    """As are overrides of rules that are not there."""
    service = ended(nf.setup("shop"))
    file.write_text(
        "[[sampling.rules]]\npath = '*'\nrate = 1\n[[sampling.rules]]\npath = '/a'\ndrop = true\n"
        "[sampling.rule.'path=/a']\nrate = 0.5\n[sampling.rule.'path=/b']\nrate = 0.5\n"
    )
    for _ in range(2):
        service.reload()
    told = [each.message for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.partition(",")[0] for each in told] == [
        "the sampling rule 'path=/a' never decides: 'path=*'",
        "there is no sampling rule 'path=/b'",
    ]
    assert [(rule.name, rule.rate) for rule in service.sampling.rules] == [
        ("path=*", 1),
        ("path=/a", 0.5),
    ]


def test_a_file_that_changes_by_itself_is_taken_over_or_told_of(
    file: Path, ended: Ended, caplog: pytest.LogCaptureFixture
) -> None:
    """Good, bad, good: a bad one keeps what was there, and says why once."""
    service = ended(nf.setup("shop"))
    watch = service._file_watch
    assert watch is not None

    def change(content: str) -> None:
        file.write_text(content)
        while watch.look() != EVERY:
            pass
        # Nothing has changed since.
        assert watch.look() == EVERY

    with caplog.at_level(logging.INFO, "ninefold"):
        change("sampling.default = 0.5")
        assert service.sampling.default == 0.5
        change("sampling.default = 50 ")
        assert service.sampling.default == 0.5
        change("sampling.default = 0.25 ")
        assert service.sampling.default == 0.25
    [good, bad, better, again] = [each.message for each in caplog.records]
    assert good == "sampling has changed: default is 0.5, was 1.0"
    assert bad.startswith("the sampling that is in force stays: sampling.default (")
    assert bad.endswith("ninefold.toml) must be between 0 and 1, got 50")
    assert better == "sampling has changed: default is 0.25, was 0.5"
    assert again.endswith("ninefold.toml can be read again")


def test_a_captured_service_keeps_all_whatever_its_file_says(
    file: Path, telemetry: CapturedTelemetry
) -> None:
    """Until it is let go; then what the file said in the meantime is in force."""
    service = nf.setup("shop")
    telemetry.capture(service)
    file.write_text("sampling.default = 0")
    service.reload()
    trace.get_tracer("test").start_span("kept").end()
    telemetry.capture(service, sampled=True)
    trace.get_tracer("test").start_span("dropped").end()
    assert telemetry.spans == ()
    assert service.sampling.default == 0


def test_nothing_watches_where_there_is_no_file_or_no_trace_of_ours(
    ended: Ended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where there is one, nothing before the first use, and nothing after the end."""

    def watching() -> list[str]:
        return [each.name for each in threading.enumerate() if each.name == "ninefold-settings"]

    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    service = ended(nf.setup("shop"))
    service.start()
    assert watching() == []
    service.shutdown()
    (tmp_path / "ninefold.toml").write_text("")
    service = ended(nf.setup("shop"))
    assert watching() == []
    service.start()
    service.start()
    assert watching() == ["ninefold-settings"]
    thread = next(each for each in threading.enumerate() if each.name == "ninefold-settings")
    assert thread.daemon
    service.shutdown()
    thread.join(10)
    assert not thread.is_alive()


class _Seen:
    """Notes each call, and what the file said then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.said: list[str | None] = []

    def __call__(self) -> None:
        self.said.append(self._path.read_text() if self._path.exists() else None)


@pytest.fixture
def seen(tmp_path: Path) -> _Seen:
    """What was seen of the file `settings`."""
    return _Seen(tmp_path / "settings")


@pytest.fixture
def watch(seen: _Seen, tmp_path: Path, ended: Ended) -> FileWatch:
    """A watch over the file `settings`, which has had its first look at `a`."""
    (tmp_path / "settings").write_text("a")
    made = FileWatch(tmp_path / "settings", seen, ended(nf.setup("shop")).telemetry.faults)
    assert [made.look(), made.look(), made.look()] == [REST, EVERY, EVERY]
    assert seen.said == ["a"]
    return made


def test_a_file_is_read_once_it_has_rested(watch: FileWatch, seen: _Seen, tmp_path: Path) -> None:
    """While it grows from look to look it is let alone."""
    for content in ("bb", "bbb", "bbbb"):
        (tmp_path / "settings").write_text(content)
        assert watch.look() == REST
    assert seen.said == ["a"]
    assert [watch.look(), watch.look()] == [EVERY, EVERY]
    assert seen.said == ["a", "bbbb"]


def test_a_link_whose_target_is_exchanged_is_a_change(
    seen: _Seen, tmp_path: Path, ended: Ended
) -> None:
    """As Kubernetes exchanges a ConfigMap: `..data` is another directory all at once."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "settings").write_text(name)
    (tmp_path / "..data").symlink_to("old")
    (tmp_path / "settings").symlink_to("..data/settings")
    watch = FileWatch(tmp_path / "settings", seen, ended(nf.setup("shop")).telemetry.faults)
    assert [watch.look(), watch.look()] == [REST, EVERY]
    (tmp_path / "..next").symlink_to("new")
    os.replace(tmp_path / "..next", tmp_path / "..data")
    assert [watch.look(), watch.look()] == [REST, EVERY]
    assert seen.said == ["old", "new"]


def test_a_file_that_is_gone_and_there_again_is_told_twice(
    watch: FileWatch, seen: _Seen, tmp_path: Path
) -> None:
    """Once for each; a gap between two looks is none."""
    (tmp_path / "settings").rename(tmp_path / "away")
    assert [watch.look(), watch.look(), watch.look()] == [REST, EVERY, EVERY]
    (tmp_path / "away").rename(tmp_path / "settings")
    assert [watch.look(), watch.look(), watch.look()] == [REST, EVERY, EVERY]
    assert seen.said == ["a", None, "a"]


def test_a_change_that_is_taken_back_is_none(watch: FileWatch, seen: _Seen, tmp_path: Path) -> None:
    """The file is the same one again before it has rested."""
    (tmp_path / "settings").rename(tmp_path / "away")
    assert watch.look() == REST
    (tmp_path / "away").rename(tmp_path / "settings")
    assert [watch.look(), watch.look()] == [EVERY, EVERY]
    assert seen.said == ["a"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: there is no fork here")
def test_a_forked_child_watches_by_itself(file: Path, ended: Ended) -> None:
    """From its own first use on; the parent's thread is not in it."""
    service = ended(nf.setup("shop"))
    service.start()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        names = [each.name for each in threading.enumerate()]
        service.start()
        later = [each.name for each in threading.enumerate()]
        told = ("ninefold-settings" in names, later.count("ninefold-settings"))
        os.write(write, repr(told).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"(False, 1)"
    os.close(read)
    os.close(write)


def test_the_exporter_of_a_running_service_sees_the_change(file: Path, ended: Ended) -> None:
    """As a user has it: spans that are exported, before and after."""
    exporter = InMemorySpanExporter()
    service = ended(nf.setup("shop", span_processors=[SimpleSpanProcessor(exporter)]))
    tracer = trace.get_tracer("test")
    tracer.start_span("kept").end()
    file.write_text("sampling.default = 0.0")
    service.reload()
    tracer.start_span("dropped").end()
    assert [span.name for span in exporter.get_finished_spans()] == ["kept"]
