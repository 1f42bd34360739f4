"""One served HTTP exchange, as ASGI and WSGI share it: what is known of it, and its one record.

Over 300 lines by a few: what a request shares with its server is read beside what it does with it.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from time import perf_counter, time_ns
from typing import TYPE_CHECKING

from opentelemetry.util.types import AttributeValue

from ninefold.health import PATHS
from ninefold.integrations._gunicorn import start_with_workers
from ninefold.integrations._recorded import Recorded, cut
from ninefold.registry import HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION
from ninefold.resilience.deadline import Scope, enter, leave, parse_header
from ninefold.sli.http import (
    OTHER,
    Ending,
    SyntheticTraffic,
    ending_of,
    error_type,
    known_methods,
    protocol_version_label,
    scheme_label,
    status_label,
)
from ninefold.telemetry import Histogram

if TYPE_CHECKING:
    from ninefold.integrations._protocol import Host
    from ninefold.sli.process import EventLoops
    from ninefold.telemetry import HistogramCell, Key, ServerTrace
    from ninefold.telemetry._pipeline import Built

_NO_METRICS = b"the metrics cannot be collected now; the service's log says why\n"

_log = logging.getLogger("ninefold")

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(?::([0-9]{1,5}))?")


class HttpServer:
    """What all exchanges of one instrumented application share."""

    __slots__ = (
        "_active",
        "accepts_deadline",
        "agent_at",
        "agents",
        "awake",
        "beat",
        "cells",
        "endpoints",
        "excluded",
        "host",
        "known",
        "levels",
        "loops",
        "metrics_path",
        "objectives",
        "pipeline",
        "record",
        "recorded",
        "synthetic",
        "tracing",
    )

    def __init__(self, host: Host) -> None:
        self._bind(host)

    def serve(self, host: Host) -> None:
        """Measure for another service from now on: the one before it has been shut down."""
        if host is not self.host:
            self._bind(host)

    def _bind(self, host: Host) -> None:
        telemetry = host.telemetry
        settings = host.settings
        self.host = host
        self.metrics_path = settings.metrics_path if settings.prometheus else None
        self.endpoints = frozenset(PATHS if settings.health else ())
        if self.metrics_path is not None:
            self.endpoints |= {self.metrics_path}
        """The paths that may be answered here and not by the application."""
        self.beat = perf_counter()
        """When a request last began, went on or ended."""
        self.known = known_methods(os.environ.get("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"))
        duration = telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
        self.record = duration.record
        self.cells: Mapping[Key, HistogramCell] = (
            duration.series.cells if isinstance(duration, Histogram) else {}
        )
        """The series there are already, looked up here to save a call; others go by `record`."""
        self.objectives = host.objectives.http
        synthetic = SyntheticTraffic(settings.synthetic_user_agents)
        self.synthetic = synthetic.sent
        """Says whether a User-Agent is no user's; asked where there are objectives."""
        self.agent_at = 0
        """Where the User-Agent stood among the headers when it was last looked for."""
        self.agents: Mapping[bytes | str | None, bool] = synthetic.seen
        """The User-Agents that were asked about already, looked up here to save a call."""
        self.recorded = Recorded.allowed(settings)
        """What of headers and query spans carry; None where nothing is allowed by name."""
        self.tracing = host.tracing
        self.pipeline = telemetry.pipeline
        self.awake: Built | None = None
        """What the pipeline had built when this told of its threads, in this process."""
        self.loops: EventLoops | None = host.event_loops
        """Who may not know a request's loop yet; None once there is nothing to find any more."""
        self._active = telemetry.level(HTTP_SERVER_ACTIVE_REQUESTS)
        self.levels: dict[tuple[str, str], list[None]] = {}
        self.accepts_deadline = settings.accept_deadline
        """Whether a request may tell how much time it has."""
        globs = settings.exclude
        self.excluded = (
            re.compile("|".join(translate(glob) for glob in globs)).match if globs else None
        )
        """Says whether a path is excluded, if any is."""
        start_with_workers(host.start)

    def answers(self, path: str) -> bool:
        """Whether one of `endpoints` is answered here: what the application has is its own."""
        try:
            if path == self.metrics_path or not self.host.serves(path):
                return True
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self.internal_error(error)
            return True
        self.endpoints -= {path}
        _log.info(
            "the application has a route %s of its own, which stays; the admin port answers for"
            " ninefold there",
            path,
        )
        return False

    def under_way(self) -> tuple[int, float]:
        """How many requests are under way, and when one last began, went on or ended."""
        return sum(map(len, list(self.levels.values()))), self.beat

    def wake(self) -> None:
        """Have the providers built and this thread's event loop watched; never raises."""
        # The loop first: with the providers begin the checks, and those that are coroutines must
        # find it. On a loop of ours their clients would be bound to that.
        if not self.host.event_loops.watch():
            # Switched off, ended, or served by trio: not to be asked again on every request.
            self.loops = None
        self.pipeline.wake()

    def level(self, method: str, scheme: str) -> list[None]:
        """Make what counts the requests of a method and scheme that are under way."""
        # The first request comes by here, and few others do.
        self.host.warn_of_unknown()
        # Methods and schemes are bounded sets, so this is.
        found = self.levels[method, scheme] = self._active.of((method, scheme))
        return found

    def scrape(self, accept: str) -> tuple[str, bytes, str]:
        """The answer to a scrape: its status line, body and content type; never raises.

        503 where the metrics cannot be collected, as while another scrape hangs in a callback.
        """
        try:
            body, content_type = self.host.expose(accept)
        except Exception as error:  # noqa: BLE001 - a scrape costs no traceback in the server's log
            self.internal_error(error)
            return "503 Service Unavailable", _NO_METRICS, "text/plain; charset=utf-8"
        return "200 OK", body, content_type

    def internal_error(self, error: BaseException) -> None:
        """Count a defect of ours that was kept from the application."""
        self.host.telemetry.faults.internal_error("metrics", error)


class Exchange:
    """One request and its response, from the first look at it to its record.

    Drivers fill in `status`, `gone` and `route` as they come to know them. `finish` is called once,
    when the last message of the body was handed over, or when the application came back without.

    No slots: what is seldom set stays with the class, and making one of these costs less.
    """

    status: int | None = None
    """The status that was sent."""
    handled: Exception | None = None
    """What the framework answered for, where it tells: it never comes out of the application."""
    route: str | None = None
    """The template of the route that the framework chose."""
    prefix: str = ""
    """The templates of the mounts that led there."""
    gone: bool = False
    """Whether the client was seen to leave before the last of the body was sent."""
    parts: int = 0
    """How many messages with some of the body were handed over; 0 where the first is the last."""
    begun: float | None = None
    """When the first of these was."""
    synthetic: bool = False
    """Whether no user sent the request; found out where there are objectives."""
    plain: bool = True
    """Whether a user sent it, as far as is known, and no part of the body but the whole was seen:
    then it is to objectives what its series says."""
    done: bool = False
    """Whether the record is made."""
    deadline: Scope | None = None
    """The time that the request said it has; it ends with the response."""
    trace: ServerTrace | None = None
    """The request's place in a trace, if it has one."""
    _ended_ns: int | None = None

    def __init__(self, server: HttpServer, method: str, scheme: str, version: str) -> None:
        self.server = server
        if method not in server.known:
            method = OTHER
        if scheme != "http" and scheme != "https":
            scheme = scheme_label(scheme)
        self.method = method
        self.scheme = scheme
        self.version: str | None = version
        if version != "1.1":
            self.version = protocol_version_label(version)
        level = server.levels.get((method, scheme))
        if level is None:
            level = server.level(method, scheme)
        self._level = level
        level.append(None)
        self.started = server.beat = perf_counter()

    def finish(self, complete: bool, error: BaseException | None = None) -> None:
        """Record how the exchange ended; never raises, and only the first call counts."""
        if self.done:
            return
        server, status, trace = self.server, self.status, self.trace
        server.beat = now = perf_counter()
        elapsed = now - self.started
        self.done = True
        if self.deadline is not None:
            leave(self.deadline)
        try:
            if self._level:
                # Empty in a child that was forked from within a request. Before all else: whatever
                # fails below, this request is no longer under way.
                self._level.pop()
            if complete and status is not None and 100 <= status < 500 and not self.gone:
                wrong = None
            else:
                ending = Ending.RETURNED if error is None else ending_of(error)
                wrong = error_type(status=status, complete=complete, gone=self.gone, ending=ending)
                if status is not None:
                    status = status_label(status)
            key = (self.method, self.scheme, self.route, status, wrong, self.version)
            exemplar = None if trace is None else trace.exemplar
            cell = server.cells.get(key)
            if cell is None:
                server.record(elapsed, key, exemplar)
                self._count(key, elapsed, complete)
            elif self.plain:
                cell.record(elapsed, exemplar, True)
            else:
                cell.record(elapsed, exemplar)
                self._count(key, elapsed, complete)
            if trace is not None and trace.span is not None:
                self._end_span(trace, status, wrong)
        except Exception as failure:  # noqa: BLE001 - telemetry never raises into the application
            server.internal_error(failure)

    def open_deadline(self, told: Iterable[object]) -> Scope | None:
        """Open the deadline that a header's values tell, here, until the response ends.

        None where they tell none. It can but shorten what there is; of several the shortest holds.
        """
        try:
            lengths = [found for value in told if (found := parse_header(value)) is not None]
            if lengths:
                self.deadline = enter(perf_counter() + min(lengths), perf_counter)
        except Exception as failure:  # noqa: BLE001 - what a client sends never breaks a request
            self.server.internal_error(failure)
        return self.deadline

    def _count(self, key: Key, elapsed: float, complete: bool) -> None:
        """Count towards objectives what is not only one more event of a series."""
        objectives = self.server.objectives
        if not objectives.active or self.synthetic:
            return
        begun = self.begun
        objectives.count(
            key,
            elapsed,
            None if begun is None else begun - self.started,
            # One part that more was to follow is a stream that was cut short.
            self.parts > 1 if complete else self.parts > 0,
        )

    def part(self) -> None:
        """A part of the body is handed over, and it is not the whole body."""
        # A long download is work, and its thread is not blocked.
        self.server.beat = now = perf_counter()
        if self.begun is None:
            self.begun = now
            self.plain = False
        self.parts += 1

    def _end_span(self, trace: ServerTrace, status: int | None, wrong: str | None) -> None:
        attributes: dict[str, AttributeValue] = {}
        name = self.span_name()
        if self.route is not None:
            attributes["http.route"] = self.route
            name = f"{name} {self.route}"
        if status is not None:
            attributes["http.response.status_code"] = status
        if wrong is not None:
            attributes["error.type"] = wrong
        trace.describe(name, attributes, error=wrong is not None)
        if wrong is None:
            trace.end()
        else:
            # What went wrong may still come out of the application: `left` ends the span.
            self._ended_ns = time_ns()

    def left(self, error: BaseException | None) -> None:
        """The application came back, with `error` or without: the last thing that happens."""
        try:
            if not self.done:
                self.finish(False, error)
            trace = self.trace
            if trace is None:
                return
            if error is None and trace.span is None:
                trace.detach()
            else:
                told = self.handled if error is None else error
                if isinstance(told, Exception) and self._ended_ns is not None:
                    trace.failed(told)
                    # An exception that its own frames hold keeps the request's objects alive.
                    self.handled = None
                trace.end(self._ended_ns)
                # A generator that is closed is closed from anywhere: its context is not here.
                if not isinstance(error, GeneratorExit):
                    trace.detach()
        except Exception as failure:  # noqa: BLE001 - telemetry never raises into the application
            self.server.host.telemetry.faults.internal_error("traces", failure)

    sampled_kind = "server"

    @property
    def sampled_method(self) -> str:
        """The method, for sampling rules."""
        return self.method

    @property
    def sampled_path(self) -> str | None:
        """The path below the server's root path, likewise."""
        return None

    @property
    def sampled_attributes(self) -> Mapping[str, object]:
        """The span's attributes, likewise."""
        return self.span_attributes()

    def span_attributes(self) -> dict[str, AttributeValue]:
        """What a span of this request starts with."""
        return {}

    def span_name(self) -> str:
        """The span's name while the route is not known."""
        return "HTTP" if self.method == OTHER else self.method


def address_attributes(host: str | None) -> dict[str, AttributeValue]:
    """`server.address` and `server.port` from a Host header, if it looks like one.

    >>> address_attributes("shop.example:8080")
    {'server.address': 'shop.example', 'server.port': 8080}
    >>> address_attributes("<script>")
    {}
    """
    found = None if host is None else _HOST.fullmatch(host)
    if found is None:
        return {}
    name, port = found.groups()
    attributes: dict[str, AttributeValue] = {"server.address": name.strip("[]")}
    if port is not None and int(port) <= 65535:
        attributes["server.port"] = int(port)
    return attributes


def client_address(client: object) -> dict[str, AttributeValue]:
    """`client.address`, which a proxy's header may have given, in any length.

    >>> client_address("192.0.2.7"), client_address(None)
    ({'client.address': '192.0.2.7'}, {})
    """
    return {"client.address": cut(client)} if isinstance(client, str) and client else {}
