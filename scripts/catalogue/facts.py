"""How the conventions' facts are written: sorted, one entry a line, so that a new version diffs."""

from __future__ import annotations

import json
from typing import Any

SECTIONS = ("metrics", "attributes", "renamed_metrics", "renamed_attributes")
SOURCE = "https://github.com/open-telemetry/semantic-conventions"
LICENCE = "Apache-2.0"


def write(tag: str, commit: str, sections: dict[str, dict[str, Any]]) -> str:
    """The text of the facts' file; the same facts give the same text."""
    parts = [
        f"{_json(key)}: {_json(value)}"
        for key, value in (
            ("source", SOURCE),
            ("licence", LICENCE),
            ("tag", tag),
            ("commit", commit),
        )
    ]
    for section in SECTIONS:
        entries = sections[section]
        body = ",\n".join(f"{_json(name)}: {_json(entries[name])}" for name in sorted(entries))
        parts.append(f"{_json(section)}: {{\n{body}\n}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(_ordered(value), ensure_ascii=False)


def _ordered(value: Any) -> Any:
    # Attributes by name: the order of the conventions' files is nobody's promise. Lists keep
    # theirs: it is the order of an enum's members.
    if not isinstance(value, dict):
        return value
    ordered = {key: _ordered(item) for key, item in value.items()}
    if "attributes" in ordered:
        ordered["attributes"] = dict(sorted(ordered["attributes"].items()))
    return ordered
