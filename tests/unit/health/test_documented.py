"""The pages on health list what there is: every note, check, path, and key of a document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

from tests.support.process import ROOT
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.health import DRAINZ, PATHS
from ninefold.health._model import Note

DOCS = Path(ROOT, "docs")


def section(page: str, heading: str) -> str:
    """What stands below a heading, to the next one."""
    text = Path(DOCS, page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    told: str = found
    return told


def first_column(text: str) -> list[str]:
    """The code at the start of each row of the tables in it; a row may have several."""
    cells = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_each_note_is_explained_and_no_other() -> None:
    """The set is closed: who builds a dashboard on it finds all of it in one table."""
    explained = first_column(section("explanation/health/judgement.md", "Notes"))
    assert sorted(explained) == sorted(get_args(Note))


def test_each_check_has_its_row() -> None:
    """A new check says what it cannot see, too."""
    page = Path(DOCS, "explanation/health/checks.md").read_text(encoding="utf-8")
    listed = {name.partition("(")[0] for name in first_column(page)}
    assert listed - {"fn"} == set(nf.checks.__all__) - {"Finding"}


def test_each_path_has_its_row() -> None:
    """The reference lists what is answered."""
    page = section("reference/endpoints.md", "Endpoints")
    assert first_column(page) == [*PATHS, DRAINZ]


def test_each_row_of_the_table_is_there() -> None:
    """The page has the 21 faults, in order."""
    rows = section("explanation/health/judgement.md", "What follows from each fault")
    numbers = [int(each) for each in re.findall(r"^\| (\d+) \|", rows, re.MULTILINE)]
    assert numbers == list(range(1, 22))


def test_each_key_of_a_document_is_explained() -> None:
    """Whatever somebody may find in an answer, the reference says what it means."""
    explained = set(re.findall(r"`(\w+)`", section("reference/endpoints.md", "The document")))
    health = nf.Health("billing", version="1", token="a-token-of-the-test")
    health.add("b", lambda: False, upstreams=["c"], interval=0.02, owner="o", runbook="r")
    health.add("c", lambda: nf.checks.Finding("down", cause="d"), interval=0.02)
    try:
        eventually(lambda: health.answer("/startupz") and health.states()["b"].state == "down")
        eventually(lambda: health.states()["c"].state == "down")
        answer = health.answer("/healthz", "verbose", authorization="Bearer a-token-of-the-test")
        assert answer is not None
        document = json.loads(answer.body)
    finally:
        health.stop()
    found = set(document) | set(document["rootCause"]) | set(document["summary"])
    for entries in document["checks"].values():
        found |= {key for entry in entries for key in entry}
    assert {"rootCause", "affected", "upstreams", "outcome", "owner"} <= found
    assert found <= explained
