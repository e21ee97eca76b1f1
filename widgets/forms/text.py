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
    """Whether a field is a pair of pairs: ((top, bottom), (left, right))."""
    return any(item.get("type") == "array" for item in schema.get("prefixItems", ()))


def to_text(value: object) -> str:
    """A value as people write it: `0.001`, `32×32×1`, `1, 1 · 2, 2`, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        if value and isinstance(value[0], tuple | list):
            return " · ".join(", ".join(str(number) for number in side) for side in value)
        return "×".join(str(number) for number in value)
    return str(value).removesuffix(".0")


def from_text(text: str, schema: Schema) -> object:
    """What a text stands for, as pydantic takes it; a text that makes no sense comes back for pydantic to refuse."""
    schema, optional = without_null(schema)
    stripped = text.strip().replace(MINUS, "-")
    if not stripped and optional:
        return None
    if schema.get("type") != "array":
        return stripped.replace(",", ".")
    parts = [part for part in SEPARATORS.split(stripped) if part]
    if is_sides(schema):
        sides = {1: [parts * 2] * 2, 2: [part * 2 for part in ([p] for p in parts)], 4: [parts[:2], parts[2:]]}
        return sides.get(len(parts), stripped)
    return parts * 2 if "prefixItems" in schema and len(parts) == 1 else parts


def expected_text(schema: Schema) -> str:
    """What a field takes, in words, for the sentence under a bad value."""
    schema, optional = without_null(schema)
    if is_sides(schema):
        words = "one, two or four whole numbers, as in 1, 1 · 1, 1 (top, bottom · left, right)"
    elif "prefixItems" in schema:
        words = "two whole numbers, as in 2×2"
    elif schema.get("type") == "array":
        items = _range_text(schema["items"])
        words = f"{schema['minItems']} to {schema['maxItems']} whole numbers{items}, as in 32×32×1"
    else:
        noun = "a whole number" if schema.get("type") == "integer" else "a number"
        words = noun + _range_text(schema)
    return f"{words}, or nothing" if optional else words


def _range_text(schema: Schema) -> str:
    bounds = (("minimum", "of at least"), ("exclusiveMinimum", "above"), ("maximum", "at most"),
              ("exclusiveMaximum", "below"))  # fmt: skip
    parts = [f"{word} {schema[key]:,}" for key, word in bounds if key in schema]
    return " " + " and ".join(parts) if parts else ""
