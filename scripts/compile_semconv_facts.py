"""Makes the conventions' facts anew from a checkout of open-telemetry/semantic-conventions.

    python scripts/compile_semconv_facts.py CHECKOUT            # write the project's copy
    python scripts/compile_semconv_facts.py CHECKOUT --check    # exit 1 when it differs

Facts alone are kept: names, instruments, units, stability, attributes with their levels, members of
enums, deprecations and renames. Exit codes: 0 written or equal, 1 different, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from catalogue import conventions, facts

TARGET = Path(__file__).resolve().parent.parent / "src/ninefold/registry/data/semconv-facts.json"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("checkout", type=Path, help="work tree with model/ and schemas/")
    parser.add_argument("--tag", help="the version, such as v1.44.0; default: the checkout's tag")
    parser.add_argument("--output", type=Path, default=TARGET, help="the file to write")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when different")
    options = parser.parse_args(arguments)
    if not (options.checkout / "model").is_dir():
        parser.error(f"{options.checkout} has no folder model; give a checkout of the conventions")
    tag = options.tag or _git(options.checkout, "describe", "--tags", "--exact-match")
    text = facts.write(
        tag,
        _git(options.checkout, "rev-parse", "HEAD"),
        conventions.compile_facts(options.checkout, tag.removeprefix("v")),
    )
    if options.check:
        if options.output.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write(f"{options.output} is not what {options.checkout} at {tag} gives\n")
        return 1
    options.output.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {options.output}\n")
    return 0


def _git(checkout: Path, *command: str) -> str:
    ran = subprocess.run(
        ["git", "-C", str(checkout), *command], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
