"""`ninefold demo`: a real storefront under traffic, told by its own telemetry."""

from __future__ import annotations

import click
from rich.console import Console

from ninefold.demo._run import Run, require_all, run

# In the processes of checkout and inventory it would be missed with a traceback.
require_all()


@click.command("demo")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30,
    show_default=True,
    help="How long customers come.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True, max=1000),
    default=40,
    show_default=True,
    help="Requests per second that they send.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65534),
    default=0,
    show_default="free ones",
    help="Port of checkout on 127.0.0.1; inventory has the next one.",
)
@click.option(
    "--faults/--no-faults",
    default=True,
    show_default=True,
    help="Whether inventory fails for a while, and later hangs.",
)
def command(seconds: float, rate: float, port: int, faults: bool) -> None:
    """Run a real storefront and watch it by its telemetry.

    Two services, a FastAPI checkout that calls a Flask inventory by HTTP, each in a process of its
    own on 127.0.0.1, get requests of customers. What is shown of each route comes from the
    /metrics of the two services; quantiles are estimated from histogram buckets, as Prometheus's
    histogram_quantile does. At the end the number of requests sent is compared with the number
    counted; a difference is told, and does not change the exit code.

    Meanwhile inventory fails for a while, and later hangs. Checkout calls it through a policy, and
    what that does about it is told as its metrics have it: retries and those that were not made, a
    breaker that opens and closes, fallbacks. Its /healthz tells that inventory is down, though the
    probes pass, and its /readyz goes on answering 200: no instance is taken away for what all of
    them share.

    Set OTEL_EXPORTER_OTLP_ENDPOINT to have spans and metrics in a Collector as well.

    Ctrl-C ends it early and in good order. The exit code is 0 then too; 1 where a service does not
    start, 2 for wrong usage or where the extra `demo` is not installed.
    """
    console = Console()
    console.out("")
    told = run(Run(seconds=seconds, rate=rate, port=port, faults=faults), console)
    console.out("")
    for account in told:
        console.out(str(account), highlight=False)
