"""What SARIF 2.1.0 demands of the objects that a report of ours has, as a JSON schema.

Stricter than the standard's own: what our reports do not use is not allowed. Source: OASIS, SARIF
2.1.0, sections 3.13 (log) to 3.57 (replacement).
"""

from __future__ import annotations

from typing import Any


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], at_least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": at_least}


_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}
_BAG: dict[str, Any] = {"type": "object"}
_MESSAGE = _object({"text": _TEXT})
_LEVEL: dict[str, Any] = {"enum": ["none", "note", "warning", "error"]}
_ARTIFACT = _object(
    {"uri": {"type": "string", "format": "uri-reference", "pattern": r"^[!-;=?-Z\[\]_a-z~]*$"}},
    {"uriBaseId": _TEXT},
)
_REGION = _object(
    {"startLine": _COUNT, "startColumn": _COUNT, "endLine": _COUNT, "endColumn": _COUNT}
)
_REPLACEMENT = _object({"deletedRegion": _REGION, "insertedContent": _object({"text": {}})})
_FIX = _object(
    {
        "artifactChanges": _list(
            _object({"artifactLocation": _ARTIFACT, "replacements": _list(_REPLACEMENT, 1)}), 1
        )
    },
    {"description": _MESSAGE, "properties": _BAG},
)
_RESULT = _object(
    {
        "message": _MESSAGE,
        "ruleId": _TEXT,
        "level": _LEVEL,
        "locations": _list(
            _object(
                {"physicalLocation": _object({"artifactLocation": _ARTIFACT, "region": _REGION})}
            ),
            1,
        ),
        "partialFingerprints": {"type": "object", "additionalProperties": _TEXT},
    },
    {"ruleIndex": {"type": "integer", "minimum": 0}, "properties": _BAG, "fixes": _list(_FIX, 1)},
)
_RULE = _object(
    {
        "id": _TEXT,
        "name": {"type": "string", "pattern": "^([A-Z][a-z0-9]*)+$"},
        "shortDescription": _MESSAGE,
        "fullDescription": _MESSAGE,
        "help": _object({"text": _TEXT}, {"markdown": _TEXT}),
        "defaultConfiguration": _object({"level": _LEVEL, "enabled": {"type": "boolean"}}),
        "properties": _BAG,
    }
)
SCHEMA: dict[str, Any] = _object(
    {
        "version": {"const": "2.1.0"},
        "runs": _list(
            _object(
                {
                    "tool": _object(
                        {
                            "driver": _object(
                                {
                                    "name": _TEXT,
                                    "version": _TEXT,
                                    "rules": _list(_RULE, 1) | {"uniqueItems": True},
                                }
                            )
                        }
                    ),
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "originalUriBaseIds": {
                        "type": "object",
                        "additionalProperties": _object(
                            {"uri": {"type": "string", "pattern": "/$"}}
                        ),
                    },
                    "invocations": _list(_object({"executionSuccessful": {"type": "boolean"}})),
                    "results": _list(_RESULT),
                }
            ),
            1,
        ),
    },
    {"$schema": _TEXT},
)
