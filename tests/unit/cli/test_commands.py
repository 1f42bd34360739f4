"""The `ninefold` command: what is listed, what is imported for it, and how it ends."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest
from click.testing import CliRunner

from ninefold._version import __version__
from ninefold.cli import _main, main
from ninefold.errors import ConfigurationError


def test_help_lists_every_command() -> None:
    """Both spellings of the question are answered with all commands and what each is for."""
    for spelling in ("--help", "-h"):
        result = CliRunner().invoke(main, [spelling])
        assert result.exit_code == 0
        for name, entry in _main.COMMANDS.items():
            assert name in result.output
            assert entry.summary in result.output


def test_the_version_is_the_packages() -> None:
    """What a bug report asks for first."""
    result = CliRunner().invoke(main, ["--version"])
    assert (result.exit_code, result.output) == (0, f"ninefold {__version__}\n")


def test_an_unknown_command_is_a_usage_error() -> None:
    """Exit code 2, and the name is repeated, with a near one where there is one."""
    for name, says in (("dokter", "'dokter'; did you mean doctor?"), ("xyz", "'xyz'.")):
        result = CliRunner().invoke(main, [name])
        assert result.exit_code == 2
        assert f"No such command {says}" in result.output


def test_help_imports_neither_the_sdk_nor_a_command() -> None:
    """Asking for help is quick, whatever the commands need."""
    script = (
        "import sys\n"
        "from ninefold.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    modules = set(ran.stderr.split())
    assert "ninefold.cli" in modules
    heavy = ("opentelemetry", "rich", "yaml", "fastapi", "flask", "msgspec", "grpc")
    assert not {name for name in modules if name.startswith(heavy)}
    assert not modules & {entry.module for entry in _main.COMMANDS.values()}


def test_a_command_without_its_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A missing package is one line with the remedy and exit code 2, not a traceback."""
    entry = _main.Entry("a_package_that_nobody_installed", "…", "demo")
    monkeypatch.setattr(_main, "COMMANDS", {"show": entry})
    result = CliRunner().invoke(main, ["show"])
    assert result.exit_code == 2
    assert "pip install 'ninefold[demo]'" in result.output
    assert "needs a_package_that_nobody_installed" in result.output


@pytest.mark.parametrize(
    "entry",
    [
        _main.Entry("ninefold.cli._nowhere", "…", "demo"),
        _main.Entry("a_package_that_nobody_installed", "…"),
    ],
)
def test_a_mistake_of_ours_is_not_blamed_on_an_extra(
    monkeypatch: pytest.MonkeyPatch, entry: _main.Entry
) -> None:
    """A module that no extra would bring stays the import error it is."""
    monkeypatch.setattr(_main, "COMMANDS", {"show": entry})
    assert isinstance(CliRunner().invoke(main, ["show"]).exception, ModuleNotFoundError)


def test_what_ninefold_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that meets a `NinefoldError` ends with its message and exit code 1."""
    import click

    @click.command()
    def refusing() -> None:
        raise ConfigurationError("ratio must be between 0 and 1, got 2")

    module = types.ModuleType("refusing_command")
    module.command = refusing  # type: ignore[attr-defined]  # a module made for this test
    monkeypatch.setitem(sys.modules, "refusing_command", module)
    monkeypatch.setattr(_main, "COMMANDS", {"refuse": _main.Entry("refusing_command", "…")})
    result = CliRunner().invoke(main, ["refuse"])
    assert (result.exit_code, result.output) == (
        1,
        "Error: ratio must be between 0 and 1, got 2\n",
    )
