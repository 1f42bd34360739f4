"""A real OTLP Collector, rotel, that receives by gRPC and HTTP and passes on to a sink."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

from tests.support.components import rotel_agent
from tests.support.net import LOOPBACK, free_port, is_listening
from tests.support.otlp_sink import OtlpSink
from tests.support.process import Process

# How its debug log, which tells what was received before any exporter is asked, spells names.
_SPAN = re.compile(r"^ +Name +: (.*)$", re.MULTILINE)
_METRIC = re.compile(r"^Descriptor:\n +-> Name: (.*)$", re.MULTILINE)

# The agent is linked against the shared libpython, which the loader may not find by itself.
_LIBRARIES = {"LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR") or ""}


class Rotel:
    """A running Collector; `sink` holds what it passed on."""

    def __init__(self, directory: Path, sink: OtlpSink) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.sink = sink
        self.grpc_port, self.http_port = free_port(), free_port()
        self.process = Process(
            "rotel",
            [
                rotel_agent(),
                "start",
                *("--otlp-grpc-endpoint", f"{LOOPBACK}:{self.grpc_port}"),
                *("--otlp-http-endpoint", f"{LOOPBACK}:{self.http_port}"),
                *("--exporter", "otlp"),
                *("--otlp-exporter-endpoint", sink.grpc_endpoint),
                *("--debug-log", "traces", "--debug-log", "metrics", "--debug-log", "logs"),
                *("--debug-log-verbosity", "detailed"),
            ],
            log=directory / "rotel.log",
            env=_LIBRARIES,
        )

    def wait_until_ready(self) -> None:
        """Wait until both receivers accept connections."""
        self.process.wait_until(
            lambda: is_listening(self.grpc_port) and is_listening(self.http_port)
        )

    def endpoint(self, protocol: str) -> str:
        """The endpoint for `grpc` or for `http/protobuf`."""
        port = {"grpc": self.grpc_port, "http/protobuf": self.http_port}[protocol]
        return f"http://{LOOPBACK}:{port}"

    def span_names(self) -> list[str]:
        """The name of each span it says it received, in order."""
        return _SPAN.findall(self.process.log)

    def metric_names(self) -> list[str]:
        """The name of each metric it says it received, once per export."""
        return _METRIC.findall(self.process.log)
