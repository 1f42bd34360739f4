"""S403: a suffix that the series of histograms and summaries have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule

_OWNERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "_bucket": ("histogram",),
        "_count": ("histogram", "summary"),
        "_sum": ("histogram", "summary"),
    }
)


@rule(
    "S403",
    "reserved-suffix",
    "E",
    fix="unsafe",
    source="promlint: reserved suffixes of histograms and summaries",
    profiles=("prometheus",),
    exempt=True,
)
def reserved_suffix(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name ends with `_bucket`, `_count` or `_sum` and is no histogram or summary.

    ## Why

    Those are the series of a histogram or summary. Tools that look for one find half of it; where a
    histogram of the same beginning exists, or is added later, the two share a series.

    ## Bad

    ```python
    from prometheus_client import Gauge

    workers = Gauge("shop_workers_count", "Workers that run.")
    ```

    ## Use instead

    ```python
    from prometheus_client import Gauge

    workers = Gauge("shop_workers", "Workers that run.")
    ```
    """
    name = declaration.name.value or ""
    # What a counter is called in the code is not what ends its stored name.
    if declaration.api in ("opentelemetry", "ninefold") or declaration.kind == "unknown":
        return
    if declaration.api == "prometheus_client" and declaration.kind == "counter":
        return
    kind = "histogram" if declaration.kind == "gaugehistogram" else declaration.kind
    for suffix, owners in _OWNERS.items():
        if name.endswith(suffix) and kind not in owners:
            yield Found(
                declaration.name.position,
                f"the {declaration.kind} {name!r} ends with {suffix!r}, as the series of a "
                f"{' or '.join(owners)} do",
                f"name it {name.removesuffix(suffix)!r}",
                replaced(declaration.name, name.removesuffix(suffix), "unsafe"),
            )
