"""The board: workers of one server hear of each other, and of nobody else."""

from __future__ import annotations

import os
import textwrap

import pytest
from tests.support.child import run

needs_fork = pytest.mark.skipif(
    os.name == "nt", reason="by design: on Windows each worker answers for itself"
)

TEAM = """
import os, shutil, signal, time
from tests.support.board import Board, Member, folder
if __name__ == "__main__":
"""


def told(code: str, **values: str) -> list[str]:
    """What the code prints, a word each, run in a process of its own."""
    for name, value in values.items():
        code = code.replace(name, value)
    return run(TEAM + textwrap.indent(textwrap.dedent(code), "    ")).split()


def test_a_process_that_serves_alone_has_none() -> None:
    """It hears of nobody, and what it says goes nowhere."""
    out = told(
        """
        board = Board("alone", "auto")
        board.beat(), board.drain(), board.leave()
        print(board.is_shared, board.is_draining(), board.others_beat(60), folder("alone").exists())
        """
    )
    assert out == ["False"] * 4


@needs_fork
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_one_parent_hear_of_each_other(method: str) -> None:
    """That one beats, started and drains; each knows its own beats from the other's."""
    out = told(
        """
        one, two = Member("team", "METHOD"), Member("team", "METHOD")
        print(one.ask("is_shared"), two.ask("is_draining"), two.ask("others_beat", 60))
        one.ask("beat")
        print(one.ask("others_beat", 60), two.ask("others_beat", 60))
        print(one.ask("is_started"), two.ask("is_started"), two.ask("is_draining"))
        one.ask("start")
        print(one.ask("is_started"), two.ask("is_started"), two.ask("is_draining"))
        one.ask("drain")
        print(one.ask("is_draining"), two.ask("is_draining"))
        three = Member("team", "METHOD")
        print(three.ask("is_draining"), three.ask("is_started"))
        """,
        METHOD=method,
    )
    assert out[:5] == ["True", "False", "False", "False", "True"]
    assert out[5:] == ["False"] * 3 + ["True", "True", "False"] + ["True"] * 4


@needs_fork
def test_nobody_hears_of_another_leaders_workers() -> None:
    """The same service, started twice on one machine: neither drains the other."""
    out = told(
        """
        from tests.support.child import run
        one = Member("twice")
        one.ask("beat"), one.ask("drain")
        print(one.ask("is_draining"))
        print(run('''
        from tests.support.board import Member
        if __name__ == "__main__":
            other = Member("twice", "fork")
            print(other.ask("is_shared"), other.ask("is_draining"), other.ask("others_beat", 60))
        '''))
        """
    )
    assert out == ["True", "True", "False", "False"]


@needs_fork
def test_off_means_that_there_is_none() -> None:
    """Also for a child among others."""
    out = told(
        """
        one, two = Member("off", setting="off"), Member("off")
        two.ask("beat"), two.ask("drain")
        print(one.ask("is_shared"), one.ask("is_draining"), one.ask("others_beat", 60))
        """
    )
    assert out == ["False"] * 3


@needs_fork
def test_windows_has_none() -> None:
    """There each worker answers for itself."""
    out = told(
        """
        os.name = "nt"
        board = Board("windows", "auto")
        os.name = "posix"
        one = Member("windows", "fork", board=board)
        one.ask("drain")
        print(one.ask("is_shared"), one.ask("is_draining"), folder("windows").exists())
        """
    )
    assert out == ["False"] * 3


@needs_fork
def test_a_folder_that_others_could_write_to_is_not_used() -> None:
    """Whoever could write there could drain the server."""
    out = told(
        """
        folder("open").mkdir()
        folder("open").chmod(0o777)
        (folder("open") / "draining").touch()
        one = Member("open")
        one.ask("beat"), one.ask("drain")
        print(one.ask("is_shared"), one.ask("is_draining"), len(os.listdir(folder("open"))))
        shutil.rmtree(folder("open"))
        """
    )
    assert out == ["False", "False", "1"]


@needs_fork
def test_a_folder_that_vanishes_comes_back_with_what_was_said() -> None:
    """By the next beat of whoever has heard of it; and only as this user's alone."""
    out = told(
        """
        one, two = Member("gone"), Member("gone")
        one.ask("drain"), one.ask("start"), print(two.ask("is_draining"), two.ask("is_started"))
        shutil.rmtree(folder("gone"))
        print(one.ask("is_draining"), one.ask("others_beat", 60))
        one.ask("leave"), two.ask("beat")
        print(one.ask("others_beat", 60))
        three = Member("gone")
        print(three.ask("is_draining"), three.ask("is_started"))
        print(oct(folder("gone").stat().st_mode & 0o777))
        """
    )
    assert out == ["True", "True", "True", "False", "True", "True", "True", "0o700"]


@needs_fork
def test_a_place_that_is_lost_for_good_costs_no_more_than_the_word() -> None:
    """A file in place of the folder, which nothing can be left in: nothing is raised."""
    out = told(
        """
        one = Member("lost")
        print(one.ask("is_shared"))
        shutil.rmtree(folder("lost"))
        folder("lost").touch()
        print(one.ask("beat"), one.ask("drain"), one.ask("leave"), one.ask("others_beat", 60))
        print(one.ask("is_draining"))
        folder("lost").unlink()
        """
    )
    assert out == ["True", "None", "None", "None", "False", "True"]


@needs_fork
def test_a_forked_child_looks_anew() -> None:
    """Its parent, which loaded the application, serves alone; the children are its workers."""
    out = told(
        """
        board = Board("preloaded", "auto")
        print(board.is_shared)
        one, two = Member("", "fork", board=board), Member("", "fork", board=board)
        one.ask("drain"), one.ask("beat")
        print(one.ask("is_shared"), two.ask("is_draining"), two.ask("others_beat", 60))
        print(board.is_shared, board.is_draining())
        """
    )
    assert out == ["False", "True", "True", "True", "False", "False"]


@needs_fork
def test_who_left_beats_no_more() -> None:
    """And who leaves without having beaten has left all the same."""
    out = told(
        """
        one, two = Member("left"), Member("left")
        one.ask("leave"), one.ask("beat"), print(two.ask("others_beat", 60))
        one.ask("leave"), print(two.ask("others_beat", 60))
        """
    )
    assert out == ["True", "False"]


@needs_fork
def test_who_was_killed_beats_no_more() -> None:
    """Whether or not its parent has taken note; and its file goes when a later one joins."""
    out = told(
        """
        one, two = Member("killed"), Member("killed")
        one.ask("beat"), print(two.ask("others_beat", 60))
        os.kill(one.pid, signal.SIGKILL)
        os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
        print(two.ask("others_beat", 60))
        one.process.join()
        print(two.ask("others_beat", 60))
        file = folder("killed") / f"{one.pid}.beat"
        Member("killed").ask("beat"), print(file.exists())
        os.utime(file, (time.time() - 61, time.time() - 61))
        Member("killed").ask("beat"), print(file.exists())
        """
    )
    assert out == ["True", "False", "False", "True", "False"]


@needs_fork
def test_an_old_beat_is_none_and_neither_is_one_of_the_future() -> None:
    """A clock that was set back must not have a worker beat until it is there again."""
    out = told(
        """
        one, two = Member("old"), Member("old")
        one.ask("beat"), two.ask("beat")
        file = folder("old") / f"{one.pid}.beat"
        for off in (-60, 60, 0):
            os.utime(file, (time.time() + off, time.time() + off))
            print(two.ask("others_beat", 30))
        """
    )
    assert out == ["False", "False", "True"]


@needs_fork
def test_what_is_no_workers_file_is_passed_over() -> None:
    """Whatever lies in the folder."""
    out = told(
        """
        one = Member("odd")
        one.ask("beat")
        for name in ("x.beat", ".beat", "1.counts"):
            (folder("odd") / name).touch()
        print(one.ask("others_beat", 60))
        """
    )
    assert out == ["False"]


def test_a_board_has_nobody_share_a_scrape() -> None:
    """A child that only leaves word makes no folder of counts, by which its parent would share."""
    out = run(
        """
        import os
        from ninefold.telemetry._workers import Board
        from ninefold.telemetry._workers import _family as family
        board = Board("apart", "auto")
        if os.fork() == 0:
            board.beat()
            os._exit(0 if board.is_shared else 1)
        _, status = os.wait()
        counts = family.home() / family.folder_of("apart", family.present())
        print(os.waitstatus_to_exitcode(status), counts.exists())
        """
    )
    assert out.split() == ["0", "False"]
