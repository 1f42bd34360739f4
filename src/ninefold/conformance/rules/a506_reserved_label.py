"""A506: labels that Prometheus or an exporter keeps for itself."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration, Text
from ninefold.conformance._finding import Found, Severity
from ninefold.conformance._rule import Context, rule
from ninefold.core import prometheus_label
from ninefold.errors import ConfigurationError

_OWNERS = {"le": ("histogram", "gaugehistogram"), "quantile": ("summary",)}
_TARGET = ("job", "instance")


@rule(
    "A506",
    "reserved-label",
    "E",
    source="promlint: reserved labels; OpenTelemetry specification, compatibility with Prometheus",
    partly=True,
)
def reserved_label(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A label of one's own is called `le`, `quantile`, `job`, `instance`, `otel_scope_…` or `__…`.

    ## Why

    A scrape sets `job` and `instance`: one's own becomes `exported_job`, and no query finds it.
    `le` and `quantile` make buckets and quantiles of what is none. Labels that begin with two
    underscores are dropped after relabelling, and `otel_scope_…` is what an exporter says of the
    meter.

    ## Bad

    ```python
    from prometheus_client import Counter

    runs = Counter("shop_runs_total", "Runs of a job.", ["job"])
    ```

    ## Use instead

    ```python
    from prometheus_client import Counter

    runs = Counter("shop_runs_total", "Runs of a job.", ["job_name"])
    ```
    """
    seen: set[str] = set()
    for key in _keys(declaration, context):
        text = key.value
        if not text or text in seen:
            continue
        seen.add(text)
        found = _judged(declaration, text)
        if found is not None:
            severity, why = found
            as_in = f", as in '{text}_name'" if text in _TARGET else ""
            yield Found(
                key.position,
                f"the label {text!r} {why}",
                f"give it a name of your own{as_in}",
                severity=severity,
            )


def _judged(declaration: Declaration, key: str) -> tuple[Severity | None, str] | None:
    exposed = declaration.api == "exposition"
    try:
        label = key if exposed else prometheus_label(key)
    except ConfigurationError:
        return None
    if label in _OWNERS:
        # What has no type may be the series of a histogram, as an old exporter wrote them.
        if exposed and declaration.kind in (*_OWNERS[label], "unknown"):
            return None
        return None, f"is kept for what a {_OWNERS[label][0]} has of itself"
    if label in _TARGET:
        # A gateway or a federating server says of its series whose they are.
        return ("W" if exposed else None), "is set by the scrape: this one becomes 'exported_…'"
    if key.startswith("__"):
        return None, "begins with '__', and is dropped by Prometheus"
    if label.startswith("otel_scope_") and not exposed:
        return None, "is what an exporter says of the meter"
    return None


def _keys(declaration: Declaration, context: Context) -> Iterator[Text]:
    if declaration.labels is not None:
        yield from declaration.labels.names or ()
    if declaration.api != "exposition":
        for use in context.uses.get(declaration, ()):
            for attribute in use.attributes:
                yield attribute.key
