"""What both shops with objectives promise; `T` is in seconds."""

from __future__ import annotations

import ninefold as nf

T = 1.5
ROUTES = ("/ok", "/slow", "/broken", "/feed", "/cut", "/flaky", "/busy")


def declare(service: nf.Service, *, more: tuple[str, ...] = ()) -> None:
    """Availability, latency and first byte of each route, of all, and of a set of two."""
    for route in (*ROUTES, *more):
        name = route.strip("/")
        service.objective(f"{name}-availability", nf.availability(route=route, target=0.99))
        service.objective(f"{name}-latency", nf.latency(route=route, threshold=T, target=0.9))
        service.objective(f"{name}-first-byte", nf.first_byte(route=route, threshold=T, target=0.9))
    service.objective("all-availability", nf.availability(target=0.99))
    service.objective("all-latency", nf.latency(threshold=T, target=0.9))
    service.objective("pair-availability", nf.availability(route=["/ok", "/flaky"], target=0.99))
