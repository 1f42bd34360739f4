"""Which files of objectives are read, and which SLOs of theirs are a service's."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ninefold.errors import ConfigurationError
from ninefold.slo.openslo import documents, found, load, read

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: {name}
  annotations: {{ninefold/sli: {sli}}}
spec:
  service: {service}
  budgetingMethod: Occurrences
  objectives: [{{target: 0.999}}]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(path: str, *slos: tuple[str, str], sli: str = "http.availability") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "---\n".join(SLO.format(service=service, name=name, sli=sli) for service, name in slos)
    file.write_text(text, "utf-8")
    return file


def test_files_are_sorted_and_each_is_there_once(here: Path) -> None:
    """A path, a glob and a link to the same file are one file; `**` is any folder below."""
    for path in ("slo/b.yaml", "slo/a.yaml", "slo/deep/er/c.yaml"):
        _write(path)
    (here / "slo" / "link.yaml").symlink_to(here / "slo" / "a.yaml")
    assert found(["slo/b.yaml", "slo/*.yaml"]) == (Path("slo/a.yaml"), Path("slo/b.yaml"))
    assert Path("slo/deep/er/c.yaml") in found(["slo/**/*.yaml"])
    assert found([str(here / "slo" / "a.yaml")]) == (here / "slo" / "a.yaml",)
    assert found([]) == ()


def test_a_file_whose_name_looks_like_a_glob_is_found() -> None:
    """What is there is meant."""
    _write("slo/[a].yaml")
    assert found(["slo/[a].yaml"]) == (Path("slo/[a].yaml"),)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("slo/none.yaml", ["'slo/none.yaml'", "which is not there", "relative to"]),
        ("slo/*.yml", ["'slo/*.yml'", "matches no file", "take the pattern out"]),
        ("slo", ["'slo'", "folder", "write 'slo/*.yaml'"]),
        ("a\0b", ["objectives names 'a\\x00b'"]),
        ("x" * 5000, ["objectives"]),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_name_without_a_file_is_told(pattern: str, words: list[str]) -> None:
    """A service does not start without the objectives that somebody wrote for it."""
    _write("slo/a.yaml")
    with pytest.raises(ConfigurationError) as caught:
        found([pattern])
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_file_that_cannot_be_read_is_told(here: Path) -> None:
    """The file and the system's own words."""
    with pytest.raises(ConfigurationError, match=r"gone\.yaml cannot be read: No such file"):
        documents([here / "gone.yaml"])


def test_the_slos_of_one_service_are_picked() -> None:
    """A central file for many services is normal, and so are equal names in different services."""
    _write("a.yaml", ("checkout", "availability"), ("search", "availability"))
    _write("b.yaml", ("search", "latency"), ("checkout", "other"))
    slos = load(["*.yaml"], service="checkout", owner="payments")
    assert [(slo.name, slo.objective.owner) for slo in slos] == [
        ("availability", "payments"),
        ("other", "payments"),
    ]
    assert [slo.objective.source for slo in slos] == ["a.yaml", "b.yaml"]


def test_a_mistake_in_an_slo_of_another_service_is_theirs() -> None:
    """A central file must not keep every service from starting."""
    _write("a.yaml", ("checkout", "availability"))
    _write("b.yaml", ("search", "availability"), sli="http.nonsense")
    assert len(load(["*.yaml"], service="checkout")) == 1
    with pytest.raises(ConfigurationError, match=r"http\.nonsense"):
        load(["*.yaml"], service="search")


def test_a_name_that_is_taken_is_told() -> None:
    """Both places are named: counts of the two could not be told apart."""
    _write("a.yaml", ("checkout", "availability"))
    _write("b.yaml", ("checkout", "availability"))
    with pytest.raises(ConfigurationError) as caught:
        load(["*.yaml"], service="checkout")
    assert str(caught.value).startswith("b.yaml, document 1, line 4: metadata.name is taken")
    assert "a.yaml, document 1, line 1" in str(caught.value)


def test_two_slis_of_one_name_are_told_where_one_is_meant() -> None:
    """A reference must lead to one place."""
    _write("a.yaml", ("checkout", "availability"))
    with Path("a.yaml").open("a") as file:
        file.write("  indicatorRef: x\n")
        for _ in range(2):
            file.write("---\n{apiVersion: openslo/v1, kind: SLI, metadata: {name: x}, spec: {}}\n")
    with pytest.raises(ConfigurationError, match=r"the SLI 'x' is in a\.yaml, document 2, line 12"):
        load(["a.yaml"], service="checkout")


def test_nothing_for_this_service_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """The services found, and the nearest: most likely a name is spelt in two ways."""
    _write("a.yaml", ("checkout", "availability"), ("search", "availability"))
    with caplog.at_level(logging.DEBUG, "ninefold.slo"):
        assert load(["a.yaml"], service="chekout") == ()
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "'chekout'" in record.message
    assert "'checkout', 'search'" in record.message
    assert "did you mean 'checkout'?" in record.message


def test_an_empty_file_is_nothing_for_this_service(caplog: pytest.LogCaptureFixture) -> None:
    """A file without a document is no mistake of YAML's, but hardly what was meant."""
    Path("a.yaml").write_text("# nothing yet\n---\n")
    load(["a.yaml"], service="checkout")
    assert "about none" in caplog.text


def test_what_is_left_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What a later version counts is a warning; what is asked by rule is for debugging alone."""
    _write("a.yaml", ("checkout", "journey"), sli="journey")
    text = Path("a.yaml").read_text().replace("  annotations: {ninefold/sli: journey}\n", "")
    source = "{thresholdMetric: {metricSource: {type: Prometheus, spec: {query: up}}}}"
    Path("b.yaml").write_text(
        text.replace("name: journey", "name: asked") + f"  indicator: {{spec: {source}}}\n"
    )
    with caplog.at_level(logging.DEBUG, "ninefold.slo"):
        assert load(["*.yaml"], service="checkout") == ()
    told = {record.levelname: record.message for record in caplog.records}
    assert "the SLO 'journey' is about journey, which a later version" in told["WARNING"]
    assert "the SLO 'asked' is asked of Prometheus by rule" in told["DEBUG"]


def test_aliases_and_merges_are_followed() -> None:
    """What is written once and used often is YAML's own; what stands beside a merge wins."""
    Path("a.yaml").write_text(
        """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: a, annotations: {ninefold/sli: http.availability}, labels: &all {a: x, b: y}}
spec:
  <<: [{budgetingMethod: Timeslices, service: checkout}, {service: other}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
  alertPolicies: [*all, *all]
"""
    )
    (slo,) = load(["a.yaml"], service="checkout")
    assert (slo.service, slo.budgeting_method) == ("checkout", "Occurrences")
    assert slo.labels == {"a": "x", "b": "y"}


def test_scalars_are_those_of_yaml_1_2() -> None:
    """`on`, dates and clock times stay text, 010 is ten: nothing becomes what nobody wrote."""
    Path("a.yaml").write_text(
        "apiVersion: openslo/v1\nkind: Service\n"
        "metadata: {name: on, labels: {a: 2024-13-45, b: 12:30:00, c: 010, d: no, e: 1e3,"
        " f: !!str 5, g: 0x1F, h: ~, i: -.inf, 7: x}}\n"
    )
    (document,) = documents([Path("a.yaml")])
    assert document.name == "on"
    metadata = document.content["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["labels"] == {
        "a": "2024-13-45",
        "b": "12:30:00",
        "c": 10,
        "d": "no",
        "e": 1000.0,
        "f": "5",
        "g": 31,
        "h": None,
        "i": float("-inf"),
        "7": "x",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 700, "nested too deeply"),
        ("a: " + "[" * 60 + "]" * 60, "at most 50 levels deep"),
        (
            "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 10)}]\n" for n in range(9)),
            "at most 50000 values",
        ),
        ("a: " + "9" * 5000, "a has the tag"),
    ],
    ids=["deep", "deeper than wanted", "a billion laughs", "a long number"],
)
def test_a_file_that_asks_for_too_much_is_told(text: str, words: str) -> None:
    """A few lines of YAML can stand for more than a machine has."""
    Path("a.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        read(["a.yaml"], service="checkout")
