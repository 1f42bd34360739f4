"""Checks real distributions, and says how right the checker is by labels that people gave.

    python scripts/measure_checker.py                      the figures, from what is committed
    python scripts/measure_checker.py ENVIRONMENT          checks what is installed there, anew
    python scripts/measure_checker.py ENVIRONMENT --write  and commits the counts to their file
    python scripts/measure_checker.py … --unseen           the same of the second set

ENVIRONMENT is a virtual environment with `requirements.txt` installed, of which nothing is run:
`pip install --no-deps -r requirements.txt` is enough; for the second set, which was judged before
any rule was mended on it, with `unseen-requirements.txt`. Each distribution is checked alone, as if
it were a project; those that declare no metric are left out. Exit codes: 0 as committed, 1 where
findings came or went, or counts differ, 2 where there is no such environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from math import sqrt
from pathlib import Path
from typing import Final, Literal, NotRequired, TypedDict

Stage = Literal["before", "after"]
"""Of the second set: before any rule was mended on it, and after that."""

HERE: Final = Path(__file__).resolve().parents[1] / "conformance" / "realcode"
LABELS: Final = HERE / "labels.jsonl"
COUNTS: Final = HERE / "distributions.json"
UNSEEN_LABELS: Final = HERE / "unseen.jsonl"
UNSEEN_COUNTS: Final = HERE / "unseen.json"
CONVENTIONS: Final = "opentelemetry-semantic-conventions"
"""Not counted: its names are all literals, and its metrics are what the rules are made of."""
Z: Final = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5 % above it: an interval of 95 %."""
GOALS: Final = {"all": 0.95, "E": 0.99}
RESOLVED_GOAL: Final = 0.90


class Label(TypedDict):
    """One finding, and whether it is right."""

    distribution: str
    version: str
    path: str
    line: int
    code: str
    severity: str
    metric: str
    message: str
    fingerprint: str
    verdict: bool
    reason: str
    only: NotRequired[Stage]
    """Of the second set: at which stage alone it was found."""


class Count(TypedDict):
    """What one distribution declares."""

    version: str
    declared: int
    resolved: int


def interval(right: int, of: int) -> tuple[float, float]:
    """Wilson's score interval of 95 % of a share; from 0 to 1 where there is nothing to count.

    >>> tuple(round(each, 3) for each in interval(99, 100))
    (0.946, 0.998)
    """
    if not of:
        return 0.0, 1.0
    share = right / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z / (1 + Z * Z / of) * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def labels() -> list[Label]:
    """The committed labels."""
    return [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]


def counts() -> dict[str, Count]:
    """The committed counts, by distribution."""
    found: dict[str, Count] = json.loads(COUNTS.read_text("utf-8"))
    return found


def unseen(stage: Stage) -> tuple[list[Label], dict[str, Count]]:
    """The committed labels and counts of the second set at a stage."""
    every: list[Label] = [
        json.loads(line) for line in UNSEEN_LABELS.read_text("utf-8").splitlines()
    ]
    declared: dict[Stage, dict[str, Count]] = json.loads(UNSEEN_COUNTS.read_text("utf-8"))
    return [each for each in every if each.get("only", stage) == stage], declared[stage]


def figures(judged: Iterable[Label], declared: dict[str, Count]) -> str:
    """The figures, as they stand in the documentation."""
    every = list(judged)
    names = sum(each["declared"] for each in declared.values())
    resolved = sum(each["resolved"] for each in declared.values())
    rows = [
        "| of | findings | right | precision | interval of 95 % | goal |",
        "| --- | ---: | ---: | ---: | --- | --- |",
    ]
    for title, severities in (("all", "EWI"), ("E", "E"), ("W", "W"), ("I", "I")):
        of = [each for each in every if each["severity"] in severities]
        right = sum(each["verdict"] for each in of)
        low, high = interval(right, len(of))
        share = f"{right / len(of):.4f}" if of else "none"
        goal = f"at least {GOALS[title]:.2f}" if title in GOALS else ""
        rows.append(
            f"| {title} | {len(of):,} | {right:,} | {share} | {low:.4f} to {high:.4f} | {goal} |"
        )
    share = (
        f"{len(declared)} distributions declare {names:,} metrics; the names of {resolved:,} "
        f"({resolved / names:.1%}) are resolved; the goal is {RESOLVED_GOAL:.0%}."
    )
    return "\n".join([share, "", *rows])


def wrong(judged: Iterable[Label]) -> str:
    """Which rules are wrong how often."""
    of: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for each in judged:
        of[each["code"]] += 1
        false[each["code"]] += not each["verdict"]
    rows = ["| rule | findings | of which wrong |", "| --- | ---: | ---: |"]
    rows += [f"| {code} | {of[code]} | {false[code]} |" for code in sorted(of)]
    return "\n".join(rows)


def _sources(distribution: Distribution, site: Path) -> Iterator[str]:
    """The Python files of a distribution, as its record names them."""
    for each in distribution.files or ():
        path = str(each)
        if path.endswith(".py") and not path.startswith("..") and (site / path).is_file():
            yield path


def checked(site: Path) -> tuple[list[Label], dict[str, Count]]:
    """Every distribution in a folder of packages: its findings, not judged, and its counts."""
    from ninefold.conformance import configuration, every_rule, options_of
    from ninefold.conformance import registry as registries
    from ninefold.conformance._engine import run
    from ninefold.conformance.source import read

    # Constants are looked up where these packages are, not where this runs.
    sys.path[:] = [each for each in sys.path if not each.endswith("site-packages")]
    os.chdir(site)
    options = options_of(configuration(start=str(site)))
    rules = tuple(every_rule())
    registry = registries.conventions()
    found: list[Label] = []
    declared: dict[str, Count] = {}
    for distribution in distributions(path=[str(site)]):
        name = distribution.metadata["Name"].lower().replace("_", "-").replace(".", "-")
        if name == CONVENTIONS:
            continue
        files = sorted(_sources(distribution, site))
        report = run(read(files), options, rules, registry)
        if not report.declarations:
            continue
        version = distribution.version
        declared[name] = Count(
            version=version, declared=report.declarations, resolved=report.resolved
        )
        found.extend(
            Label(
                distribution=name,
                version=version,
                path=each.position.path,
                line=each.position.line,
                code=each.code,
                severity=each.severity,
                metric=each.metric,
                message=each.message,
                fingerprint=each.fingerprint,
                verdict=False,
                reason="",
            )
            for each in report.findings
        )
    return found, dict(sorted(declared.items()))


def main(arguments: list[str]) -> int:
    """Print the figures, of what is committed or of an environment."""
    second = "--unseen" in arguments
    known, committed = unseen("after") if second else (labels(), counts())
    arguments = [each for each in arguments if each != "--unseen"]
    if not arguments:
        if second:
            print(figures(*unseen("before")))
            print()
        print(figures(known, committed))
        print()
        print(wrong(known))
        return 0
    sites = sorted(Path(arguments[0]).resolve().glob("lib/python*/site-packages"))
    if not sites:
        print(f"{arguments[0]} is no virtual environment", file=sys.stderr)
        return 2
    found, declared = checked(sites[0])
    if "--write" in arguments:
        both = {"before": unseen("before")[1], "after": declared}
        path, content = (UNSEEN_COUNTS, both) if second else (COUNTS, declared)
        path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    if "--findings" in arguments:
        for each in found:
            print(json.dumps(each))
        return 0
    judged = {each["fingerprint"]: each for each in known}
    here = {each["fingerprint"] for each in found}
    new = [each for each in found if each["fingerprint"] not in judged]
    gone = [each for each in judged.values() if each["fingerprint"] not in here]
    for title, those in (("not judged", new), ("not found any more", gone)):
        for each in those:
            print(f"{title}: {each['path']}:{each['line']}: {each['code']} {each['message']}")
    print(figures([judged[each] for each in sorted(here & judged.keys())], declared))
    return 1 if new or gone or declared != committed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
