"""`setup()`: makes the one service of a process, from what code, file and environment say."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ninefold.config import AttributeValue, Settings, StartupRule, load
from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.sampling import Sampling, sampling_said
from ninefold.service._in_force import InForce
from ninefold.service._present import present
from ninefold.service._sampling import (
    require_sampling,
    unsampled,
    waits_of,
    words_of,
)
from ninefold.service._service import Service
from ninefold.sli import Objective
from ninefold.telemetry import (
    MetricReader,
    SpanProcessor,
    Telemetry,
)

T = TypeVar("T")
_log = logging.getLogger("ninefold")


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
    workers: str | bool | os.PathLike[str] | None = None,
    admin: str | None = None,
    admin_token: str | None = None,
    health: bool | None = None,
    startup: StartupRule | None = None,
    start_deadline: float | None = None,
    heartbeat_timeout: float | None = None,
    worker_threads: int | None = None,
    exclude: Iterable[str] = (),
    record_headers: Iterable[str] = (),
    record_query: Iterable[str] = (),
    objectives: Iterable[str | os.PathLike[str]] = (),
    accept_deadline: bool | None = None,
    shutdown_timeout: float | None = None,
    require_tls: bool | None = None,
    readers: Iterable[MetricReader] = (),
    span_processors: Iterable[SpanProcessor] = (),
) -> Service:
    """Set this process's service up, once, and return it.

    - `name` is `service.name`; `version`, `environment`, `owner` and `namespace` become
      `service.version`, `deployment.environment.name`, `ninefold.service.owner` and
      `service.namespace`. `resource` adds attributes of your own.
    - `sampling` says which traces to keep; up to 5 per second in each process by default, a
      caller's decision respected. `nf.Sampling(target_per_s=None)` keeps all of them.
    - `prometheus=True` answers `/metrics` on what `instrument` wraps.
    - `workers` says who answers a scrape as one: `"auto"`, the default, the workers of one server
      (uvicorn, gunicorn, `multiprocessing`, children of a fork); `"off"` nobody; the absolute path
      of a folder those that are given the same.
    - `admin="0.0.0.0:9464"` answers `/metrics` and for health on a port and thread of its own, also
      while the application is busy; of several workers one has the port, and another takes it over.
    - `admin_token` shows details of health to who sends it, and lets them drain; secret, so it is
      best said by `NINEFOLD_ADMIN_TOKEN`.
    - `health=False` leaves `/livez`, `/readyz`, `/startupz` and `/healthz` of the application to
      itself; the admin port answers them in any case.
    - `startup="require"` has the service not ready until every critical dependency was up once;
      `"open"`, the default, until `start_deadline` seconds, 30, have passed.
    - `heartbeat_timeout` is how many seconds, 30, the event loop or all workers may be blocked
      until `/livez` says so; `worker_threads` how many threads a WSGI server has in a process.
    - `exclude` holds globs of paths that are neither measured nor traced (`"/internal/*"`).
    - `record_headers` and `record_query` hold the names of request headers and query parameters
      that server spans may carry; none by default, and known secrets are redacted all the same.
    - `objectives` holds paths or globs of OpenSLO v1 files (`"slo/*.yaml"`), relative to the
      working directory; the SLOs in them whose `spec.service` is this service are declared.
    - `accept_deadline=True` gives a request the time that its header tells, by `nf.remaining()`;
      for services that only your own clients and proxies reach.
    - `shutdown_timeout` is how many seconds the last export may take, 5 by default.
    - `require_tls=True` refuses an OTLP endpoint without TLS with a `ConfigurationError`.
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
    if sampling is not None:
        require_sampling(sampling)
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
        "workers": workers,
        "admin": admin,
        "admin_token": admin_token,
        "health": health,
        "startup": startup,
        "start_deadline": start_deadline,
        "heartbeat_timeout": heartbeat_timeout,
        "worker_threads": worker_threads,
        "exclude": _globs(exclude),
        "record_headers": _listed("record_headers", record_headers, such_as="'x-tenant'") or None,
        "record_query": _listed("record_query", record_query, such_as="'page'") or None,
        "objectives": _listed("objectives", objectives, such_as="'slo/*.yaml'") or None,
        "accept_deadline": accept_deadline,
        "shutdown_timeout": shutdown_timeout,
        "require_tls": require_tls,
        **words_of(sampling),
        **waits_of(sampling),
    }
    start = _here()
    settings = load(code=code, start=start)
    return _enter(
        settings,
        code,
        start,
        (
            unsampled(settings),
            Sampling() if sampling is None else sampling,
            _listed("readers", readers),
            _listed("span_processors", span_processors),
        ),
    )


def current() -> Service | None:
    """The service that is set up in this process, or None."""
    return present.service


def _here() -> Path | None:
    try:
        return Path.cwd()
    except OSError:
        # The working directory is gone: there is no file to be found.
        return None


def _enter(
    settings: Settings,
    code: Mapping[str, object],
    start: Path | None,
    words: tuple[Settings, Sampling, tuple[MetricReader, ...], tuple[SpanProcessor, ...]],
) -> Service:
    with present.lock:
        if present.service is not None:
            if words == present.words:
                return present.service
            raise ConfigurationError(
                f"setup({settings.name!r}) differs from the setup"
                f"({present.service.settings.name!r}) that is in force in this process, in"
                f" {', '.join(_differences(present.words, words))}; call it once, or shut the first"
                " service down before"
            )
        # Before anything is installed: a wrong file leaves nothing behind.
        promised = _objectives_in_files(settings)
        in_force = InForce(settings, sampling_said(settings), code=code, start=start)
        _, _, readers, span_processors = words
        telemetry = Telemetry(
            settings,
            sampler=in_force.sampler,
            readers=readers,
            span_processors=span_processors,
        )
        if settings.scraped and telemetry.owners.metrics == "user":
            _log.warning(
                "%s is not answered: metrics go to the meter provider that the application set"
                " before setup()",
                settings.metrics_path,
            )
            settings = replace(settings, prometheus=False)
        if in_force.sampling.keep is not None and telemetry.owners.traces == "user":
            _log.warning(
                "sampling.keep has no effect: spans go to the tracer provider that the application"
                " set before setup()"
            )
        service = Service(settings, telemetry, in_force)
        try:
            for objective in promised:
                service.objectives.declare(objective)
        except ConfigurationError:
            telemetry.shutdown()
            raise
        present.enter(service, words)
        return service


def _differences(held: tuple[object, ...], words: tuple[object, ...]) -> list[str]:
    before, now = held[0], words[0]
    assert isinstance(before, Settings)
    assert isinstance(now, Settings)
    told = {row.key: row.value for row in before.explain()}
    found = [row.key for row in now.explain() if told.pop(row.key, None) != row.value]
    found += [key for key in told if not any(each.startswith(f"{key}.") for each in found)]
    if held[1] != words[1] and not any(key.startswith("sampling.") for key in found):
        # What wins over both arguments is the same.
        found.append("sampling")
    if held[2] != words[2]:
        found.append("readers")
    if held[3] != words[3]:
        found.append("span_processors")
    return found or ["what is secret"]


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
