"""The thread that shares breakers: it tells of this process, hears of others, and opens.

One per process, from the first call under a shared breaker on; a forked child has one of its own.
It ends when no such breaker is left. No call ever waits for it.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, assert_never
from weakref import WeakSet

from ninefold.core import Runtime, seconds
from ninefold.resilience.fleet._engine import Fleet
from ninefold.resilience.fleet._model import Declare, SharedState, Stay, Trip
from ninefold.resilience.fleet._redis import Store
from ninefold.telemetry import quoted, restart_after_fork

if TYPE_CHECKING:
    from ninefold.resilience.breaker import Circuit

__all__ = ["SHARING", "Sharing"]

_log = logging.getLogger("ninefold.resilience")

SAY_EVERY: Final = 60.0
"""Seconds between two lines that Redis does not answer."""

SPREAD: Final = (0.75, 1.25)
"""Of an interval, drawn anew for each look: instances must not all come at once."""


def life(interval: float) -> float:
    """For how many seconds an instance counts as alive after it was heard of.

    Three looks, and two seconds for a slow one, so that a busy machine is not taken for dead.
    """
    return 3 * interval + 2.0


class Member(Protocol):
    """A policy whose breaker may be shared."""

    name: str

    @property
    def circuit(self) -> Circuit | None:
        """Its breaker."""
        ...

    def now(self) -> float:
        """The policy's own clock."""
        ...


Shared: TypeAlias = "tuple[Member, Circuit]"


@dataclass(slots=True)
class _Told:
    """One breaker's fleet, and whether this process said that its own is open."""

    fleet: Fleet
    opened: bool = False


@dataclass(slots=True)
class _Link:
    """One Redis: whether it answers, and when it is looked at next."""

    store: Store
    due: float
    told: dict[str, _Told] = field(default_factory=dict)
    said_down: float | None = None
    is_down: bool = False


class Sharing:
    """Shares every breaker that joins, as long as its policy lives."""

    def __init__(self, runtime: Runtime | None = None) -> None:
        runtime = runtime or Runtime()
        self._clock, self._random = runtime.clock, runtime.random
        self._members: WeakSet[Member]
        self.restart()
        restart_after_fork(self)

    def restart(self) -> None:
        """Begin empty, as another instance: in a child those join again that are used there."""
        self._lock = threading.RLock()
        self._instance = uuid.uuid4().hex
        self._members = WeakSet()
        self._links: dict[SharedState, _Link] = {}
        self._thread: threading.Thread | None = None
        # An event's lock is not re-entrant, and a signal handler may make a guarded call.
        self._woken: SimpleQueue[None] = SimpleQueue()

    def join(self, member: Member) -> None:
        """Share the breaker of `member` from now on, if its options say so."""
        circuit = member.circuit
        if circuit is None or circuit.options.shared is None:
            return
        with self._lock:
            self._members.add(member)
            self._woken.put(None)
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="ninefold-fleet", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            # The interpreter is ending, or there are too many threads: this process judges alone.
            self._thread = None

    def _run(self) -> None:
        woken = self._woken
        while True:
            try:
                wait = self.look()
            except Exception:  # noqa: BLE001 - the thread must outlive whatever was not thought of
                _log.exception("breakers could not be shared, and are tried again")
                wait = SAY_EVERY
            if wait is None:
                return
            try:
                woken.get(timeout=wait)
            except Empty:
                continue

    def look(self) -> float | None:
        """Look at every Redis that is due; in how many seconds to come again.

        None where nothing is left to share: the thread ends.
        """
        shared = self._shared()
        if shared is None:
            return None
        now = self._clock()
        for state, breakers in shared.items():
            link = self._links.get(state)
            if link is None:
                link = self._links[state] = _Link(Store(state), now)
            if link.due <= now:
                self._look(state, link, breakers)
                interval = seconds("interval", state.interval)
                link.due = self._clock() + interval * self._random.uniform(*SPREAD)
        self._let_go(shared)
        return max(0.0, min(link.due for link in self._links.values()) - self._clock())

    def _shared(self) -> dict[SharedState, dict[str, list[Shared]]] | None:
        """What is shared, by Redis and name: the breakers of one name are one instance's."""
        found: dict[SharedState, dict[str, list[Shared]]] = {}
        with self._lock:
            for member in list(self._members):
                circuit = member.circuit
                if circuit is None or circuit.options.shared is None:
                    self._members.discard(member)
                else:
                    names = found.setdefault(circuit.options.shared, {})
                    names.setdefault(member.name, []).append((member, circuit))
            if not found:
                self._thread = None
                self._let_go(())
                return None
        return found

    def _let_go(self, kept: Iterable[SharedState]) -> None:
        for state in self._links.keys() - set(kept):
            self._links.pop(state).store.close()

    def _look(self, state: SharedState, link: _Link, breakers: Mapping[str, list[Shared]]) -> None:
        try:
            now = link.store.now()
            for name, shared in breakers.items():
                told = link.told.setdefault(name, _Told(Fleet(state.quorum)))
                self._exchange(state, link.store, name, shared, told, now)
        except Exception as error:  # noqa: BLE001 - of a client that we do not import
            self._say_down(link, error)
        else:
            self._say_up(link)

    def _exchange(
        self,
        state: SharedState,
        store: Store,
        name: str,
        shared: list[Shared],
        told: _Told,
        now: float,
    ) -> None:
        judged = [circuit.judged_open(member.now()) for member, circuit in shared]
        opened = max((left for left in judged if left is not None), default=None)
        open_for = max(seconds("open_for", circuit.options.open_for) for _, circuit in shared)
        sight = store.exchange(
            name,
            state.instance or self._instance,
            now=now,
            life=life(seconds("interval", state.interval)),
            opened=opened,
            withdraw=told.opened,
            open_for=open_for,
        )
        told.opened = opened is not None
        decision = told.fleet.see(sight)
        match decision:
            case Stay():
                pass
            case Trip(reason):
                _trip(shared, reason)
            case Declare(reason):
                _trip(shared, reason)
                store.declare(name, now, open_for)
            case _:
                assert_never(decision)

    def _say_down(self, link: _Link, error: Exception) -> None:
        now = self._clock()
        if link.said_down is None or now - link.said_down >= SAY_EVERY:
            link.said_down, link.is_down = now, True
            _log.warning(
                "Redis does not answer (%s): shared breakers judge alone until it does",
                quoted(error),
            )

    def _say_up(self, link: _Link) -> None:
        if link.is_down:
            link.is_down = False
            _log.info("Redis answers again: breakers are shared")


def _trip(shared: Iterable[Shared], reason: str) -> None:
    for member, circuit in shared:
        circuit.trip(member.now(), reason)


# Of the process, which is one instance with one thread whatever its policies are.
SHARING: Final = Sharing()
