"""What each kind of setting accepts, and what a wrong value is answered with."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from ninefold.config._decision import Said
from ninefold.config._settle import settle
from ninefold.errors import ConfigurationError

BOOLEAN = "must be true or false, got"
DURATION = "must be a duration in seconds, such as 2.5, or with a unit, such as '500ms', '5s' or"
URL = "must be a URL such as 'http://127.0.0.1:4318', or 'host:port', got"

WRONG: list[tuple[str, object, str]] = [
    ("name", "", "name (argument of setup) must be 1 to 255 printable characters"),
    ("name", 7, "name (argument of setup) must be 1 to 255 printable characters"),
    ("disabled", "maybe", f"disabled (argument of setup) {BOOLEAN} 'maybe'"),
    ("log_correlation", 1, f"log_correlation (argument of setup) {BOOLEAN} 1"),
    ("resilience", "on?", f"resilience (argument of setup) {BOOLEAN} 'on?'"),
    ("accept_deadline", "2s", f"accept_deadline (argument of setup) {BOOLEAN} '2s'"),
    ("process_metrics", "on?", f"process_metrics (argument of setup) {BOOLEAN} 'on?'"),
    ("otlp.timeout", 0, "otlp.timeout (argument of setup) must be > 0 seconds, got 0"),
    ("otlp.timeout", "-1s", "otlp.timeout (argument of setup) must be > 0 seconds, got -1.0"),
    ("otlp.timeout", timedelta(0), "otlp.timeout (argument of setup) must be > 0 seconds, got 0"),
    ("otlp.timeout", math.nan, "must be a finite number > 0 seconds, got nan"),
    ("otlp.timeout", "soon", f"{DURATION} '2m', got 'soon'"),
    ("otlp.timeout", "1_0", f"{DURATION} '2m', got '1_0'"),
    ("otlp.timeout", "٣s", f"{DURATION} '2m', got '٣s'"),
    ("otlp.timeout", [2], "must be a number > 0 seconds, got [2]"),
    ("max_series", 1, "must be a whole number >= 2 series, got 1"),
    ("max_series", 2.0, "must be a whole number >= 2 series, got 2.0"),
    ("max_series", "many", "must be a whole number >= 2 series, got 'many'"),
    ("sampling.default", 1.5, "must be between 0 and 1, got 1.5"),
    ("sampling.default", "half", "must be a number between 0 and 1, got 'half'"),
    ("sampling.parent", "ignor", "got 'ignor'; did you mean 'ignore'?"),
    ("sampling.parent", "cap", "must say a share with 'cap', such as 'cap:0.05'"),
    ("sampling.parent", "cap:", "the share after cap: of sampling.parent (argument of setup) must"),
    ("sampling.parent", "cap:2", "must be between 0 and 1, got 2.0"),
    ("sampling.parent", 0.05, "must be one of 'respect', 'ignore', 'cap:0.05', got 0.05"),
    ("sampling.target_per_s", 0, "must be > 0 per second, got 0; write inf for no limit"),
    ("sampling.target_per_s", "off", "got 'off'; write inf for no limit"),
    ("sampling.target_per_s", math.nan, "must be a finite number > 0 per second, got nan"),
    ("exemplar_filter", "trace", "must be one of 'trace_based', 'always_on', 'always_off'"),
    ("otlp.protocol", "http", "must be one of 'http/protobuf', 'grpc', got 'http'"),
    ("propagators", "none,b3", "must be 'none' alone, or names without it, got 'none,b3'"),
    ("propagators", {"b3"}, "must be a list, or text with commas, got {'b3'}"),
    ("propagators", ["b3", 1], "must list text, got 1 in it"),
    ("exclude", "health", "such as '/internal/*', got 'health'; did you mean '/health'?"),
    ("workers", "here", "such as '/run/checkout', got 'here'"),
    ("metrics_path", "metrics", "must be a path such as '/metrics', got 'metrics'"),
    ("metrics_path", "/m?x=1", "must be a path such as '/metrics', got '/m?x=1'"),
    ("otlp.endpoint", "collector", f"{URL} 'collector'"),
    ("otlp.endpoint", "ftp://collector:1", f"{URL} 'ftp://collector:1'"),
    ("otlp.endpoint", "http://", f"{URL} 'http://'"),
    ("otlp.endpoint", "http://[::1", f"{URL} 'http://[::1'"),
    ("otlp.endpoint", "http://h:port", f"{URL} 'http://h:port'"),
    ("otlp.endpoint", "http://h\n:1", f"{URL} 'http://h\\n:1'"),
    ("otlp.endpoint", 4317, f"{URL} 4317"),
    ("otlp.certificate", " ", "must be the path of a file, got ' '"),
    ("otlp.headers", ["a"], "must be a table of headers, got a list"),
    ("otlp.headers", {"a": 1}, "the header 'a' must be printable text"),
    ("resource_attributes", ["a"], "must be a table of attributes, got ['a']"),
    ("resource_attributes", "a", "must be 'key=value' pairs with commas, got 'a'"),
    ("resource_attributes", "a=%zz", "must be percent-encoded UTF-8, got '%zz'"),
    ("resource_attributes", "a=%ff", "must be percent-encoded UTF-8, got '%ff'"),
    ("resource_attributes", {"a": None}, "a must be text, a number, true or false, or a list"),
    ("resource_attributes", {"a": [1, "b"]}, "or a list of one of them, got [1, 'b']"),
    ("resource_attributes", {"": "b"}, "must have text as keys, got ''"),
    ("resource_attributes", {"service.name": 5}, "name (said by setup(): resource_attributes)"),
]


@pytest.mark.parametrize(("key", "value", "message"), WRONG)
def test_a_wrong_value_says_what_the_value_and_the_remedy(
    key: str, value: object, message: str
) -> None:
    """Nothing that cannot be meant is accepted, and the message is enough to mend it."""
    with pytest.raises(ConfigurationError) as raised:
        settle(Said(code={key: value}))
    assert message in str(raised.value)


def test_the_message_names_the_source() -> None:
    """The variable, or the file, is named: that is where the reader has to go."""
    with pytest.raises(ConfigurationError) as by_variable:
        settle(Said(environ={"NINEFOLD_MAX_SERIES": "1"}))
    assert "max_series (environment variable NINEFOLD_MAX_SERIES) must" in str(by_variable.value)
    with pytest.raises(ConfigurationError) as by_file:
        settle(Said(file={"max_series": 1}, where="/app/ninefold.toml"))
    assert "max_series (/app/ninefold.toml) must be" in str(by_file.value)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2", 2.0),
        ("2.5", 2.5),
        (".5", 0.5),
        ("500ms", 0.5),
        ("5s", 5.0),
        ("2 m", 120.0),
        ("1h", 3600.0),
        (timedelta(milliseconds=250), 0.25),
    ],
)
def test_a_duration_is_read_with_and_without_its_unit(written: object, seconds: float) -> None:
    """A bare number is seconds, everywhere; a unit may be written behind it."""
    assert settle(Said(code={"shutdown_timeout": written})).shutdown_timeout == seconds


@pytest.mark.parametrize(
    ("key", "table", "wrong"),
    [
        ("enviroment", {"enviroment": "x"}, "did you mean 'environment'?"),
        ("otlp.trace.endpoint", {"otlp": {"trace": {"endpoint": "x"}}}, "'otlp.traces.endpoint'?"),
        ("zzz", {"zzz": {"a": 1}}, "`ninefold doctor` lists all settings"),
        ("otlp", {"otlp": "http://h"}, "must be a table with keys such as 'otlp.certificate'"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(
    key: str, table: dict[str, object], wrong: str
) -> None:
    """A misspelt key in a file would otherwise be obeyed by nobody, silently."""
    with pytest.raises(ConfigurationError) as raised:
        settle(Said(file=table, where="ninefold.toml"))
    assert wrong in str(raised.value)
    assert key in str(raised.value)
    assert "ninefold.toml" in str(raised.value)


def test_an_empty_table_says_nothing() -> None:
    """A table that was emptied, or commented out line by line, is no mistake."""
    table = {"otlp": {"traces": {}}, "resource_attributes": {}}
    assert settle(Said(file=table)) == settle(Said())


def test_an_unknown_argument_is_refused() -> None:
    """What code says is checked as a file is."""
    with pytest.raises(ConfigurationError, match=r"'sampling.ratio' \(argument of setup\)"):
        settle(Said(code={"sampling.ratio": 1}))


def test_a_misspelt_variable_is_warned_of() -> None:
    """A variable of ours that names no setting is not obeyed, but said; others are not ours."""
    settings = settle(
        Said(environ={"NINEFOLD_EXLUDE": "/x", "NINEFOLD_QQQ": "1", "PATH": "/bin", "NINE": "9"})
    )
    assert settings.problems == (
        (
            "there is no setting for the environment variable NINEFOLD_EXLUDE"
            "; did you mean NINEFOLD_EXCLUDE?"
        ),
        "there is no setting for the environment variable NINEFOLD_QQQ",
    )


def test_asking_for_the_origin_of_no_setting_names_the_nearest() -> None:
    """The question itself is checked."""
    with pytest.raises(ConfigurationError, match=r"did you mean 'otlp.endpoint'"):
        settle(Said()).origin("otlp.endpont")


class TestResourceAttributes:
    """They are joined from all sources; some of them stand for settings."""

    def test_each_attribute_is_decided_alone(self) -> None:
        """The strongest source that has an attribute decides it, and the losers are told."""
        settings = settle(
            Said(
                environ={"OTEL_RESOURCE_ATTRIBUTES": "tier=env,zone=a%2Cb%20c,"},
                file={"resource_attributes": {"tier": "file", "cloud": {"region": "eu"}}},
                code={"resource_attributes": {"tier": "code", "ports": [1, 2]}},
                where="f.toml",
            )
        )
        assert settings.resource_attributes == {
            "tier": "env",
            "zone": "a,b c",
            "cloud.region": "eu",
            "ports": (1, 2),
        }
        tier = settings.origin("resource_attributes.tier")
        assert [tier.source, *(lost.value for lost in tier.overridden)] == [
            "environment",
            "file",
            "code",
        ]
        assert settings.origin("resource_attributes").source == "environment"
        assert "resource_attributes" not in {row.key for row in settings.explain()}

    def test_service_attributes_are_the_environments_word_on_settings(self) -> None:
        """They rank below the variable of the setting itself, and above the file."""
        attributes = (
            "service.name=a,service.version=2,service.namespace=shop,"
            "deployment.environment.name=prod,ninefold.service.owner=web,team=x"
        )
        settings = settle(
            Said(
                environ={"OTEL_RESOURCE_ATTRIBUTES": attributes, "OTEL_SERVICE_NAME": "b"},
                file={"environment": "dev", "owner": "file"},
                code={"version": "1"},
            )
        )
        assert (settings.name, settings.version, settings.namespace) == ("b", "2", "shop")
        assert (settings.environment, settings.owner) == ("prod", "web")
        assert settings.resource_attributes == {"team": "x"}
        assert [lost.value for lost in settings.origin("name").overridden] == ["a"]
        assert settings.origin("environment").name == "OTEL_RESOURCE_ATTRIBUTES"

    def test_what_the_standard_variable_says_wrongly_is_passed_over(self) -> None:
        """A service name that is no name is warned of, and code's word counts."""
        environ = {"OTEL_RESOURCE_ATTRIBUTES": "service.name=%07,service.version="}
        settings = settle(Said(environ=environ, code={"name": "checkout", "version": "1"}))
        assert (settings.name, settings.version) == ("checkout", "1")
        assert len(settings.problems) == 1
        assert "name (said by OTEL_RESOURCE_ATTRIBUTES)" in settings.problems[0]


class TestExporters:
    """Nothing is exported where no endpoint and no exporter is configured."""

    def test_nothing_by_default(self) -> None:
        """A service without any setting opens no connection."""
        settings = settle(Said())
        assert settings.traces_exporter == settings.metrics_exporter == settings.logs_exporter == ()

    def test_an_endpoint_is_enough(self) -> None:
        """Traces and metrics go to a configured endpoint; logs only when asked."""
        settings = settle(Said(code={"otlp.endpoint": "http://127.0.0.1:4318"}))
        assert settings.traces_exporter == settings.metrics_exporter == ("otlp",)
        assert settings.logs_exporter == ()
        assert settings.origin("traces_exporter").name == (
            "default, as an OTLP endpoint is configured"
        )

    def test_a_signals_endpoint_is_enough_for_that_signal(self) -> None:
        """An endpoint for metrics alone sends no spans to a default address."""
        environ = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1/m"}
        settings = settle(Said(environ=environ))
        assert (settings.traces_exporter, settings.metrics_exporter) == ((), ("otlp",))

    def test_none_wins_over_an_endpoint(self) -> None:
        """An exporter named in words is never added to."""
        settings = settle(
            Said(
                environ={"OTEL_TRACES_EXPORTER": "none"},
                code={"otlp.endpoint": "http://127.0.0.1:4318"},
            )
        )
        assert (settings.traces_exporter, settings.metrics_exporter) == ((), ("otlp",))

    def test_prometheus_among_the_exporters_is_the_endpoint_of_ours(self) -> None:
        """The name switches our endpoint on and is no exporter; its own setting is stronger."""
        environ = {"OTEL_METRICS_EXPORTER": "prometheus,console"}
        settings = settle(Said(environ=environ, code={"prometheus": False}))
        assert settings.prometheus
        assert settings.metrics_exporter == ("console",)
        assert settings.origin("prometheus").name == "OTEL_METRICS_EXPORTER"
        environ["NINEFOLD_PROMETHEUS"] = "off"
        assert not settle(Said(environ=environ)).prometheus


class TestOtlp:
    """What an exporter is handed is resolved: nothing is left for it to look up."""

    @pytest.mark.parametrize(
        ("code", "endpoint", "insecure"),
        [
            ({}, "http://localhost:4318/v1/traces", True),
            ({"otlp.protocol": "grpc"}, "http://localhost:4317", True),
            ({"otlp.endpoint": "https://c/base/?k=v"}, "https://c/base/v1/traces?k=v", False),
            ({"otlp.endpoint": "c:1"}, "http://c:1/v1/traces", True),
            ({"otlp.traces.endpoint": "http://c:1/own"}, "http://c:1/own", True),
            ({"otlp.endpoint": "http://c:1", "otlp.protocol": "grpc"}, "http://c:1", True),
            ({"otlp.endpoint": "c:1", "otlp.protocol": "grpc"}, "c:1", False),
            (
                {"otlp.endpoint": "c:1", "otlp.protocol": "grpc", "otlp.insecure": True},
                "c:1",
                True,
            ),
            (
                {"otlp.endpoint": "https://c", "otlp.protocol": "grpc", "otlp.insecure": True},
                "https://c",
                False,
            ),
        ],
    )
    def test_the_endpoint_is_whole(
        self, code: dict[str, object], endpoint: str, insecure: bool
    ) -> None:
        """The general endpoint is a base under HTTP, a signal's own is taken as it is."""
        otlp = settle(Said(code=code)).otlp_traces
        assert (otlp.endpoint, otlp.insecure) == (endpoint, insecure)

    def test_each_signal_may_go_elsewhere(self) -> None:
        """Protocol, headers and time of one signal leave the others as they are."""
        settings = settle(
            Said(
                file={
                    "otlp": {
                        "endpoint": "http://c:1",
                        "headers": {"Team": "a"},
                        "metrics": {"protocol": "grpc", "headers": {"team": "b"}, "timeout": 1},
                    }
                }
            )
        )
        assert settings.otlp_metrics.protocol == "grpc"
        assert settings.otlp_metrics.endpoint == "http://c:1"
        assert dict(settings.otlp_metrics.headers) == {"team": "b"}
        assert settings.otlp_metrics.timeout == 1.0
        assert settings.otlp_traces.protocol == "http/protobuf"
        assert dict(settings.otlp_traces.headers) == {"team": "a"}
        assert settings.otlp_traces.timeout == 2.0
        assert "otlp.metrics.protocol" in {row.key for row in settings.explain()}
        assert "otlp.traces.protocol" not in {row.key for row in settings.explain()}
