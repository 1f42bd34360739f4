"""What tests of failing exports need: exporters that give up within their timeout."""

from __future__ import annotations

from importlib.metadata import version

import pytest

_SDK = tuple(map(int, version("opentelemetry-sdk").split(".")[:2]))

impatient = pytest.mark.skipif(
    _SDK < (1, 35),
    reason="by design: this OpenTelemetry tries an export for a minute, whatever the timeout is",
)
