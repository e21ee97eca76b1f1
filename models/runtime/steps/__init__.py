"""Preprocessing steps as operations on tensors: a class for each step, found by the step's class.

Every module of this package is imported here, so a new operation is known as soon as its class exists.
"""

from importlib import import_module
from pkgutil import iter_modules

from models.runtime.steps.base import OPERATIONS, Operation, Place, Range

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["OPERATIONS", "Operation", "Place", "Range"]
