"""The `OTEL_*` variables, read by the OpenTelemetry specification."""

from __future__ import annotations

import math

import pytest

from ninefold.config._decision import Said
from ninefold.config._settle import settle

IGNORED = "; ignored, as OpenTelemetry asks for its own variables"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("OTEL_SDK_DISABLED", "1", "OTEL_SDK_DISABLED must be true or false, got '1'"),
        ("OTEL_SERVICE_NAME", "a\x07", "OTEL_SERVICE_NAME must be 1 to 255 printable characters"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=1,b", "OTEL_RESOURCE_ATTRIBUTES must be 'key=value'"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "5s", "must be a whole number of milliseconds > 0"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "-1", "must be a whole number of milliseconds > 0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "must be a whole number of milliseconds > 0, got '0'"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "'http/protobuf', 'grpc', got 'http/json'"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a", "must be 'key=value' pairs with commas"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "yes", "must be true or false, got 'yes'"),
        ("OTEL_TRACES_EXPORTER", "none,otlp", "must be 'none' alone, or names without it"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "some", "must be one of 'trace_based', 'always_on'"),
        ("OTEL_TRACES_SAMPLER", "parentbased_always", "did you mean 'parentbased_always_on'?"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote", "OTEL_TRACES_SAMPLER must be one of"),
    ],
)
def test_a_wrong_value_is_warned_of_once_and_ignored(
    variable: str, value: str, message: str
) -> None:
    """The specification: warn, and go on as if unset; however many settings asked."""
    settings = settle(Said(environ={variable: value}))
    assert settings == settle(Said())
    assert len(settings.problems) == 1
    assert message in settings.problems[0]
    assert settings.problems[0].endswith(IGNORED)


def test_the_next_source_is_taken_instead_of_a_wrong_value() -> None:
    """The file speaks where the variable says nothing that can be meant."""
    settings = settle(
        Said(environ={"OTEL_METRIC_EXPORT_INTERVAL": "x"}, file={"metric_export_interval": 7})
    )
    assert settings.metric_export_interval == 7.0
    assert settings.origin("metric_export_interval").source == "file"


def test_times_are_milliseconds() -> None:
    """Python's own exporters read the OTLP timeout as seconds; the specification does not."""
    settings = settle(
        Said(
            environ={
                "OTEL_EXPORTER_OTLP_TIMEOUT": "10000",
                "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": "250",
                "OTEL_METRIC_EXPORT_INTERVAL": "5000",
            }
        )
    )
    assert settings.otlp_traces.timeout == 10.0
    assert settings.otlp_logs.timeout == 0.25
    assert settings.metric_export_interval == 5.0


@pytest.mark.parametrize(
    ("sampler", "argument", "ratio", "parent"),
    [
        ("always_on", "", 1.0, "ignore"),
        ("ALWAYS_OFF", "", 0.0, "ignore"),
        ("traceidratio", "0.25", 0.25, "ignore"),
        ("traceidratio", "", 1.0, "ignore"),
        ("parentbased_always_on", "0.5", 1.0, "respect"),
        ("parentbased_always_off", "", 0.0, "respect"),
        ("parentbased_traceidratio", "1e-1", 1.0, "respect"),
        ("parentbased_traceidratio", "0.1", 0.1, "respect"),
    ],
)
def test_the_standard_samplers_are_ratio_and_parent_rule(
    sampler: str, argument: str, ratio: float, parent: str
) -> None:
    """Each standard sampler is one pair of our two settings, above what the file says."""
    settings = settle(
        Said(
            environ={"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument},
            file={"sampling": {"default": 0.75}},
        )
    )
    assert (settings.sampling_ratio, settings.sampling_parent) == (ratio, parent)
    # What such a sampler keeps is in its name: a limit that nobody asked for would break it.
    assert settings.sampling_target == math.inf
    origin = settings.origin("sampling.target_per_s")
    assert origin.source == "default"
    assert origin.name == "default, as OTEL_TRACES_SAMPLER names a standard sampler"


@pytest.mark.parametrize("sampler", ["always_on", "traceidratio", "ninefold", "nonsense", ""])
@pytest.mark.parametrize(
    "said",
    [
        {"environ": {"NINEFOLD_SAMPLING_TARGET_PER_S": "20"}},
        {"file": {"sampling": {"target_per_s": 20}}},
        {"code": {"sampling.target_per_s": 20}},
    ],
)
def test_a_target_that_is_asked_for_limits_every_sampler(
    sampler: str, said: dict[str, dict[str, object]]
) -> None:
    """Whoever says it; without a standard sampler's name the default of 5 is there."""
    environ = {"OTEL_TRACES_SAMPLER": sampler}
    given = {**said, "environ": {**environ, **said.get("environ", {})}}
    assert settle(Said(**given)).sampling_target == 20  # type: ignore[arg-type]
    standard = sampler in ("always_on", "traceidratio")
    assert settle(Said(environ=environ)).sampling_target == (math.inf if standard else 5)


def test_what_our_own_sampler_is_told_is_limited_as_ever() -> None:
    """Its argument is a share as `sampling.default` says it; `target_per_s` may stand there too."""
    environ = {"OTEL_TRACES_SAMPLER": "ninefold", "OTEL_TRACES_SAMPLER_ARG": "0.5"}
    assert settle(Said(environ=environ)).sampling_target == 5
    environ["OTEL_TRACES_SAMPLER_ARG"] = "default=0.5,target_per_s=inf"
    assert settle(Said(environ=environ)).sampling_target == math.inf


def test_a_share_of_our_own_beside_a_standard_sampler_is_limited_as_ever() -> None:
    """`NINEFOLD_SAMPLING_DEFAULT` wins, and so the sampler's name means nothing for the limit."""
    environ = {"OTEL_TRACES_SAMPLER": "always_on", "NINEFOLD_SAMPLING_DEFAULT": "0.5"}
    assert settle(Said(environ=environ)).sampling_target == 5


def test_a_wrong_sampler_argument_is_as_none() -> None:
    """The specification: the sampler keeps its own default, 1.0, and the user is told."""
    settings = settle(
        Said(
            environ={"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"},
            code={"sampling.default": 0.5},
        )
    )
    assert settings.sampling_ratio == 1.0
    assert settings.problems == (
        f"OTEL_TRACES_SAMPLER_ARG must be between 0 and 1, got 2.0{IGNORED}",
    )


def test_our_own_name_as_sampler_leaves_our_settings() -> None:
    """`OTEL_TRACES_SAMPLER=ninefold` chooses us, and says nothing about the ratio."""
    settings = settle(
        Said(environ={"OTEL_TRACES_SAMPLER": "ninefold"}, code={"sampling.default": 0.5})
    )
    assert settings.sampling_ratio == 0.5
    assert settings.problems == ()


def test_headers_are_percent_decoded_and_tolerant() -> None:
    """Encoded or not, a header arrives as it was meant: many write it unencoded."""
    environ = {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer a%20b==, x-sum = 100%"}
    headers = settle(Said(environ=environ)).otlp_traces.headers
    assert dict(headers) == {"authorization": "Bearer a b==", "x-sum": "100%"}
