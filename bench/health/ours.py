"""ninefold's server: an application on uvicorn, and the admin port."""

from __future__ import annotations

from bench.health.announce import Doors, serve_asgi
from bench.health.check import Asking
from bench.health.rows import Scope


def ninefold(asking: Asking, scope: Scope) -> None:
    """uvicorn, FastAPI, ninefold with every default."""
    from fastapi import FastAPI

    import ninefold as nf

    service = nf.setup("bench", environment="bench", admin="127.0.0.1:0")
    service.dependency("database", kind="db", check=asking.ask, scope=scope)

    def admin() -> Doors | None:
        address = service.admin_address
        return None if address is None else {"admin": (int(address.rpartition(":")[2]), "/readyz")}

    serve_asgi(service.instrument(FastAPI()), "/readyz", door="app", others=admin)
