"""Which source wins: environment over file over code over default, for every setting alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.config import Settings
from ninefold.config._decision import Said
from ninefold.config._settle import settle
from ninefold.config._table import ALL, SYNTHETIC

FILE = "app/ninefold.toml"


@dataclass(frozen=True)
class Words:
    """What the four speakers say about one setting, in their own spellings, and what is read."""

    key: str
    ninefold: tuple[str, str, str]
    standard: tuple[str, str, str] | None
    file: tuple[object, str]
    code: tuple[object, str]
    default: str


def _text(key: str, variable: str, standard: str | None = None, default: str = "not set") -> Words:
    otel = None if standard is None else (standard, "b", "b")
    return Words(key, (variable, "a", "a"), otel, ("c", "c"), ("d", "d"), default)


def _otlp(scope: str, variable: str) -> list[Words]:
    key, ours, otel = f"otlp.{scope}", f"NINEFOLD_OTLP_{variable}", f"OTEL_EXPORTER_OTLP_{variable}"
    return [
        Words(
            f"{key}endpoint",
            (f"{ours}ENDPOINT", "http://a:1", "http://a:1"),
            (f"{otel}ENDPOINT", "https://b", "https://b"),
            ("http://c:1/x", "http://c:1/x"),
            ("d:4317", "d:4317"),
            "not configured",
        ),
        Words(
            f"{key}protocol",
            (f"{ours}PROTOCOL", "grpc", "grpc"),
            (f"{otel}PROTOCOL", "http/protobuf", "http/protobuf"),
            ("grpc", "grpc"),
            ("http/protobuf", "http/protobuf"),
            "http/protobuf",
        ),
        Words(
            f"{key}headers",
            (f"{ours}HEADERS", "a=1", "a=REDACTED"),
            (f"{otel}HEADERS", "b=1,bb=2", "b=REDACTED, bb=REDACTED"),
            ({"C": "1"}, "c=REDACTED"),
            ({"d": "1"}, "d=REDACTED"),
            "none",
        ),
        Words(
            f"{key}headers_file",
            (f"{ours}HEADERS_FILE", "/a", "/a"),
            None,
            ("/c", "/c"),
            (Path("/d"), "/d"),
            "not set",
        ),
        Words(
            f"{key}timeout",
            (f"{ours}TIMEOUT", "500ms", "0.5 s"),
            (f"{otel}TIMEOUT", "1500", "1.5 s"),
            (4, "4 s"),
            (timedelta(seconds=5), "5 s"),
            "2 s",
        ),
        Words(
            f"{key}compression",
            (f"{ours}COMPRESSION", "gzip", "gzip"),
            (f"{otel}COMPRESSION", "GZIP", "gzip"),
            ("deflate", "deflate"),
            ("none", "none"),
            "none",
        ),
        _text(f"{key}certificate", f"{ours}CERTIFICATE", f"{otel}CERTIFICATE"),
        _text(f"{key}client_key", f"{ours}CLIENT_KEY", f"{otel}CLIENT_KEY"),
        _text(f"{key}client_certificate", f"{ours}CLIENT_CERTIFICATE", f"{otel}CLIENT_CERTIFICATE"),
        Words(
            f"{key}insecure",
            (f"{ours}INSECURE", "yes", "true"),
            (f"{otel}INSECURE", "false", "false"),
            (True, "true"),
            (False, "false"),
            "false",
        ),
    ]


def _exporter(signal: str) -> Words:
    variable = f"{signal.upper()}_EXPORTER"
    return Words(
        f"{signal}_exporter",
        (f"NINEFOLD_{variable}", "console", "console"),
        (f"OTEL_{variable}", "none", "none"),
        (["otlp", "console"], "otlp, console"),
        (("otlp",), "otlp"),
        "none",
    )


TABLE = [
    _text("name", "NINEFOLD_SERVICE_NAME", "OTEL_SERVICE_NAME", "unknown_service"),
    _text("version", "NINEFOLD_SERVICE_VERSION"),
    _text("namespace", "NINEFOLD_SERVICE_NAMESPACE"),
    _text("environment", "NINEFOLD_ENVIRONMENT"),
    _text("owner", "NINEFOLD_OWNER"),
    Words(
        "disabled",
        ("NINEFOLD_DISABLED", "on", "true"),
        ("OTEL_SDK_DISABLED", "false", "false"),
        (True, "true"),
        (False, "false"),
        "false",
    ),
    _exporter("traces"),
    _exporter("metrics"),
    _exporter("logs"),
    *_otlp("", ""),
    *_otlp("traces.", "TRACES_"),
    *_otlp("metrics.", "METRICS_"),
    *_otlp("logs.", "LOGS_"),
    Words(
        "otlp.temporality",
        ("NINEFOLD_OTLP_TEMPORALITY", "delta", "delta"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "LowMemory", "lowmemory"),
        ("cumulative", "cumulative"),
        ("delta", "delta"),
        "cumulative",
    ),
    Words(
        "metric_export_interval",
        ("NINEFOLD_METRIC_EXPORT_INTERVAL", "2m", "120 s"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000", "1 s"),
        (3.5, "3.5 s"),
        (timedelta(minutes=1), "60 s"),
        "60 s",
    ),
    Words(
        "metric_export_timeout",
        ("NINEFOLD_METRIC_EXPORT_TIMEOUT", "1h", "3600 s"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "1", "0.001 s"),
        (3, "3 s"),
        ("5s", "5 s"),
        "30 s",
    ),
    Words(
        "require_tls",
        ("NINEFOLD_REQUIRE_TLS", "on", "true"),
        None,
        (False, "false"),
        (True, "true"),
        "false",
    ),
    Words(
        "propagators",
        ("NINEFOLD_PROPAGATORS", "b3", "b3"),
        ("OTEL_PROPAGATORS", "tracecontext,b3multi, tracecontext", "tracecontext, b3multi"),
        ([], "none"),
        (["baggage"], "baggage"),
        "left as it is: tracecontext and baggage, unless the application set another",
    ),
    Words(
        "exemplar_filter",
        ("NINEFOLD_EXEMPLAR_FILTER", "always_on", "always_on"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "always_off", "always_off"),
        ("trace_based", "trace_based"),
        ("always_on", "always_on"),
        "trace_based",
    ),
    Words(
        "sampling.default",
        ("NINEFOLD_SAMPLING_DEFAULT", "0.5", "0.5"),
        ("OTEL_TRACES_SAMPLER", "always_off", "0"),
        (0.25, "0.25"),
        (1, "1"),
        "1",
    ),
    Words(
        "sampling.parent",
        ("NINEFOLD_SAMPLING_PARENT", "respect", "respect"),
        ("OTEL_TRACES_SAMPLER", "always_on", "ignore"),
        ("CAP: .05", "cap:0.05"),
        ("respect", "respect"),
        "respect",
    ),
    Words(
        "prometheus",
        ("NINEFOLD_PROMETHEUS", "1", "true"),
        None,
        (False, "false"),
        (True, "true"),
        "false",
    ),
    Words(
        "metrics_path",
        ("NINEFOLD_METRICS_PATH", "/a", "/a"),
        None,
        ("/c", "/c"),
        ("/d", "/d"),
        "/metrics",
    ),
    Words(
        "workers",
        ("NINEFOLD_WORKERS", "/run/a", "/run/a"),
        None,
        ("off", "off"),
        ("/run/d", "/run/d"),
        "auto",
    ),
    Words(
        "admin",
        ("NINEFOLD_ADMIN", "none", "none"),
        None,
        (":9464", ":9464"),
        ("[::1]:9464", "[::1]:9464"),
        "none",
    ),
    Words(
        "sampling.target_per_s",
        ("NINEFOLD_SAMPLING_TARGET_PER_S", "2.5", "2.5"),
        None,
        (7, "7"),
        (0.5, "0.5"),
        "5",
    ),
    Words(
        "sampling.keep.errors",
        ("NINEFOLD_SAMPLING_KEEP_ERRORS", "true", "true"),
        None,
        (True, "true"),
        (False, "false"),
        "true where anything else of `sampling.keep` is said, else no trace waits",
    ),
    Words(
        "sampling.keep.slower_than",
        ("NINEFOLD_SAMPLING_KEEP_SLOWER_THAN", "2", "2 s"),
        None,
        (1.5, "1.5 s"),
        (0.5, "0.5 s"),
        "none is kept for its time",
    ),
    Words(
        "sampling.keep.propagate",
        ("NINEFOLD_SAMPLING_KEEP_PROPAGATE", "always", "always"),
        None,
        ("always", "always"),
        ("decision", "decision"),
        "decision",
    ),
    Words(
        "sampling.buffer.max_mb",
        ("NINEFOLD_SAMPLING_BUFFER_MAX_MB", "64", "64"),
        None,
        (16, "16"),
        (0.5, "0.5"),
        "32",
    ),
    Words(
        "sampling.buffer.per_trace",
        ("NINEFOLD_SAMPLING_BUFFER_PER_TRACE", "64", "64"),
        None,
        (16, "16"),
        (8, "8"),
        "512",
    ),
    Words(
        "sampling.buffer.grace",
        ("NINEFOLD_SAMPLING_BUFFER_GRACE", "3", "3 s"),
        None,
        (1.5, "1.5 s"),
        (0.5, "0.5 s"),
        "2 s",
    ),
    Words(
        "sampling.buffer.max_age",
        ("NINEFOLD_SAMPLING_BUFFER_MAX_AGE", "90", "90 s"),
        None,
        (30, "30 s"),
        (20.5, "20.5 s"),
        "60 s",
    ),
    Words(
        "admin_token",
        ("NINEFOLD_ADMIN_TOKEN", "from-the-environment", "REDACTED"),
        None,
        ("from-the-file", "REDACTED"),
        ("from-code", "REDACTED"),
        "none",
    ),
    Words(
        "health",
        ("NINEFOLD_HEALTH", "false", "false"),
        None,
        (False, "false"),
        (True, "true"),
        "true",
    ),
    Words(
        "startup",
        ("NINEFOLD_STARTUP", "require", "require"),
        None,
        ("open", "open"),
        ("require", "require"),
        "open",
    ),
    Words(
        "start_deadline",
        ("NINEFOLD_START_DEADLINE", "60", "60 s"),
        None,
        (45, "45 s"),
        (15.5, "15.5 s"),
        "30 s",
    ),
    Words(
        "heartbeat_timeout",
        ("NINEFOLD_HEARTBEAT_TIMEOUT", "60", "60 s"),
        None,
        (45, "45 s"),
        (15.5, "15.5 s"),
        "30 s",
    ),
    Words(
        "worker_threads",
        ("NINEFOLD_WORKER_THREADS", "8", "8"),
        None,
        (4, "4"),
        (2, "2"),
        "1 where the server says that it has no threads, else unknown",
    ),
    Words(
        "exclude",
        ("NINEFOLD_EXCLUDE", "/a/*, *.ico", "/a/*, *.ico"),
        None,
        (["/c"], "/c"),
        (("/d", "/e"), "/d, /e"),
        "none",
    ),
    Words(
        "record_headers",
        ("NINEFOLD_RECORD_HEADERS", "X-Tenant, accept", "x-tenant, accept"),
        None,
        (["X-C"], "x-c"),
        (("x-d", "X-D"), "x-d"),
        "none",
    ),
    Words(
        "record_query",
        ("NINEFOLD_RECORD_QUERY", "page, q", "page, q"),
        None,
        (["c"], "c"),
        (("d", "d"), "d"),
        "none",
    ),
    Words(
        "synthetic_user_agents",
        ("NINEFOLD_SYNTHETIC_USER_AGENTS", "Probe/*, *bot*", "Probe/*, *bot*"),
        None,
        (["Test/*"], "Test/*"),
        (("d", "e"), "d, e"),
        ", ".join(SYNTHETIC),
    ),
    Words(
        "objectives",
        ("NINEFOLD_OBJECTIVES", "slo/a.yaml, slo/*.yaml", "slo/a.yaml, slo/*.yaml"),
        None,
        (["c.yaml"], "c.yaml"),
        (("d.yaml", "e.yaml"), "d.yaml, e.yaml"),
        "none",
    ),
    Words(
        "accept_deadline",
        ("NINEFOLD_ACCEPT_DEADLINE", "yes", "true"),
        None,
        (False, "false"),
        (True, "true"),
        "false",
    ),
    Words(
        "shutdown_timeout",
        ("NINEFOLD_SHUTDOWN_TIMEOUT", "1", "1 s"),
        None,
        (2, "2 s"),
        (3, "3 s"),
        "5 s",
    ),
    Words("max_series", ("NINEFOLD_MAX_SERIES", "10", "10"), None, (20, "20"), (30, "30"), "2000"),
    Words(
        "resilience",
        ("NINEFOLD_RESILIENCE", "off", "false"),
        None,
        (True, "true"),
        (False, "false"),
        "true",
    ),
    Words(
        "log_correlation",
        ("NINEFOLD_LOG_CORRELATION", "OFF", "false"),
        None,
        (True, "true"),
        (False, "false"),
        "true",
    ),
    Words(
        "process_metrics",
        ("NINEFOLD_PROCESS_METRICS", "no", "false"),
        None,
        (True, "true"),
        (False, "false"),
        "true",
    ),
]


def _speak(words: Words, speakers: frozenset[str]) -> tuple[Settings, list[tuple[str, str, str]]]:
    """The settings when only `speakers` talk, and what was said, the strongest first."""
    environ: dict[str, str] = {}
    file: dict[str, object] = {}
    code: dict[str, object] = {}
    said: list[tuple[str, str, str]] = []
    if "ninefold" in speakers:
        variable, written, read = words.ninefold
        environ[variable] = written
        said.append(("environment", variable, read))
    if "standard" in speakers and words.standard is not None:
        variable, written, read = words.standard
        environ[variable] = written
        said.append(("environment", variable, read))
    if "file" in speakers:
        file[words.key] = words.file[0]
        said.append(("file", f"{FILE}: {words.key}", words.file[1]))
    if "code" in speakers:
        code[words.key] = words.code[0]
        said.append(("code", f"setup(): {words.key}", words.code[1]))
    return settle(Said(environ=environ, file=file, code=code, where=FILE)), said


def test_every_setting_is_covered() -> None:
    """A setting added to the table is added here; what no variable can say is tried elsewhere."""
    elsewhere = {"resource_attributes", "sampling.rules"}
    assert {words.key for words in TABLE} == {s.key for s in ALL} - elsewhere


@pytest.mark.parametrize("words", TABLE, ids=lambda words: words.key)
@settings(max_examples=20)
@given(speakers=st.frozensets(st.sampled_from(["ninefold", "standard", "file", "code"])))
def test_the_strongest_word_wins_and_the_others_are_told_in_order(
    words: Words, speakers: frozenset[str]
) -> None:
    """Whoever speaks: the value and its origin are the strongest's, what lost is kept in order."""
    found, said = _speak(words, speakers)
    origin = found.origin(words.key)
    row = next(row for row in found.rows if row.key == words.key)
    if not said:
        assert (origin.source, row.value) == ("default", words.default)
        assert origin.overridden == ()
        return
    assert (origin.source, origin.name, row.value) == said[0]
    assert [(o.source, o.name, o.value) for o in origin.overridden] == said[1:]
    assert not found.problems


@given(
    general=st.frozensets(st.sampled_from(["ninefold", "standard", "file", "code"])),
    own=st.frozensets(st.sampled_from(["ninefold", "standard", "file", "code"])),
    signal=st.sampled_from(["traces", "metrics", "logs"]),
)
def test_a_signal_follows_the_general_setting_source_by_source(
    general: frozenset[str], own: frozenset[str], signal: str
) -> None:
    """The source decides first; inside one source the signal's own word beats the general one."""
    by_key = {words.key: words for words in TABLE}
    one, all_ = by_key[f"otlp.{signal}.timeout"], by_key["otlp.timeout"]
    environ: dict[str, str] = {}
    file: dict[str, object] = {}
    code: dict[str, object] = {}
    expected: list[tuple[str, float]] = []
    for speaker, source in (("environment", "environment"), ("file", "file"), ("code", "code")):
        for words, speakers, seconds in ((one, own, 1.0), (all_, general, 2.0)):
            if source == "environment":
                if "ninefold" in speakers:
                    environ[words.ninefold[0]] = f"{seconds}s"
                    expected.append((source, seconds))
                if "standard" in speakers and words.standard is not None:
                    environ[words.standard[0]] = str(int(seconds * 10_000))
                    expected.append((source, seconds * 10))
            elif speaker in speakers:
                (file if source == "file" else code)[words.key] = seconds
                expected.append((source, seconds))
    found = settle(Said(environ=environ, file=file, code=code))
    origin = found.origin(f"otlp.{signal}.timeout")
    value = getattr(found, f"otlp_{signal}").timeout
    assert (origin.source, value) == (expected[0] if expected else ("default", 2.0))
    assert len(origin.overridden) == max(0, len(expected) - 1)


@pytest.mark.parametrize(("file", "code"), [({}, {}), ({"disabled": False}, {"disabled": False})])
def test_the_kill_switch_wins_over_everything(
    file: dict[str, object], code: dict[str, object]
) -> None:
    """`OTEL_SDK_DISABLED=true` disables even against our own variable, which is told as lost."""
    environ = {"OTEL_SDK_DISABLED": "True", "NINEFOLD_DISABLED": "false"}
    found = settle(Said(environ=environ, file=file, code=code))
    assert found.disabled
    origin = found.origin("disabled")
    assert origin.name == "OTEL_SDK_DISABLED"
    assert origin.overridden[0].name == "NINEFOLD_DISABLED"


def test_an_empty_variable_counts_as_unset() -> None:
    """Empty and blank variables say nothing: the next source is asked, nobody is warned."""
    environ = {"OTEL_SERVICE_NAME": "", "NINEFOLD_SERVICE_NAME": " ", "NINEFOLD_TYPO": ""}
    found = settle(Said(environ=environ, code={"name": "checkout"}))
    assert found.name == "checkout"
    assert found.problems == ()


def test_none_in_code_says_nothing() -> None:
    """An argument that was not given leaves the default."""
    found = settle(Said(code={"version": None, "max_series": None}))
    assert (found.version, found.max_series) == (None, 2000)
    assert found.origin("max_series").source == "default"


def test_settings_are_equal_when_their_values_are() -> None:
    """Where a value came from does not matter to whether two set-ups are the same."""
    by_code = settle(Said(code={"name": "checkout"}))
    by_environment = settle(Said(environ={"OTEL_SERVICE_NAME": "checkout"}))
    assert by_code == by_environment
    assert by_code != settle(Said(code={"name": "cart"}))
