"""Health: keeps watch over dependencies, and says how the service is whenever it is asked.

Over 300 lines, most of them what its methods promise: it is the one object that a user holds.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from ninefold.core import Runtime, require_name, require_one_of, require_token, seconds, shown
from ninefold.errors import ConfigurationError
from ninefold.health._answers import Answer, Answers, Asked
from ninefold.health._asgi import App as AsgiApp
from ninefold.health._asgi import HealthAsgi
from ninefold.health._document import Facts
from ninefold.health._entry import NOTHING_SAID, Entry, Probe
from ninefold.health._faults import Faults
from ninefold.health._gate import Gate, Startup
from ninefold.health._graph import is_indirect, refuse_cycle
from ninefold.health._metrics import Instruments, say
from ninefold.health._model import Check, Judged, Patience, Place, Probed, Role, Scope
from ninefold.health._node import Node
from ninefold.health._rollup import Overall, overlaid, roll_up
from ninefold.health._scheduler import Scheduler
from ninefold.health._server_end import is_server_ending
from ninefold.health._traffic import Calls
from ninefold.health._wsgi import App as WsgiApp
from ninefold.health._wsgi import HealthWsgi
from ninefold.health.checks._function import as_check
from ninefold.telemetry import bind, part, restart_after_fork

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from ninefold.telemetry import Measuring

__all__ = ["Health"]

FRESH: Final = 1.0
"""Seconds that a view is shown to who asks, if no probe has ended since."""

_STARTUPS: Final = ("open", "require")


class Others(Protocol):
    """The other workers of the same server."""

    def drain(self) -> None:
        """Tell them to drain."""
        ...

    def is_draining(self) -> bool:
        """Whether one of them was told so; quick."""
        ...

    def start(self) -> None:
        """Tell them that the server has started."""
        ...

    def is_started(self) -> bool:
        """Whether one of them has told so; quick."""
        ...

    def beat(self) -> None:
        """Tell them that this one serves, if it does."""
        ...

    def leave(self) -> None:
        """Tell them that this one ends."""
        ...

    def serve(self) -> bool:
        """Whether one of them serves, and goes on to; quick."""
        ...


class Health:
    """Watches over dependencies in the background, and answers at once with what it knows.

    Made by `setup()` as `service.health`; or by hand, without one. It probes from its first answer
    on, or from `start()`.

    - `name` is the service's, as answers tell it; `version` too.
    - `startup="require"` keeps the service from being ready until every critical dependency was up
      once. `"open"`, the default, waits for `start_deadline` seconds (30): then what is shared no
      longer holds it back, as no instance could be ready otherwise.
    - `token` lets those see details who send it as `Authorization: Bearer …`. Without it details
      are shown to nobody, but where `environment` is `development` to who asks from this machine.
    - `runtime` brings clock and randomness of your own, for tests.

    Raises `ConfigurationError` for what cannot be meant.

    >>> import ninefold as nf
    >>> health = nf.Health("billing")
    >>> health.add("ledger", lambda: True, interval=5)
    >>> health.answer("/livez").status
    200
    >>> health.stop()
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        version: str | None = None,
        environment: str | None = None,
        startup: Startup = "open",
        start_deadline: float | timedelta = 30.0,
        token: str | None = None,
        measuring: Measuring | None = None,
        loop: Callable[[], AbstractEventLoop | None] | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        if name is not None:
            require_name("a service's name", name)
        require_one_of("startup", startup, _STARTUPS)
        if version is not None:
            require_name("a service's version", version)
        if token is not None:
            require_token("token", token)
        runtime = Runtime() if runtime is None else runtime
        self._clock = runtime.clock
        self._faults = Faults(self._clock)
        self._facts = Facts(name, version)
        self._start_deadline = seconds("start_deadline", start_deadline, zero=True)
        self._startup: Startup = startup
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self._gate = Gate(self._clock(), self._start_deadline, startup)
        self._draining = False
        self._others: Others | None = None
        self._heartbeats: tuple[Callable[[], str | None], ...] = ()
        self._drained: tuple[Callable[[], bool], ...] = (self._is_ending,)
        self._view: Overall | None = None
        self._viewed = 0.0
        self._told: dict[str, str] = {}
        self._ended = False
        self._running = False
        self._starting = 0
        self._serves = False
        self._asked_on: AbstractEventLoop | None = None
        self._given_loop = loop
        self._scheduler = Scheduler(
            loop=self._loop, tick=self._tick, faults=self._fault, runtime=runtime
        )
        self._answers = Answers(self, token=token, open_on_loopback=environment == "development")
        self._instruments: Instruments
        if measuring is None:
            bind(self)
        else:
            self._measure(measuring)
        restart_after_fork(self)

    def bind(self, measuring: Measuring | None) -> None:
        """Measure there from now on."""
        self._measure(measuring)

    def _measure(self, measuring: Measuring | None) -> None:
        before = getattr(self, "_instruments", None)
        self._instruments = part(measuring, Instruments)
        if before is not None and before is not self._instruments:
            before.hide(self)
        if not self._ended:
            self._instruments.show(self)

    def restart(self) -> None:
        """Know nothing, as a forked child does, and begin again when first asked."""
        self._lock = threading.RLock()
        self._faults.restart()
        now = self._clock()
        self._gate = Gate(now, self._start_deadline, self._startup)
        self._view, self._running, self._told = None, False, {}
        self._starting, self._serves = 0, False
        self._asked_on = None
        for entry in self._entries.values():
            entry.begin(now)
        self._scheduler.restart()

    def add(
        self,
        name: str,
        check: object,
        /,
        *,
        role: Role | None = None,
        scope: Scope = "shared",
        upstreams: Iterable[str] = (),
        interval: float | timedelta = 10.0,
        timeout: float | timedelta = 2.0,
        fail_after: int = 3,
        recover_after: int = 2,
        latency_budget: float | timedelta | None = None,
        quorum: int | None = None,
        owner: str | None = None,
        runbook: str | None = None,
    ) -> None:
        """Watch over a dependency.

        - `check` is one of `nf.checks`, a function without arguments, async or not, or a list of
          these: one for each replica, of which `quorum` must work.
        - The rest is as for `service.dependency`.

        Raises `ConfigurationError` for what cannot be meant and for a name that is taken.

        >>> import ninefold as nf
        >>> health = nf.Health()
        >>> health.add("disk", nf.checks.disk("/"), scope="local", role="optional")
        >>> health.stop()
        """
        about = {"owner": owner, "runbook": runbook}
        told = {key: value for key, value in about.items() if value is not None}
        for key, value in told.items():
            require_name(key, value)
        patience = Patience(
            interval=interval,
            timeout=timeout,
            fail_after=fail_after,
            recover_after=recover_after,
            latency_budget=latency_budget,
            quorum=quorum,
        )
        # Nothing else would tell of it: None is a function that forgot to return one.
        checks = checks_of(check) or (as_check(check),)
        if quorum is not None and 1 < len(checks) < quorum:
            raise ConfigurationError(
                f"quorum must be at most the number of checks, {len(checks)}, got {quorum}"
            )
        place = Place(name=name, role=role, scope=scope, upstreams=_listed("upstreams", upstreams))
        self.declare(place, patience, checks, about=told)

    def declare(
        self,
        place: Place,
        patience: Patience,
        checks: Sequence[Check],
        *,
        calls: Callable[[], Calls] | None = None,
        about: Mapping[str, str] = NOTHING_SAID,
    ) -> None:
        """Watch over a dependency, of which `calls` tells what real calls to it came to."""
        with self._lock:
            if place.name in self._entries:
                raise ConfigurationError(
                    f"{place.name!r} is watched over already; choose another name"
                )
            places = {name: entry.place for name, entry in self._entries.items()}
            refuse_cycle(places, place)
            entry = Entry(
                place=place,
                patience=patience,
                checks=checks,
                calls=calls,
                began=self._clock(),
                about=about,
            )
            # Replaced as a whole: who reads it takes no lock.
            self._entries = {**self._entries, place.name: entry}
            self._view = None
            probes = [Probe(entry, number, self._probed) for number in range(len(checks))]
            running = self._running
        for probe in probes:
            self._scheduler.add(probe)
        if running:
            self._scheduler.start()

    @property
    def places(self) -> Mapping[str, Place]:
        """Each dependency's place, by its name."""
        return {name: entry.place for name, entry in self._entries.items()}

    def alive_while(self, heartbeat: Callable[[], str | None]) -> None:
        """Ask `heartbeat` whether the process still works: None, or why not.

        Liveness is decided by heartbeats alone. It is asked on whatever thread answers, so it must
        be quick and never wait.
        """
        self._heartbeats = (*self._heartbeats, heartbeat)

    def share_with(self, others: Others) -> None:
        """Start and drain together with the other workers of this server, and beat for them.

        A worker that ends by itself, as they do after so many requests, is not the server's end.
        """
        self._others = others
        self._drained = (self._is_ending, others.is_draining)

    def starting(self) -> Callable[[], None]:
        """Not have started before what this gives is called: the application begins to serve.

        Once one serves, a further one holds nothing back.
        """
        with self._lock:
            if self._serves:
                return lambda: None
            self._starting += 1
            self._view = None
        waits = [None]

        def serves() -> None:
            with self._lock:
                if waits:
                    waits.clear()
                    self._serves, self._starting, self._view = True, 0, None

        return serves

    def start(self) -> None:
        """Begin to probe, in this process; never raises, and a second time changes nothing.

        Checks that are coroutines run on the event loop that runs this, or an answer, if one does.
        """
        if self._given_loop is None:
            self.note_loop()
        if not self._running and not self._ended:
            with self._lock:
                if not self._running:
                    self._running = True
                    self._gate = Gate(self._clock(), self._start_deadline, self._startup)
                    self._view = None
                    for entry in self._entries.values():
                        entry.begin(self._clock())
        # Again each time: where no thread was to be had, there may be one now.
        if not self._ended and (self._entries or self._others is not None):
            self._scheduler.start()

    def stop(self) -> None:
        """Probe no more, for good; what is asked from now on is answered, and soon unknown.

        Metrics tell no more of it: nobody is to be woken by what was ended.
        """
        self._ended = True
        self._instruments.hide(self)
        self._scheduler.stop()

    def drain(self) -> None:
        """Be ready no more, for good: what is under way goes on, and nothing new should come.

        >>> import ninefold as nf
        >>> health = nf.Health()
        >>> health.drain()
        >>> health.answer("/readyz").status
        503
        """
        self._draining = True
        if self._others is not None:
            self._others.drain()
        self._tell(self.overall())

    def overall(self) -> Overall:
        """How the service is now. Only reads: nothing is probed for it."""
        now = self._clock()
        view = self._view_at(now)
        dead = next(
            (why for beat in self._heartbeats if (why := self._missed(beat)) is not None), None
        )
        return overlaid(view, dead=dead, draining=self._is_draining())

    def states(self) -> Mapping[str, Judged]:
        """How each dependency is, by its name."""
        judged = self._view_at(self._clock()).judged
        return {} if judged is None else judged

    def entries(self) -> Mapping[str, Entry]:
        """The dependencies, by name."""
        return self._entries

    @property
    def facts(self) -> Facts:
        """What answers tell of the service itself."""
        return self._facts

    @property
    def clock(self) -> Callable[[], float]:
        """Its clock."""
        return self._clock

    def answer(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "GET",
        authorization: str | None = None,
        is_local: bool = False,
        depth: str | None = None,
    ) -> Answer | None:
        """The answer to a request for `/livez`, `/readyz`, `/startupz` or `/healthz`; else None.

        For frameworks of your own: `authorization` is that header of the request, `is_local`
        whether it came from this machine, and `depth` its header `x-ninefold-depth`.
        """
        self.start()
        return self._answers.answer(Asked(path, query, method, authorization, is_local, depth))

    def asgi(self, app: AsgiApp | None = None) -> HealthAsgi:
        """An ASGI application that answers: by itself, or in front of `app`.

        >>> import ninefold as nf
        >>> from fastapi import FastAPI
        >>> app = FastAPI()
        >>> app.mount("/internal", nf.Health("billing").asgi())
        """
        return HealthAsgi(self, app)

    def wsgi(self, app: WsgiApp | None = None) -> HealthWsgi:
        """A WSGI application that answers: by itself, or in front of `app`.

        >>> import ninefold as nf
        >>> from flask import Flask
        >>> app = Flask("billing")
        >>> app.wsgi_app = nf.Health("billing").wsgi(app.wsgi_app)
        """
        return HealthWsgi(self, app)

    def drain_answer(self, *, authorization: str | None, is_local: bool) -> Answer:
        """Drain, if who asks may: with the token, or without one from this machine."""
        return self._answers.drain(authorization, is_local=is_local)

    def note_loop(self) -> None:
        """Have checks that are coroutines run on the event loop that runs this, if one does.

        While it runs, and as long as no other one is said to serve.
        """
        asyncio = sys.modules.get("asyncio")  # who has not imported it runs no loop of it
        if asyncio is not None:
            with suppress(RuntimeError):
                self._asked_on = asyncio.get_running_loop()

    def _loop(self) -> AbstractEventLoop | None:
        loop = None if self._given_loop is None else self._given_loop()
        if loop is not None:
            return loop
        loop = self._asked_on
        return loop if loop is not None and loop.is_running() else None

    def _is_draining(self) -> bool:
        return self._draining or any(self._said(told) for told in self._drained)

    def _is_ending(self) -> bool:
        return is_server_ending() and (self._others is None or not self._others.serve())

    def _view_at(self, now: float) -> Overall:
        view = self._view
        if view is not None and 0 <= now - self._viewed < FRESH:
            return view
        with self._lock:
            nodes = self._nodes(now)
            indirect = is_indirect(node.place for node in nodes)
            is_open = self._has_started(
                self._gate.is_open(now, nodes, indirect) and not self._starting
            )
            if self._starting and not is_open:
                view = roll_up(nodes, started=False, why="the application is starting")
            else:
                view = roll_up(nodes, started=is_open, unproven=self._gate.unproven)
            self._view, self._viewed = view, now
        return view

    def _has_started(self, here: bool) -> bool:
        """A worker that is started later, as in place of another, starts nothing anew."""
        if self._others is None:
            return here
        if here:
            self._others.start()
        return here or self._others.is_started()

    def _nodes(self, now: float) -> list[Node]:
        return [entry.node(now, self._missing_evidence) for entry in self._entries.values()]

    def _probed(self, probe: Probe, probed: Probed) -> None:
        entry = self._entries[probe.name]
        with self._lock:
            entry.take(probe.number, probed)
            self._view = None
        self._instruments.probed(probe.name, probed)
        self._tell(self.overall())

    def _tick(self, now: float) -> None:
        if self._others is not None:
            if is_server_ending():
                self._others.leave()
            else:
                self._others.beat()
        with self._lock:
            self._view = None
        self._tell(self.overall())

    def _tell(self, overall: Overall) -> None:
        """Log what has changed since the last time."""
        changed: list[tuple[str, str, str, str]] = []
        with self._lock:
            for name, judged in (overall.judged or {}).items():
                if judged.state == "unknown" and not self._entries[name].checks:
                    continue  # nobody called it lately: no change, and so not told
                before = self._told.get(name, "starting")
                if judged.state != before:
                    changed.append((f"dependency {name}", before, judged.state, judged.reason))
                self._told[name] = judged.state
            before = self._told.get("", "STARTING")
            if overall.status != before:
                why = "; ".join(
                    filter(
                        None,
                        (
                            overall.reason,
                            f"root cause {overall.cause}" if overall.cause else "",
                            "ready" if overall.ready else "not ready",
                        ),
                    )
                )
                changed.append((self._facts.name or "the service", before, overall.status, why))
            self._told[""] = overall.status
        for who, before, after, why in changed:
            say(who, before, after, why=why, bad=after.upper() not in ("UP", "STARTING"))

    def _fault(self, error: BaseException) -> None:
        self._faults.tell("what probes", error)

    def _missing_evidence(self, error: Exception) -> None:
        self._faults.tell("what counts calls", error)

    def _missed(self, beat: Callable[[], str | None]) -> str | None:
        try:
            return beat()
        except Exception as error:  # noqa: BLE001 - a heartbeat that fails kills nobody
            self._faults.tell("a heartbeat", error)
            return None

    def _said(self, told: Callable[[], bool]) -> bool:
        try:
            return told()
        except Exception as error:  # noqa: BLE001 - likewise
            self._faults.tell("who was asked about draining", error)
            return False


def checks_of(check: object) -> tuple[Check, ...]:
    """The checks that were given: one, several, or none.

    Raises `ConfigurationError` for what is no check.
    """
    if check is None:
        return ()
    if isinstance(check, (list, tuple)):
        if not check:
            raise ConfigurationError(
                "check must not be an empty list; leave it out where there is nothing to check"
            )
        several: Sequence[Any] = check
        return tuple(as_check(each) for each in several)
    return (as_check(check),)


def _listed(name: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigurationError(
            f"{name} must be a list of names, got {shown(given)}; write {name}=['postgres']"
        )
    return tuple(given)
