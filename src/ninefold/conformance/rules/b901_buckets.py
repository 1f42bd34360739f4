"""B901 and B903: buckets that do not fit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._together import are_alternatives

_MOST: Final = 50
"""The defaults of OpenTelemetry and prometheus_client have 15 and 14 boundaries. Each is a series
for every combination of attributes; beyond thrice as many an exponential histogram is cheaper."""


@rule(
    "B901",
    "default-buckets-for-seconds",
    "W",
    profiles=("otel",),
    source="ninefold; OpenTelemetry specification, metrics SDK: explicit bucket histogram",
)
def default_buckets_for_seconds(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A histogram in seconds has the SDK's default buckets, which are made for milliseconds.

    ## Why

    The default boundaries are 0, 5, 10, 25 … 10000. Of a request that takes 0.2 seconds they say
    that it took 0 to 5: every quantile is then 2.5 or 4.75 seconds. This counts for a convention's
    metric as for any other: `http.server.request.duration` is given its boundaries by who declares
    it. A view can set them too: one in a file that declares metrics is
    seen, of any other accept this finding with a reason. The conventions'
    own package, `opentelemetry.semconv`, is spared: it cannot give any. So is the `except` of a
    `try` that gives some, for an API that takes none.

    ## Bad

    ```python
    waited = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")
    ```

    ## Use instead

    ```python
    waited = meter.create_histogram(
        "shop.wait",
        unit="s",
        description="How long one waits.",
        explicit_bucket_boundaries_advisory=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    )
    ```
    """
    if (
        declaration.api == "opentelemetry"
        and declaration.kind == "histogram"
        and declaration.unit is not None
        and declaration.unit.value == "s"
        and declaration.buckets is None
        and not (context.is_known(declaration) and _is_of_registry(declaration))
        and not _has_alternative_with_buckets(declaration, context)
    ):
        is_helper = not declaration.callee.endswith("create_histogram")
        yield Found(
            declaration.lacking,
            f"{declaration.name.value!r} is in seconds, but has the default buckets, which are made"
            " for milliseconds",
            "this function takes none: call create_histogram with"
            " explicit_bucket_boundaries_advisory, in seconds"
            if is_helper
            else "give explicit_bucket_boundaries_advisory, in seconds",
        )


def _has_alternative_with_buckets(declaration: Declaration, context: Context) -> bool:
    """Whether this is what is left to an API that takes no boundaries, where others are given them.

    Such as in the `except TypeError` of a `try` that gives some.
    """
    return any(
        each.buckets is not None
        and each.name.value == declaration.name.value
        and are_alternatives(each, declaration)
        for each in context.facts.declarations
    )


def _is_of_registry(declaration: Declaration) -> bool:
    path = declaration.position.path.replace("\\", "/")
    return "opentelemetry/semconv/" in path


@rule(
    "B903",
    "bad-boundaries",
    "E",
    partly=True,
    source="prometheus_client; OpenTelemetry specification, metrics API: advisory parameters",
)
def bad_boundaries(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A histogram's boundaries are unsorted or repeated; or there are more than 50, a warning.

    ## Why

    prometheus_client raises for what is not sorted, and an SDK counts into the wrong bucket. Each
    boundary is one more series for every combination of attributes.

    ## Bad

    ```python
    from prometheus_client import Histogram

    waited = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.1, 1, 0.5))
    ```

    ## Use instead

    ```python
    from prometheus_client import Histogram

    waited = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.1, 0.5, 1))
    ```
    """
    if declaration.buckets is None or declaration.buckets.bounds is None:
        return
    bounds = declaration.buckets.bounds
    position = declaration.buckets.position
    for one, two in pairwise(bounds):
        if two <= one:
            what = "are repeated" if two == one else "are not in order"
            yield Found(
                position,
                f"the boundaries {what}: {one:g} is followed by {two:g}",
                "give each once, ascending",
            )
            return
    if len(bounds) > _MOST:
        yield Found(
            position,
            f"the histogram has {len(bounds)} boundaries, each a series of its own",
            f"{_MOST} are enough; an exponential histogram needs none",
            severity="W",
        )
