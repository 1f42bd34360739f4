"""`[tool.ninefold.check]` is the checker's: a service's settings know nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninefold.config._file import find
from ninefold.errors import ConfigurationError


def test_checker_s_table_is_no_setting(tmp_path: Path) -> None:
    """A file with that table alone has no settings; beside others it is left out."""
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.ninefold.check]\nselect = ['NF-U']\n")
    assert find(tmp_path) is None
    file.write_text("[tool.ninefold]\nowner = 'shop'\n[tool.ninefold.check]\nprefix = 'acme'\n")
    found = find(tmp_path)
    assert found is not None
    assert found.table == {"owner": "shop"}


def test_checker_s_table_in_the_other_file_is_told_where_it_belongs(tmp_path: Path) -> None:
    """The checker does not read `ninefold.toml`: what stands there would do nothing."""
    (tmp_path / "ninefold.toml").write_text("[check]\nselect = ['NF-U']\n")
    with pytest.raises(ConfigurationError, match=r"\[tool\.ninefold\.check\] in pyproject\.toml"):
        find(tmp_path)
