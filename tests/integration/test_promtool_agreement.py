"""The checker on expositions, held against the real promtool: 1,000 of them, made and by hand.

`nox -s laws` tries so many; the test command, which starts a promtool for each, fewer.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType

import pytest
from tests.support.components import executable
from tests.support.expositions import BY_HAND, exposition
from tests.support.prometheus import promtool

from ninefold.conformance._engine import run
from ninefold.conformance._facts import Facts
from ninefold.conformance._options import Options
from ninefold.conformance.exposition import read
from ninefold.conformance.registry import conventions
from ninefold.conformance.rules import shipped

MANY = 400 if os.environ.get("FEW_EXAMPLES") == "1" else 1_000
TEXTS = (*BY_HAND, *(exposition(seed) for seed in range(MANY - len(BY_HAND))))

CODES = MappingProxyType(
    {
        "no help text": "NF-D601",
        "use base unit": "NF-S405",
        'should have "_total" suffix': "NF-S402",
        'should not have "_total" suffix': "NF-S402",
        '"_bucket" suffix': "NF-S403",
        '"_count" suffix': "NF-S403",
        '"_sum" suffix': "NF-S403",
        '"le" label': "NF-A506",
        '"quantile" label': "NF-A506",
        "should not include type": "NF-I303",
        "should not contain ':'": "NF-S404",
        "'snake_case' not 'camelCase'": "NF-S407",
        "abbreviated units": "NF-S406",
    }
)
"""What promtool says, and our rule for it."""

ADDED = MappingProxyType(
    {
        "a family without samples": (
            "promtool drops it; its name is declared all the same, and has series tomorrow"
        ),
        "NF-A506 job or instance": "promlint does not look at labels that a scrape sets itself",
        "NF-A506 __": "Prometheus drops labels that begin with two underscores",
        "NF-S405 another unit": "promlint names one unit of a name, any of them; we name each",
        "NF-S405 mebi": "promlint misspells the prefix as `mibi`",
        "NF-D602": "a description that repeats the name says nothing",
        "NF-N106": "names that differ by case or separators alone are taken for one another",
        "NF-S408": "`_count_total` says twice that it counts",
    }
)
"""What the checker says of a family of which promtool does not say it, and why it should."""

READ_DIFFERENTLY = MappingProxyType(
    {
        "is given twice": (
            "the same series twice in one exposition: which value is stored is chance; promtool "
            "from Prometheus 3 on says so too"
        ),
        "the type must be one of": (
            "`gauge_histogram` is a name inside of promtool's parser and no type of the format"
        ),
    }
)
"""What the checker does not read although promtool does, and why."""

_QUOTED_NAMES = ('{"', '"b.c"=', 'HELP "')
"""Names in quotes are Prometheus 3's: this promtool cannot read them, and the checker can."""


@dataclass(frozen=True)
class Judged:
    """What each of the two says of one exposition: codes by family, or that it is unreadable."""

    text: str
    theirs: dict[str, set[str]] | None
    ours: dict[str, set[str]]
    facts: Facts


def _theirs(text: str) -> dict[str, set[str]] | None:
    ran = promtool("check", "metrics", given=text)
    said = ran.stderr + ran.stdout
    if ran.returncode == 1:
        assert "error while linting" in said, said
        return None
    found: dict[str, set[str]] = defaultdict(set)
    for line in said.splitlines():
        family, _, problem = line.partition(" ")
        [code] = {code for words, code in CODES.items() if words in problem}
        found[family].add(code)
    assert bool(found) == (ran.returncode == 3), (ran.returncode, said)
    return found


def _judged(text: str) -> Judged:
    facts = read(text.encode(), "metrics.prom", openmetrics=False)
    report = run(facts, Options(profile="prometheus"), shipped(), conventions())
    ours: dict[str, set[str]] = defaultdict(set)
    for finding in report.findings:
        ours[finding.metric].add(finding.code)
    return Judged(text, _theirs(text), ours, facts)


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    """Every exposition, judged by both."""
    executable("promtool", package="prometheus")
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(_judged, TEXTS))


def test_what_promtool_cannot_read(judged: list[Judged]) -> None:
    """Where promtool gives up, the checker tells a place (X002); where not, it reads all too."""
    reasons: set[str] = set()
    for each in judged:
        unread = [one.why for one in each.facts.unread]
        if each.theirs is None:
            quoted = any(mark in each.text for mark in _QUOTED_NAMES)
            assert unread or quoted, each.text
        else:
            for one in unread:
                [reason] = [why for why in READ_DIFFERENTLY if why in one]
                reasons.add(reason)
    assert reasons == READ_DIFFERENTLY.keys()


def test_what_promtool_flags_is_flagged(judged: list[Judged]) -> None:
    """Metric by metric, each problem that promtool has is found by the rule that stands for it."""
    read_by_both = [each for each in judged if each.theirs is not None and not each.facts.unread]
    assert len(read_by_both) > 0.7 * MANY
    for each in read_by_both:
        for family, codes in (each.theirs or {}).items():
            assert codes <= each.ours.get(family, set()), (each.text, family, codes)


def test_what_is_added_is_listed(judged: list[Judged]) -> None:
    """What the checker flags and promtool does not is one of a few things, each with its reason."""
    added: set[str] = set()
    for each in judged:
        if each.theirs is None or each.facts.unread:
            continue
        for declaration in each.facts.declarations:
            name = declaration.name.value or ""
            codes = each.ours.get(name, set()) - each.theirs.get(name, set())
            added |= {_reason(each, name, code) for code in codes}
    assert added == ADDED.keys()


def _reason(each: Judged, name: str, code: str) -> str:
    series = re.compile(rf"\s*{re.escape(name)}(_bucket|_sum|_count)?[{{ \t]")
    if not any(series.match(line) for line in each.text.splitlines()):
        return "a family without samples"
    [declaration] = [one for one in each.facts.declarations if one.name.value == name]
    names = declaration.labels.names if declaration.labels is not None else None
    labels = {label.value or "" for label in names or ()}
    match code:
        case "NF-A506" if labels & {"job", "instance"}:
            return "NF-A506 job or instance"
        case "NF-A506" if any(label.startswith("__") for label in labels):
            return "NF-A506 __"
        case "NF-S405":
            return "NF-S405 mebi" if "mebi" in name else "NF-S405 another unit"
        case _:
            return code


def test_conventions_are_spared() -> None:
    """The one thing left out: names that OpenTelemetry's exporter made of a convention's.

    promtool finds `process_thread_count` wrong; nobody can rename `process.thread.count`.
    """
    text = (
        "# HELP process_thread_count Threads.\n# TYPE process_thread_count gauge\n"
        "process_thread_count 7\n"
    )
    mark = "# HELP target_info Target.\n# TYPE target_info gauge\ntarget_info 1\n"
    assert _theirs(text) == _theirs(text + mark) == {"process_thread_count": {"NF-S403"}}
    assert "NF-S403" in _judged(text).ours["process_thread_count"]
    assert _judged(text + mark).ours == {"process_thread_count": {"NF-R805"}}


def test_the_comparison_can_fail() -> None:
    """A rule that is missing shows: without it, what promtool flags is not flagged."""
    text = "# HELP orders Orders.\n# TYPE orders counter\norders 1\n"
    facts = read(text.encode(), "metrics.prom")
    report = run(facts, Options(ignore=("NF-S402",)), shipped(), conventions())
    theirs = _theirs(text)
    assert theirs == {"orders": {"NF-S402"}}
    assert not any(finding.code == "NF-S402" for finding in report.findings)
