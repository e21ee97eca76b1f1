"""Settings of an item to fields of a block: each finds its field by what it looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from pydantic import ValidationError

from models.blocks import Block, shape_text
from models.blocks.fields import first_mistake
from models.network.notation.scanner import Item, NotationError, Setting
from models.network.notation.words import field_of_word, find_word, is_size, options, suggestion


def assigned(kind: type[Block], item: Item) -> dict[str, Any]:
    """An item's settings by field. Numbers fill the fields that nothing else has set, in their order."""
    filler = _Filler(kind)
    for setting in item.settings:
        if setting.kind != "number":
            filler.take(setting)
    for setting in item.settings:
        if setting.kind == "number":
            filler.take_number(setting)
    return filler.values


@dataclass
class _Filler:
    """The fields that settings have given so far."""

    kind: type[Block]
    values: dict[str, Any] = field(default_factory=dict)

    def take(self, setting: Setting) -> None:
        match setting.kind:
            case "key":
                self._set(self._named(setting), self._spelled(setting), setting)
            case "stride":
                if "strides" not in self.kind.model_fields:
                    self._fail("has no strides", setting)
                self._set("strides", setting.value, setting)
            case "size":
                name = next((name for name in self._free() if is_size(self.kind, name)), None)
                if name is None:
                    self._fail(f"takes no size {shape_text(setting.value)}", setting)
                self._set(name, setting.value, setting)
            case _:
                self._word(setting)

    def take_number(self, setting: Setting) -> None:
        """A bare number. Where a field wants several, as a shape does, it stands for a single one."""
        name = next((name for name in self._free() if not options(self.kind, name)), None)
        if name is None or self.kind.model_fields[name].annotation is bool:
            self._fail(f"has no place for the number {setting.value}", setting)
        self._set(name, setting.value, setting)

    def _word(self, setting: Setting) -> None:
        word = str(setting.value)
        if word.lower() == "nobias" and "use_bias" in self.kind.model_fields:
            self._set("use_bias", False, setting)
            return
        name = field_of_word(self.kind, word.lower())
        if name is not None:
            self._set(name, word.lower() if name != word.lower() else True, setting)
        elif find_word(word, 2) is not None:
            raise NotationError(f'"{word}" begins another block; put an arrow (->) before it', setting.column)
        else:
            words = [option for name in self.kind.field_names() for option in options(self.kind, name)]
            self._fail(f'has no setting "{word}"{suggestion(word, [str(w) for w in words])}', setting)

    def _named(self, setting: Setting) -> str:
        fields = {name.replace("_", ""): name for name in self.kind.model_fields}
        name = fields.get(setting.key.lower().replace("_", ""))
        if name is None:
            known = ", ".join(self.kind.field_names()) or "none"
            self._fail(f'has no field "{setting.key}"; its fields are {known}', setting)
        return name

    def _spelled(self, setting: Setting) -> Any:
        """The value of `key=value`; words are matched whatever their case."""
        value, allowed = setting.value, options(self.kind, self._named(setting))
        if isinstance(value, str) and value not in allowed and value.lower() in allowed:
            return value.lower()
        return value

    def _free(self) -> list[str]:
        return [name for name in self.kind.field_names() if name not in self.values]

    def _set(self, name: str, value: Any, setting: Setting) -> None:
        if name in self.values:
            self._fail(f"is given {name} twice", setting)
        self.values[name] = self._checked(name, value, setting)

    def _checked(self, name: str, value: Any, setting: Setting) -> Any:
        """The value if the field allows it by itself; a lone number also as a tuple of one."""
        tries = (value, (value,)) if isinstance(value, int) and not isinstance(value, bool) else (value,)
        mistakes: list[str] = []
        for candidate in tries:
            try:
                self.kind.model_validate({name: candidate})
            except ValidationError as error:
                if any(mistake["loc"][:1] in ((name,), ()) for mistake in error.errors(include_url=False)):
                    mistakes.append(first_mistake(error))
                    continue
            return candidate
        return self._fail(f"cannot be made so: {mistakes[0]}", setting)

    def _fail(self, text: str, setting: Setting) -> NoReturn:
        raise NotationError(f"{self.kind.__name__} {text}", setting.column)
