"""Augmentation on batches, in graphs and without state: a class for each step, found by the step's class.

Every module of this package is imported here, so a new augmentation is known as soon as its class exists.
"""

from importlib import import_module
from pkgutil import iter_modules

from models.runtime.augmentation.base import AUGMENTATIONS, Augmentation
from models.runtime.augmentation.batch import Batch
from models.runtime.augmentation.chain import Augmenter

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["AUGMENTATIONS", "Augmentation", "Augmenter", "Batch"]
