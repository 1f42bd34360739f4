"""Service: what `setup()` returns; it instruments applications, and ends what it began.

Over 300 lines, most of them what its methods promise: it is the one object that a user holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from ninefold.config import Settings, unasked
from ninefold.core import Runtime
from ninefold.dependency import OWN_FIELDS, Declared, Dependency, Kind
from ninefold.errors import ConfigurationError
from ninefold.health import Health, Role, Scope, unknown_upstreams
from ninefold.resilience import Policy, asked, known_policies
from ninefold.sampling import Sampling, asked_of
from ninefold.service._admin import Admin
from ninefold.service._admin_endpoints import Endpoints, health_endpoints, metrics_endpoint
from ninefold.service._file_watch import FileWatch
from ninefold.service._heartbeats import Heartbeats, Workers
from ninefold.service._in_force import InForce
from ninefold.service._present import present
from ninefold.service._sampling import require_sampling
from ninefold.service._target import GROUP, integration_name, integrations
from ninefold.sli import Objective, Objectives
from ninefold.sli.http import Applications, Route
from ninefold.sli.objective import Kind as ObjectiveKind
from ninefold.sli.objective import UnknownNames
from ninefold.sli.operation import Classifier, MeasuredOperation, Operation, Operations
from ninefold.sli.process import EventLoops, observe_process
from ninefold.sli.states import Events, Freshness, Saturation, Throughput
from ninefold.telemetry import (
    ServerTracing,
    Telemetry,
    restart_after_fork,
)
from ninefold.telemetry._log_ids import install_log_ids
from ninefold.telemetry._workers import Board

T = TypeVar("T")
_NOTHING = b"", "text/plain; version=0.0.4; charset=utf-8"


class Service:
    """One service: its settings, its telemetry, and what is instrumented for it.

    Made by `setup()`. Everything here may be called from any thread.
    """

    def __init__(self, settings: Settings, telemetry: Telemetry, in_force: InForce) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._tracing = ServerTracing(telemetry, in_force.sampler.head)
        self._in_force = in_force
        in_force.begin(settings, self._tracing)
        self._objectives = Objectives(telemetry)
        self._events = Events(telemetry, counted=self._objectives.quality.counted)
        self._freshness = Freshness(telemetry)
        self._saturation = Saturation(telemetry)
        self._throughput = Throughput(telemetry)
        self._event_loops = EventLoops(telemetry)
        observe_process(telemetry)
        self._operations = Operations(telemetry, self._objectives.operations, owner=settings.owner)
        self._applications = Applications(settings.exclude)
        self._declaring = threading.RLock()
        self._dependencies: dict[str, Dependency] = {}
        self._health = Health(
            settings.name,
            version=settings.version,
            environment=settings.environment,
            startup=settings.startup,
            start_deadline=settings.start_deadline,
            token=settings.admin_token,
            measuring=telemetry,
            loop=self._event_loops.running,
        )
        self._board = Board(settings.name, settings.workers)
        self._heartbeats = Heartbeats(settings, self._event_loops, self._board)
        self._health.alive_while(self._heartbeats.missed)
        self._unknown = UnknownNames(
            self._objectives,
            telemetry.faults,
            routes=self._templates,
            operations=self._known,
            dependencies=lambda: self._dependencies,
            others=self._unasked,
        )
        telemetry.pipeline.when_built(self._unknown.when_built)
        restart_after_fork(self)
        self._admin: Admin | None = None
        if settings.admin is not None:
            self._admin = Admin(settings.admin, self._endpoints(), telemetry.faults)
            telemetry.pipeline.when_built(self._admin.start)
        telemetry.pipeline.when_built(self._begin_health)
        self._file_watch: FileWatch | None = None
        if settings.file is not None and telemetry.owners.traces == "ninefold":
            self._file_watch = FileWatch(settings.file, in_force.reload_file, telemetry.faults)
            telemetry.pipeline.when_built(self._file_watch.start)
        if settings.log_correlation:
            # For good, and with OTEL_SDK_DISABLED too: a format string that names the ids must not
            # lose the lines that it formats.
            install_log_ids(telemetry.faults)

    def _begin_health(self, _: object = None) -> None:
        if self._board.is_shared:
            self._health.share_with(Workers(self._board, self._heartbeats))
        self._health.start()

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._declaring = threading.RLock()

    @property
    def settings(self) -> Settings:
        """The effective settings, each with its origin."""
        return self._in_force.settings

    @property
    def telemetry(self) -> Telemetry:
        """Where this service's measurements go."""
        return self._telemetry

    @property
    def tracing(self) -> ServerTracing:
        """Where the traces of served requests begin."""
        return self._tracing

    @property
    def sampling(self) -> Sampling:
        """Which traces are kept, as it is in force."""
        return self._in_force.sampling

    @property
    def event_loops(self) -> EventLoops:
        """What watches the event loops that requests are served on."""
        return self._event_loops

    def instrument(self, target: T) -> T:
        """Measure what `target` serves or calls, and return it.

        A FastAPI, Starlette or Flask application is instrumented in place, an httpx or requests
        client (or the module itself, for all clients) as well. A bare ASGI or WSGI callable, such
        as a middleware around an application, has no place for it: use what is returned. A second
        time changes nothing. With `OTEL_SDK_DISABLED` nothing is measured, and clients are not
        touched: applications answer `/livez` and its siblings, and that is all.

        Raises `ConfigurationError` for what no integration knows.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout")
        >>> async def app(scope, receive, send): ...
        >>> app = service.instrument(app)
        >>> service.shutdown()
        True
        """
        name = integration_name(target)
        point = integrations().get(name)
        if point is not None:
            integration = point.load()
            instrumented: T
            if not self._telemetry.disabled:
                instrumented = integration.instrument(target, self)
            elif self._settings.health and hasattr(integration, "serve_health"):
                # A switch that is meant for telemetry must not have an orchestrator end instances.
                instrumented = integration.serve_health(target, self)
            else:
                return target
            # What serves nothing, such as a client, has no word for it.
            routes = getattr(integration, "routes", None)
            if routes is not None:
                self._applications.add(instrumented, routes)
            return instrumented
        raise ConfigurationError(
            f"no integration is called {name!r}: reinstall ninefold, whose installation declares"
            f" them as entry points of {GROUP}"
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
        runs = {name: operation.owner for name, operation in list(self.operations.items())}
        return {
            "operation.availability": runs,
            "operation.latency": runs,
            "freshness": dict.fromkeys(self._freshness.names()),
            "saturation": dict.fromkeys(self._saturation.names()),
        }

    def start(self) -> None:
        """Start now what otherwise starts with the first request or measurement; never raises.

        These are the exporters, what is asked whenever they collect (freshness, saturation), and
        the admin port. Lifespan start-up does it for an ASGI application. Call it where nothing
        else comes first, as in a consumer, and in each worker of a WSGI server, as in gunicorn's
        `post_worker_init`. Not in a process that only loads the application and forks. A second
        time changes nothing; a forked child may start anew. Where no server has an event loop,
        checks that are coroutines run on the one that runs this.

        >>> import ninefold as nf
        >>> service = nf.setup("consumer", admin="127.0.0.1:0")
        >>> service.freshness("search.index", updated_at=lambda: 1.7e9)
        >>> service.start()
        >>> service.shutdown()
        True
        """
        self._health.note_loop()  # before it begins to probe
        if not self._telemetry.disabled:
            self._telemetry.pipeline.wake()
            return
        if self._admin is not None:
            self._admin.start()
        self._begin_health()

    @property
    def admin_address(self) -> str | None:
        """Where this process answers as the admin port, `host:port`.

        None where it does not: there is none, nothing has started yet, or another worker does.
        """
        return None if self._admin is None else self._admin.bound

    def serves(self, path: str) -> bool:
        """Whether an application that is instrumented has a route of exactly this path itself."""
        return self._applications.serves(path)

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
        kind: ObjectiveKind,
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

    @property
    def dependencies(self) -> Mapping[str, Dependency]:
        """The dependencies that are declared, by name."""
        return MappingProxyType(self._dependencies)

    @property
    def health(self) -> Health:
        """What keeps watch over the dependencies, and answers `/readyz` and its siblings."""
        return self._health

    @property
    def heartbeats(self) -> Heartbeats:
        """What tells whether this process still serves: liveness is decided by nothing else."""
        return self._heartbeats

    def dependency(
        self,
        name: str,
        *,
        kind: Kind,
        vendor: str | None = None,
        policy: Policy | None = None,
        check: object = None,
        role: Role | None = None,
        scope: Scope = "shared",
        upstreams: Iterable[str] = (),
        replicas: int | None = None,
        quorum: int | None = None,
        interval: float | timedelta = 10.0,
        timeout: float | timedelta = 2.0,
        fail_after: int = 3,
        recover_after: int = 2,
        latency_budget: float | timedelta | None = None,
        owner: str | None = None,
        runbook: str | None = None,
        redundancy: str | None = None,
        rto: float | timedelta | None = None,
        rpo: float | timedelta | None = None,
    ) -> Dependency:
        """Declare something that this service calls, once, at start-up.

        - `name` is `ninefold.dependency.name`, and `service.peer.name` on spans.
        - `kind` is `http`, `rpc`, `db`, `cache`, `messaging`, `storage` or `other`.
        - `vendor` is who provides it, where that is somebody else.
        - `policy` guards its calls: an `nf.Policy` without a name. Without one they are measured
          and bounded by the caller's deadline, and nothing else.

        How its health is found out, in the background:

        - `check` is one of `nf.checks`, a function without arguments, async or not, that raises or
          answers False where something is wrong; or a list of these, one for each replica.
        - `interval` (10) and `timeout` (2) are in seconds; a probe that takes longer than
          `latency_budget` seconds makes it degraded.
        - it is down once `fail_after` (3) probes in a row have failed, and up again once
          `recover_after` (2) have succeeded; a change that is not confirmed is probed again after a
          second. What is not confirmed changes nothing.

        What its failure means:

        - `role`: without a `"critical"` one, the default, the service is down; without an
          `"optional"` one it is degraded. One that others name in `upstreams` counts through them
          alone, unless its role is said.
        - `scope`: what is `"shared"`, the default, fails for all instances alike, so it never makes
          one not ready; what is `"local"` (a disk, a sidecar) takes this instance away.
        - `upstreams` are the dependencies that this one stands on, for telling the root cause.
        - `quorum` is how many of its `replicas` must work, more than half by default.

        What people and reports are told: `owner`, `runbook` (an address), `redundancy` in words,
        `rto` and `rpo` in seconds.

        Calls are made through `guard`, which decorates functions, or `permit`, for blocks; each is
        recorded in `ninefold.dependency.call.duration` in seconds, and each attempt in
        `ninefold.dependency.attempts`.

        The same again gives the same. Raises `ConfigurationError` for what cannot be meant, and for
        a name that is declared with other words already.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout")
        >>> stock = service.dependency("stock-db", kind="db", policy=nf.Policy(deadline=2.0))
        >>> @stock.guard
        ... def left(item: int) -> int:
        ...     return 3
        >>> left(7)
        3
        >>> service.shutdown()
        True
        """
        declared = Declared(
            kind=kind,
            vendor=vendor,
            policy=policy,
            check=check,
            role=role,
            scope=scope,
            upstreams=upstreams,
            replicas=replicas,
            quorum=quorum,
            interval=interval,
            timeout=timeout,
            fail_after=fail_after,
            recover_after=recover_after,
            latency_budget=latency_budget,
            owner=owner,
            runbook=runbook,
            redundancy=redundancy,
            rto=rto,
            rpo=rpo,
        )
        with self._declaring:
            present = self._dependencies.get(name)
            if present is not None:
                if present.is_declared_as(declared):
                    return present
                raise ConfigurationError(
                    f"the dependency {name!r} is declared already, with other words; declare it"
                    f" once, and find it again by service.dependencies[{name!r}]"
                )
            made = Dependency(
                name,
                declared,
                health=self._health,
                measuring=self._telemetry,
                judges=self._objectives.dependencies,
                off=not self._settings.resilience,
            )
            self._dependencies[name] = made
            return made

    def _unasked(self) -> list[str]:
        """What is said of policies and dependencies that are not there."""
        upstreams = unknown_upstreams(self._health.places)
        if not self._settings.overrides:
            return upstreams
        declared = [asked("dependency", name, OWN_FIELDS) for name in self._dependencies]
        rules = asked_of(self._in_force.rules)
        return [*upstreams, *unasked([*known_policies(), *declared, *rules])]

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

    def _endpoints(self) -> Endpoints:
        """What the admin port answers."""
        telemetry = self._telemetry
        table = health_endpoints(self._health)
        if telemetry.owners.metrics == "ninefold" and not telemetry.disabled:
            table[self._settings.metrics_path] = metrics_endpoint(self.expose, telemetry.faults)
        return Endpoints(self._settings.name, table)

    def expose(self, accept: str = "") -> tuple[bytes, str]:
        """This process's metrics in Prometheus's format, and their content type.

        `accept` is the scraper's Accept header: OpenMetrics, which carries exemplars, where it is
        asked for. Nothing with `OTEL_SDK_DISABLED`. Raises `ConfigurationError` unless
        `setup(prometheus=True)`, or `setup(admin=…)`.
        """
        if self._telemetry.disabled:
            return _NOTHING
        reader = self._telemetry.pipeline.ensure().prometheus
        if reader is None:
            if self._settings.scraped:
                # The service ended before its first use.
                return _NOTHING
            raise ConfigurationError(
                "there is nothing to scrape: pass prometheus=True to setup(), or set"
                " NINEFOLD_PROMETHEUS=true"
            )
        return reader.expose(accept)

    def reload(self, *, sampling: Sampling | None = None) -> None:
        """Decide by other sampling rules from now on, without a restart.

        File and environment are read again, as `setup()` did, and still win over code. `sampling`,
        if it is given, is what code says from now on, in the place of the argument of `setup()`;
        what is in force after that, `Service.sampling` tells. Of the settings only those of
        sampling change, and of these `keep` and `buffer` do not; what else differs is logged, and
        changes at the next start.

        A file of settings is looked at every 5 seconds, and taken over by itself; who calls this
        need not wait. Counters go on, and rates know what load to expect. Each trace is decided on
        by the one or the other, never by both.

        Raises `ConfigurationError` for what cannot be meant: then all stays as it was.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout")
        >>> service.reload(sampling=nf.Sampling(default=0.1))
        >>> service.sampling.default
        0.1
        >>> service.shutdown()
        True
        """
        if sampling is not None:
            require_sampling(sampling)
        self._in_force.reload(sampling)

    def force_flush(self, timeout: float | None = None) -> bool:
        """Export what is held now; whether that ended within `timeout` seconds (default 5)."""
        return self._telemetry.force_flush(timeout)

    def shutdown(self, timeout: float | None = None) -> bool:
        """Export what is held and end; whether that ended within `timeout` seconds (default 5).

        Applications stay instrumented and go on being served; what they do is no longer exported.
        After it `setup()` may be called again.
        """
        self._health.stop()
        self._board.leave()
        self._event_loops.stop()
        if self._file_watch is not None:
            self._file_watch.stop()
        if self._admin is not None:
            self._admin.stop()
        ended = self._telemetry.shutdown(timeout)
        present.leave(self)
        return ended
