"""Three processes share one breaker over a real Redis, which is stopped and started midway."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.net import LOOPBACK, free_port, http, is_listening
from tests.support.process import Process
from tests.support.redis import Redis
from tests.support.waiting import eventually

redis = pytest.importorskip("redis")

APP = "tests.integration.apps.shared_breaker"
KEY = "ninefold:breaker:psp"


class Instance:
    """One process of the service."""

    def __init__(self, name: str, server: Redis, directory: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", APP, str(self.port), str(server.port)]
        self.process = Process(name, command, log=directory / f"{name}.log")

    def ask(self, path: str = "/") -> str:
        """Have it do that, and say in which state its breaker is."""
        return http(f"http://{LOOPBACK}:{self.port}{path}").text

    def fail(self) -> None:
        """Make failing calls until its breaker opens, by its own judgement."""
        assert "open" in (self.ask("/sick") for _ in range(10))

    def wait_until(self, state: str) -> None:
        """Wait until its breaker is in that state."""
        eventually(lambda: self.ask() == state, wanted=f"{self.process.name} {state}")


class Board:
    """What stands in Redis."""

    def __init__(self, server: Redis) -> None:
        self._client = redis.Redis(port=server.port, decode_responses=True)

    def votes(self) -> int:
        """How many say that their breaker is open."""
        return int(self._client.zcard(f"{KEY}:votes"))

    def wait_for_votes(self, number: int) -> None:
        """Wait until so many say so."""
        eventually(lambda: self.votes() == number, wanted=f"{number} votes")

    def _alive(self) -> dict[str, float]:
        return dict(self._client.zrange(f"{KEY}:alive", 0, -1, withscores=True))

    def wait_until_all_looked(self) -> None:
        """Wait until each of three has come twice: it has seen what stands here now."""
        for _ in range(2):
            eventually(lambda: len(self._alive()) == 3, wanted="three instances")
            before = self._alive()
            eventually(
                lambda before=before: all(  # type: ignore[misc]
                    self._alive().get(name, 0.0) > until for name, until in before.items()
                ),
                wanted="a look of each",
            )

    def close(self) -> None:
        self._client.close()


def test_three_processes_open_one_breaker_by_quorum(
    redis_server: Redis, keep: Callable[[Process], Process], tmp_path: Path
) -> None:
    """One alone trips nobody, two the third; without Redis each judges alone, and says so."""
    every = [Instance(name, redis_server, tmp_path) for name in ("one", "two", "three")]
    for instance in every:
        keep(instance.process)
    one, two, three = every
    for instance in every:
        instance.process.wait_until(lambda port=instance.port: is_listening(port))  # type: ignore[misc]
        assert instance.ask("/well") == "closed"
    board = Board(redis_server)
    board.wait_until_all_looked()

    one.fail()
    board.wait_for_votes(1)
    board.wait_until_all_looked()
    assert [instance.ask() for instance in every] == ["open", "closed", "closed"]

    two.fail()
    three.wait_until("open")
    assert "breaker 'psp' is open: 2 of 3 instances opened theirs" in three.process.log
    board.wait_until_all_looked()
    assert board.votes() == 2, "who was opened by others is no witness"

    for instance in every:
        assert instance.ask("/reset") == "closed"
    board.wait_for_votes(0)
    board.wait_until_all_looked()
    assert [instance.ask() for instance in every] == ["closed"] * 3, "a verdict is followed once"

    redis_server.stop()
    for instance in every:
        eventually(lambda log=instance.process: "WARNING Redis does not answer" in log.log)  # type: ignore[misc]
        assert instance.ask("/well") == "closed"
    one.fail()
    assert [instance.ask("/well") for instance in every] == ["open", "closed", "closed"]

    redis_server.start()
    for instance in every:
        eventually(lambda log=instance.process: "INFO Redis answers again" in log.log)  # type: ignore[misc]
    board.wait_for_votes(1)
    two.fail()
    three.wait_until("open")
    for instance in every:
        assert instance.process.log.count("Redis does not answer") == 1
    board.close()
