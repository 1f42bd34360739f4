"""Writes the reference page of all settings from the table in ninefold.config.

python scripts/generate_settings.py            # write docs/reference/settings.md
python scripts/generate_settings.py --check    # write nothing; exit 1 when the page is stale
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ninefold.config import _table
from ninefold.config._setting import Setting

PAGE = Path(__file__).resolve().parent.parent / "docs/reference/settings.md"
HEAD = """\
# Settings

Generated from the code. The strongest first: environment (`NINEFOLD_*`, then `OTEL_*`), file,
arguments of `ninefold.setup()`, defaults. [How to configure a service](../how-to/configure.md) says
how that is meant.

In a file and in messages a setting has its key; a dot is a table in TOML. Durations in `NINEFOLD_*`
variables, files and code are seconds, or text with a unit (`500ms`, `2s`, `1m`); in `OTEL_*`
variables they are milliseconds, as OpenTelemetry says. An empty variable counts as unset. A wrong
value is a `ConfigurationError` at set-up; a wrong `OTEL_*` value is warned of and ignored, as
OpenTelemetry asks.

| key | environment | default | says |
|---|---|---|---|
"""
TAIL = """
Every `otlp.` key but `otlp.temporality` also exists for one signal alone, and then counts for it:
`otlp.traces.endpoint`, `otlp.metrics.endpoint`, `otlp.logs.endpoint` with
`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and so on.

Fields of a policy are set by its name: `[policy.search.retry]` and
`NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS`, or `[dependency.psp.policy.retry]` and
`NINEFOLD_DEPENDENCY_PSP_POLICY_RETRY_ATTEMPTS` for that of a dependency. So are `rate` and
`per_second` of a sampling rule: `[sampling.rule.payments]` and
`NINEFOLD_SAMPLING_RULE_PAYMENTS_RATE`.

`NINEFOLD_CONFIG` names a file to read instead of the `ninefold.toml`, or `[tool.ninefold]` in
`pyproject.toml`, that is nearest upwards from the working directory.
"""


def _default(setting: Setting[object]) -> str:
    """The default in words where the table has them, else as it is written in a file."""
    value = setting.default
    if setting.absent and value != ():
        return setting.absent
    if value is None or (isinstance(value, tuple | Mapping) and not value):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _rows() -> Iterator[str]:
    """One line per setting; those of one signal are told in a sentence instead."""
    of_a_signal = tuple(f"otlp.{signal}." for signal in _table.SIGNALS)
    for setting in _table.ALL:
        if setting.key.startswith(of_a_signal):
            continue
        variables = [setting.variable]
        if setting.standard is not None:
            variables.append(setting.standard.variable)
        named = ", ".join(f"`{name}`" for name in dict.fromkeys(variables))
        yield f"| `{setting.key}` | {named} | {_default(setting)} | {setting.doc} |\n"


def main(arguments: list[str]) -> int:
    """Write or check the page; returns the exit code."""
    text = HEAD + "".join(_rows()) + TAIL
    present = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" in arguments:
        if present != text:
            sys.stderr.write(f"{PAGE.name} is stale: run python scripts/generate_settings.py\n")
        return int(present != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
