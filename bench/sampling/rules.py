"""Ten rules as a service may have them, for ninefold and for the SDK's composite sampler.

None fits what the scenarios start, until the last of them is made to: that is the longest way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.sampling import Sampler

    import ninefold as nf

RATIO: Final = 0.1
"""The share that is kept where no rule fits, and by the rule that fits."""

PATH: Final = "/things/42"

ATTRIBUTES: Final[dict[str, Any]] = {
    "http.request.method": "GET",
    "url.scheme": "https",
    "url.path": PATH,
    "network.protocol.version": "1.1",
    "server.address": "shop.example",
    "server.port": 8080,
    "client.address": "203.0.113.9",
    "user_agent.original": "bench/1.0",
}
"""What a span of a request starts with: the eight attributes of the HTTP conventions."""

_PATHS: Final = ("/pay/*", "/carts/*/checkout", "/admin/*", "/search", "/v?/legacy/*", "/export.*")


def ours(number: int, *, last_fits: bool = False) -> list[nf.Rule]:
    """The first of six rules by path, a method, a kind, an attribute and a dependency."""
    import ninefold as nf

    rules = [nf.Rule(path=path, rate=1.0) for path in _PATHS]
    rules += [
        nf.Rule(method="DELETE", rate=1.0),
        nf.Rule(kind="consumer", rate=0.5),
        nf.Rule(attributes={"tenant": "acme"}, rate=1.0),
        nf.Rule(dependency="psp", rate=1.0),
    ]
    del rules[number:]
    if last_fits:
        rules[-1:] = [nf.Rule(path="/things/*", rate=RATIO)]
    return rules


def composite(*, rules: bool) -> Sampler:
    """The SDK's consistent sampler, by the parent's threshold; with rules that mean the same."""
    from opentelemetry.sdk.trace import _sampling_experimental as consistent
    from opentelemetry.sdk.trace._sampling_experimental import _rule_based as predicates
    from opentelemetry.trace import SpanKind

    root = consistent.composable_traceid_ratio_based(RATIO)
    if rules:
        always = consistent.composable_always_on()
        told: list[tuple[Any, Any]] = [
            (predicates.AttributePatternsPredicate("url.path", included=[path]), always)
            for path in _PATHS
        ]
        told += [
            (predicates.AttributeValuesPredicate("http.request.method", ["DELETE"]), always),
            (
                predicates.SpanKindPredicate([SpanKind.CONSUMER]),
                consistent.composable_traceid_ratio_based(0.5),
            ),
            (predicates.AttributeValuesPredicate("tenant", ["acme"]), always),
            (predicates.AttributeValuesPredicate("service.peer.name", ["psp"]), always),
            (predicates.AlwaysMatchPredicate(), root),
        ]
        root = consistent.composable_rule_based(told)
    return consistent.composite_sampler(consistent.composable_parent_threshold(root))
