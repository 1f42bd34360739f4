"""Runs every Python snippet of the documentation, page by page.

    python scripts/run_snippets.py README.md docs
    python scripts/run_snippets.py --into FOLDER README.md docs

The ```python blocks of one page are one program, read from the top in an interpreter and an
empty folder of its own, with warnings as errors; `<!-- a program of its own -->` starts another.
As many run at once as there are cores.
A program with `test_…` functions is run by pytest. With `--into` the programs are written to a
folder, for other tools to read, and not run. Exit codes: 0 all ran, 1 one failed, 2 no page
was found.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# An indented block (in a tab or an admonition) counts too; `python` must be all of the first word.
BLOCK = re.compile(
    r"^(?P<indent>[ ]*)```python(?:[ ][^\n]*)?\n(?P<body>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
TEST = re.compile(r"^(async )?def test_", re.MULTILINE)
NEXT = "<!-- a program of its own -->"
SECONDS = 60


def programs(page: Path) -> list[str]:
    """The page's programs, each block on its own lines, so that tracebacks point into the page."""
    text = page.read_text(encoding="utf-8")
    sources: dict[int, list[str]] = {}
    for block in BLOCK.finditer(text):
        lines = sources.setdefault(text.count(NEXT, 0, block.start()), [])
        first = text.count("\n", 0, block.start("body"))
        lines += [""] * (first - len(lines))
        lines += [line.removeprefix(block["indent"]) for line in block["body"].splitlines()]
    return ["\n".join(lines) + "\n" for lines in sources.values()]


def run(page: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Run one program of a page."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "NINEFOLD_"))
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"test_{page.stem.replace('-', '_').lower()}.py"
        file.write_text(source, encoding="utf-8")
        command = [sys.executable, "-W", "error", str(file)]
        if TEST.search(source):
            command[3:3] = ["-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def pages(arguments: list[str]) -> list[Path]:
    """The Markdown files among these files and below these folders."""
    found: list[Path] = []
    for argument in map(Path, arguments):
        found += sorted(argument.rglob("*.md")) if argument.is_dir() else [argument]
    return found


def write(chosen: list[Path], folder: Path) -> None:
    """Write every program of the pages, under the page's own path with a number."""
    for page in chosen:
        for number, source in enumerate(programs(page)):
            file = folder / page.with_suffix("") / f"program_{number}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run the pages named, or write them; returns the exit code."""
    into = Path(arguments[1]) if arguments[:1] == ["--into"] and len(arguments) > 2 else None
    chosen = pages(arguments if into is None else arguments[2:])
    if not chosen:
        sys.stderr.write("no page found: name Markdown files or folders that hold some\n")
        return 2
    if into is not None:
        write(chosen, into)
        return 0
    failed = 0
    every = [(page, source) for page in chosen for source in programs(page)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda each: run(*each), every)
        for (page, _), result in zip(every, results, strict=True):
            sys.stdout.write(f"{'failed' if result.returncode else 'ok':7}{page}\n")
            if result.returncode:
                failed += 1
                sys.stdout.write(result.stdout)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
