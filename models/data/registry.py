"""`Registry`: the classes of one kind, found in the modules of a package when somebody first asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Registry(Mapping[str, type[Kind]], Generic[Kind]):
    """Classes by name. They register themselves when their module is imported.

    Reading it imports the rest of the package first, and so nothing is missing; the window, which needs few of them for
    its first paint, does not wait for the others.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._found: dict[str, type[Kind]] = {}
        self._complete = False

    def add(self, name: str, kind: type[Kind]) -> None:
        """Register a class."""
        self._found[name] = kind

    def _all(self) -> dict[str, type[Kind]]:
        if not self._complete:
            package = import_module(self._package)
            for module in iter_modules(package.__path__):
                import_module(f"{self._package}.{module.name}")
            self._complete = True
        return self._found

    def __getitem__(self, name: str) -> type[Kind]:
        return self._found[name] if name in self._found else self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
