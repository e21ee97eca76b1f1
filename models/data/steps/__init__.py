"""Preprocessing and augmentation as values: a class for each step, a file for each family.

Every module of this package is imported here, so a new step is known everywhere as soon as its class exists.
"""

from importlib import import_module
from pkgutil import iter_modules

from models.data.steps.base import STEPS, AnyStep, Stage, Step

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def steps_of(stage: Stage) -> tuple[type[Step], ...]:
    """The steps of one chain, in the menu's order."""
    return tuple(kind for kind in STEPS.values() if kind.stage is stage)


__all__ = ["STEPS", "AnyStep", "Stage", "Step", "steps_of"]
