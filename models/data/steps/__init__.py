"""Preprocessing and augmentation as values: a class for each step, a file for each family.

`STEPS` finds those in this package when it is first read, so a new step is known everywhere once its class exists.
"""

from models.data.steps.base import STEPS, AnyStep, Stage, Step


def steps_of(stage: Stage) -> tuple[type[Step], ...]:
    """The steps of one chain, in the menu's order."""
    return tuple(kind for kind in STEPS.values() if kind.stage is stage)


__all__ = ["STEPS", "AnyStep", "Stage", "Step", "steps_of"]
