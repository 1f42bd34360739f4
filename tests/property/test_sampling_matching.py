"""Many rules that are looked up together decide as the same rules asked one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate

from hypothesis import given
from hypothesis import strategies as st

from ninefold.sampling import Rule
from ninefold.sampling._matching import first_fitting


class _Text(StrEnum):
    """A text that is equal to a plain one, and has another hash."""

    ACME = "acme"
    GET = "GET"
    PAY = "/pay/a"


_VALUES = ("acme", "acme-eu", "", 3, 3.0, True, False, None, ("acme",), ["acme"], _Text.ACME)
_WANTED = (*_VALUES, re.compile("^acme"))
_NAMES = ("tenant", "shard", "service.peer.name")
_KINDS = ("server", "client", "internal", "producer", "consumer")

# Few letters, so that much of it fits; brackets that are no set, and sets that are none.
_globs = st.one_of(
    st.sampled_from(
        ["/pay/*", "/pay/?", "/*", "*", "/", "/p*", "/pay/a", "/pay/**", "*a", "/[ab]*"]
    ),
    st.builds(lambda rest: "/" + rest, st.text("/apy*?[]!-.", max_size=8)),
    st.builds(lambda rest: "*" + rest, st.text("/apy*?[]!-", max_size=5)),
)
_paths = st.one_of(
    st.sampled_from(["/pay/", "/pay", "/pay/a", "/pay/a/b", "/", "", "pay", _Text.PAY]),
    st.text("/apy-!]\n", max_size=9).map(lambda rest: "/" + rest),
    st.text(max_size=4),
)


@dataclass(frozen=True)
class _Seen:
    sampled_path: str | None
    sampled_method: str | None
    sampled_kind: str
    sampled_attributes: Mapping[str, object] = field(default_factory=dict)


_rules = st.lists(
    st.builds(
        Rule,
        path=st.none() | _globs,
        method=st.none() | st.sampled_from(["GET", "POST"]),
        kind=st.none() | st.sampled_from(_KINDS),
        dependency=st.none() | st.sampled_from(["acme", "psp"]),
        attributes=st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_WANTED), max_size=2),
        drop=st.just(True),
    ),
    max_size=8,
)
_attributes = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_VALUES), max_size=3)


def _one_by_one(rules: list[Rule], seen: _Seen) -> int:
    return next((1 << place for place, rule in enumerate(rules) if rule.fits(seen)), 0)


@given(
    _rules,
    st.builds(
        _Seen,
        st.none() | _paths,
        st.sampled_from([None, "GET", "PUT", _Text.GET]),
        st.sampled_from(_KINDS),
        _attributes,
    ),
)
def test_rules_looked_up_together_decide_as_asked_one_by_one(
    rules: list[Rule], seen: _Seen
) -> None:
    """The first of them that fits is found, whatever it looks at."""
    assert first_fitting(rules)(seen) == _one_by_one(rules, seen)


@given(
    _rules,
    st.sampled_from(_KINDS),
    _attributes,
    st.sampled_from(["GET", _Text.GET, 3, None]),
    st.none() | _paths | st.just(3),
    st.none() | _paths | st.just(3),
)
def test_a_span_is_seen_by_its_attributes(
    rules: list[Rule],
    kind: str,
    attributes: dict[str, object],
    method: object,
    route: object,
    path: object,
) -> None:
    """Its route is its path where that is told, and what is no text says nothing."""
    told = {"http.request.method": method, "http.route": route, "url.path": path}
    started = {**attributes, **{key: value for key, value in told.items() if value is not None}}
    seen = _Seen(
        next((text for text in (route, path) if isinstance(text, str) and text), None)
        if not isinstance(path, str)
        else (route if isinstance(route, str) and route else path),
        method if isinstance(method, str) else None,
        kind,
        started,
    )
    assert first_fitting(rules)((kind, started)) == _one_by_one(rules, seen)


@given(st.lists(_globs, max_size=6), _paths)
def test_globs_mean_what_fnmatch_says(globs: list[str], path: str) -> None:
    """However they are looked up, they fit where the pattern that `fnmatch` makes of them does."""
    first = first_fitting([Rule(path=glob, drop=True) for glob in globs])
    fitting = [bool(re.compile(translate(glob)).match(path)) for glob in globs]
    wanted = 1 << fitting.index(True) if True in fitting else 0
    assert first(_Seen(path, "GET", "server")) == wanted
    assert first(("server", {"url.path": path})) == wanted
