"""What names mean by agreement: the conventions, with a project's own registry merged over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninefold.conformance.registry._known import Known, conventions

if TYPE_CHECKING:
    from ninefold.conformance.registry._project import with_project

__all__ = ["Known", "conventions", "with_project"]


def __getattr__(name: str) -> object:
    # Most projects have no registry of their own.
    if name == "with_project":
        from ninefold.conformance.registry._project import with_project

        return with_project
    raise AttributeError(f"module 'ninefold.conformance.registry' has no attribute {name!r}")
