"""The table of faults, conformance/vectors/health/rows.yaml, end to end on real servers.

Real PostgreSQL, Redis and HTTP stand behind proxies that break the line. Each answer is awaited, on
the application's port and on the admin port; and while the service should be live or ready, none
may ever have said otherwise. `nox -s servers` tries each row on each of its servers; the test
command on half of them, so that each server meets about as many rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from tests.support.health_service import HealthService
from tests.support.health_world import USUAL, Case, World
from tests.support.process import Process
from tests.support.upstream import Upstream
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="by design: these servers fork, or end by a signal"
)

_TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "health" / "rows.yaml"
_CASES: list[Case] = yaml.safe_load(_TABLE.read_text("utf-8"))["cases"]
EVERY = os.environ.get("EVERY_SERVER") == "1"


def _met_by(number: int, case: Case) -> Sequence[str]:
    """The servers on which a case is tried."""
    listed: Sequence[str] = case.get("servers", USUAL)
    return listed if EVERY else listed[number % 2 :: 2]


_EACH = [
    pytest.param(case, server, id=f"{case['row']}: {case['name']} [{server}]")
    for number, case in enumerate(_CASES)
    for server in _met_by(number, case)
]
_UP = {"live": 200, "ready": 200, "status": "UP"}
# Each look is five requests, which cost both sides more than they tell when they come closely.
_PAUSE = 0.1 if EVERY else 0.2


@pytest.fixture
def world(
    request: pytest.FixtureRequest, keep: Callable[[Process], Process], tmp_path: Path
) -> Iterator[Callable[[Case, str], World]]:
    """Have what a case's service depends on, and the means to start it under a server."""
    with ExitStack() as stack:
        upstream = stack.enter_context(Upstream())

        def made(case: Case, server: str) -> World:
            asked = {said["asks"] for said in case["dependencies"].values()}
            postgres = redis = None
            if asked & {"postgres", "psycopg"}:
                postgres = request.getfixturevalue("postgres_server")
            if asked & {"redis", "endless"}:
                redis = request.getfixturevalue("redis_server")
            return stack.enter_context(
                World(case, server, upstream, postgres, redis, directory=tmp_path, keep=keep)
            )

        yield made


def test_every_row_is_in_the_table() -> None:
    """The 21 rows, of which some are several cases."""
    assert {case["row"] for case in _CASES} == set(range(1, 22))


@pytest.mark.parametrize(("case", "server"), _EACH)
def test_it_answers_as_the_table_says(
    case: Case, server: str, world: Callable[[Case, str], World]
) -> None:
    """From the moment that the fault comes until the service is up again."""
    it = world(case, server)
    begun = False
    for step in case["steps"]:
        starts_with_it = not begun and case.get("at_once", False)
        with ExitStack() as lasting:
            if starts_with_it:
                lasting.enter_context(it.faults.lasting(step["fault"]))
            if not begun:
                it.start()
                begun = True
            if not starts_with_it:
                _answers(it.service, _UP)
                it.service.codes.clear()
                lasting.enter_context(it.faults.lasting(step["fault"]))
            _look(it, step)
        if not case.get("lasting", False):
            _answers(it.service, _UP)
        answer = step["answer"]
        if answer["live"] == 200:
            assert it.service.codes["/livez"] == {200}
        if answer["ready"] == 200 and not starts_with_it:
            assert it.service.codes["/readyz"] == {200}


def _look(it: World, step: Case) -> None:
    """See that all is answered as a step says, while its fault lasts."""
    answer = step["answer"]
    service = it.service
    ports = service.ports
    if "sigterm" in step["fault"] or "application" in answer:
        ports = {"the admin port": service.admin}
    said_before = {name: service.transitions(name) for name in answer.get("judged", {})}
    _answers(service, answer, ports)
    for name, probes in step.get("probes", {}).items():
        until = it.probed(name) + probes
        while it.probed(name) < until:
            _answers(service, answer, ports)
    if "across" in step:
        assert it.peer is not None
        _answers(it.peer, step["across"])
    if "application" in answer:
        assert answer["application"] == "silent"
        with pytest.raises(OSError, match="timed out"):
            service.ask(service.server.port, "/livez", within=1)
    if "workers" in answer:
        assert int(service.server.request("/workers").text) == answer["workers"]
    for name in answer.get("judged", {}):
        if "transitions" in answer:
            told = service.transitions(name) - said_before[name]
            assert told == answer["transitions"], service.server.process.log
        if "metric" in answer:
            assert service.states(name) == {answer["metric"]}
    if "secret" in answer:
        _hides(service, answer["secret"])


def _answers(service: HealthService, wanted: Case, ports: Mapping[str, int] | None = None) -> None:
    """Wait until both ports answer so."""
    for which, port in (service.ports if ports is None else ports).items():

        def is_so(port: int = port) -> bool:
            differs = service.differs(port, wanted)
            assert not differs, "; ".join(differs)
            return True

        eventually(is_so, pause=_PAUSE, wanted=f"{wanted} on {which}")


def _hides(service: HealthService, secret: str) -> None:
    texts = [service.ask(port, "/healthz?verbose").text for port in service.ports.values()]
    texts += [service.ask(service.admin, "/metrics").text, service.server.process.log]
    for text in texts:
        assert text
        assert secret not in text
