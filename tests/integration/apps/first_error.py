"""A small service with one objective, of which a test starts many."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import ninefold as nf

service = nf.setup("many", environment="test", owner="tests", prometheus=True)
service.objective("answer-availability", nf.availability(route="/answer/{status}", target=0.99))


async def answer(request: Request) -> PlainTextResponse:
    """Answer as told."""
    return PlainTextResponse("", int(request.path_params["status"]))


app = service.instrument(Starlette(routes=[Route("/answer/{status}", answer)]))
