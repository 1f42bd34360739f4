"""What the two applications of health among workers share: where they leave word for the test."""

from __future__ import annotations

import os
import time
from pathlib import Path

import ninefold as nf

TOLD = Path(os.environ["TOLD"])


def count(what: str) -> None:
    """One more of this, in this process."""
    with (TOLD / f"{what}-{os.getpid()}").open("a") as file:
        file.write(".")


def check() -> bool:
    """A check that works, and counts."""
    count("checked")
    return True


def shared() -> bool:
    """A check of what every instance needs, and which the test takes away."""
    return not (TOLD / "down").exists()


def made() -> nf.Service:
    """The service, with a dependency of each worker's own and one that it shares with others."""
    service = nf.setup("health-workers", environment="test")
    service.health.add("store", check, scope="local", interval=0.5)
    service.health.add("database", shared, scope="shared", interval=0.5)
    return service


def answer(service: nf.Service) -> dict[str, int]:
    """Who answers, and whether that one is ready."""
    ready = service.health.answer("/readyz")
    assert ready is not None
    return {"pid": os.getpid(), "ready": ready.status}


def block(pid: int) -> None:
    """Keep the thread, if it is one of this process's."""
    if pid == os.getpid():
        count("blocked")
        time.sleep(600)


def has_to_wait(pid: int) -> bool:
    """Whether what is under way in that process, if it is this one, is not to end yet."""
    if pid != os.getpid():
        return False
    waits = not (TOLD / "go").exists()
    count("waited" if waits else "went")
    return waits
