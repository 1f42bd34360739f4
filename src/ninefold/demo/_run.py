"""Runs the storefront: services up, customers in, telemetry on the screen, all of it ended."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import httpx
from rich.console import Console

from ninefold.demo import _screen
from ninefold.demo._address import is_free
from ninefold.demo._child import Child
from ninefold.demo._condition import Looks
from ninefold.demo._environment import destination, environment
from ninefold.demo._faulty import FAULTS
from ninefold.demo._interrupt import stopping
from ninefold.demo._lines import Lines
from ninefold.demo._screen import Frame, Screen
from ninefold.demo._spans import SpanReceiver
from ninefold.demo._story import Story, summary
from ninefold.demo._summary import Account, accounts
from ninefold.demo._traffic import Traffic, until
from ninefold.demo._watch import METRICS, Watch
from ninefold.errors import ConfigurationError

_LOOK_EVERY: Final = 1.0
_SETTLE: Final = 5.0
_READY: Final = 10.0
_OURS: Final = (
    "Spans come here by OTLP; set OTEL_EXPORTER_OTLP_ENDPOINT to have them in a Collector."
)


@dataclass(frozen=True, slots=True)
class _Change:
    """From the share `at` of the run on inventory does this wrong."""

    at: float
    kind: str
    told: str


FAULTY: Final = (
    _Change(0.25, "failing", "inventory begins to fail: it answers 503"),
    _Change(0.45, "none", "inventory is well again"),
    _Change(0.65, "hanging", "inventory begins to hang: it answers after more than a second"),
    _Change(0.8, "none", "inventory is well again"),
)


def require_all() -> None:
    """Raise `ModuleNotFoundError` for what checkout or inventory would miss."""
    for name in ("fastapi", "flask", "uvicorn"):
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How long customers come, how many per second, and the port of checkout (0: a free one).

    `faults` says whether inventory fails for a while, and later hangs.
    """

    seconds: float
    rate: float
    port: int = 0
    faults: bool = True


def run(what: Run, console: Console, environ: Mapping[str, str] = os.environ) -> list[Account]:
    """Run the storefront to its end and return what was sent and counted.

    Raises `NinefoldError` where a service does not start, or ends before it should.
    """
    for port in _ports(what.port):
        if port and not is_free(port):
            raise ConfigurationError(f"port {port} of 127.0.0.1 is taken; choose another by --port")
    return asyncio.run(_run(what, console, environ))


def _ports(port: int) -> tuple[int, int]:
    return port, port + 1 if port else 0


async def _run(what: Run, console: Console, environ: Mapping[str, str]) -> list[Account]:
    stop = asyncio.Event()
    port_of_checkout, port_of_inventory = _ports(what.port)
    say: Callable[[str], None] = lambda line: console.out(line, highlight=False)  # noqa: E731
    async with AsyncExitStack() as stack:
        stack.enter_context(stopping(stop))
        theirs = destination(environ)
        spans = SpanReceiver() if theirs is None else None
        receiver = None if spans is None else stack.enter_context(spans).endpoint

        say("starting inventory (Flask) and checkout (FastAPI) ...")
        inventory = await stack.enter_async_context(
            Child(
                "ninefold.demo.inventory",
                environment(
                    environ, service="inventory", port=port_of_inventory, traces_to=receiver
                ),
            )
        )
        checkout = await stack.enter_async_context(
            Child(
                "ninefold.demo.checkout",
                environment(
                    environ,
                    service="checkout",
                    port=port_of_checkout,
                    inventory=inventory.address,
                    traces_to=receiver,
                ),
            )
        )
        children = {"checkout": checkout, "inventory": inventory}
        addresses = {name: child.address for name, child in children.items()}
        for name, address in addresses.items():
            say(f"{name:10} {address}{METRICS}")
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                trust_env=False, timeout=10, limits=httpx.Limits(max_connections=None)
            )
        )
        watch = Watch(addresses, client)
        traffic = Traffic(addresses, what.rate)
        story = Story()
        looks = {name: Looks() for name in addresses}
        faults = deque(FAULTY if what.faults else ())

        def frame(elapsed: float) -> Frame:
            return Frame(
                elapsed,
                what.seconds,
                [(watch.section(name), addresses[name] + METRICS) for name in addresses],
                theirs or _OURS,
                None if spans is None else spans.journey(),
                [
                    line
                    for name in addresses
                    for one in watch.latest(name).guarded
                    for line in summary(name, one)
                ],
                [line for name in addresses for line in looks[name].summary(name)],
                story.lines,
            )

        async def look(elapsed: float) -> None:
            await watch.look()
            for name in addresses:
                story.look(elapsed, name, watch.latest(name))
                story.see(elapsed, name, watch.condition(name))
                looks[name].take(watch.condition(name))

        async def change(elapsed: float) -> None:
            """Have inventory do wrong, or right again, when it is time."""
            while faults and elapsed >= faults[0].at * what.seconds:
                fault = faults.popleft()
                await client.post(addresses["inventory"] + FAULTS, content=fault.kind)
                story.tell(elapsed, fault.told)

        def settled() -> list[Account]:
            latest = {name: watch.latest(name) for name in addresses}
            return accounts(traffic.sent, traffic.unanswered, latest)

        await _ready(watch, addresses, say)
        await watch.look()
        for name in addresses:
            story.see(0, name, watch.condition(name))
        began = time.perf_counter()
        sending = asyncio.create_task(traffic.run(client, stop))
        with Screen(console) if _screen.is_for(console) else Lines(say) as shown:
            try:
                while (
                    not stop.is_set() and (left := began + what.seconds - time.perf_counter()) > 0
                ):
                    await change(what.seconds - left)
                    await until(stop, min(_LOOK_EVERY, left))
                    for child in children.values():
                        if child.has_ended:
                            raise child.explain()
                    await look(time.perf_counter() - began)
                    shown.show(frame(time.perf_counter() - began))
            finally:
                stop.set()
                await sending
            elapsed = time.perf_counter() - began
            # A request is counted when its answer is out, which may be a moment after it is here.
            patience = time.perf_counter() + _SETTLE
            await watch.look()
            while any(each.difference for each in settled()) and time.perf_counter() < patience:
                await asyncio.sleep(0.1)
                await watch.look()
            await look(elapsed)
            shown.show(frame(elapsed))
        return settled()


async def _ready(watch: Watch, names: Iterable[str], say: Callable[[str], None]) -> None:
    """Wait until each service may be sent requests, as a load balancer would; but not for ever."""
    patience = time.perf_counter() + _READY
    for name in names:
        while (found := await watch.ask(name)) is not None:
            if found.ready == 200 or time.perf_counter() > patience:
                say(f"{name:10} {found}")
                break
            await asyncio.sleep(0.05)
