"""Finds the file of a module, and which module a file is, without importing anything."""

from __future__ import annotations

import os
import sys

_LARGEST = 4_000_000


def root_and_name(path: str) -> tuple[str, str]:
    """The folder that a file's package stands in, and the file's whole module name."""
    folder, file = os.path.split(path)
    root, package = package_of(folder)
    if file == "__init__.py":
        return root, package
    name = file.removesuffix(".py")
    return root, f"{package}.{name}" if package else name


def package_of(folder: str) -> tuple[str, str]:
    """The folder that a package stands in, and its whole name; empty where `folder` is none."""
    names: list[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        above, name = os.path.split(folder)
        if not name:
            break
        folder = above
        names.append(name)
    return folder, ".".join(reversed(names))


class Finder:
    """Finds the file of a module by looking, as the interpreter would, in folders alone."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = roots
        self.found: dict[tuple[str, str], str | None] = {}
        """What was looked for, from where, and what was there."""
        self._folders: tuple[str, ...] | None = None

    def find(self, name: str, near: str) -> str | None:
        """The path of the module `name` as a file in the root `near` imports it, or None."""
        key = (name, near)
        if key not in self.found:
            self.found[key] = self._look(name, near)
        return self.found[key]

    def _look(self, name: str, near: str) -> str | None:
        top = name.partition(".")[0]
        if not name or top in sys.stdlib_module_names:
            return None
        relative = name.replace(".", os.sep)
        for root in (near, *self._roots, *self.installed()):
            if not os.path.exists(os.path.join(root, top)) and "." in name:
                continue
            path = os.path.join(root, relative)
            for each in (os.path.join(path, "__init__.py"), f"{path}.py"):
                if os.path.isfile(each):
                    return each
        return None

    def installed(self) -> tuple[str, ...]:
        """The folders of installed packages: of this interpreter and of environments at hand.

        These are a `.venv`, and the one that is activated where the checker is installed elsewhere.
        """
        if self._folders is None:
            found = [each for each in sys.path if each.endswith(("site-packages", "dist-packages"))]
            environments = [os.path.join(root, ".venv") for root in self._roots]
            environments += filter(None, [os.environ.get("VIRTUAL_ENV")])
            for each in environments:
                found += _libraries(each)
            self._folders = tuple(dict.fromkeys(found))
        return self._folders


def _libraries(environment: str) -> list[str]:
    """Where an environment keeps packages: `lib/python3.12/site-packages`, `Lib/site-packages`."""
    folder = os.path.join(environment, "lib")
    try:
        versions = sorted(os.listdir(folder))
    except OSError:
        folder = os.path.join(environment, "Lib")
        versions = []
    inner = [os.path.join(folder, each, "site-packages") for each in versions]
    return [each for each in (os.path.join(folder, "site-packages"), *inner) if os.path.isdir(each)]


def read_source(path: str) -> bytes | None:
    """The bytes of a file that is looked up; None where it cannot be read or is huge."""
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        return None
    return None if len(data) > _LARGEST else data
