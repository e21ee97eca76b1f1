"""Learning-rate schedules as values: a class for each, in plain numpy, so that they can be drawn before training.

`SCHEDULES` finds those in this package when it is first read.
"""

from models.training.schedules.base import SCHEDULES, AnySchedule, Constant, Length, Schedule

__all__ = ["SCHEDULES", "AnySchedule", "Constant", "Length", "Schedule"]
