"""What can be told from outside a service about which of its traces are kept."""

from __future__ import annotations

import math
from dataclasses import replace

from ninefold.cli._diagnosis import Finding
from ninefold.config import Settings
from ninefold.errors import ConfigurationError
from ninefold.sampling import sampling_said, warnings_of

__all__ = ["sampling_in_settings"]


def sampling_in_settings(settings: Settings) -> list[Finding]:
    """Why traces may be missing, and which rules of the settings cannot be meant or never decide.

    What only code can complete, as `keep` beside a rule by route in a file, is a note.
    """
    if settings.disabled:
        return []
    findings: list[Finding] = []
    target = settings.sampling_target
    if settings.origin("sampling.target_per_s").source == "default" and _is_limit(target):
        findings.append(
            Finding(
                "note",
                f"traces: of those that begin in a process up to {target:g} per second are kept,"
                " unless code says otherwise; NINEFOLD_SAMPLING_TARGET_PER_S=inf sets no limit",
            )
        )
    if settings.origin("sampling.rules").source == "default":
        # Those of code are not seen from here, and names that settings give may be theirs.
        return findings
    try:
        sampling = sampling_said(settings)
    except ConfigurationError as error:
        told = str(error)
        return [*findings, Finding("note" if _can_be_completed(settings) else "wrong", told)]
    return findings + [Finding("note", told) for told in warnings_of(settings, sampling)]


def _is_limit(target: float | None) -> bool:
    return target is not None and target != math.inf


def _can_be_completed(settings: Settings) -> bool:
    try:
        sampling_said(replace(settings, keep_errors=True))
    except ConfigurationError:
        return False
    return True
