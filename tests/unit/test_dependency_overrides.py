"""The deployment decides how a dependency is checked and what its failure means, by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import ninefold as nf
from ninefold.config import forget_file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of settings that every service of the test reads."""
    path = tmp_path / "ninefold.toml"
    path.write_text("")
    monkeypatch.setenv("NINEFOLD_CONFIG", str(path))
    forget_file()
    yield path
    forget_file()


@pytest.fixture
def service(file: Path) -> Iterator[nf.Service]:
    """A service that reads the file when it declares a dependency."""
    service = nf.setup("shop", environment="development")
    yield service
    service.shutdown()


def declared(service: nf.Service, **said: object) -> nf.Dependency:
    """A database with a number of its own for everything that is overridden here."""
    return service.dependency(
        "orders-db",
        kind="db",
        check=[lambda: True, lambda: True],
        interval=30,
        timeout=1,
        fail_after=4,
        scope="local",
        owner="orders",
        **said,  # type: ignore[arg-type]  # the tests' own words
    )


def test_health_goes_by_what_the_deployment_says(
    file: Path, service: nf.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and environment, each for what it names; all else stays as code has it."""
    file.write_text("[dependency.orders-db]\nrole = 'optional'\ninterval = 7\nquorum = 2\n")
    forget_file()
    monkeypatch.setenv("NINEFOLD_DEPENDENCY_ORDERS_DB_INTERVAL", "5s")
    orders = declared(service)
    entry = service.health.entries()["orders-db"]
    patience, place = entry.patience, entry.place
    assert (patience.interval, patience.timeout, patience.fail_after) == (5.0, 1.0, 4)
    assert (patience.quorum, place.role, place.scope) == (2, "optional", "local")
    assert (orders.declared.owner, orders.declared.interval) == ("orders", 5.0)
    answer = service.health.answer("/healthz", "verbose", is_local=True)
    assert answer is not None
    (first, _) = json.loads(answer.body)["checks"]["orders-db"]
    assert first["role"] == "optional"


def test_the_same_words_give_the_same_dependency_although_they_are_overridden(
    file: Path, service: nf.Service
) -> None:
    """What code says is compared, not what became of it."""
    file.write_text("[dependency.orders-db]\nfail_after = 9\n")
    forget_file()
    check = [lambda: True]
    one = service.dependency("orders-db", kind="db", check=check, fail_after=4)
    assert service.dependency("orders-db", kind="db", check=check, fail_after=4) is one
    with pytest.raises(nf.ConfigurationError, match="declared already, with other words"):
        service.dependency("orders-db", kind="db", check=check, fail_after=9)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("deadline = 2", "did you mean 'dependency.orders-db.policy.deadline'"),
        ("intervl = 2", "did you mean 'dependency.orders-db.interval'"),
        ("interval = -1", r"dependency.orders-db.interval \(.*ninefold.toml\) must be > 0 seconds"),
        ("quorum = 3", "at most the number of replicas, 2, got 3 .*orders-db' is overridden by .*"),
        ("latency_budget = 2", "latency_budget must be .*: dependency.orders-db.latency_budget"),
        ("scope = 'global'", "scope .* must be one of 'shared', 'local', got 'global'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    file: Path, service: nf.Service, written: str, message: str
) -> None:
    """When the dependency is declared, before traffic; it is then not there by halves."""
    file.write_text(f"[dependency.orders-db]\n{written}\n")
    forget_file()
    with pytest.raises(nf.ConfigurationError, match=message):
        declared(service)
    assert "orders-db" not in service.dependencies
    assert "orders-db" not in service.health.places


def test_a_wrong_variable_is_named(
    file: Path, service: nf.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is what somebody has to mend."""
    variable = "NINEFOLD_DEPENDENCY_ORDERS_DB_TIMEOUT"
    monkeypatch.setenv(variable, "0.2")
    with pytest.raises(nf.ConfigurationError, match=f"orders-db' is overridden by {variable}"):
        declared(service, latency_budget=0.5)
