"""The real parts of tests/integration as fixtures, and their logs in the report of a failure."""

from __future__ import annotations

from tests.integration.conftest import (  # noqa: F401 - fixtures and a hook are found by name
    keep,
    otlp_sink,
    prometheus,
    pytest_runtest_makereport,
    rotel,
    serve_asgi,
    serve_plain_wsgi,
    serve_wsgi,
    tcp_proxy,
)
