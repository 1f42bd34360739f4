"""The deployment decides: numbers of a policy by its name, and the switch that turns all off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.guarded import Script, Way

import ninefold as nf
from ninefold.config import forget_file
from ninefold.testing import ManualClock


class Refused(Exception):
    """What a dependency raises."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of settings that every policy of the test reads."""
    path = tmp_path / "ninefold.toml"
    path.write_text("")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(path))
    forget_file()
    yield path
    forget_file()


def policy(name: str = "search", **parts: Any) -> nf.Policy:
    """A policy with a number of everything."""
    return nf.Policy(
        name,
        **{
            "deadline": 9.0,
            "retry": nf.Retry(on=Refused, attempts=2, budget=nf.Budget()),
            "breaker": nf.Breaker(window=10),
            "bulkhead": nf.Bulkhead(5),
            **parts,
        },
    )


def test_a_file_overrides_by_name(file: Path) -> None:
    """The numbers that it names, and no others; of that policy alone."""
    file.write_text(
        """
        [policy.search]
        deadline = 2.0
        attempt_timeout = "500ms"
        [policy.search.retry]
        attempts = 5
        backoff.jitter = "none"
        budget.ratio = 0.1
        [policy.search.breaker]
        min_calls = 3
        shadow = true
        [policy.search.bulkhead]
        wait = 0
        limit = 7
        """
    )
    forget_file()
    parts = policy().parts
    assert (parts.deadline, parts.attempt_timeout) == (2.0, 0.5)
    assert parts.retry is not None
    assert (parts.retry.attempts, parts.retry.on) == (5, Refused)
    assert (parts.retry.backoff.jitter, parts.retry.backoff.base) == ("none", 0.1)
    assert parts.retry.budget == nf.Budget(ratio=0.1)
    assert parts.breaker == nf.Breaker(window=10, min_calls=3, shadow=True)
    assert parts.bulkhead == nf.Bulkhead(7)
    assert policy("other").parts.deadline == 9.0


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every setting."""
    file.write_text("[policy.search-v2.retry]\nattempts = 5\n")
    forget_file()
    monkeypatch.setenv("NINEFOLD_POLICY_SEARCH_V2_RETRY_ATTEMPTS", "7")
    retry = policy("search-v2").parts.retry
    assert retry is not None
    assert retry.attempts == 7


def test_a_dependencys_policy_goes_by_its_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`[dependency.psp.policy]`, and its variables."""
    file.write_text("[dependency.psp.policy.breaker]\nfailure_rate = 0.9\n")
    forget_file()
    monkeypatch.setenv("NINEFOLD_DEPENDENCY_PSP_POLICY_DEADLINE", "3s")
    service = nf.setup("tests")
    try:
        psp = service.dependency("psp", kind="http", policy=nf.Policy(breaker=nf.Breaker()))
        assert psp.policy.parts.breaker == nf.Breaker(failure_rate=0.9)
        assert psp.policy.parts.deadline == 3.0
    finally:
        service.shutdown()


def test_a_part_that_code_leaves_out_can_be_put_in(file: Path) -> None:
    """A breaker for a dependency that misbehaves, without a release."""
    file.write_text("[policy.search.breaker]\nwindow = 20\n[policy.search.bulkhead]\nlimit = 3\n")
    forget_file()
    parts = nf.Policy("search").parts
    assert (parts.breaker, parts.bulkhead) == (nf.Breaker(window=20), nf.Bulkhead(3))


def test_a_reload_keeps_what_is_overridden(file: Path) -> None:
    """Code says what is normal, at run time too."""
    file.write_text("[policy.search]\ndeadline = 2.0\n")
    forget_file()
    guarding = policy()
    guarding.reload(deadline=8.0, attempt_timeout=1.0)
    assert (guarding.parts.deadline, guarding.parts.attempt_timeout) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[policy.search.retry]\nattemps = 5", "did you mean 'policy.search.retry.attempts'"),
        ("[policy.search.retry]\nattempts = 0", "attempts.*must be a whole number >= 1"),
        ("[policy.search.breaker]\nfailure_rate = 2", "failure_rate.*must be between 0 and 1"),
        ("[policy.search.breaker]\nslow_rate = 0.5", "without slow.*search.*overridden by"),
        ("[policy.search.retry.backoff]\nfactor = 'much'", "factor.*must be a number, got 'much'"),
        ("[policy.bare.retry]\nattempts = 5", "no retry in code"),
        ("[policy.bare.bulkhead]\nwait = 5", "no bulkhead in code"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(file: Path, text: str, message: str) -> None:
    """When the policy is made, with the place."""
    file.write_text(text)
    forget_file()
    with pytest.raises(nf.ConfigurationError, match=message):
        nf.Policy("bare") if ".bare." in text else policy()


def test_one_switch_makes_every_policy_a_plain_call(
    way: Way, clock: ManualClock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is retried, rejected, bounded or answered in its place."""
    monkeypatch.setenv("NINEFOLD_RESILIENCE", "off")
    script = Script(clock, Refused())
    guarding = policy(fallback="stale", runtime=clock.runtime())
    with pytest.raises(Refused):
        way.run(guarding, script)
    with pytest.raises(Refused):
        way.run(nf.Retry(on=Refused, runtime=clock.runtime()), script)
    assert script.calls == 2
    with pytest.raises(Refused), guarding.permit():
        raise Refused
    assert guarding(script.call) == script.call
    attempts = 0
    with pytest.raises(Refused):  # noqa: PT012 - a loop is what is tried
        for attempt in nf.Retry(on=Refused, runtime=clock.runtime()):
            attempts += 1
            with attempt:
                raise Refused
    assert attempts == 1


def test_a_services_dependencies_hear_the_switch_from_its_settings(
    file: Path, clock: ManualClock
) -> None:
    """In the file of settings, as any other."""
    file.write_text("resilience = false\n")
    forget_file()
    service = nf.setup("tests")
    try:
        guarding = service.dependency("psp", kind="http", policy=nf.Policy(fallback="stale"))
        with pytest.raises(Refused):
            guarding.guard(Script(clock, Refused()).call)()
    finally:
        service.shutdown()
