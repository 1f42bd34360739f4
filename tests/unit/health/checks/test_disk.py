"""The check of a disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ninefold.errors import ConfigurationError
from ninefold.health.checks import disk


def test_room_enough_is_up_and_says_how_much(tmp_path: Path) -> None:
    """What is left is told in the detail, whatever is found."""
    found = disk(tmp_path, min_free=0).run(1.0)
    assert found.level == "up"
    assert found.detail.startswith(f"{tmp_path}: ")
    assert "MiB" in found.detail


@pytest.mark.parametrize(
    ("wanted", "level"), [(0.5, "up"), (2, "degraded"), (4.5, "degraded"), (6, "down")]
)
def test_too_little_is_degraded_and_less_than_a_fifth_of_it_down(
    wanted: float, level: str, tmp_path: Path
) -> None:
    """Wanted is a multiple of what is free: at over five times that, it is down."""
    free = shutil.disk_usage(tmp_path).free
    assert disk(tmp_path, min_free_bytes=int(free * wanted)).run(1.0).level == level


def test_bytes_alone_leave_the_usual_share_out(tmp_path: Path) -> None:
    """A disk of many terabytes is not full at 5 %."""
    check = disk(tmp_path, min_free_bytes=1)
    assert (check.min_free, check.min_free_bytes) == (0.0, 1)
    assert disk(tmp_path).min_free == 0.05


def test_both_must_hold_where_both_are_said(tmp_path: Path) -> None:
    """The stricter one decides."""
    free = shutil.disk_usage(tmp_path).free
    assert disk(tmp_path, min_free=0.0, min_free_bytes=free * 2).run(1.0).level == "degraded"
    assert disk(tmp_path, min_free=1.0, min_free_bytes=0).run(1.0).level != "up"


def test_a_path_that_is_not_there_raises(tmp_path: Path) -> None:
    """A mount that was lost is a failure, not a full disk."""
    with pytest.raises(FileNotFoundError):
        disk(tmp_path / "lost").run(1.0)


@pytest.mark.parametrize("path", [None, 3, "", b"/", "a\0b"])
def test_what_is_no_path_is_refused(path: object) -> None:
    """At construction, with the value."""
    with pytest.raises(ConfigurationError, match="path must be"):
        disk(path)  # type: ignore[arg-type]  # what a caller without a type checker does


@pytest.mark.parametrize("wanted", [{"min_free": -0.1}, {"min_free_bytes": 1.5}])
def test_numbers_out_of_range_are_refused(wanted: dict[str, float]) -> None:
    """At construction, by the argument's name."""
    with pytest.raises(ConfigurationError, match=next(iter(wanted))):
        disk("/", **wanted)  # type: ignore[arg-type]  # as above
