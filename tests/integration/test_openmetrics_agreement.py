"""Which OpenMetrics can be read, by the checker and by Prometheus's own parser."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import pytest
from tests.support.components import executable
from tests.support.openmetrics import BY_HAND, openmetrics
from tests.support.prometheus import promtool

from ninefold.conformance.exposition import read

TEXTS = (*BY_HAND, *(openmetrics(seed) for seed in range(200 - len(BY_HAND))))

STRICTER = MappingProxyType(
    {
        "must stand together": "a family's lines are one block; others than Prometheus refuse",
        "must be a number": "`le` and `quantile` are numbers; Prometheus finds out in queries",
        "is given twice": "one series twice: which of the two is stored is chance",
        "a series of the": "a type's series have their suffixes; without them they are lost",
        "exemplars": "exemplars are for counters and buckets of a type that is told",
    }
)
"""What the checker does not read although Prometheus does: the specification forbids it."""


def _is_read(text: str) -> bool:
    with TemporaryDirectory() as folder:
        given = Path(folder) / "metrics.om"
        given.write_text(text, encoding="utf-8")
        blocks = Path(folder) / "blocks"
        ran = promtool("tsdb", "create-blocks-from", "openmetrics", given, blocks)
    return ran.returncode == 0


def test_what_prometheus_reads() -> None:
    """What Prometheus cannot read is told, and what it reads is read but for what is listed."""
    executable("promtool", package="prometheus")
    with ThreadPoolExecutor(4) as pool:
        theirs = list(pool.map(_is_read, TEXTS))
    assert 40 < sum(theirs) < len(theirs) - 40
    for text, is_read in zip(TEXTS, theirs, strict=True):
        unread = [one.why for one in read(text.encode(), "m.om", openmetrics=True).unread]
        if is_read:
            assert all(any(words in why for words in STRICTER) for why in unread), (text, unread)
        else:
            assert unread, text


@pytest.mark.parametrize("text", ['{"a.b"} 1 1\n# EOF\n', '{"a.b","c.d"="1"} 1 1\n# EOF\n'])
def test_names_in_quotes(text: str) -> None:
    """Names in quotes came with Prometheus 3: an older one cannot read them, the checker can."""
    facts = read(text.encode(), "m.om", openmetrics=True)
    assert facts.unread == ()
    assert facts.declarations[0].name.value == "a.b"
