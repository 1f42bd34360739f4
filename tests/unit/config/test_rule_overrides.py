"""One sampling rule is set by its name, in the file or by a variable, as policies are."""

from __future__ import annotations

from pathlib import Path

import pytest

import ninefold as nf
from ninefold.config import read, variable_of
from ninefold.errors import ConfigurationError
from ninefold.sampling import sampling_of

FILE = """
[[sampling.rules]]
name = "payments"
path = "/pay/*"
rate = 0.5

[[sampling.rules]]
path = "/search"
per_second = 5

[sampling.rule.payments]
rate = 0.25
"""


def _rules(tmp_path: Path, content: str, **environ: str) -> dict[str, tuple[object, object, bool]]:
    (tmp_path / "ninefold.toml").write_text(content)
    settings = read(code={}, environ=environ, start=tmp_path)
    assert settings.problems == ()
    return {
        rule.name: (rule.rate, rule.per_second, rule.drop) for rule in sampling_of(settings).rules
    }


def test_file_and_environment_set_a_rule_by_its_name(tmp_path: Path) -> None:
    """The environment over the file; a rule without a name goes by what it means."""
    assert _rules(tmp_path, FILE) == {
        "payments": (0.25, None, False),
        "path=/search": (None, 5, False),
    }
    found = _rules(
        tmp_path,
        FILE,
        NINEFOLD_SAMPLING_RULE_PAYMENTS_PER_SECOND="2",
        NINEFOLD_SAMPLING_RULE_PATH__SEARCH_RATE="1",
    )
    assert found == {"payments": (None, 2.0, False), "path=/search": (1.0, None, False)}
    assert variable_of("sampling.rule", "payments", "per_second") == (
        "NINEFOLD_SAMPLING_RULE_PAYMENTS_PER_SECOND"
    )


def test_a_rule_of_code_is_set_alike(tmp_path: Path) -> None:
    """Whatever else it says stays: its place, what it means, `override`."""
    rule = nf.Rule(path="/probe", drop=True, override=True, name="probe")
    (tmp_path / "ninefold.toml").write_text("[sampling.rule.probe]\nper_second = 1\n")
    settings = read(code={"sampling.rules": (rule,)}, environ={}, start=tmp_path)
    [found] = sampling_of(settings).rules
    assert found == nf.Rule(path="/probe", per_second=1.0, override=True, name="probe")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("rate = 2", "sampling.rule.payments.rate"),
        ("per_second = 0", "sampling.rule.payments.per_second"),
        ("drop = true", "there is no setting 'sampling.rule.payments.drop'"),
        ("rate = 1\nper_second = 1", "; leave one of them out"),
    ],
)
def test_what_cannot_be_meant_of_a_rule_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """With its place."""
    with pytest.raises(ConfigurationError) as raised:
        _rules(tmp_path, FILE.partition("rate = 0.25")[0] + content)
    assert told in str(raised.value)
    assert "ninefold.toml" in str(raised.value)


@pytest.mark.parametrize("content", ["[sampling]\nrule = 1", "[sampling.rule]\npayments = 1"])
def test_a_table_is_asked_for(tmp_path: Path, content: str) -> None:
    """Anything else is refused, with what to write."""
    with pytest.raises(ConfigurationError, match=r"write \[sampling\.rule\.payments\]"):
        _rules(tmp_path, content)


def test_every_override_is_a_row(tmp_path: Path) -> None:
    """`ninefold doctor` shows what is said of rules, by whom, and what lost."""
    (tmp_path / "ninefold.toml").write_text(FILE)
    environ = {"NINEFOLD_SAMPLING_RULE_PAYMENTS_RATE": "0.75"}
    [row] = read(code={}, environ=environ, start=tmp_path).overrides
    assert (row.key, row.value) == ("sampling.rule.payments.rate", "0.75")
    assert row.origin.name == "NINEFOLD_SAMPLING_RULE_PAYMENTS_RATE"
    assert [each.value for each in row.origin.overridden] == ["0.25"]
