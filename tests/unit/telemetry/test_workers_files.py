"""The files that workers keep: what is written is read, and what is broken costs itself alone."""

from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("fcntl", reason="by design: on Windows each worker answers for itself")
from ninefold.telemetry._cells import GaugeCell, HistogramCell, NumberCell
from ninefold.telemetry._faults import Faults
from ninefold.telemetry._workers import _family as family
from ninefold.telemetry._workers import _layout as layout
from ninefold.telemetry._workers._directory import Directory, sweep
from ninefold.telemetry._workers._file import CHUNK, CountsFile
from ninefold.telemetry._workers._model import Identity, Told, Totals
from ninefold.telemetry._workers._reading import CountsReader, is_alive

FAULTS = Faults()


def identity(name: str, kind: str = "counter", bounds: tuple[float, ...] = ()) -> Identity:
    """A series of that name, with no attributes."""
    return Identity(name, kind, "", "sum", (), bounds)  # type: ignore[arg-type]  # a kind


@pytest.fixture
def own(tmp_path: Path) -> Iterator[CountsFile]:
    """A file of this process's own."""
    file = Directory(tmp_path / "workers").join()
    yield file
    file.leave_to_parent()


@given(
    records=st.lists(
        st.tuples(
            st.sampled_from(("histogram", "counter", "gauge")),
            st.text(max_size=300),
            st.lists(st.floats(0, 1e6), max_size=20),
        ),
        max_size=60,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_cells_count_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[tuple[str, str, list[float]]],
) -> None:
    """Over any number of chunks, with any text; before and after a cell is shared."""
    file = CountsFile(tmp_path_factory.mktemp("workers") / "0-1-a.counts")
    reader = CountsReader(file.path)
    wanted: list[tuple[float, tuple[int, ...]]] = []
    for kind, text, values in records:
        attributes: dict[str, object] = {"text": text}
        cell: HistogramCell | NumberCell | GaugeCell
        bounds: tuple[float, ...] = ()
        if kind == "histogram":
            bounds = (1.0, 10.0, 1000.0)
            cell = HistogramCell(attributes, bounds, FAULTS, "always_off")
            act = cell.record
        elif kind == "counter":
            cell = NumberCell(attributes, True, FAULTS, "always_off")
            act = cell.add
        else:
            cell = GaugeCell(attributes, FAULTS)
            act = cell.set
        half = len(values) // 2
        for value in values[:half]:
            act(value)
        told = Told(identity(text, kind, bounds), text, 7, 0.0)
        counts = 2 * (len(bounds) + 1) if kind == "histogram" else 0
        cell.share(file.add(told, counts, float("nan") if kind == "gauge" else 0.0))
        for place, value in enumerate(values[half:]):
            if isinstance(cell, HistogramCell):
                cell.record(value, None, bool(place % 2))
            else:
                act(value)
        if kind == "gauge":
            if values:
                wanted.append((values[-1], ()))
        elif kind == "counter":
            wanted.append((sum(values), ()))
        else:
            assert isinstance(cell, HistogramCell)
            state = cell.cumulative(0, False)
            wanted.append((state.sum, state.counts))
            assert sum(state.counts) == len(values)
    for _ in range(2):
        read = [(each.value, each.counts) for each in reader.read() or ()]
        assert [counts for _, counts in read] == [counts for _, counts in wanted]
        assert [value for value, _ in read] == pytest.approx([value for value, _ in wanted])
    file.leave_to_parent()


def test_a_file_grows_beyond_a_chunk(own: CountsFile) -> None:
    """Also by a series whose text alone is longer than one."""
    for number in range(5):
        slots = own.add(Told(identity("x" * (CHUNK // 3 if number else CHUNK * 2)), "", 1, 0.0), 0)
        slots.value[0] = number
    assert own.path.stat().st_size > CHUNK * 3
    assert [told.value for told in CountsReader(own.path).read() or ()] == [0, 1, 2, 3, 4]


def test_boundaries_that_change_leave_no_empty_series_behind(own: CountsFile) -> None:
    """The record of before is forgotten: its boundaries would be taken for common ones."""
    cell = HistogramCell({}, (1.0,), FAULTS)
    cell.share(own.add(Told(identity("h", "histogram", (1.0,)), "", 1, 0.0), 4))
    with cell.plain_lock:
        cell.widen((1.0, 2.0))
    cell.share(own.add(Told(identity("h", "histogram", (1.0, 2.0)), "", 1, 0.0), 6))
    cell.record(1.5)
    [told] = CountsReader(own.path).read() or ()
    assert told.identity.bounds == (1.0, 2.0)
    assert told.counts == (0, 1, 0)


@pytest.mark.parametrize("wrong", ["name", "boot", "layout", "empty", "longer", "text"])
def test_a_file_that_is_none_of_ours_costs_itself_alone(
    own: CountsFile, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of another boot or version it is passed over; a broken one is named, once."""
    directory = Directory(own.path.parent)
    good = directory.join()
    good.add(Told(identity("good"), "", 1, 0.0), 0).value[0] = 2
    own.add(Told(identity("bad"), "", 1, 0.0), 0).value[0] = 40
    content = bytearray(own.path.read_bytes())
    if wrong == "name":
        content[0] ^= 1
    elif wrong == "layout":
        content[16] ^= 1
    elif wrong == "boot":
        content[32] ^= 1
    elif wrong == "empty":
        content = bytearray()
    elif wrong == "longer":
        content[layout.USED_AT : layout.USED_AT + 8] = (1 << 40).to_bytes(8, sys.byteorder)
    else:
        at = content.index(b'"bad"')
        content[at] = 0xFF
    own.path.write_bytes(content)
    watcher = directory.join()
    totals = Totals()
    with caplog.at_level(logging.WARNING):
        directory.others(watcher, totals)
        directory.others(watcher, Totals())
    assert [(told.identity.name, told.value) for told in totals.told()] == [("good", 2.0)]
    assert len(caplog.records) == (1 if wrong in ("longer", "text") else 0)
    for file in (good, watcher):
        file.leave_to_parent()


def test_the_dead_are_taken_in_once(tmp_path: Path) -> None:
    """Their counts stay, their files go, whoever finds them and however often they are read."""
    directory = Directory(tmp_path)
    watcher = directory.join()
    for number in range(3):
        dead = directory.join()
        dead.add(Told(identity("c"), "", 1, 0.0), 0).value[0] = 10**number
        directory.publish(dead, [Told(identity("s"), "", 1, 5.0), _state("g", 1.0)])
        dead.leave_to_parent()
    for reader in (directory, Directory(tmp_path)):
        for _ in range(3):
            totals = Totals()
            reader.others(watcher, totals)
            assert {told.identity.name: told.value for told in totals.told()} == {
                "c": 111.0,
                "s": 15.0,
            }
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == sorted(
        ["dead.json", watcher.path.name]
    )
    watcher.leave_to_parent()


def test_a_sum_does_not_fall_when_those_who_counted_it_die(tmp_path: Path) -> None:
    """Of these four, three that are added first and rounded come to one digit less at the end."""
    directory = Directory(tmp_path)
    watcher = directory.join()
    files = [directory.join() for _ in range(4)]
    for file, value in zip(files, (98.419, 511.555, 29.725, 936.711), strict=True):
        file.add(Told(identity("c"), "", 1, 0.0), 0).value[0] = value

    def total() -> float:
        totals = Totals()
        directory.others(watcher, totals)
        [told] = totals.told()
        return told.value

    alive = total()
    for file in files[:3]:
        file.leave_to_parent()
    assert [total(), total()] == [alive, alive] == [1576.41, 1576.41]
    assert len(list(tmp_path.glob("*.counts"))) == 2
    files[3].leave_to_parent()
    watcher.leave_to_parent()


def test_nobody_is_counted_twice_when_the_burial_is_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the dead were written down and before their files went: they are there twice."""
    directory = Directory(tmp_path)
    watcher = directory.join()
    dead = directory.join()
    dead.add(Told(identity("c"), "", 1, 0.0), 0).value[0] = 4
    dead.leave_to_parent()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", _killed)
        with pytest.raises(KeyboardInterrupt):
            directory.others(watcher, Totals())
    assert (tmp_path / "dead.json").exists()
    assert dead.path.exists()
    for _ in range(2):
        totals = Totals()
        Directory(tmp_path).others(watcher, totals)
        assert [told.value for told in totals.told()] == [4.0]
    watcher.leave_to_parent()


def test_a_killed_process_is_known_to_be_dead_and_a_forked_child_is_not_it(tmp_path: Path) -> None:
    """The lock goes with the process, though a child that it forked lives on."""
    code = f"""
import os, signal, sys
from pathlib import Path
from ninefold.telemetry._workers._directory import Directory
file = Directory(Path({str(tmp_path)!r})).join()
left, told = os.pipe()
if os.fork() == 0:
    file.leave_to_parent()
    os.write(1, b"c")
    os.write(told, b".")
    sys.stdin.read()
    os._exit(0)
os.read(left, 1)
os.write(1, b"p")
signal.pause()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.read(2) == "cp"
        [path] = tmp_path.glob("*.counts")
        assert is_alive(path)
        process.kill()
        process.wait(20)
        assert not is_alive(path)
    finally:
        process.kill()
        # Its child ends with its input.
        process.communicate(timeout=60)


def test_a_worker_takes_the_lowest_number_that_is_free(tmp_path: Path) -> None:
    """So that `ninefold.worker` names as few as there are, however often they are replaced."""
    directory = Directory(tmp_path)
    files = [directory.join() for _ in range(3)]
    files[1].leave_to_parent()
    files.append(directory.join())
    assert [file.path.name.partition("-")[0] for file in files] == ["0", "1", "2", "1"]
    for file in files:
        file.leave_to_parent()


def test_what_servers_left_that_are_gone_is_removed(tmp_path: Path) -> None:
    """Of a leader that is gone, with no worker left; nothing else is touched."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    gone = family.Process(process.pid, "1")
    folders = {
        name: tmp_path / family.folder_of(name, leader)
        for name, leader in (
            ("gone", gone),
            ("orphaned", gone),
            ("present", family.present()),
        )
    }
    (tmp_path / "others").mkdir()
    for folder in folders.values():
        Directory(folder).join().leave_to_parent()
    orphan = Directory(folders["orphaned"]).join()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["others", folders["orphaned"].name, folders["present"].name]
    )
    orphan.leave_to_parent()


def test_a_full_disk_raises_nothing_into_a_record(
    own: CountsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room is taken before it is mapped: later writes cannot fail, and this process counts on."""

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "posix_fallocate", full)
    told = Told(identity("a" * (CHUNK // 4)), "", 1, 0.0)
    for _ in range(3):
        own.add(told, 0)
    with pytest.raises(OSError, match="no space left"):
        own.add(told, 0)
    assert len(CountsReader(own.path).read() or ()) == 3


def test_words_that_are_no_series_are_refused() -> None:
    """Of the dead or of a sibling: what does not fit is no reason to fail later."""
    good = Told(identity("h", "histogram", (1.0,)), "", 1, 0.0, (1, 2)).as_json()
    assert Told.of_json(json.loads(json.dumps(good))).counts == (1, 2)
    bad = [*good[:-1], [1, 2, 3]]
    with pytest.raises(ValueError, match="buckets of h must fit"):
        Told.of_json(bad)


def _state(name: str, value: float) -> Told:
    return Told(Identity(name, "gauge", "", "max", (), ()), "", 1, value)


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@given(values=st.lists(st.floats(0, 1e12), min_size=1, max_size=12), data=st.data())
def test_sums_come_to_the_same_in_every_order_and_over_every_death(
    values: list[float], data: st.DataObject
) -> None:
    """To the last bit, as what is less by one is a restart to Prometheus; and it never falls."""
    told = [Told(identity("c"), "", 1, value) for value in values]

    def total(order: list[Told], dead: int) -> float:
        taken = Totals()
        taken.add(order[:dead], "", alive=False)
        totals = Totals()
        totals.add([Told.of_json(each.as_json()) for each in taken.exact()], "", alive=False)
        totals.add(order[dead:], "0", alive=True)
        [found] = totals.told()
        return found.value

    first = total(told, 0)
    assert first == pytest.approx(sum(values))
    order = data.draw(st.permutations(told))
    dead = data.draw(st.integers(0, len(told)))
    assert total(order, dead) == first
    place = data.draw(st.integers(0, len(told) - 1))
    order[place] = Told(identity("c"), "", 1, order[place].value + data.draw(st.floats(0, 1e-3)))
    assert total(order, data.draw(st.integers(0, len(told)))) >= first


@pytest.mark.parametrize("broken", ["dead.json", "states", "unreadable"])
def test_what_is_broken_beside_the_counts_costs_itself_alone(
    tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An empty file after a loss of power, or one that may not be read; said once."""
    directory = Directory(tmp_path)
    watcher, other = directory.join(), directory.join()
    other.add(Told(identity("c"), "", 1, 0.0), 0).value[0] = 3
    if broken == "dead.json":
        (tmp_path / "dead.json").write_text("")
    elif broken == "states":
        other.path.with_suffix(".states").write_text("[[1]]")
    else:
        third = directory.join()

        def refused(reader: CountsReader) -> list[Told] | None:
            if reader.path == third.path:
                raise PermissionError("not yours")
            return read(reader)

        read = CountsReader.read
        monkeypatch.setattr(CountsReader, "read", refused)
    for _ in range(2):
        totals = Totals()
        directory.others(watcher, totals)
        assert [told.value for told in totals.told()] == [3.0]
    assert len(caplog.records) == 1
    for file in (watcher, other):
        file.leave_to_parent()


def test_a_living_worker_is_not_buried_when_descriptors_run_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can ask for its lock then: it goes on counting, and must be found again."""
    directory = Directory(tmp_path)
    other = directory.join()
    real = os.open

    def full(path: Path, *arguments: int) -> int:
        if path == other.path:
            raise OSError(errno.EMFILE, "too many open files")
        return real(path, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", full)
        assert is_alive(other.path)
    other.leave_to_parent()
    assert not is_alive(other.path)


def test_counts_of_another_boot_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that were taken in, and the states beside them."""
    directory = Directory(tmp_path)
    watcher = directory.join()
    dead = directory.join()
    dead.add(Told(identity("c"), "", 1, 0.0), 0).value[0] = 3
    dead.leave_to_parent()
    directory.others(watcher, Totals())
    old = directory.join()
    directory.publish(old, [Told(identity("s"), "", 1, 5.0)])
    monkeypatch.setattr(layout, "boot_id", lambda: b"another machine!")
    totals = Totals()
    Directory(tmp_path).others(watcher, totals)
    assert totals.told() == []
    for file in (watcher, old):
        file.leave_to_parent()


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    """Whoever can write there could have counts of theirs shown as ours."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("open", "link"):
        with pytest.raises(PermissionError, match="this user's alone"):
            Directory(tmp_path / name).join()


def test_many_dead_are_taken_in_though_nobody_scrapes(tmp_path: Path) -> None:
    """Each has a file of 64 KiB or more, and memory that is shared is small in containers."""
    directory = Directory(tmp_path)
    for _ in range(60):
        file = directory.join()
        file.add(Told(identity("c"), "", 1, 0.0), 0).value[0] = 1
        file.leave_to_parent()
    assert len(list(tmp_path.glob("*.counts"))) < 20
    watcher = directory.join()
    totals = Totals()
    directory.others(watcher, totals)
    assert [told.value for told in totals.told()] == [60.0]
    watcher.leave_to_parent()
