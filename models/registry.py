"""`Registry`: the classes of one kind, found in the modules of a package when somebody first asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from models.blocks.fields import first_mistake

Kind = TypeVar("Kind", bound=BaseModel)


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

    def value(self, data: Any, key: str, what: str) -> Any:
        """A value from its JSON form, an object that names its class under `key`: `{"kind": "image_folder", …}`.

        What is no JSON object but a value already stays as it is. Raises ValueError that says what is wrong; `what`
        is what such a value is called.
        """
        if isinstance(data, BaseModel):
            return data
        if not isinstance(data, dict) or not isinstance(data.get(key), str):
            raise ValueError(f'{"an" if what[0] in "aeio" else "a"} {what} is an object with a "{key}"')
        name = data[key][:100]
        found = self.get(name)
        if found is None:
            close = ", ".join(get_close_matches(name, self, cutoff=0.5)) or "none with a name like it"
            raise ValueError(f'unknown {what} "{name}"; this version knows {close}')
        try:
            return found.model_validate({field: value for field, value in data.items() if field != key})
        except ValidationError as error:
            raise ValueError(f"{name}, {first_mistake(error)}") from error
