"""Keys of a file of settings: tables inside tables with dots, and those that say nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ninefold.core import nearest, shown
from ninefold.errors import ConfigurationError


def flat(table: Mapping[str, object], keys: Collection[str], prefix: str = "") -> dict[str, object]:
    """Tables inside tables as dotted keys, down to those of `keys`.

    >>> flat({"retry": {"attempts": 5}, "deadline": 2}, ())
    {'retry.attempts': 5, 'deadline': 2}
    """
    found: dict[str, object] = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        if key not in keys and isinstance(value, Mapping) and value:
            found.update(flat(value, keys, f"{key}."))
        else:
            found[key] = value
    return found


def refuse_unknown(
    said: Mapping[str, object], where: str, keys: Collection[str], *, at: str = "", others: str
) -> None:
    """Every key of `said` must be one of `keys`; both stand below `at`.

    `others` is the remedy where no key is near.
    """
    for key, value in said.items():
        if key in keys:
            continue
        inside = [known for known in keys if known.startswith(f"{key}.")]
        if inside and isinstance(value, Mapping):
            continue
        if inside:
            raise ConfigurationError(
                f"{at}{key} ({where}) must be a table with keys such as {at + min(inside)!r}, "
                f"got {shown(value)}"
            )
        # Without what they all begin with: that makes every key look like every other.
        near = nearest(key, keys)
        remedy = others if near is None else f"did you mean {at + near!r}?"
        raise ConfigurationError(f"there is no setting {at + key!r} ({where}); {remedy}")
