"""Field values as text that people type, driven by the JSON schema that pydantic states for a field."""

from __future__ import annotations

import re
from typing import Any

Schema = dict[str, Any]

SEPARATORS = re.compile(r"[\s,;·×xX*()]+")
MINUS = "−"


def without_null(schema: Schema) -> tuple[Schema, bool]:
    """A field's schema without its null branch, and whether it had one: whether the field may be left empty."""
    branches = schema.get("anyOf", [schema])
    values = [branch for branch in branches if branch.get("type") != "null"]
    return values[0], len(values) < len(branches)


def is_sides(schema: Schema) -> bool:
    """Whether a field has a pair for each spatial axis: ((top, bottom), (left, right))."""
    return any(item.get("type") == "array" for item in schema.get("prefixItems", ()))


def is_whole(schema: Schema) -> bool:
    """Whether a field of a fixed number of numbers takes whole ones."""
    return all(item.get("type") == "integer" for item in schema.get("prefixItems", ()))


def to_text(value: object) -> str:
    """A value as people write it: `0.001`, `32×32×1`, `1, 1 · 2, 2`, `0.5, 0.25`, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        if value and isinstance(value[0], tuple | list):
            return " · ".join(", ".join(str(number) for number in side) for side in value)
        whole = all(isinstance(number, int) for number in value)
        return ("×" if whole else ", ").join(to_text(number) for number in value)
    return str(value).removesuffix(".0")


def from_text(text: str, schema: Schema) -> object:
    """What a text stands for, as pydantic takes it; a text that makes no sense comes back for pydantic to refuse."""
    schema, optional = without_null(schema)
    if schema.get("type") == "string":
        return text.strip()
    stripped = text.strip().replace(MINUS, "-")
    if not stripped and optional:
        return None
    if schema.get("type") != "array":
        return stripped.replace(",", ".")
    parts = [part for part in SEPARATORS.split(stripped) if part]
    if is_sides(schema):
        return _sides(parts, len(schema["prefixItems"])) or stripped
    return parts * len(schema["prefixItems"]) if "prefixItems" in schema and len(parts) == 1 else parts


def _sides(parts: list[str], axes: int) -> list[list[str]]:
    """One number for all sides, one for each axis, or both sides of each axis; nothing for any other count."""
    if len(parts) == 1:
        return [parts * 2] * axes
    if len(parts) == axes:
        return [[part, part] for part in parts]
    return [parts[2 * axis : 2 * axis + 2] for axis in range(axes)] if len(parts) == 2 * axes else []


def expected_text(schema: Schema) -> str:
    """What a field takes, in words, for the sentence under a bad value."""
    schema, optional = without_null(schema)
    if is_sides(schema):
        words = _SIDES[len(schema["prefixItems"])]
    elif "prefixItems" in schema and not is_whole(schema):
        words = f"{len(schema['prefixItems'])} numbers{_range_text(schema['prefixItems'][0])}, as in 0.5, 1"
    elif "prefixItems" in schema:
        words = _AXES[len(schema["prefixItems"])]
    elif schema.get("type") == "array":
        words = _list_text(schema)
    elif schema.get("type") == "string":
        words = f"a text of at most {schema['maxLength']:,} characters" if "maxLength" in schema else "a text"
    else:
        noun = "a whole number" if schema.get("type") == "integer" else "a number"
        words = noun + _range_text(schema)
    return f"{words}, or nothing" if optional else words


_SIDES = {
    1: "one or two whole numbers, as in 1, 1 (before, after)",
    2: "one, two or four whole numbers, as in 1, 1 · 1, 1 (top, bottom · left, right)",
    3: "one, three or six whole numbers, as in 1, 1 · 1, 1 · 1, 1 (front, back · top, bottom · left, right)",
}
_AXES = {1: "one whole number", 2: "two whole numbers, as in 2×2", 3: "three whole numbers, as in 2×2×2"}


def _list_text(schema: Schema) -> str:
    """`1 to 4 whole numbers above 0, as in 32×32×1`."""
    items = schema["items"]
    whole = items.get("type") == "integer"
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    count = f"{low} to {high} " if high is not None else f"{low} or more " if low > 1 else ""
    noun, example = ("whole numbers", "32×32×1") if whole else ("numbers", "0.5, 0.25")
    return f"{count}{noun}{_range_text(items)}, as in {example}"


def _range_text(schema: Schema) -> str:
    bounds = (("minimum", "of at least"), ("exclusiveMinimum", "above"), ("maximum", "at most"),
              ("exclusiveMaximum", "below"))  # fmt: skip
    parts = [f"{word} {schema[key]:,}" for key, word in bounds if key in schema]
    return " " + " and ".join(parts) if parts else ""
