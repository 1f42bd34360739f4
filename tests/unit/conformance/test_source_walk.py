"""Which files of a tree are read: what git would ignore is left out, what is named is not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ninefold.cli._check import main
from ninefold.conformance.source import python_files

GIT = shutil.which("git")
FILES = (
    "a.py", "b.py", "ab.py", "a b.py", "!a.py", "#a.py", "[a].py", "a-.py", "é.py", "a]b.py",
    "x/a.py", "x/b.py", "x/y/a.py", "x/y/z/a.py", "a/a.py", "a/x/b.py", "x/a/x/a.py",
)  # fmt: skip
PIECES = (
    "a", "b", "x", "y", "z", "*", "**", "?", "/", "/", ".py", ".py", "[ab]", "[!a]", "[a-", "]",
    "[^x-z]", "[]a]", "[[:alpha:]]", "[[:nope:]]", "[z-a]", "[a\\]]", "[.-/]", "\\", "\\ ", " ",
    "!", "#", "-", "é", "\t",
)  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
IGNORES = st.lists(
    st.one_of(LINES, LINES.map("!{}".format), st.sampled_from(["*", "!*/", "!*.py", "/*", ""])),
    max_size=4,
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of some files, none of them tracked."""
    if GIT is None:
        pytest.skip("git is not installed")
    root = tmp_path_factory.mktemp("tree")
    subprocess.run([GIT, "init", "-q", str(root)], check=True)
    for each in FILES:
        path = root / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def _write(root: Path, place: str, lines: list[str], end: str = "\n") -> None:
    (root / place).write_bytes("".join(f"{line}{end}" for line in lines).encode())


def _by_git(root: Path) -> set[str]:
    assert GIT is not None
    listed = subprocess.run(
        [GIT, "ls-files", "-o", "-z", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = {os.fsdecode(each) for each in listed.stdout.split(b"\0")}
    return {each for each in names if each.endswith(".py")}


def _by_us(root: Path) -> set[str]:
    return {Path(each).relative_to(root).as_posix() for each in python_files([str(root)])}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of a user of git who leaves nothing out."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(folder))
        patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        yield folder


@settings(max_examples=300)
@given(outer=IGNORES, inner=IGNORES, own=IGNORES, end=st.sampled_from(["\n", "\r\n"]))
@example(["a/**/a.py", "**/y", "/x/**"], ["!y/"], [], "\n")
@example(["*", "!*/", "!x/**"], ["a.py "], ["b.py"], "\n")
@example(["x/", "!x/a.py"], ["!a.py"], [], "\n")
@example(["[a-[.-/]", "x**/z/a.py", "?**/b.py"], ["***/a.py"], [], "\n")
@example(["!a"], [], ["/**"], "\n")
@example(["/**/x/**\\/a.py", "a**"], ["y[/]a.py", "y/**"], [], "\n")
@example(["?.py", "[!a].py"], ["\u00e9.py", "!\u00e9*"], ["[\u00e9].py"], "\n")
@example(["\\!a.py", "\\#a.py", "[[]a].py", "a\\ b.py"], [], [], "\r\n")
def test_ignored_as_git_ignores(
    tree: Path, outer: list[str], inner: list[str], own: list[str], end: str
) -> None:
    """Of untracked files those are read that git does not ignore, whatever the patterns."""
    _write(tree, ".gitignore", outer, end)
    _write(tree, "x/.gitignore", inner, end)
    _write(tree, ".git/info/exclude", own, end)
    assert _by_us(tree) == _by_git(tree)


USER = ("a.py", "x/", "*b.py")


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (".gitconfig", "[core]\n\texcludesFile = ~/mine\n"),
        (".gitconfig", '[CORE]\nexcludesfile="~/mine" ; mine\n'),
        (".gitconfig", '[core "x"]\nexcludesfile = no\n[core] excludesfile = ~/mi\\\nne # x\n'),
        (".gitconfig", "[core]\nexcludesFile = ~/no\nexcludesFile = ~/mine\n[user]\nname = a\n"),
        (".gitconfig", "[core]\nexcludesFile = ~/mine\n[core]\nexcludesFile =\n"),
        (".gitconfig", "[include]\npath = more/config\n"),
        (".gitconfig", "[core]\nexcludesFile = relative\n"),
        (".gitconfig", "[core\nexcludesFile ~/mine\n"),
        (".config/git/config", "[core]\nexcludesFile = ~/mine\n"),
        (".config/git/ignore", "".join(f"{each}\n" for each in USER)),
        ("repository", "[core]\nexcludesFile = ~/mine\n"),
        ("repository", "[core]\nexcludesFile =\n"),
    ],
)
def test_what_the_user_leaves_out(
    where: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`core.excludesFile` counts as git has it, wherever it is said, under what is in the tree."""
    if GIT is None:
        pytest.skip("git is not installed")
    home, root = tmp_path / "home", tmp_path / "tree"
    for each in (home / "more", home / ".config/git", root):
        each.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    subprocess.run([GIT, "init", "-q", str(root)], check=True)
    _files(root, "a.py", "b.py", "ab.py", "c.py", "x/c.py", "y/a.py", "y/x/c.py", "no.py")
    (root / ".gitignore").write_text("!y/a.py\n")
    mine = "".join(f"{each}\n" for each in USER)
    (home / "mine").write_text(mine)
    (root / "relative").write_text("c.py\n")
    (home / "more/config").write_text("[core]\nexcludesFile = ~/mine\n")
    if where == "repository":
        (home / ".config/git/ignore").write_text("c.py\n")
        with (root / ".git/config").open("a") as file:
            file.write(text)
    else:
        (home / where).write_text(text)
    try:
        expected = _by_git(root)
    except subprocess.CalledProcessError:  # git refuses a configuration that is none
        expected = {"a.py", "b.py", "ab.py", "c.py", "x/c.py", "y/a.py", "y/x/c.py", "no.py"}
    assert _by_us(root) == expected
    assert "no.py" in expected


def test_a_worktree_leaves_out_what_its_repository_does(tmp_path: Path) -> None:
    """`info/exclude` is shared by all worktrees, whose `.git` is a file."""
    if GIT is None:
        pytest.skip("git is not installed")
    root, tree = tmp_path / "main", tmp_path / "tree"
    subprocess.run([GIT, "init", "-q", str(root)], check=True)
    (root / ".git/info/exclude").write_text("a.py\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([GIT, *who, "commit", "-q", "--allow-empty", "-m", "x"], cwd=root, check=True)
    subprocess.run([GIT, "worktree", "add", "-q", str(tree)], cwd=root, check=True)
    _files(tree, "a.py", "b.py")
    assert _by_us(tree) == _by_git(tree) == {"b.py"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a repository, in which the check is started."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def _files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_what_is_named_is_read(folder: Path) -> None:
    """A file or folder that is ignored is read where it is named, with what it ignores itself."""
    _files(folder, "made/a.py", "made/deep/b.py", "made/deep/c.py", "kept/a.py")
    _write(folder, ".gitignore", ["made"])
    _write(folder, "made/.gitignore", ["c.py"])
    assert set(python_files(["."])) == {"kept/a.py"}
    assert set(python_files(["made"])) == {"made/a.py", "made/deep/b.py"}
    assert set(python_files(["made/deep/c.py"])) == {"made/deep/c.py"}


def test_patterns_above_the_named_folder_count(folder: Path) -> None:
    """A check of a part of the repository leaves out what one of the whole does."""
    _files(folder, "src/a.py", "src/made_b.py", "src/deep/c.py")
    _write(folder, ".gitignore", ["made_*", "/src/deep"])
    assert set(python_files(["src"])) == {"src/a.py"} == set(python_files(["."]))


def test_a_repository_inside_asks_no_other(folder: Path) -> None:
    """What the outer one ignores is no matter of the inner one's."""
    _files(folder, "part/a.py", "part/b.py", "a.py")
    (folder / "part/.git").write_text("gitdir: ../.git/modules/part\n")
    _write(folder, ".gitignore", ["a.py"])
    _write(folder, "part/.gitignore", ["b.py"])
    assert set(python_files(["."])) == {"part/a.py"}


def test_outside_of_a_repository(tmp_path: Path) -> None:
    """Where there is none, as in a source archive, patterns count from the named folder down."""
    _files(tmp_path, "src/a.py", "src/b.py")
    _write(tmp_path, ".gitignore", ["a.py"])
    _write(tmp_path, "src/.gitignore", ["b.py"])
    assert {Path(each).name for each in python_files([str(tmp_path)])} == set()
    assert {Path(each).name for each in python_files([str(tmp_path / "src")])} == {"a.py"}


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("README.md", "# Shop", 2),
        ("metrics.yaml", "a: 1", 2),
        ("Makefile", "all:", 2),
        ("metrics.pyi", "x: int", 0),
        ("tool", "#!/usr/bin/env python3\nx = 1\n", 0),
        ("tool", "#!/bin/sh\n", 2),
        ("shop.prom", "# TYPE shop_orders_total counter\nshop_orders_total 1\n", 0),
    ],
)
def test_a_named_file_is_read_or_told(
    name: str, text: str, code: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is neither Python nor an exposition is not passed over when it is named."""
    (folder / name).write_text(text)
    assert main([name]) == code
    assert (f"{name}:1:1: NF-X002 E neither Python" in capsys.readouterr().out) == (code == 2)
