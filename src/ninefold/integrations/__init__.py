"""Integrations: one module per framework, found by entry point and imported with it alone."""

from __future__ import annotations

from importlib import import_module

_MODULES = frozenset(
    {"asgi", "fastapi", "flask", "httpx", "requests", "starlette", "structlog", "wsgi"}
)


def __getattr__(name: str) -> object:
    # `nf.integrations.flask` needs no import line of its own, and loads no other framework.
    if name not in _MODULES:
        raise AttributeError(f"module 'ninefold.integrations' has no attribute {name!r}")
    return import_module(f"ninefold.integrations.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
