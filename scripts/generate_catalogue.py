"""Generates the typed catalogue, and with --docs its reference pages, from conformance/registry.

    python scripts/generate_catalogue.py            # write src/ninefold/registry, renew pages
    python scripts/generate_catalogue.py --docs     # make the pages of docs/reference too
    python scripts/generate_catalogue.py --check    # write nothing; exit 1 with a diff when stale

Exit codes: 0 written or up to date, 1 stale or the registry is wrong, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path

from catalogue import markdown, module, rules, source

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("src/ninefold/registry")
FACTS = PACKAGE / "data/semconv-facts.json"


def generate(root: Path) -> dict[Path, str]:
    """Every generated file below `root`, by its path there.

    Raises `catalogue.source.RegistryError` with all problems when the registry does not hold.
    """
    registry = source.read(root / "conformance/registry")
    facts = json.loads((root / FACTS).read_text(encoding="utf-8"))
    rules.verify(registry, facts)
    return {
        PACKAGE / "_catalogue.py": module.render(registry, facts),
        PACKAGE / "__init__.py": module.render_package(registry, facts),
        Path("docs/reference/metrics.md"): markdown.render_metrics(registry, facts),
        Path("docs/reference/attributes.md"): markdown.render_attributes(registry, facts),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    parser.add_argument("--docs", action="store_true", help="make the reference pages too")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    options = parser.parse_args(arguments)
    try:
        files = generate(options.root)
    except source.RegistryError as error:
        for problem in error.problems:
            sys.stderr.write(f"conformance/registry/{problem}\n")
        return 1
    stale = False
    for path, text in files.items():
        target = options.root / path
        # A page is kept up to date where it exists, and made where it is asked for.
        if path.suffix == ".md" and not (options.docs or target.exists()):
            continue
        present = target.read_text(encoding="utf-8") if target.exists() else ""
        if present == text:
            continue
        if options.check:
            stale = True
            lines = (present.splitlines(keepends=True), text.splitlines(keepends=True))
            sys.stdout.writelines(difflib.unified_diff(*lines, f"{path}", f"{path} (generated)"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
    if stale:
        sys.stderr.write("the catalogue is stale: run python scripts/generate_catalogue.py\n")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
