"""What a deployment says of a dependency itself, beside its policy: how it is checked, its role."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninefold.config import (
    Asked,
    Override,
    choice,
    count,
    duration,
    forget_file,
    overrides,
    read,
    unasked,
    variable_of,
)
from ninefold.config._override import OWN
from ninefold.dependency import OWN_FIELDS
from ninefold.errors import ConfigurationError
from ninefold.resilience.policy._overrides import FIELDS as POLICY_FIELDS

FIELDS = {
    "interval": duration,
    "timeout": duration,
    "fail_after": count(1, "probes"),
    "role": choice("critical", "optional"),
}
POLICY = {"deadline": duration, "attempt_timeout": duration, "retry.attempts": count(1, "attempts")}


def _file(directory: Path, content: str) -> Path:
    path = directory / "ninefold.toml"
    path.write_text(content)
    forget_file()
    return path


def _own(name: str, start: Path, **environ: str) -> dict[str, Override]:
    return dict(overrides("dependency", name, FIELDS, environ=environ, start=start, own=True))


def _refused(start: Path, **environ: str) -> str:
    """What is said when a dependency asks for both its own and its policy's."""
    with pytest.raises(ConfigurationError) as raised:  # noqa: PT012 - either of both refuses
        _own("orders-db", start, **environ)
        overrides("dependency", "orders-db", POLICY, environ=environ, start=start)
    return str(raised.value)


def test_its_own_stand_beside_its_policy(tmp_path: Path) -> None:
    """Each part is asked for by itself, and neither sees what is the other's."""
    _file(
        tmp_path,
        """
        [dependency.orders-db]
        interval = "5s"
        role = "optional"
        policy.deadline = 2
        [dependency.orders-db.policy.retry]
        attempts = 4
        """,
    )
    own = _own("orders-db", tmp_path)
    assert {key: one.value for key, one in own.items()} == {"interval": 5.0, "role": "optional"}
    policys = overrides("dependency", "orders-db", POLICY, environ={}, start=tmp_path)
    assert {key: one.value for key, one in policys.items()} == {
        "deadline": 2.0,
        "retry.attempts": 4,
    }
    assert _own("orders", tmp_path) == {}


def test_a_variable_wins_and_says_what_it_won_over(tmp_path: Path) -> None:
    """As with every setting; an empty one says nothing."""
    file = _file(tmp_path, "[dependency.orders-db]\ninterval = 5\nfail_after = 2\n")
    found = _own(
        "orders-db",
        tmp_path,
        NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL="500ms",
        NINEFOLD_DEPENDENCY_ORDERS_DB_FAIL_AFTER="",
    )
    interval, fail_after = found["interval"], found["fail_after"]
    assert (interval.value, fail_after.value) == (0.5, 2)
    assert interval.origin.name == "NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL"
    (lost,) = interval.origin.overridden
    assert (lost.name, lost.value) == (f"{file}: dependency.orders-db.interval", "5")
    assert fail_after.origin.source == "file"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "deadline = 2",
            (
                "'dependency.orders-db.deadline' ({file}); did you mean"
                " 'dependency.orders-db.policy.deadline'?"
            ),
        ),
        (
            "policy.timeout = 2",
            (
                "'dependency.orders-db.policy.timeout' ({file}); did you mean"
                " 'dependency.orders-db.policy.attempt_timeout'?"
            ),
        ),
        (
            "interva = 2",
            (
                "'dependency.orders-db.interva' ({file}); did you mean"
                " 'dependency.orders-db.interval'?"
            ),
        ),
        (
            "check.interval = 2",
            (
                "'dependency.orders-db.check.interval' ({file}); did you mean"
                " 'dependency.orders-db.interval'?"
            ),
        ),
        ("owner = 'x'", "there are 'dependency.orders-db.fail_after', 'dependency.orders-db.inter"),
        ("interval = 0", "dependency.orders-db.interval ({file}) must be > 0 seconds, got 0"),
        ("interval.s = 5", "dependency.orders-db.interval ({file}) must be a number > 0 seconds"),
        ("role = 'optionl'", "got 'optionl'; did you mean 'optional'?"),
    ],
)
def test_what_cannot_be_meant_in_a_file_is_told(tmp_path: Path, content: str, message: str) -> None:
    """Where, what, the value and the remedy, which may be one of its policy's keys."""
    file = _file(tmp_path, f"[dependency.orders-db]\n{content}\n")
    assert message.format(file=file) in _refused(tmp_path)


def test_a_wrong_variable_is_told_with_its_name(tmp_path: Path) -> None:
    """It is what a person has to mend."""
    assert _refused(tmp_path, NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL="often").startswith(
        "dependency.orders-db.interval (environment variable"
        " NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL) must be a duration in seconds"
    )


def test_set_up_knows_them_and_says_what_there_is_instead_of_others(tmp_path: Path) -> None:
    """Whose a variable is, only a dependency knows; that it is nobody's is known at once."""
    _file(tmp_path, "")
    known = {f"NINEFOLD_DEPENDENCY_ORDERS_DB_{key.upper()}": "2" for key in OWN}
    settings = read(code={}, environ=known, start=tmp_path)
    assert settings.problems == ()
    assert {row.key for row in settings.overrides} == known.keys()
    wrong = {"NINEFOLD_DEPENDENCY_ORDERS_DB_DEADLINE": "2"}
    (problem,) = read(code={}, environ=wrong, start=tmp_path).problems
    assert "variable NINEFOLD_DEPENDENCY_ORDERS_DB_DEADLINE; of a dependency there are" in problem
    assert "…_INTERVAL" in problem
    assert "…_POLICY_… for what its policy has" in problem


def test_both_layers_name_the_same_fields() -> None:
    """The configuration cannot import what declares them."""
    assert tuple(OWN_FIELDS) == OWN


def test_a_longer_name_is_not_taken_for_another_ones_field() -> None:
    """No variable of `orders`' own is one of `orders-db`'s, nor of either's policy, but for one.

    A name that ends in `-policy-attempt` makes its timeout that of the shorter one's attempts.
    """
    own = {key.upper() for key in OWN}
    fields = [*own, *(f"POLICY_{key.upper().replace('.', '_')}" for key in POLICY_FIELDS)]
    claimed = {
        (field, key)
        for field in fields
        for key in own
        if field != key and field.endswith(f"_{key}")
    }
    assert claimed == {("POLICY_ATTEMPT_TIMEOUT", "TIMEOUT")}


def test_a_variable_of_two_is_told(tmp_path: Path) -> None:
    """It overrides both, which nobody sees who thinks of one; alike or the one in the other."""
    _file(tmp_path, "")
    asked = [
        Asked("policy", "search", ["retry.deadline"]),
        Asked("policy", "search-retry", ["deadline"]),
        Asked("dependency", "orders-db", [], OWN),
        Asked("dependency", "orders_db", [], OWN),
        Asked("dependency", "orders", [], OWN),
        # Two policies of one name are one.
        Asked("policy", "cart", ["deadline"]),
        Asked("policy", "cart", ["deadline"]),
    ]
    environ = {
        "NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL": "5",
        "NINEFOLD_DEPENDENCY_ORDERS_INTERVAL": "5",
        "NINEFOLD_POLICY_CART_DEADLINE": "5",
        "NINEFOLD_POLICY_SEARCH_RETRY_DEADLINE": "5",
    }
    assert variable_of("policy", "search", "retry.deadline") in environ
    assert unasked(asked, environ=environ, start=tmp_path) == [
        (
            "NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL overrides 'dependency.orders-db.interval' and"
            " 'dependency.orders_db.interval', whose names make the same variable; say what is"
            " meant in a file of settings"
        ),
        (
            "NINEFOLD_POLICY_SEARCH_RETRY_DEADLINE overrides 'policy.search-retry.deadline' and"
            " 'policy.search.retry.deadline', whose names make the same variable; say what is"
            " meant in a file of settings"
        ),
    ]


def test_what_nobody_asks_for_is_told(tmp_path: Path) -> None:
    """With the nearest that could be meant."""
    file = _file(tmp_path, "[dependency.orders]\ninterval = 5\n")
    asked = [Asked("dependency", "order", [], OWN)]
    environ = {"NINEFOLD_DEPENDENCY_ORDR_INTERVAL": "5"}
    assert unasked(asked, environ=environ, start=tmp_path) == [
        (
            f"there is no dependency 'orders', which {file}: dependency.orders is about; did you"
            " mean 'order'?"
        ),
        (
            "there is nothing that NINEFOLD_DEPENDENCY_ORDR_INTERVAL overrides; did you mean"
            " 'NINEFOLD_DEPENDENCY_ORDER_INTERVAL'?"
        ),
    ]
