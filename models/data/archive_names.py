"""Names of files in archives: cleaned, or refused where they could leave the folder or are no names everywhere."""

from __future__ import annotations

import re

from models.data.facts import DataError

LONGEST_PART = 255
"""Bytes of a file's or folder's name on all common file systems."""
LONGEST_NAME = 1_000

_DRIVE = re.compile(r"[A-Za-z]:")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')


def clean_name(archive: str, stored: str) -> str:
    """A name with `/` between folders and nothing superfluous, empty for the folder itself. Raises DataError.

    The same names are refused on every system, so that an archive that opens on one opens on all.
    """
    name = stored.replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name):
        raise DataError(
            f"{archive} holds {stored[:200]!r}, which would be written outside of its folder. "
            "LayerLoom unpacks relative names only: make the archive again."
        )
    parts = [part for part in name.split("/") if part not in ("", ".")]
    for part in parts:
        why = _why_not(part)
        if why:
            raise DataError(
                f"{archive} holds {stored[:200]!r}: {why}. Unpack it yourself and choose the folder, if you trust it."
            )
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        raise DataError(f"{archive} holds a name of more than {LONGEST_NAME:,} bytes, {stored[:100]!r}… Shorten it.")
    return "/".join(parts)


def _why_not(part: str) -> str:
    if part == "..":
        return 'the ".." in it would lead outside of the folder'
    if len(part.encode("utf-8", "surrogatepass")) > LONGEST_PART:
        return f"{part[:50]!r}… has more than {LONGEST_PART} bytes"
    if _FORBIDDEN.search(part):
        return f"{part[:100]!r} has a character that file names cannot have everywhere"
    if _RESERVED.fullmatch(part.rstrip(" .")) or part != part.rstrip(" ."):
        return f"{part[:100]!r} is no file name on Windows"
    return ""
