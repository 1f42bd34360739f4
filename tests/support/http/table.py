"""The cases of conformance/vectors/http/exchanges.yaml, as one driver reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

Driver = Literal["asgi", "starlette", "fastapi", "wsgi", "flask"]
_TABLE = Path(__file__).parents[3] / "conformance" / "vectors" / "http" / "exchanges.yaml"
_PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Record:
    """One point of http.server.request.duration: what a case expects, or what was collected."""

    method: str
    route: str | None
    status: int | None
    error_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What the client and the server do; None where they do not."""

    left: bool = False
    leaves_after: int | None = None
    send_fails_after: int | None = None
    send_refused_after: int | None = None
    body_unread: bool = False
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case for one driver."""

    name: str
    driver: Driver
    method: str
    path: str
    root_path: str
    surroundings: str | None
    client: Client
    user_agent: str | None = None
    records: tuple[Record, ...]

    def __str__(self) -> str:
        return f"{self.driver}: {self.name}"


def cases() -> list[Case]:
    """Every case of the table, once for each driver that can do it."""
    table = yaml.safe_load(_TABLE.read_text("utf-8"))
    return [case_of(row, driver) for row in table["cases"] for driver in row["drivers"]]


def case_of(row: Mapping[str, Any], driver: Driver) -> Case:
    """One row of a table of exchanges, as one driver reads it."""
    method, path = row["request"].split(" ")
    client = row.get("client", "stays")
    return Case(
        name=row["name"],
        driver=driver,
        method=method,
        path=path,
        root_path=row.get("root_path", ""),
        surroundings=row.get("with"),
        client=Client(
            **(client if isinstance(client, dict) else {} if client == "stays" else {client: True})
        ),
        user_agent=row.get("user_agent"),
        records=_records(row["expect"], method, driver),
    )


def _records(expect: Mapping[str, Any], method: str, driver: Driver) -> tuple[Record, ...]:
    if "route" not in expect:
        return ()
    said = {key: for_driver(value, driver) for key, value in expect.items()}
    route = said["route"]
    if driver in ("asgi", "wsgi"):
        route = None
    elif driver == "flask" and route is not None:
        route = _PARAMETER.sub(r"<\1>", route)
    return (Record(said.get("method", method), route, said["status"], said["error_type"]),)


def for_driver(value: object, driver: Driver) -> Any:
    """Pick what a mapping by driver says for this one."""
    return value.get(driver, value.get("default")) if isinstance(value, dict) else value
