"""A service whose health is under test: what it answers on either of its ports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.net import LOOPBACK, Answer, http
from tests.support.servers import Server

_HEALTH_JSON = "application/health+json"
_STATUS = re.compile(r"^ninefold_health_status\{(.*)\} (\S+)$", re.MULTILINE)


@dataclass
class HealthService:
    """A running service and its admin port. `codes` are the codes of all that was seen, by path."""

    server: Server
    admin: int
    codes: dict[str, set[int]] = field(default_factory=dict)

    @property
    def ports(self) -> Mapping[str, int]:
        """Where it answers, by what people call that."""
        return {"the application's port": self.server.port, "the admin port": self.admin}

    def ask(self, port: int, target: str, *, within: float = 30.0) -> Answer:
        """One answer, noted."""
        answer = http(f"http://{LOOPBACK}:{port}{target}", timeout=within)
        self.codes.setdefault(target, set()).add(answer.status)
        return answer

    def differs(self, port: int, wanted: Mapping[str, Any]) -> list[str]:
        """In what the answers of a port are not those that are wanted, now; nothing is all well."""
        found = [
            *self._codes(port, wanted),
            *self._document(port, wanted),
        ]
        return [f"{what} is {seen!r}, not {want!r}" for what, seen, want in found if seen != want]

    def _codes(self, port: int, wanted: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
        down = 503 if wanted["status"] == "DOWN" else 200
        for target, code in (
            ("/livez", wanted["live"]),
            ("/readyz", wanted["ready"]),
            ("/startupz", wanted.get("started", 200)),
            ("/healthz?strict", down),
        ):
            answer = self.ask(port, target)
            yield target, answer.status, code
            yield "the content type", answer.headers["Content-Type"], _HEALTH_JSON

    def _document(
        self, port: int, wanted: Mapping[str, Any]
    ) -> Iterator[tuple[str, object, object]]:
        answer = self.ask(port, "/healthz?verbose")
        yield "/healthz", answer.status, 200
        told: dict[str, Any] = json.loads(answer.body)
        yield "the status", told["status"], wanted["status"]
        yield "the notes", told.get("notes", []), wanted.get("notes", [])
        cause = told.get("rootCause", {})
        if "cause" in wanted:
            yield "the root cause", cause.get("name"), wanted["cause"]
        if "affected" in wanted:
            yield "what it affects", cause.get("affected", []), wanted["affected"]
        for name, (state, *notes) in wanted.get("judged", {}).items():
            checks = told["checks"][name]
            yield name, {each["status"] for each in checks}, {state}
            noted = set(checks[0].get("notes", ()))
            yield f"what is noted of {name}", noted & set(notes), set(notes)
            if "says" in wanted:
                yield f"what {name} says", checks[0].get("output"), wanted["says"]

    def states(self, name: str) -> set[str]:
        """The states in which `ninefold.health.status` shows a dependency."""
        text = http(f"http://{LOOPBACK}:{self.admin}/metrics").text
        return {
            labels["ninefold_health_state"]
            for labels, value in _samples(text)
            if labels["ninefold_dependency_name"] == name and float(value) == 1
        }

    def transitions(self, name: str) -> int:
        """How often the log has told of another state of a dependency."""
        return self.server.process.log.count(f"health of dependency {name}: ")


def _samples(text: str) -> Iterator[tuple[dict[str, str], str]]:
    for labels, value in _STATUS.findall(text):
        yield dict(re.findall(r'(\w+)="([^"]*)"', labels)), value
