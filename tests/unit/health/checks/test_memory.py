"""The check of memory, on files such as the kernel shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ninefold.errors import ConfigurationError
from ninefold.health.checks import memory
from ninefold.health.checks._memory import Memory

Write = Callable[[str, str], None]

MIB = 2**20


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the root that is read."""

    def write(path: str, text: str) -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    write("proc/meminfo", "MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:  300 kB\n")
    return write


def version_2(write: Write, folder: str, *, limit: str, used: int, inactive: int = 0) -> None:
    """A group of version 2, which uses so many MiB."""
    write(f"sys/fs/cgroup{folder}/memory.max", f"{limit}\n")
    write(f"sys/fs/cgroup{folder}/memory.current", f"{used * MIB}\n")
    stat = f"anon 5\ninactive_anon 7\ninactive_file {inactive * MIB}\n"
    write(f"sys/fs/cgroup{folder}/memory.stat", stat)


@pytest.mark.parametrize(("used", "level"), [(95, "up"), (96, "degraded")])
def test_a_container_over_its_share_is_degraded(
    used: int, level: str, write: Write, tmp_path: Path
) -> None:
    """At the share itself it is up; the detail tells how much of how much."""
    write("proc/self/cgroup", "0::/\n")
    version_2(write, "", limit=str(100 * MIB), used=used)
    found = Memory(0.95, tmp_path).run(1.0)
    assert found.level == level
    assert found.detail == f"{used}.0% of 100 MiB in use (the container)"


def test_pages_of_files_that_nobody_used_lately_do_not_count(write: Write, tmp_path: Path) -> None:
    """The working set, as Kubernetes has it: a cache that fills the container ends nobody."""
    write("proc/self/cgroup", "0::/\n")
    version_2(write, "", limit=str(100 * MIB), used=99, inactive=60)
    assert Memory(0.95, tmp_path).run(1.0).detail.startswith("39.0%")


def test_the_tightest_of_the_groups_around_counts(write: Write, tmp_path: Path) -> None:
    """A limit of a group above ends this process as well as its own."""
    write("proc/self/cgroup", "0::/pod/shop\n")
    version_2(write, "/pod/shop", limit=str(100 * MIB), used=10)
    version_2(write, "/pod", limit=str(200 * MIB), used=199)
    found = Memory(0.95, tmp_path).run(1.0)
    assert (found.level, found.detail[:5]) == ("degraded", "99.5%")


def test_a_container_that_sees_its_group_as_the_mount_is_found(
    write: Write, tmp_path: Path
) -> None:
    """Its path is the host's, and the files are at the mount."""
    write("proc/self/cgroup", "0::/docker/4f2a\n")
    version_2(write, "", limit=str(100 * MIB), used=50)
    assert Memory(0.95, tmp_path).run(1.0).detail.startswith("50.0% of 100 MiB")


def test_version_1_is_read_where_it_is_what_there_is(write: Write, tmp_path: Path) -> None:
    """With the working set likewise."""
    write("proc/self/cgroup", "5:cpu,cpuacct:/\n3:memory:/docker/4f2a\n0::/\n")
    folder = "sys/fs/cgroup/memory"
    write(f"{folder}/memory.limit_in_bytes", str(100 * MIB))
    write(f"{folder}/memory.usage_in_bytes", str(99 * MIB))
    write(f"{folder}/memory.stat", f"inactive_file 1\ntotal_inactive_file {2 * MIB}\n")
    assert Memory(0.95, tmp_path).run(1.0).detail == "97.0% of 100 MiB in use (the container)"


@pytest.mark.parametrize("limit", ["max", "9223372036854771712", "nonsense"])
def test_without_a_limit_the_machine_counts(limit: str, write: Write, tmp_path: Path) -> None:
    """What is available, not what is free; a number near 2**63 is version 1's "no limit"."""
    write("proc/self/cgroup", "0::/\n")
    version_2(write, "", limit=limit, used=50)
    found = Memory(0.65, tmp_path).run(1.0)
    assert (found.level, found.detail) == ("degraded", "70.0% of 1 MiB in use (the machine)")


def test_a_system_that_tells_neither_is_up_and_says_so(tmp_path: Path) -> None:
    """What is not known blames nobody."""
    found = Memory(0.95, tmp_path).run(1.0)
    assert (found.level, found.detail) == ("up", "the use of memory is not known here")


def test_a_path_upwards_out_of_the_mount_is_not_followed(write: Write, tmp_path: Path) -> None:
    """The kernel shows `/..` to a process outside its own namespace's root."""
    write("proc/self/cgroup", "0::/../shop\n")
    version_2(write, "", limit=str(100 * MIB), used=99)
    assert "the machine" in Memory(0.95, tmp_path).run(1.0).detail


@pytest.mark.parametrize("share", [0, 1.1, 95, "0.9"])
def test_a_share_that_is_none_is_refused(share: object) -> None:
    """At construction, with the value."""
    with pytest.raises(ConfigurationError, match="max_usage must be"):
        memory(max_usage=share)  # type: ignore[arg-type]  # what a caller without a checker does
