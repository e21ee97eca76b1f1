"""Bundled files: the digits, icons and example projects."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def resource(name: str) -> Path:
    """The path of a bundled file; FileNotFoundError when the installation lacks it."""
    path = FOLDER / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing from the installation. Install LayerLoom again.")
    return path
