"""Two services that ask nobody keep the same traces, and what others wrote along with them."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import pytest
from tests.support.net import LOOPBACK
from tests.support.otlp_sink import OtlpSink
from tests.support.servers import Serve

# Where they are not all asked for (`nox -s faults`), a tenth of these leaves enough to compare.
TIMES: Final = 2_000 if os.environ.get("EVERY_FAULT") else 600
AT_ONCE: Final = 4
FOREIGN: Final = "vendor=x,other=y"
THRESHOLD: Final = (1 << 56) - round(0.1 * (1 << 56))
BACK: Final = {
    "setup": "tests.integration.apps.sampling_back:app",
    "plain": "tests.integration.apps.sampling_back_plain:app",
}


def _rules(folder: Path, name: str, parent: str) -> str:
    path = folder / f"{name}.toml"
    path.write_text(
        f'[sampling]\ndefault = 0.0\nparent = "{parent}"\n'
        '[[sampling.rules]]\npath = "/*"\nrate = 0.1\n'
    )
    return str(path)


def _asked(port: int, trace_ids: list[int], seed: int) -> Iterator[tuple[int, dict[str, str]]]:
    """One request for each trace id, with a flag drawn by the caller; and what the second got."""
    draw = random.Random(seed)
    connection = HTTPConnection(LOOPBACK, port, timeout=60)
    for trace_id in trace_ids:
        parent = f"00-{trace_id:032x}-{draw.getrandbits(63) + 1:016x}-0{draw.getrandbits(1)}"
        headers = {"traceparent": parent, "tracestate": FOREIGN}
        connection.request("GET", f"/buy/{trace_id % 7}", headers=headers)
        with connection.getresponse() as answer:
            assert answer.status == 200
            yield trace_id, json.loads(answer.read())
    connection.close()


@pytest.mark.parametrize(
    ("back", "parent"), [("setup", "ignore"), ("setup", "respect"), ("plain", "ignore")]
)
def test_two_services_at_a_tenth_keep_the_same_traces(
    serve_asgi: Serve, otlp_sink: OtlpSink, tmp_path: Path, back: str, parent: str
) -> None:
    """Each by itself, or the second by the first, or under a provider of the user's own.

    Which ones, the trace ids alone tell. A foreign vendor's entries arrive in their order.
    """
    collector = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp_sink.http_endpoint}
    second = serve_asgi(
        BACK[back], PARENT=parent, NINEFOLD_CONFIG=_rules(tmp_path, "back", parent), **collector
    )
    first = serve_asgi(
        "tests.integration.apps.sampling_front:app",
        STOCK=f"http://{second.target}",
        NINEFOLD_CONFIG=_rules(tmp_path, "front", "ignore"),
        **collector,
    )
    draw = random.Random(20261127)
    trace_ids = [draw.getrandbits(128) for _ in range(TIMES)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = [
            pool.submit(lambda part: list(_asked(first.port, *part)), (trace_ids[at::AT_ONCE], at))
            for at in range(AT_ONCE)
        ]
        answers = dict(answer for part in parts for answer in part.result())
    for server in (first, second):
        server.process.stop()

    wanted = {trace_id for trace_id in trace_ids if trace_id & ((1 << 56) - 1) >= THRESHOLD}
    assert 0 < len(wanted) < TIMES
    kept: dict[str, set[int]] = {"front": set(), "back": set()}
    for span in otlp_sink.spans():
        kept[span.resource["service.name"]].add(int(span.trace_id, 16))
        assert span.trace_state == f"ot=th:e6666666666666,{FOREIGN}"
    assert kept == {"front": wanted, "back": wanted}
    for trace_id, arrived in answers.items():
        entry = "ot=th:e6666666666666," if trace_id in wanted else ""
        assert arrived["tracestate"] == f"{entry}{FOREIGN}"
        assert arrived["traceparent"].endswith("-01" if trace_id in wanted else "-00")
        assert f"-{trace_id:032x}-" in arrived["traceparent"]
