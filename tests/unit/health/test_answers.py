"""What each path answers, to whom, and in what form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.watching import Says, Watching, watching

from ninefold.health import PATHS, Answer, Calls, Finding, Overall, Patience, Place, Probed
from ninefold.health._answers import Answers, Asked
from ninefold.health._document import Facts
from ninefold.health._entry import Entry
from ninefold.health._model import Judged, Note, State, Status
from ninefold.health._node import Node
from ninefold.health._rollup import roll_up

TOKEN = "a-token-of-the-test"
BEARER = f"Bearer {TOKEN}"
DSN = "postgresql://shop:hunter22@db/shop"


@pytest.fixture
def shop() -> Iterator[Watching]:
    """A service of which one dependency is down, one degraded and one well."""
    with watching(version="1.4.2", token=TOKEN, start_deadline=0) as made:
        add = made.health.add
        told = {"owner": "dba", "runbook": "https://wiki/db"}
        add("db", Says(OSError("refused")), role="critical", fail_after=1, **told)
        found = Finding("degraded", "reports DOWN, root cause ledger-db", cause="ledger-db")
        add("ledger", Says(found), fail_after=1, role="optional", scope="local", upstreams=["db"])
        add("cache", Says(), role="optional")
        made.begin("db", "ledger", "cache")
        yield made


def ask(made: Watching, path: str, query: str = "", **how: Any) -> Answer:
    """Ask it."""
    answer = made.health.answer(path, query, **how)
    assert answer is not None
    return answer


def full(made: Watching, query: str = "", **how: Any) -> dict[str, Any]:
    """The whole document, for who may see it."""
    document: dict[str, Any] = json.loads(
        ask(made, "/healthz", query, authorization=BEARER, **how).body
    )
    return document


# Form


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("authorization", [None, BEARER])
def test_an_answer_is_json_that_nobody_keeps(
    path: str, authorization: str | None, shop: Watching
) -> None:
    """Its type, its length, and that it is not to be stored; HEAD has all but the body."""
    answer = ask(shop, path, "verbose", authorization=authorization)
    headers = dict(answer.headers)
    assert headers == {
        "Content-Type": "application/health+json",
        "Content-Length": str(len(answer.body)),
        "Cache-Control": "no-store",
    }
    head = ask(shop, path, "verbose", authorization=authorization, method="HEAD")
    assert (head.status, head.body) == (answer.status, b"")
    assert dict(head.headers)["Content-Type"] == "application/health+json"
    assert int(dict(head.headers)["Content-Length"]) > 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "", "TRACE"])
def test_other_methods_are_told_which_there_are(path: str, method: str, shop: Watching) -> None:
    """Whoever asks."""
    answer = ask(shop, path, method=method, authorization=BEARER)
    assert answer.status == 405
    assert ("Allow", "GET, HEAD") in answer.headers
    assert list(json.loads(answer.body)) == ["status"]


@pytest.mark.parametrize(
    "path", ["/", "", "/livez/", "/LIVEZ", "livez", "//livez", "/drainz", "/healthz/db", "/metrics"]
)
def test_any_other_path_is_none_of_ours(path: str, shop: Watching) -> None:
    """It goes on to the application, whatever the method."""
    assert shop.health.answer(path) is None
    assert shop.health.answer(path, method="POST") is None


# Status


def test_each_path_tells_its_own(shop: Watching) -> None:
    """One shared down: alive, started, ready, and down."""
    assert [shop.ask(path) for path in PATHS] == [
        (200, {"status": "UP"}),
        (200, {"status": "UP"}),
        (200, {"status": "UP"}),
        (200, {"status": "DOWN"}),
    ]


class Said:
    """Knows an overall state, and nothing else."""

    facts = Facts("shop")

    def __init__(self, overall: Overall, entries: dict[str, Entry] | None = None) -> None:
        self._overall = overall
        self._entries = {} if entries is None else entries

    @property
    def clock(self) -> Any:
        return lambda: 0.0

    def overall(self) -> Overall:
        return self._overall

    def entries(self) -> dict[str, Entry]:
        return self._entries

    def drain(self) -> None:
        """Nothing: none of these asks for it."""


overalls = st.builds(
    Overall,
    st.sampled_from(get_args(Status)),
    live=st.booleans(),
    ready=st.booleans(),
    started=st.booleans(),
    notes=st.lists(st.sampled_from(get_args(Note)), max_size=2).map(tuple),
    reason=st.text(max_size=20),
    cause=st.none() | st.text(max_size=20),
    affected=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    judged=st.dictionaries(
        st.text(max_size=5), st.builds(Judged, st.sampled_from(get_args(State))), max_size=3
    ),
)
queries = st.sampled_from(["", "verbose", "strict", "verbose&strict", "strict=1"]) | st.text()


@given(overalls, st.sampled_from(PATHS), queries, st.booleans(), st.none() | st.text())
def test_who_may_not_see_more_sees_the_status_alone(
    overall: Overall, path: str, query: str, is_local: bool, authorization: str | None
) -> None:
    """Whatever is known, asked and sent: one key, and a code that follows from the state."""
    answers = Answers(Said(overall), token=TOKEN, open_on_loopback=False)
    answer = answers.answer(
        Asked(path, query, authorization=authorization, is_local=is_local, depth="1")
    )
    assert answer is not None
    assert list(json.loads(answer.body)) == ["status"]
    assert "\n" not in "".join(map("".join, answer.headers))
    if path == "/healthz":
        assert answer.status == 200 or (answer.status == 503 and overall.status == "DOWN")
        assert json.loads(answer.body)["status"] == overall.status
    else:
        well = {"/livez": overall.live, "/readyz": overall.ready, "/startupz": overall.started}
        assert answer.status == (200 if well[path] else 503)
        assert (json.loads(answer.body)["status"] == "UP") <= (well[path] or overall.status == "UP")


@given(overalls, st.sampled_from(PATHS), st.booleans())
def test_who_may_see_more_has_a_document_in_any_state(
    overall: Overall, path: str, verbose: bool
) -> None:
    """It is JSON, and begins with the status that anybody is told."""
    answers = Answers(Said(overall), token=TOKEN, open_on_loopback=False)
    query = "verbose" if verbose else ""
    seen = answers.answer(Asked(path, query, authorization=BEARER))
    alone = answers.answer(Asked(path, query))
    assert seen is not None
    assert alone is not None
    assert seen.status == alone.status
    document = json.loads(seen.body)
    assert document["status"] == json.loads(alone.body)["status"]
    assert (len(document) > 1) == (path == "/healthz" or verbose)


@pytest.mark.parametrize(
    ("query", "is_strict"),
    [
        ("strict", True),
        ("strict=", True),
        ("strict=1", True),
        ("strict=true", True),
        ("strict=TRUE", True),
        ("strict=yes", True),
        ("verbose&strict", True),
        ("", False),
        ("strict=0", False),
        ("strict=false", False),
        ("strict=no", False),
        ("strict=perhaps", False),
        ("strict=1&strict=0", False),
        ("restrict", False),
        ("x=strict", False),
        ("STRICT", False),
        ("%zz&;;==&strict", True),
        ("\xff\xfe=%ff", False),
        ("&" * 10_000, False),
        ("x" * 1_000_000, False),
        ("x" * 1_000_000 + "&strict", False),
        ("a=1&" * 10_000 + "strict", False),
    ],
)
def test_strict_makes_down_an_error(query: str, is_strict: bool) -> None:
    """For who looks at the code alone; without it the code says that the process answers."""
    with watching(start_deadline=0) as made:
        made.health.add("db", Says(False), fail_after=1)
        made.begin("db")
        assert ask(made, "/healthz", query).status == (503 if is_strict else 200)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz"])
def test_strict_says_nothing_to_the_others(path: str) -> None:
    """What an orchestrator acts upon is decided by their own rules."""
    with watching(start_deadline=0) as made:
        made.health.add("db", Says(False), fail_after=1)
        made.begin("db")
        assert made.health.overall().status == "DOWN"
        assert ask(made, path, "strict").status == 200


def test_strict_is_about_down_alone() -> None:
    """Degraded is no error."""
    with watching() as made:
        made.health.add("db", Says(False), fail_after=1, role="optional")
        made.begin("db")
        assert made.health.overall().status == "DEGRADED"
        assert ask(made, "/healthz", "strict").status == 200


# Who sees what


@pytest.mark.parametrize(
    ("authorization", "sees"),
    [
        (BEARER, True),
        (f"bearer {TOKEN}", True),
        (f"BEARER  {TOKEN} ", True),
        (None, False),
        ("", False),
        ("Bearer", False),
        ("Bearer ", False),
        (TOKEN, False),
        (f"Basic {TOKEN}", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN.upper()}", False),
        ("Bearer \xff\xfe\x00", False),
        ("Bearer \ud800", False),
        ("Bearer " + "x" * 100_000, False),
        (f"Bearer {TOKEN}, Bearer {TOKEN}", False),
    ],
)
def test_the_token_shows_details(authorization: str | None, sees: bool, shop: Watching) -> None:
    """Exactly that one, whatever else is sent; on the other paths where it is asked for too."""
    for path, query in product(PATHS, ["", "verbose"]):
        shows = sees and (path == "/healthz" or query == "verbose")
        document = json.loads(ask(shop, path, query, authorization=authorization).body)
        assert ("summary" in document) == shows, (path, query)
        assert (len(document) > 1) == shows


@pytest.mark.parametrize("environment", [None, "production", "test", "Development"])
def test_without_a_token_nobody_sees_details(environment: str | None) -> None:
    """Neither who asks from this machine, as a proxy does, nor who sends one all the same."""
    with watching(environment=environment) as made:
        for authorization in (None, "Bearer ", "Bearer None", BEARER):
            answer = ask(made, "/healthz", "verbose", authorization=authorization, is_local=True)
            assert list(json.loads(answer.body)) == ["status"]


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("is_local", [True, False])
def test_in_development_this_machine_sees_details(token: str | None, is_local: bool) -> None:
    """With a token as well as without one; from elsewhere the token is wanted."""
    with watching(environment="development", token=token) as made:
        document = json.loads(ask(made, "/healthz", is_local=is_local).body)
        assert ("summary" in document) == is_local
        if token is not None:
            assert "summary" in json.loads(ask(made, "/healthz", authorization=BEARER).body)


# The document


def test_a_document_tells_all_that_is_not_well(shop: Watching) -> None:
    """The service, the cause and who is affected; and each dependency that is not up."""
    document = full(shop)
    del document["checks"]["db"][0]["time"], document["checks"]["ledger"][0]["time"]
    assert document == {
        "status": "DOWN",
        "serviceId": "shop",
        "version": "1.4.2",
        "ready": True,
        "live": True,
        "started": True,
        "notes": ["fail-open"],
        "output": "db is down: the last probe failed: OSError: refused",
        "rootCause": {"name": "db", "affected": ["ledger"]},
        "summary": {"dependencies": 3, "up": 1},
        "checks": {
            "db": [
                {
                    "status": "DOWN",
                    "role": "critical",
                    "scope": "shared",
                    "output": "the last probe failed: OSError: refused",
                    "owner": "dba",
                    "runbook": "https://wiki/db",
                    "outcome": "failure",
                    "observedValue": 0.0,
                    "observedUnit": "s",
                }
            ],
            "ledger": [
                {
                    "status": "DEGRADED",
                    "role": "optional",
                    "scope": "local",
                    "output": "reports DOWN, root cause ledger-db",
                    "rootCause": {"name": "ledger-db"},
                    "upstreams": ["db"],
                    "outcome": "success",
                    "observedValue": 0.0,
                    "observedUnit": "s",
                }
            ],
        },
    }


def test_verbose_tells_of_each_and_by_default_of_what_is_not_well(shop: Watching) -> None:
    """Whoever looks at what is wrong need not read all that is right."""
    assert list(full(shop)["checks"]) == ["db", "ledger"]
    told = full(shop, "verbose")
    assert list(told["checks"]) == ["db", "ledger", "cache"]
    assert told["checks"]["cache"][0]["status"] == "UP"
    assert "output" not in told["checks"]["cache"][0]
    assert told["summary"] == {"dependencies": 3, "up": 1}


def test_each_replica_has_its_own_result() -> None:
    """Under the one state that they have together."""
    with watching(token=TOKEN, start_deadline=0) as made:
        made.health.add("shards", [Says(), Says(OSError("no")), Says()], fail_after=1)
        made.begin("shards")
        told = full(made)["checks"]["shards"]
        assert [each["outcome"] for each in told] == ["success", "failure", "success"]
        assert {each["status"] for each in told} == {"DEGRADED"}
        assert {tuple(each["notes"]) for each in told} == {("quorum",)}


def test_one_without_a_result_yet_has_none() -> None:
    """Nothing is made up."""
    with watching(token=TOKEN) as made:
        made.health.declare(Place(name="psp"), Patience(), (), calls=Calls)
        told = full(made, "verbose")
        assert told["checks"]["psp"] == [
            {
                "status": "UNKNOWN",
                "role": "critical",
                "scope": "shared",
                "output": "it has no check, and no calls of late",
            }
        ]


@pytest.mark.parametrize("depth", ["1", "0", "", "anything"])
def test_one_of_us_that_asks_hears_nothing_at_second_hand(depth: str) -> None:
    """Two that check each other would tell each other's word on and on (row 21)."""
    with watching(token=TOKEN) as made:
        found = Finding("degraded", "it says so", cause="ledger-db")
        made.health.add("ledger", Says(found), fail_after=1)
        made.begin("ledger")
        assert full(made)["rootCause"] == {"name": "ledger > ledger-db"}
        assert full(made)["checks"]["ledger"][0]["rootCause"] == {"name": "ledger-db"}
        told = full(made, depth=depth)
        assert told["rootCause"] == {"name": "ledger"}
        assert "ledger-db" not in json.dumps(told)


def test_the_time_of_a_result_is_that_of_its_end() -> None:
    """On the wall clock, with its zone, whatever the other clock began at."""
    with watching(token=TOKEN) as made:
        # What succeeds is not asked again before the interval is over: a failure would be, soon.
        made.health.add("db", Says(), interval=3600)
        made.begin("db")
        first = datetime.fromisoformat(full(made, "verbose")["checks"]["db"][0]["time"])
        assert first.tzinfo is not None
        made.clock.advance(600)
        # The wall clock has hardly moved: to it the result is ten minutes older.
        later = datetime.fromisoformat(full(made, "verbose")["checks"]["db"][0]["time"])
        assert 500 < (first - later).total_seconds() <= 600


texts = st.text(max_size=400) | st.sampled_from(
    ["\x00\x1b[31m\r\n", "\ud800", "x" * 10_000, DSN, '"}],"status":"UP"', "\u202e\u2028"]
)
names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=255).filter(
    lambda name: name.isprintable() and name == name.strip()
)


@given(st.dictionaries(names, st.tuples(texts, texts), min_size=1, max_size=3), texts)
@example({"db": (DSN, DSN)}, DSN)
def test_whatever_is_said_the_document_is_json_for_people(
    said: dict[str, tuple[str, str]], about: str
) -> None:
    """Names, exceptions' texts, causes: printable, and none longer than a person reads."""
    entries: dict[str, Entry] = {}
    for name, (detail, cause) in said.items():
        entries[name] = Entry(
            place=Place(name=name),
            patience=Patience(fail_after=1),
            checks=(Says(),),  # type: ignore[arg-type]  # never run
            calls=None,
            began=0.0,
            about={"owner": about},
        )
        finding = Finding("down", detail, cause=cause)
        entries[name].take(0, Probed(0.0, 0.1, "success", finding))
    nodes = [Node(each.place, each.standing.judge(0.5)) for each in entries.values()]
    knows = Said(roll_up(nodes, started=True), entries)
    answer = Answers(knows, token=TOKEN, open_on_loopback=False).answer(
        Asked("/healthz", "verbose", authorization=BEARER)
    )
    assert answer is not None
    document = json.loads(answer.body)
    assert list(document["checks"]) == list(said)
    assert "hunter22" not in answer.body.decode()
    for text in strings(document):
        assert text.isprintable()
        assert len(text) <= 300
    assert "\n" not in answer.body.decode()


def strings(told: Any) -> Iterator[str]:
    """All texts in a document, keys too."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for key, value in told.items():
            yield key
            yield from strings(value)
    elif isinstance(told, list):
        for each in told:
            yield from strings(each)


# Draining


@pytest.mark.parametrize(
    ("token", "authorization", "is_local", "status"),
    [
        (None, None, True, 200),
        (None, None, False, 403),
        (None, BEARER, False, 403),
        (TOKEN, BEARER, False, 200),
        (TOKEN, BEARER, True, 200),
        (TOKEN, None, True, 401),
        (TOKEN, "Bearer wrong-one", True, 401),
        (TOKEN, "Bearer \xff", False, 401),
    ],
)
@pytest.mark.parametrize("environment", [None, "development"])
def test_who_may_drain(
    token: str | None,
    authorization: str | None,
    is_local: bool,
    status: int,
    environment: str | None,
) -> None:
    """With the token where there is one, else from this machine; then it is ready no more."""
    with watching(token=token, environment=environment) as made:
        answer = made.health.drain_answer(authorization=authorization, is_local=is_local)
        told = {200: "DRAINING", 401: "UNAUTHORIZED", 403: "FORBIDDEN"}[status]
        assert (answer.status, json.loads(answer.body)) == (status, {"status": told})
        assert ("Cache-Control", "no-store") in answer.headers
        assert (("WWW-Authenticate", "Bearer") in answer.headers) == (status == 401)
        ready = made.ask("/readyz")
        assert ready == (
            (503, {"status": "DRAINING"}) if status == 200 else (200, {"status": "UP"})
        )
        assert made.ask("/livez") == (200, {"status": "UP"})
        assert made.ask("/healthz")[1]["status"] == ready[1]["status"]


def test_draining_is_for_good() -> None:
    """Whatever becomes of its dependencies."""
    with watching() as made:
        check = Says()
        made.health.add("disk", check, scope="local")
        made.begin("disk")
        made.health.drain()
        check.found = False
        made.probe("disk", 3)
        check.found = None
        made.probe("disk", 2)
        assert made.ask("/readyz") == (503, {"status": "DRAINING"})
        assert made.ask("/startupz") == (200, {"status": "UP"})
