"""The kinds of data sets: one file, one class each.

`SOURCES` finds those in this package when it is first read, so a new kind is known everywhere once its file exists.
"""

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
from models.data.sources.digits import Digits
from models.data.sources.image_folder import ImageFolder

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
