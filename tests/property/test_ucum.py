"""Our reading of UCUM against ucumvert's, whose grammar is made from UCUM's own tables."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lark import Lark
from ucumvert import get_ucum_parser  # type: ignore[import-untyped]  # ships no types
from ucumvert.xml_util import (  # type: ignore[import-untyped]
    get_base_units,
    get_metric_units,
    get_non_metric_units,
    get_prefixes,
)

from ninefold.conformance.ucum import Fault, Unit, meant, parse
from ninefold.conformance.ucum._atoms import METRIC, NAMES, PLAIN, PREFIXES
from ninefold.registry._facts import load_facts


@cache
def _peer() -> Lark:
    parser: Lark = get_ucum_parser()
    return parser


def _peer_accepts(text: str) -> bool:
    try:
        _peer().parse(text)
    except Exception:  # noqa: BLE001 - lark and ucumvert raise a family of their own
        return False
    return True


_atoms = st.sampled_from([*METRIC, *PLAIN, "1", "10", "60", "007", "0"])
_wrong = st.sampled_from(
    ["seconds", "sec", "bytes", "token", "requests", "MB", "KB", "Sec", "rpm", "kib", "%%", "S"]
)
_prefixed = st.tuples(st.sampled_from([*PREFIXES, ""]), st.one_of(_atoms, _wrong)).map("".join)
_exponents = st.sampled_from(["", "", "", "2", "-1", "+3", "0", "-0", "12"])
_annotations = st.sampled_from(
    ["", "", "{request}", "{}", "{two words}", "{a{b}}", "{é}", "{x", "y}", "{'a-b_c/d.e'}"]
)
_simple = st.tuples(_prefixed, _exponents, _annotations).map("".join)
_terms = st.recursive(
    _simple,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([".", "/", "", "//", " ", "*"]), inner).map("".join),
        inner.map("({})".format),
        inner.map("/{}".format),
        st.tuples(inner.map("({})".format), _annotations).map("".join),
    ),
    max_leaves=4,
)
_noise = st.text(alphabet="smhdByiKMG/.{}()[]12+-%*^ 'k", max_size=8)


@given(text=st.one_of(_terms, _noise))
@example(text="")
@example(text="100/{cells}")
@example(text="g/(8.h){shift}")
@example(text="(/m){ann}")
@example(text="{a}{b}{c}")
@example(text="10*-3/ul")
@example(text="dar")
@example(text="[m/s2/Hz^(1/2)]")
@settings(max_examples=600, deadline=None)
def test_accepts_what_ucumvert_accepts(text: str) -> None:
    """A unit is valid here if and only if it is there; there are no exceptions."""
    assert isinstance(parse(text), Unit) == _peer_accepts(text)


@given(text=st.one_of(_terms, _noise, st.text(max_size=12)))
def test_a_fault_lies_in_the_text(text: str) -> None:
    """Whatever is read, nothing is raised, and a fault names characters that are there."""
    read = parse(text)
    if isinstance(read, Fault):
        assert 0 <= read.start <= read.end <= len(text)
        assert read.start < read.end or not text
    else:
        for term in read.terms:
            assert term.name is not None
            assert text[term.start : term.end].startswith(f"{term.prefix}{term.atom}" or "{")
        assert read.quantity


def test_tables_are_those_of_ucum() -> None:
    """Prefixes and atoms are UCUM's own, none missing, and take prefixes where UCUM's do."""
    assert set(PREFIXES) == set(get_prefixes())
    assert set(METRIC) == {*get_base_units(), *get_metric_units()}
    assert set(PLAIN) == set(get_non_metric_units())
    assert set(NAMES) - {"1"} <= {*METRIC, *PLAIN}


@pytest.mark.parametrize(
    "unit", sorted({metric["unit"] for metric in load_facts().metrics.values()})
)
def test_units_of_the_conventions(unit: str) -> None:
    """Every unit of the conventions is judged alike; only `rpm` is no UCUM, for both."""
    assert isinstance(parse(unit), Unit) == _peer_accepts(unit) == (unit != "rpm")


@pytest.mark.parametrize("unit", ["m" * 5_000, "(" * 5_000, "m." * 5_000 + "m", "s" + "9" * 5_000])
def test_long_input_is_read(unit: str) -> None:
    """Neither depth nor length brings the reader down."""
    assert parse(unit) is not None


@given(
    st.lists(
        st.one_of(
            _wrong, _atoms, st.sampled_from(["req", "Mb", "Gbps", "count", "s", "", "ops", "us"])
        ),
        min_size=1,
        max_size=3,
    )
)
@example(["bytes", "sec"])
@example(["foo", "", "s"])
def test_what_was_meant_is_a_unit(parts: list[str]) -> None:
    """What is proposed in the place of a unit that is none is one."""
    code = meant("/".join(parts))
    assert code is None or isinstance(parse(code), Unit)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("KB/sec", "kBy/s"),
        ("req/s", "{req}/s"),
        ("seconds/request", "s/{request}"),
        ("Mbps", "Mbit/s"),
        ("Kb", "kbit"),
        ("mb", "MBy"),
        ("qps", "{query}/s"),
        ("ppm", "[ppm]"),
        ("count", None),
        ("s,ms", None),
    ],
)
def test_what_was_meant(written: str, code: str | None) -> None:
    """Both sides of a quotient are put right; what says nothing is not put in braces."""
    assert meant(written) == code
