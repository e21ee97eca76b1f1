"""The kinds of data sets: one file, one class each.

Every module of this package is imported here, so a new kind is known everywhere as soon as its file exists.
"""

from importlib import import_module
from pkgutil import iter_modules

from models.data.facts import DataError, DataFacts
from models.data.sources.base import (
    LARGEST_SIDE,
    SOURCES,
    SUFFIXES,
    DataSource,
    FilePath,
    PathSource,
    Progress,
    Source,
    SourceGroup,
    resolve,
)

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

from models.data.sources.digits import Digits  # noqa: E402 (the registry first)
from models.data.sources.image_folder import ImageFolder  # noqa: E402

__all__ = [
    "LARGEST_SIDE",
    "SOURCES",
    "SUFFIXES",
    "DataError",
    "DataFacts",
    "DataSource",
    "Digits",
    "FilePath",
    "ImageFolder",
    "PathSource",
    "Progress",
    "Source",
    "SourceGroup",
    "resolve",
]
