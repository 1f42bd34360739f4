"""The public API is what the snapshot says: no name comes, goes or changes unseen."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def _snapshot() -> ModuleType:
    """The renderer beside this file, whatever the import mode."""
    spec = importlib.util.spec_from_file_location("api_snapshot", HERE / "api_snapshot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_public_api_is_the_snapshot() -> None:
    """A wanted change is renewed with `nox -s api` and told in a changelog fragment."""
    assert _snapshot().render() == (HERE / "api-snapshot.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["ninefold", "ninefold.testing"])
def test_all_lists_what_a_module_has(name: str) -> None:
    """`__all__` has no name twice, none that is missing, and `dir()` shows each."""
    module = importlib.import_module(name)
    assert len(set(module.__all__)) == len(module.__all__)
    for public in module.__all__:
        getattr(module, public)
        assert public in dir(module)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The lazy façade says which name it lacks, as any module does."""
    with pytest.raises(AttributeError, match="no_such_name"):
        importlib.import_module("ninefold").no_such_name  # noqa: B018 - the look-up is the test
