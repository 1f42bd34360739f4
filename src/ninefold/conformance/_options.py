"""What a run is asked to look for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ninefold.conformance._facts import Profile
from ninefold.conformance._finding import Severity


class Options(NamedTuple):
    """The options of a run; codes are whole (`NF-U202`) or their beginnings (`NF-U`, `NF-U2`)."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    severity: Mapping[str, Severity] = MappingProxyType({})
    profile: Profile | None = None
    prefix: str = ""
    backends: tuple[str, ...] = ()
    registry: tuple[str, ...] = ()
    folder: str = "."
    """What fingerprints take paths from, so that they are the same wherever a run is started."""
    today: str = ""
    """The day by which suppressions expire, as in `2027-03-01`; empty where none does."""
    exempt: bool = True
    """Whether names that are exactly a convention's are exempt; off only to show what it spares."""
