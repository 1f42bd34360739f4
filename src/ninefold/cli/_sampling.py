"""`ninefold sampling simulate`: what rules would keep of traffic, and what that costs."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import click

from ninefold.cli._main import MissingExtraError
from ninefold.cli._sampling_report import Prices, Simulation, as_json, as_text
from ninefold.cli._sampling_traffic import Source, counted
from ninefold.config import Settings, read
from ninefold.errors import ConfigurationError
from ninefold.sampling import Sampling, covered, sampling_of
from ninefold.sampling.simulation import Mix, Part, Parts, Route, Tally, replay

_SLOWER_THAN: Final = 1.0
_MIX: Final = Mix()
_OF_A_MIX: Final = (
    "requests_per_s",
    "processes",
    "errors",
    "slow",
    "spans_per_trace",
    "bytes_per_span",
    "route",
    "seed",
)
_OF_TRACES: Final = ("service", "as_roots")
_KEYS: Final = "sampling."
_SHARE: Final = click.FloatRange(0, 1)
_ABOVE_ZERO: Final = click.FloatRange(min=0, min_open=True)
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.group("sampling")
def command() -> None:
    """Try sampling rules on traffic."""


def _option(name: str, kind: object, default: object, said: str) -> Callable[[Any], Any]:
    return click.option(name, type=kind, default=default, show_default=True, help=said)


@command.command("simulate")
@click.argument("traces", required=False, type=click.Path(allow_dash=True))
@click.option(
    "--rules",
    required=True,
    type=_FILE,
    help="ninefold.toml, or a pyproject.toml with [tool.ninefold], whose [sampling] is tried.",
)
@click.option("--against", type=_FILE, help="Another such file, to compare with.")
@click.option(
    "--service",
    multiple=True,
    help="Whose rules these are; repeat it for several.  [default: every service of TRACES]",
)
@click.option(
    "--as-roots",
    is_flag=True,
    help="Decide anew where the caller is not in TRACES, instead of following it.",
)
@click.option(
    "--slower-than",
    type=_ABOVE_ZERO,
    help="Seconds from which on a trace is slow.  [default: keep.slower_than of the rules, or 1]",
)
@click.option(
    "--seconds",
    type=_ABOVE_ZERO,
    help="How long the traffic took.  [default: what the spans of TRACES tell; 60 without them]",
)
@click.option("--price", type=click.FloatRange(min=0), help="What a GB (10^9 bytes) costs.")
@click.option(
    "--price-per-million-spans", type=click.FloatRange(min=0), help="What a million spans cost."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="text for people (the default), json for programs.",
)
@_option("--requests-per-s", _ABOVE_ZERO, _MIX.requests_per_s, "Without TRACES: of all processes.")
@_option("--processes", click.IntRange(min=1), _MIX.processes, "How many of them share the load.")
@_option("--errors", _SHARE, _MIX.errors, "Share of requests that fail.")
@_option("--slow", _SHARE, _MIX.slow, "Share of requests that are slow.")
@_option("--spans-per-trace", click.IntRange(min=1), _MIX.spans_per_trace, "Spans of a request.")
@_option("--bytes-per-span", click.IntRange(min=1), _MIX.bytes_per_span, "Bytes of a span.")
@click.option(
    "--route",
    multiple=True,
    metavar="[METHOD ]TEMPLATE=WEIGHT",
    help="A route and how often it is asked for; repeat it for several.  [default: /=1]",
)
@_option("--seed", int, _MIX.seed, "The same one makes the same traffic.")
@click.pass_context
def simulate(
    context: click.Context,
    /,
    traces: str | None,
    rules: Path,
    against: Path | None,
    service: tuple[str, ...],
    as_roots: bool,
    slower_than: float | None,
    seconds: float | None,
    price: float | None,
    price_per_million_spans: float | None,
    form: Literal["text", "json"],
    **mix: Any,
) -> None:
    """Show what the rules of a file keep of traffic, by rule, and what that costs.

    TRACES is a file of OTLP, or - for standard input: JSON, in one document or one on each line as
    the Collector's file exporter writes it, or protobuf; gzip is undone. Without TRACES traffic is
    made up, of the figures that the options from --requests-per-s on give.

    Decisions are those of a service, made by the same code at the times of the spans, in each
    process by itself, and again at the end of a trace where the rules have `keep`. Where a trace
    state tells that a recorded trace stands for several, they are decided on as well.

    Exits with 1 where a file of rules has a mistake, with 2 for wrong usage and for TRACES that
    cannot be read.
    """
    _require_fitting(context, traces)
    tried = [(str(path), *_settled(path)) for path in (rules, against) if path is not None]
    if slower_than is None:
        keep = tried[0][1].keep
        slower_than = (keep.slower_than if keep else None) or _SLOWER_THAN
    if traces is None:
        source, parts = _made_up(mix, seconds, slower_than)
    else:
        source, parts = _recorded(traces, seconds, service)
    found = [
        Simulation(
            file=name,
            tally=Tally.of(
                replay(parts, sampling, services=service, callers_count=not as_roots),
                sampling,
                slower_than=slower_than,
            ),
            notes=notes,
        )
        for name, sampling, notes in tried
    ]
    if not as_roots:
        source.note_of_callers(parts, service)
    source.note_of_instances(parts, service, [sampling for _, sampling, _ in tried])
    prices = Prices(price, price_per_million_spans)
    if form == "json":
        click.echo(json.dumps(as_json(source, found, prices, slower_than), indent=2))
    else:
        for line in as_text(source, found, prices, slower_than):
            click.echo(line)


def _require_fitting(context: click.Context, traces: str | None) -> None:
    """Refuse what says nothing here, so that nobody believes that it does."""
    for name in _OF_TRACES if traces is None else _OF_A_MIX:
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            written = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{written} is about recorded traces: name a file of them, or leave it out"
                if traces is None
                else f"{written} is about made-up traffic: leave it out, or leave out {traces}"
            )


def _settled(path: Path) -> tuple[Sampling, tuple[str, ...]]:
    """What a service with this file would do, and what is to be known about that."""
    # Disabled, as what is read for exporters, such as secrets, is on the machines of the service.
    environ = {**os.environ, "NINEFOLD_CONFIG": str(path.absolute()), "OTEL_SDK_DISABLED": "true"}
    settings = read(code={}, environ=environ)
    # What it logs of rules that never decide is a note here, where nobody has set logging up.
    logging.getLogger("ninefold.sampling").addHandler(logging.NullHandler())
    sampling = sampling_of(settings)
    return sampling, (*_from_elsewhere(settings), *covered(tuple(sampling.rules)))


def _from_elsewhere(settings: Settings) -> list[str]:
    return [
        f"{row.key} is {row.value} by {row.origin.name}, which wins over the file; unset it to try"
        " the file alone"
        for row in settings.explain()
        if row.key.startswith(_KEYS) and row.origin.source == "environment"
    ]


def _made_up(
    said: dict[str, Any], seconds: float | None, slower_than: float
) -> tuple[Source, list[Part]]:
    try:
        routes = tuple(map(Route.of, said.pop("route"))) or _MIX.routes
    except ConfigurationError as error:
        raise click.BadParameter(str(error), param_hint="'--route'") from None
    mix = Mix(routes=routes, seconds=seconds or _MIX.seconds, slower_than=slower_than, **said)
    parts = list(mix.parts())
    told = f"made up: {mix.requests_per_s:g} requests/s, seed {mix.seed}"
    return Source.of(told, parts, mix.seconds, traces=len(parts), file=None), parts


def _recorded(
    name: str, seconds: float | None, services: tuple[str, ...]
) -> tuple[Source, list[Part]]:
    if find_spec("google.protobuf") is None or find_spec("opentelemetry.proto") is None:
        raise MissingExtraError(
            "reading OTLP needs opentelemetry-proto, which is not installed; pip install"
            " opentelemetry-proto"
        )
    from ninefold.cli._otlp import Recording, UnreadableError

    recording = Recording(name)
    gathered = Parts()
    for span in recording.spans():
        gathered.add(span)
    traces, first, last = gathered.trace_count, gathered.first, gathered.last
    if first is None or last is None:
        raise UnreadableError(
            f"{recording.name} has no span"
            + (", only metrics or logs" if recording.others else "")
            + "; record traces, as with the Collector's file exporter"
        )
    if seconds is None:
        seconds = (last - first) / 1e9
        if not seconds:
            raise click.UsageError(
                f"the spans of {recording.name} all start and end at one moment, which tells no"
                " rate; say with --seconds how long was recorded"
            )
    parts = gathered.all()
    there = sorted({part.first.process.service for part in parts})
    for wanted in services:
        if wanted not in there:
            raise click.BadParameter(
                f"there is no {wanted!r} in {recording.name}, but {', '.join(there)}",
                param_hint="'--service'",
            )
    source = Source.of(recording.name, parts, seconds, traces=traces, file=name)
    if gathered.duplicates:
        source.notes.append(f"came twice, and count once: {counted(gathered.duplicates, 'span')}")
    if recording.others:
        source.notes.append(
            f"left out, as there are no traces in them: {counted(recording.others, 'line')}"
        )
    return source, parts
