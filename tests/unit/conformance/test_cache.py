"""What a check keeps of one run for the next: when it is used, and what becomes of it when not."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ninefold.conformance import Configuration, Declaration, Options, check
from ninefold.conformance._cache import FOLDER, Cache
from ninefold.conformance.source import _run

DECLARES = (
    "from opentelemetry import metrics\nfrom names import NAME\n"
    "orders = metrics.get_meter('shop').create_counter(NAME, unit='{order}')\n"
)


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.py").write_text("NAME = 'shop.orders'\n")
    Path("shop.py").write_text(DECLARES)
    Path("plain.py").write_text("x = 1\n")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One item for each time that files were parsed."""
    found: list[object] = []

    class Counted(_run.Run):
        def __init__(self, *args: object) -> None:
            found.append(self)
            super().__init__(*args)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(_run, "Run", Counted)
    return found


def _names() -> list[str | None]:
    declarations: tuple[Declaration, ...] = check(
        ["."], Options(), Configuration(), is_cached=True
    ).facts.declarations
    return [each.name.value for each in declarations]


def test_unchanged_files_are_not_parsed_again(runs: list[object]) -> None:
    """The second run parses nothing, nor one after a change of a file that declares nothing."""
    assert _names() == ["shop.orders"]
    assert _names() == ["shop.orders"]
    Path("plain.py").write_text("x = 2\n")
    Path("new.py").write_text("y = 1\n")
    os.utime("shop.py", (1, 1))
    assert _names() == ["shop.orders"]
    assert len(runs) == 1


def test_constant_of_another_file(runs: list[object]) -> None:
    """A change of the file that gives a name is a change of the file that declares by it."""
    assert _names() == ["shop.orders"]
    Path("names.py").write_text("NAME = 'shop.carts'\n")
    assert _names() == ["shop.carts"]
    Path("names").mkdir()
    Path("names/__init__.py").write_text("NAME = 'shop.package'\n")
    assert _names() == ["shop.package"]
    assert len(runs) == 3


def test_constant_of_a_file_outside_of_the_run(runs: list[object]) -> None:
    """So is that of a file that is only looked up."""

    def names() -> list[str | None]:
        report = check(["shop.py"], Options(), Configuration(), is_cached=True)
        return [each.name.value for each in report.facts.declarations]

    assert names() == names() == ["shop.orders"]
    Path("names.py").write_text("NAME = 'shop.carts'\n")
    assert names() == names() == ["shop.carts"]
    assert len(runs) == 2


@pytest.mark.parametrize("at", [0, 20, 40, 200, -1])
@pytest.mark.parametrize("how", ["cut", "changed", "empty", "other"])
def test_broken_entry(at: int, how: str, runs: list[object]) -> None:
    """An entry that is cut short, changed or not ours is as good as none, and is replaced."""
    assert _names() == ["shop.orders"]
    [entry] = Path(FOLDER).glob("*.json")
    content = entry.read_bytes()
    changed = content[:at] + bytes([content[at] ^ 1]) + content[at:][1:]
    broken = {"cut": content[:at], "changed": changed, "empty": b"", "other": b"[1, 2]\n"}
    entry.write_bytes(broken[how])
    assert _names() == ["shop.orders"]
    assert len(runs) == 2
    assert entry.read_bytes() == content


@pytest.mark.parametrize("entry", [{}, {"called": 3}, {"called": [], "recorded": [], "files": 1}])
def test_entry_of_another_shape(entry: dict[str, object], runs: list[object]) -> None:
    """An entry that is whole and says something else is not believed."""
    assert _names() == ["shop.orders"]
    [path] = Path(FOLDER).glob("*.json")
    cache = Cache(".", "")
    cache._path = str(path)
    cache.store(entry)
    assert _names() == ["shop.orders"]
    assert len(runs) == 2


def test_folder_that_cannot_be_written(runs: list[object]) -> None:
    """Where there can be no folder, the check is as without one."""
    Path(FOLDER).write_text("a file\n")
    assert _names() == _names() == ["shop.orders"]
    assert len(runs) == 2


def test_runs_at_the_same_time() -> None:
    """Runs that write the same entry at once leave a whole one, and all say the same."""
    found: list[list[str | None]] = []
    threads = [
        threading.Thread(target=lambda: found.extend(_names() for _ in range(5))) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [["shop.orders"]] * 20
    assert Cache(".", [os.getcwd(), ["."], ()]).load() is not None


def test_old_entries_go(runs: list[object]) -> None:
    """No more than 64 entries are kept."""
    for number in range(70):
        Cache(".", number).store({"number": number})
    assert len(list(Path(FOLDER).glob("*.json"))) == 64
    assert Cache(".", 69).load() == {"number": 69}
    assert not runs
