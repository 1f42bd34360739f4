"""Fields of policies, overridden by name from file and environment, with or without set-up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.config import (
    Asked,
    Override,
    OverrideKind,
    boolean,
    choice,
    count,
    duration,
    forget_file,
    is_resilience_on,
    overrides,
    read,
    share,
    unasked,
    variable_of,
    wait,
)
from ninefold.errors import ConfigurationError

FIELDS = {
    "deadline": duration,
    "retry.attempts": count(1, "attempts"),
    "retry.backoff.jitter": choice("full", "equal", "none"),
    "breaker.failure_rate": share,
    "breaker.shadow": boolean,
    "bulkhead.wait": wait,
}
FILE = """\
[policy.search]
deadline = 2.0
[policy.search.retry]
attempts = 3
[policy.search.breaker]
failure_rate = 0.25
shadow = true
[policy."search.v2".retry.backoff]
jitter = "equal"
[dependency.psp.policy]
bulkhead.wait = 0
[dependency.psp.policy.retry]
attempts = 4
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with a file of settings, which nobody has read yet."""
    (tmp_path / "ninefold.toml").write_text(FILE)
    forget_file()
    return tmp_path


def _found(
    kind: OverrideKind, name: str, start: Path, environ: dict[str, str] | None = None
) -> dict[str, Override]:
    return dict(overrides(kind, name, FIELDS, environ=environ or {}, start=start))


def _refused(kind: OverrideKind, name: str, start: Path, **environ: str) -> str:
    forget_file()
    with pytest.raises(ConfigurationError) as raised:
        _found(kind, name, start, environ)
    return str(raised.value)


def test_each_is_overridden_by_its_own_name(here: Path) -> None:
    """A policy that stands alone, one whose name has a dot, the policy of a dependency."""
    assert {key: each.value for key, each in _found("policy", "search", here).items()} == {
        "deadline": 2.0,
        "retry.attempts": 3,
        "breaker.failure_rate": 0.25,
        "breaker.shadow": True,
    }
    (jitter,) = _found("policy", "search.v2", here).values()
    assert jitter.value == "equal"
    place = f"{here}/ninefold.toml: policy.'search.v2'.retry.backoff.jitter"
    assert (jitter.origin.source, jitter.origin.name) == ("file", place)
    psp = _found("dependency", "psp", here)
    assert {key: each.value for key, each in psp.items()} == {
        "bulkhead.wait": 0.0,
        "retry.attempts": 4,
    }
    assert _found("policy", "psp", here) == _found("dependency", "search", here) == {}


def test_the_environment_wins_over_the_file_and_the_loser_is_kept(here: Path) -> None:
    """As with every setting; the deployment decides, and one can see over what."""
    environ = {
        "NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS": " 5 ",
        "NINEFOLD_POLICY_SEARCH_BREAKER_SHADOW": "",
        "NINEFOLD_DEPENDENCY_PSP_POLICY_DEADLINE": "500ms",
    }
    found = _found("policy", "search", here, environ)
    attempts = found["retry.attempts"]
    assert (attempts.value, attempts.origin.source) == (5, "environment")
    assert attempts.origin.name == "NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS"
    assert [(lost.source, lost.value) for lost in attempts.origin.overridden] == [("file", "3")]
    # An empty variable says nothing.
    assert found["breaker.shadow"].origin.source == "file"
    assert _found("dependency", "psp", here, environ)["deadline"].value == 0.5


@given(
    name=st.text(st.sampled_from("aZ9-_. é:"), min_size=1, max_size=12),
    field=st.sampled_from(sorted(FIELDS)),
    kind=st.sampled_from(("policy", "dependency")),
)
def test_every_name_has_a_variable_that_a_shell_can_set(
    name: str, field: str, kind: OverrideKind
) -> None:
    """Letters, digits and underscores, in upper case; set-up knows it for what it is."""
    variable = variable_of(kind, name, field)
    assert variable.isascii()
    assert variable.replace("_", "A").isalnum()
    assert variable == variable.upper()
    assert read(code={}, environ={variable: "1"}, start=Path("/")).problems == ()


def test_the_file_is_read_once_whoever_asks(here: Path) -> None:
    """A service may have hundreds of policies; a test can have it read anew."""
    assert _found("policy", "search", here)["deadline"].value == 2.0
    (here / "ninefold.toml").write_text("[policy.search]\ndeadline = 9\n")
    assert _found("policy", "search", here)["deadline"].value == 2.0
    forget_file()
    assert _found("policy", "search", here)["deadline"].value == 9.0


def test_a_named_file_and_pyproject_say_it_too(tmp_path: Path) -> None:
    """The same files as those of set-up, found by the same rules."""
    forget_file()
    (tmp_path / "pyproject.toml").write_text("[tool.ninefold.policy.search]\ndeadline = 1\n")
    (tmp_path / "other.toml").write_text("[policy.search]\ndeadline = 7\n")
    deadline = _found("policy", "search", tmp_path)["deadline"]
    assert deadline.origin.name.endswith("pyproject.toml: tool.ninefold.policy.search.deadline")
    named = _found("policy", "search", tmp_path, {"NINEFOLD_CONFIG": "other.toml"})
    assert named["deadline"].value == 7.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "[policy.search.retry]\nattemps = 5",
            (
                "there is no setting 'policy.search.retry.attemps' ({file}); did you mean"
                " 'policy.search.retry.attempts'?"
            ),
        ),
        (
            "[policy.search.retry]\nattempts = 0",
            "policy.search.retry.attempts ({file}) must be a whole number >= 1 attempts, got 0",
        ),
        (
            "[policy.search]\nretry = 5",
            (
                "policy.search.retry ({file}) must be a table with keys such as"
                " 'policy.search.retry.attempts', got 5"
            ),
        ),
        ("[policy.search]\nzzz = 5", "there are 'policy.search.breaker.failure_rate', 'policy"),
        ("[policy.search]\ndeadline = -1", "policy.search.deadline ({file}) must be > 0 seconds"),
        ("[policy.search]\nbulkhead.wait = -1", "bulkhead.wait ({file}) must be >= 0 seconds"),
        (
            "[policy.search.breaker]\nfailure_rate = 50",
            "breaker.failure_rate ({file}) must be between 0 and 1, got 50",
        ),
        (
            "[policy]\nsearch = 5",
            (
                "policy.search ({file}) must be a table with the name of a policy, got 5; write"
                " [policy.psp.retry]"
            ),
        ),
        ("policy = 5", "policy ({file}) must be a table of tables, each with the name of a policy"),
    ],
)
def test_what_cannot_be_meant_in_a_file_is_told(tmp_path: Path, content: str, message: str) -> None:
    """Where, what, the value and the remedy, when the policy is made."""
    file = tmp_path / "ninefold.toml"
    file.write_text(content)
    assert message.format(file=file) in _refused("policy", "search", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "[dependency.psp.retry]\nattempts = 5",
            (
                "there is no setting 'dependency.psp.retry.attempts' ({file}); did you mean"
                " 'dependency.psp.policy.retry.attempts'?"
            ),
        ),
        (
            "[dependency.psp]\npolicy = 5",
            "dependency.psp.policy ({file}) must be a table with keys such as",
        ),
        ("[dependency]\npsp = 5", "got 5; write [dependency.psp.policy.retry]"),
    ],
)
def test_the_policy_of_a_dependency_stands_in_a_table_of_its_own(
    tmp_path: Path, content: str, message: str
) -> None:
    """Beside whatever else there is to say about the dependency."""
    file = tmp_path / "ninefold.toml"
    file.write_text(content)
    assert message.format(file=file) in _refused("dependency", "psp", tmp_path)


def test_a_wrong_variable_is_told_even_where_it_loses_nothing(here: Path) -> None:
    """As every `NINEFOLD_*` variable; and a wrong word that lost is wrong all the same."""
    variable = "NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS"
    assert _refused("policy", "search", here, **{variable: "many"}) == (
        f"policy.search.retry.attempts (environment variable {variable}) must be a whole number"
        " >= 1 attempts, got 'many'"
    )
    (here / "ninefold.toml").write_text("[policy.search.retry]\nattempts = 0\n")
    assert "got 0" in _refused("policy", "search", here, **{variable: "5"})


class TestSettings:
    """What set-up makes of the same words."""

    def test_overrides_are_no_unknown_settings(self, here: Path) -> None:
        """Whether there is such a policy only code knows: set-up keeps what was said, and shows."""
        environ = {
            "NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS": "5",
            "NINEFOLD_POLICY_CART_DEADLINE": "1s",
        }
        settings = read(code={}, environ=environ, start=here)
        assert settings.problems == ()
        shown = {row.key: (row.value, row.origin.source) for row in settings.overrides}
        assert shown == {
            "policy.search.deadline": ("2.0", "file"),
            "policy.search.retry.attempts": ("5", "environment"),
            "policy.search.breaker.failure_rate": ("0.25", "file"),
            "policy.search.breaker.shadow": ("true", "file"),
            "policy.'search.v2'.retry.backoff.jitter": ("equal", "file"),
            "dependency.psp.policy.bulkhead.wait": ("0", "file"),
            "dependency.psp.policy.retry.attempts": ("4", "file"),
            "NINEFOLD_POLICY_CART_DEADLINE": ("1s", "environment"),
        }
        assert settings.explain()[-len(shown) :] == settings.overrides
        assert settings.origin("policy.search.retry.attempts").overridden[0].value == "3"

    def test_names_that_share_a_variable_are_both_overridden(self, tmp_path: Path) -> None:
        """They differ in signs alone, which no variable can tell."""
        forget_file()
        (tmp_path / "ninefold.toml").write_text("policy.a-b.deadline = 1\npolicy.a_b.deadline = 2")
        environ = {"NINEFOLD_POLICY_A_B_DEADLINE": "3"}
        rows = read(code={}, environ=environ, start=tmp_path).overrides
        assert {row.key: row.value for row in rows} == {
            "policy.a-b.deadline": "3",
            "policy.a_b.deadline": "3",
        }
        assert _found("policy", "a-b", tmp_path, environ)["deadline"].value == 3.0
        assert _found("policy", "a_b", tmp_path, environ)["deadline"].value == 3.0

    def test_variables_that_name_no_field_are_warned_of(self, tmp_path: Path) -> None:
        """The policy of a dependency is spelled out, and a name alone says nothing."""
        environ = {"NINEFOLD_DEPENDENCY_PSP_RETRY_ATTEMPTS": "5", "NINEFOLD_POLICY_SEARCH": "5"}
        assert len(read(code={}, environ=environ, start=tmp_path).problems) == 2

    @pytest.mark.parametrize("content", ["policy = 5", "[dependency]\npsp = 5"])
    def test_what_is_no_table_is_told_at_set_up(self, tmp_path: Path, content: str) -> None:
        """Before any policy asks."""
        (tmp_path / "ninefold.toml").write_text(content)
        with pytest.raises(ConfigurationError, match=r"ninefold.toml\) must be a table"):
            read(code={}, environ={}, start=tmp_path)

    def test_a_secret_in_the_wrong_place_is_not_shown(self, tmp_path: Path) -> None:
        """Nothing of a policy is secret; but what stands there may be."""
        (tmp_path / "ninefold.toml").write_text('[dependency.psp]\npassword = "hunter2"\n')
        environ = {"NINEFOLD_POLICY_PSP_API_KEY": "hunter2"}
        settings = read(code={}, environ=environ, start=tmp_path)
        assert [row.value for row in settings.overrides] == ["REDACTED", "REDACTED"]


def test_what_nobody_asks_for_is_told(here: Path) -> None:
    """An override of a policy that does not exist is a silent mistake otherwise."""
    environ = {
        "NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS": "5",
        "NINEFOLD_POLICY_SEARCH_RETRY_ATEMPTS": "5",
        "NINEFOLD_RESILIENCE": "on",
        "NINEFOLD_POLICY_CART_DEADLINE": "",
    }
    asked = [
        Asked("policy", "serch", FIELDS),
        Asked("policy", "search.v2", FIELDS),
        Asked("dependency", "psp", ["retry.attempts"]),
    ]
    place = f"{here}/ninefold.toml"
    assert unasked(asked, environ=environ, start=here) == [
        (
            f"there is no policy 'search', which {place}: policy.search is about; did you mean"
            " 'serch'?"
        ),
        (
            f"there is nothing that {place}: dependency.psp.policy.bulkhead.wait overrides; did you"
            " mean 'dependency.psp.policy.retry.attempts'?"
        ),
        (
            "there is nothing that NINEFOLD_POLICY_SEARCH_RETRY_ATEMPTS overrides; did you mean"
            " 'NINEFOLD_POLICY_SERCH_RETRY_ATTEMPTS'?"
        ),
        (
            "there is nothing that NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS overrides; did you mean"
            " 'NINEFOLD_POLICY_SERCH_RETRY_ATTEMPTS'?"
        ),
    ]
    asked = [
        Asked("policy", "search", FIELDS),
        Asked("policy", "search.v2", FIELDS),
        Asked("dependency", "psp", FIELDS),
    ]
    del environ["NINEFOLD_POLICY_SEARCH_RETRY_ATEMPTS"]
    assert unasked(asked, environ=environ, start=here) == []


@pytest.mark.parametrize(
    ("content", "environ", "expected"),
    [
        ("", {}, True),
        ("resilience = false", {}, False),
        ("resilience = false", {"NINEFOLD_RESILIENCE": "on"}, True),
        ("", {"NINEFOLD_RESILIENCE": "off"}, False),
        # Somebody else's mistake, which set-up tells.
        ("resilence = false", {"NINEFOLD_RESILIENCE": "off"}, False),
    ],
)
def test_resilience_can_be_switched_off(
    tmp_path: Path, content: str, environ: dict[str, str], expected: bool
) -> None:
    """In an emergency, for policies that know no service too."""
    forget_file()
    (tmp_path / "ninefold.toml").write_text(content)
    assert is_resilience_on(environ=environ, start=tmp_path) is expected
    if "resilence" not in content:
        assert read(code={}, environ=environ, start=tmp_path).resilience is expected


def test_a_switch_that_is_none_is_told(tmp_path: Path) -> None:
    """Half of an emergency switch would be worse than none."""
    with pytest.raises(
        ConfigurationError, match=r"NINEFOLD_RESILIENCE\) must be true or false, got"
    ):
        is_resilience_on(environ={"NINEFOLD_RESILIENCE": "perhaps"}, start=tmp_path)


def test_the_process_is_asked_by_default(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment, its working directory; a directory that is gone is no error."""
    monkeypatch.chdir(here)
    monkeypatch.setenv("NINEFOLD_POLICY_SEARCH_DEADLINE", "3")
    found = overrides("policy", "search", FIELDS)
    assert (found["deadline"].value, found["retry.attempts"].value) == (3.0, 3)
    gone = here / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert list(overrides("policy", "search", FIELDS)) == ["deadline"]
    assert is_resilience_on()
