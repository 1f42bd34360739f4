"""Service: what `setup()` returns; it instruments applications, and ends what it began.

Over 300 lines, half of them what `setup()` promises and refuses.
"""

from __future__ import annotations

import inspect
import logging
import os
import threading
import types
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import replace
from datetime import datetime
from importlib.metadata import entry_points
from typing import TypeVar

from ninefold.config import AttributeValue, Settings, load
from ninefold.core import Runtime, nearest, shown
from ninefold.errors import ConfigurationError
from ninefold.sampling import Head, Sampling
from ninefold.sli import Objective, Objectives
from ninefold.sli.http import Applications, Route
from ninefold.sli.objective import Kind, UnknownNames
from ninefold.sli.operation import Classifier, MeasuredOperation, Operation, Operations
from ninefold.sli.process import EventLoops, observe_process
from ninefold.sli.states import Events, Freshness, Saturation, Throughput
from ninefold.telemetry import (
    HeadSampler,
    MetricReader,
    ServerTracing,
    SpanProcessor,
    Telemetry,
    restart_after_fork,
)
from ninefold.telemetry._log_ids import install_log_ids

T = TypeVar("T")
_log = logging.getLogger("ninefold")
_GROUP = "ninefold.integrations"
_FRAMEWORKS = {"asgi": ("fastapi", "starlette"), "wsgi": ("flask",)}
_DEPTH = 32
"""How many middlewares around each other are looked through for the application in them."""
_NOTHING = b"", "text/plain; version=0.0.4; charset=utf-8"


class Service:
    """One service: its settings, its telemetry, and what is instrumented for it.

    Made by `setup()`. Everything here may be called from any thread.
    """

    def __init__(self, settings: Settings, telemetry: Telemetry, head: Head) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._tracing = ServerTracing(telemetry, head.keeps)
        self._objectives = Objectives(telemetry)
        self._events = Events(telemetry, counted=self._objectives.quality.counted)
        self._freshness = Freshness(telemetry)
        self._saturation = Saturation(telemetry)
        self._throughput = Throughput(telemetry)
        self._event_loops = EventLoops(telemetry)
        observe_process(telemetry)
        self._operations = Operations(telemetry, self._objectives.operations, owner=settings.owner)
        self._applications = Applications(settings.exclude)
        self._unknown = UnknownNames(
            self._objectives, telemetry.faults, routes=self._templates, operations=self._known
        )
        telemetry.pipeline.when_built(self._unknown.when_built)
        if settings.log_correlation:
            # For good, and with OTEL_SDK_DISABLED too: a format string that names the ids must not
            # lose the lines that it formats.
            install_log_ids(telemetry.faults)

    @property
    def settings(self) -> Settings:
        """The effective settings, each with its origin."""
        return self._settings

    @property
    def telemetry(self) -> Telemetry:
        """Where this service's measurements go."""
        return self._telemetry

    @property
    def tracing(self) -> ServerTracing:
        """Where the traces of served requests begin."""
        return self._tracing

    @property
    def event_loops(self) -> EventLoops:
        """What watches the event loops that requests are served on."""
        return self._event_loops

    def instrument(self, target: T) -> T:
        """Measure what `target` serves or calls, and return it.

        A FastAPI, Starlette or Flask application is instrumented in place, an httpx or requests
        client (or the module itself, for all clients) as well. A bare ASGI or WSGI callable, such
        as a middleware around an application, has no place for it: use what is returned. A second
        time changes nothing, and with `OTEL_SDK_DISABLED` nothing is touched at all.

        Raises `ConfigurationError` for what no integration knows.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout")
        >>> async def app(scope, receive, send): ...
        >>> app = service.instrument(app)
        >>> service.shutdown()
        True
        """
        if self._telemetry.disabled:
            return target
        name = _integration_name(target)
        for point in entry_points(group=_GROUP, name=name):
            integration = point.load()
            instrumented: T = integration.instrument(target, self)
            # What serves nothing, such as a client, has no word for it.
            routes = getattr(integration, "routes", None)
            if routes is not None:
                self._applications.add(instrumented, routes)
            return instrumented
        raise ConfigurationError(
            f"no integration is called {name!r}: reinstall ninefold, whose installation declares"
            f" them as entry points of {_GROUP}"
        )

    def routes(self) -> tuple[Route, ...] | None:
        """The routes that the instrumented applications serve now, spelled as `http.route` is.

        Those that `exclude` names are not measured, and not among them. None where that cannot be
        told: nothing is instrumented that serves, or a bare ASGI or WSGI callable is.

        >>> import ninefold as nf
        >>> from flask import Flask
        >>> service = nf.setup("inventory")
        >>> app = service.instrument(Flask("inventory", static_folder=None))
        >>> rule = app.get("/stock/<int:item>")(lambda item: "3")
        >>> [route.template for route in service.routes()]
        ['/stock/<int:item>']
        >>> service.shutdown()
        True
        """
        return self._applications.routes()

    def _templates(self) -> list[str] | None:
        routes = self._applications.routes()
        return None if routes is None else [route.template for route in routes]

    def _known(self) -> Mapping[str, Mapping[str, str | None]]:
        """What is measured beside routes: its owner by its name, by the kinds' `sli`.

        What is not in here is not looked at, neither at start-up nor by `ninefold coverage`:
        throughput and events, whose names come with their first items.
        """
        runs = {name: operation.owner for name, operation in self.operations.items()}
        return {
            "operation.availability": runs,
            "operation.latency": runs,
            "freshness": dict.fromkeys(self._freshness.names()),
            "saturation": dict.fromkeys(self._saturation.names()),
        }

    def warn_of_unknown(self) -> None:
        """Say once which objectives name a route or an operation that is not there; never raises.

        What `instrument` wraps calls it when a server starts up or the first request comes.
        """
        self._unknown.when_serving()

    @property
    def objectives(self) -> Objectives:
        """What this service promises: `objectives.declared` has each objective by its name."""
        return self._objectives

    def objective(
        self,
        name: str,
        kind: Kind,
        *,
        owner: str | None = None,
        runbook: str | None = None,
        escalation: str | None = None,
        min_bad_events: int = 5,
    ) -> Objective:
        """Promise something, and count towards it from the first event on.

        - `name` is `ninefold.slo.name` on `ninefold.sli.events`, whose good and bad series exist
          at zero from now on. Keep it: what a window has counted is under this name.
        - `kind` is made by `nf.availability`, `nf.latency` or one of their siblings.
        - `owner` (default: the service's) answers for it, `runbook` says what to do, `escalation`
          whom to alert; `min_bad_events` must be in its long window before anyone is paged.

        Where a file of the configuration declares an objective of that name, the file's is in
        force, and is returned.

        Raises `ConfigurationError` for what cannot be meant, for a name that is taken, and once an
        event that it concerns was recorded: declare objectives before traffic.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout", owner="payments")
        >>> availability = nf.availability(route="/checkout", target=0.999)
        >>> service.objective("checkout-availability", availability).owner
        'payments'
        >>> service.shutdown()
        True
        """
        return self._objectives.declare(
            Objective(
                name=name,
                kind=kind,
                owner=self._settings.owner if owner is None else owner,
                runbook=runbook,
                escalation=escalation,
                min_bad_events=min_bad_events,
            )
        )

    def events(self, name: str, *, good: float, total: float) -> None:
        """Count items that the application itself judged: `good` of `total`, the rest bad.

        Both are increments, not running totals, and become `ninefold.events` by `name` and outcome,
        good and bad, both there at zero from the first call on. A total of 0 says that there is no
        data. Meant for running code, so it never raises: what is no finite number, fewer than 0
        good ones or more than `total`, or a name that is none (1 to 255 printable characters) is
        dropped, and counted in `ninefold.telemetry.dropped` as `invalid_value`. Names come from
        code or another bounded set: from the 201st on they count towards `max_series`.

        >>> import ninefold as nf
        >>> service = nf.setup("scanner")
        >>> service.events("ocr.quality", good=97, total=100)
        >>> service.shutdown()
        True
        """
        self._events.count(name, good=good, total=total)

    def freshness(self, name: str, *, updated_at: Callable[[], float | datetime]) -> None:
        """Tell when the data `name` was last brought up to date, as `updated_at` answers.

        Registered once, at start-up; asked whenever a reader collects, on the reader's thread, so
        it must be quick. It answers in Unix seconds, or with a datetime that has a time zone; shown
        as `ninefold.freshness.timestamp`, seconds. One that raises or answers with anything else
        costs this point alone, and is counted.

        Raises `ConfigurationError` for a name that is none or is registered already, and for an
        `updated_at` that is no plain callable.

        >>> import time
        >>> import ninefold as nf
        >>> service = nf.setup("search")
        >>> built = time.time()
        >>> service.freshness("search.index", updated_at=lambda: built)
        >>> service.shutdown()
        True
        """
        self._freshness.register(name, updated_at=updated_at)

    def saturation(
        self, name: str, *, usage: float | Callable[[], float], limit: float | Callable[[], float]
    ) -> None:
        """Tell how full the resource `name` is: `usage / limit`, in whatever unit both are.

        Registered once, at start-up. Callables are asked whenever a reader collects, on the
        reader's thread; the share is shown as `ninefold.saturation.utilization`, above 1 where the
        usage is above the limit. One that raises, or answers with no number, a negative usage or a
        limit of 0 or below, costs this point alone, and is counted.

        Raises `ConfigurationError` for a name that is none or is registered already, and for such
        a usage or limit where it is a constant.

        >>> import ninefold as nf
        >>> service = nf.setup("worker")
        >>> busy = [1, 2, 3]
        >>> service.saturation("worker-pool", usage=lambda: len(busy), limit=8)
        >>> service.shutdown()
        True
        """
        self._saturation.register(name, usage=usage, limit=limit)

    def throughput(
        self,
        name: str,
        *,
        arrived: float = 0,
        processed: float = 0,
        backlog: Callable[[], float] | None = None,
    ) -> None:
        """Count items that arrived at the stage `name` and that it processed.

        `arrived` and `processed` are increments and become the counters
        `ninefold.throughput.arrived` and `.processed`, both there at zero from the first call on.
        `backlog` is asked how many items wait whenever a reader collects, on the reader's thread,
        and shown as `ninefold.throughput.backlog`; the one given last counts. Meant for running
        code, so it never raises: what is no finite number of 0 or above, a backlog that is no
        callable or fails, and a name that is none (1 to 255 printable characters) is dropped, and
        counted in `ninefold.telemetry.dropped`, and costs none of the others.

        >>> import queue
        >>> import ninefold as nf
        >>> service = nf.setup("scanner")
        >>> pages = queue.Queue()
        >>> service.throughput("ocr", arrived=3, processed=2, backlog=pages.qsize)
        >>> service.shutdown()
        True
        """
        self._throughput.count(name, arrived=arrived, processed=processed, backlog=backlog)

    @property
    def operations(self) -> Mapping[str, MeasuredOperation]:
        """The operations that `measure` was called for, by name, each with its owner."""
        return self._operations.known

    def measure(
        self,
        name: str,
        *,
        good: Classifier | Iterable[Classifier] | None = None,
        ignore: Classifier | Iterable[Classifier] | None = (),
        owner: str | None = None,
        runtime: Runtime | None = None,
    ) -> Operation:
        """Measure an operation that is no HTTP route, as a decorator or by `with`.

        Each run is recorded in `ninefold.operation.duration`, in seconds. An exception is a
        failure, and goes on unchanged; a cancellation is no event.

        - `name` is `ninefold.operation.name`: keep it, and keep variable parts out of it.
        - `good` holds exceptions that are a success when raised, and functions that are asked about
          the result: a run is a failure as soon as one of them says no.
        - `ignore` holds exceptions, and functions that are asked about the result or the exception:
          a run is no event if one of them says yes. It is asked before `good`.
        - `owner` (default: the service's) answers for the operation.
        - `runtime` brings a clock of your own, for tests.

        One function or exception class may stand alone, without a tuple. A function that fails is
        counted in `ninefold.telemetry.dropped`, and the run is judged as if it were not there.

        Raises `ConfigurationError` for what is no name, no classifier or another owner than before.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout", owner="payments")
        >>> @service.measure("checkout.place_order", ignore=KeyError)
        ... def place_order(cart): return len(cart)
        >>> place_order(["pen"])
        1
        >>> service.operations["checkout.place_order"].owner
        'payments'
        >>> service.shutdown()
        True
        """
        return self._operations.measure(
            name, good=good, ignore=ignore, owner=owner, runtime=runtime
        )

    def expose(self, accept: str = "") -> tuple[bytes, str]:
        """This process's metrics in Prometheus's format, and their content type.

        `accept` is the scraper's Accept header: OpenMetrics, which carries exemplars, where it is
        asked for. Nothing with `OTEL_SDK_DISABLED`. Raises `ConfigurationError` unless
        `setup(prometheus=True)`.
        """
        if self._telemetry.disabled:
            return _NOTHING
        reader = self._telemetry.pipeline.ensure().prometheus
        if reader is None:
            if self._settings.prometheus:
                # The service ended before its first use.
                return _NOTHING
            raise ConfigurationError(
                "there is nothing to scrape: pass prometheus=True to setup(), or set"
                " NINEFOLD_PROMETHEUS=true"
            )
        return reader.expose(accept)

    def force_flush(self, timeout: float | None = None) -> bool:
        """Export what is held now; whether that ended within `timeout` seconds (default 5)."""
        return self._telemetry.force_flush(timeout)

    def shutdown(self, timeout: float | None = None) -> bool:
        """Export what is held and end; whether that ended within `timeout` seconds (default 5).

        Applications stay instrumented and go on being served; what they do is no longer exported.
        After it `setup()` may be called again.
        """
        self._event_loops.stop()
        ended = self._telemetry.shutdown(timeout)
        _present.leave(self)
        return ended


class _Present:
    """The service that is set up in this process, if any."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._service: Service | None = None
        self._words: tuple[object, ...] = ()

    def restart(self) -> None:
        self._lock = threading.RLock()

    def enter(
        self,
        settings: Settings,
        sampling: Sampling,
        readers: tuple[MetricReader, ...],
        span_processors: tuple[SpanProcessor, ...],
    ) -> Service:
        with self._lock:
            words = (settings, sampling, readers, span_processors)
            if self._service is not None:
                if words == self._words:
                    return self._service
                raise ConfigurationError(
                    f"setup({settings.name!r}) differs from the setup"
                    f"({self._service.settings.name!r}) that is in force in this process, in"
                    f" {', '.join(self._differences(words))}; call it once, or shut the first"
                    " service down before"
                )
            # Before anything is installed: a wrong file leaves nothing behind.
            promised = _objectives_in_files(settings)
            head = Head(sampling)
            telemetry = Telemetry(
                settings,
                sampler=HeadSampler(head.keeps),
                readers=readers,
                span_processors=span_processors,
            )
            if settings.prometheus and telemetry.owners.metrics == "user":
                _log.warning(
                    "%s is not answered: metrics go to the meter provider that the application set"
                    " before setup()",
                    settings.metrics_path,
                )
                settings = replace(settings, prometheus=False)
            service = Service(settings, telemetry, head)
            try:
                for objective in promised:
                    service.objectives.declare(objective)
            except ConfigurationError:
                telemetry.shutdown()
                raise
            self._service, self._words = service, words
            return service

    def _differences(self, words: tuple[object, ...]) -> list[str]:
        before, now = self._words[0], words[0]
        assert isinstance(before, Settings)
        assert isinstance(now, Settings)
        told = {row.key: row.value for row in before.explain()}
        found = [row.key for row in now.explain() if told.pop(row.key, None) != row.value]
        found += [key for key in told if not any(each.startswith(f"{key}.") for each in found)]
        if self._words[2] != words[2]:
            found.append("readers")
        if self._words[3] != words[3]:
            found.append("span_processors")
        return found or ["what is secret"]

    @property
    def service(self) -> Service | None:
        return self._service

    def leave(self, service: Service) -> None:
        with self._lock:
            if self._service is service:
                self._service, self._words = None, ()


# A process has one set of global providers, hence one service.
_present = _Present()
restart_after_fork(_present)


def setup(
    name: str | None = None,
    *,
    version: str | None = None,
    environment: str | None = None,
    owner: str | None = None,
    namespace: str | None = None,
    resource: Mapping[str, AttributeValue] | None = None,
    sampling: Sampling | None = None,
    prometheus: bool | None = None,
    exclude: Iterable[str] = (),
    objectives: Iterable[str | os.PathLike[str]] = (),
    shutdown_timeout: float | None = None,
    readers: Iterable[MetricReader] = (),
    span_processors: Iterable[SpanProcessor] = (),
) -> Service:
    """Set this process's service up, once, and return it.

    - `name` is `service.name`; `version`, `environment`, `owner` and `namespace` become
      `service.version`, `deployment.environment.name`, `ninefold.service.owner` and
      `service.namespace`. `resource` adds attributes of your own.
    - `sampling` says how many traces to keep; all by default, a caller's decision respected.
    - `prometheus=True` answers `/metrics` on what `instrument` wraps.
    - `exclude` holds globs of paths that are neither measured nor traced (`"/internal/*"`).
    - `objectives` holds paths or globs of OpenSLO v1 files (`"slo/*.yaml"`), relative to the
      working directory; the SLOs in them whose `spec.service` is this service are declared.
    - `shutdown_timeout` is how many seconds the last export may take, 5 by default.
    - `readers` and `span_processors` are OpenTelemetry SDK objects of your own, beside the
      exporters that the environment or the file names. They belong to this process: a child that is
      forked once they were used goes without them.

    Settings from the environment and from `ninefold.toml` win over these arguments: code says what
    is normal, the deployment decides. No thread is started and nothing is connected before the
    first request, so a server may load the application and fork after.

    Called again with the same arguments it returns the same service; with others it raises
    `ConfigurationError`, as does anything that cannot be meant.

    >>> import ninefold as nf
    >>> service = nf.setup("checkout", version="1.4.2", environment="test", owner="payments")
    >>> service.settings.name
    'checkout'
    >>> service.shutdown()
    True
    """
    if sampling is not None and not isinstance(sampling, Sampling):
        raise ConfigurationError(
            f"sampling must be an nf.Sampling, got {sampling!r}; write nf.Sampling(default=0.1)"
        )
    if resource is not None and not isinstance(resource, Mapping):
        raise ConfigurationError(
            f"resource must be a mapping of attributes, got {shown(resource)}; write"
            ' resource={"cloud.region": "eu-west-1"}'
        )
    code: dict[str, object] = {
        "name": name,
        "version": version,
        "environment": environment,
        "owner": owner,
        "namespace": namespace,
        "resource_attributes": None if resource is None else dict(resource),
        "prometheus": prometheus,
        "exclude": _globs(exclude),
        "objectives": _listed("objectives", objectives, such_as="'slo/*.yaml'") or None,
        "shutdown_timeout": shutdown_timeout,
        "sampling.default": None if sampling is None else sampling.default,
        "sampling.parent": None if sampling is None else sampling.parent,
    }
    settings = load(code=code)
    effective = Sampling(default=settings.sampling_ratio, parent=settings.sampling_parent)
    return _present.enter(
        settings,
        effective,
        _listed("readers", readers),
        _listed("span_processors", span_processors),
    )


def current() -> Service | None:
    """The service that is set up in this process, or None."""
    return _present.service


def _objectives_in_files(settings: Settings) -> tuple[Objective, ...]:
    # The switch that turns everything off must not depend on files being right.
    if settings.disabled or not settings.objectives:
        return ()
    from ninefold.slo.openslo import load  # few services have files of objectives

    found = load(settings.objectives, service=settings.name, owner=settings.owner)
    return tuple(slo.objective for slo in found)


def _listed(name: str, given: Iterable[T], *, such_as: str = "") -> tuple[T, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        one = such_as or name.rstrip("s")
        raise ConfigurationError(f"{name} must be a list, got {shown(given)}; write {name}=[{one}]")
    return tuple(given)


def _globs(exclude: Iterable[str]) -> tuple[str, ...] | None:
    if not isinstance(exclude, Iterable):
        raise ConfigurationError(
            f"exclude must be a list of path globs, got {shown(exclude)}; write ['/internal/*']"
        )
    if isinstance(exclude, str):
        raise ConfigurationError(
            f"exclude must be a list of path globs, got the text {exclude!r}; write [{exclude!r}]"
        )
    return tuple(exclude) or None


def _integration_name(target: object) -> str:
    if isinstance(target, types.ModuleType):
        known = {point.name for point in entry_points(group=_GROUP)}
        if target.__name__ in known:
            return target.__name__
        raise ConfigurationError(_unknown(f"the module {target.__name__}", target.__name__, known))
    known = {point.name for point in entry_points(group=_GROUP)} - {"asgi", "wsgi"}
    name = _framework(target, known)
    if name is not None:
        return name
    shape = _callable_shape(target)
    if shape is None:
        raise ConfigurationError(_unknown(repr(target)[:200], type(target).__module__, known))
    # A middleware of the application's own: what it is around is in its attribute `app`, as a rule.
    within: object = target
    for _ in range(_DEPTH):
        within = getattr(within, "app", None)
        name = _framework(within, known)
        if name is not None and name in _FRAMEWORKS[shape]:
            return name
    return shape


def _framework(target: object, known: Set[str]) -> str | None:
    for kind in type(target).__mro__:
        top = kind.__module__.partition(".")[0]
        if top in known:
            return top
    return None


def _unknown(what: str, near: str, known: set[str]) -> str:
    hint = nearest(near, sorted(known))
    return (
        f"cannot instrument {what}: it is no application or client of {', '.join(sorted(known))}"
        + (f" (did you mean {hint}?)" if hint else "")
        + ", nor an ASGI or WSGI callable"
    )


def _callable_shape(target: object) -> str | None:
    """Tell a bare ASGI callable (three arguments) from a WSGI one (two)."""
    if not callable(target):
        return None
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return None
    wanted = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    match len(wanted):
        case 3:
            return "asgi"
        case 2:
            return "wsgi"
        case _:
            return None
