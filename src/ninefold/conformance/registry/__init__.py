"""What names mean by agreement: the conventions, with a project's own registry merged over them."""

from ninefold.conformance.registry._known import Known, conventions
from ninefold.conformance.registry._project import with_project

__all__ = ["Known", "conventions", "with_project"]
