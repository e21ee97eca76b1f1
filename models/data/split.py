"""Which samples are trained on, which are held out to look at while training, and which are kept for the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from models.data.samples import TEST, TRAINING, VALIDATION, Indices, Samples

Share = Annotated[float, Field(ge=0.0, le=0.9, allow_inf_nan=False)]


class Split(BaseModel):
    """How a data set is divided."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    by: Literal["shares", "folders"] = Field(
        "shares",
        description='"shares" draws samples at random; "folders" takes what the data set itself says.',
    )
    validation: Share = Field(
        0.2, description="Share of the samples that is measured after each epoch, never trained on."
    )
    test: Share = Field(
        0.0, description="Share of the samples kept for the end: neither trained on nor looked at before."
    )
    stratified: bool = Field(
        True, description="Take the same share of every class, so that rare ones are on every side."
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(1, description="Another number draws other samples.")

    def replace(self, **changes: object) -> Split:
        """A copy with some fields changed, validated."""
        return Split.model_validate({**dict(self), **changes})


@dataclass(frozen=True, eq=False)
class Parts:
    """A divided data set: indices of the samples on each side, each in order."""

    training: Indices
    validation: Indices
    test: Indices

    def of_each(self, samples: int) -> npt.NDArray[np.int8]:
        """(samples,) TRAINING, VALIDATION or TEST for each; −1 for those left out."""
        parts = np.full(samples, -1, np.int8)
        for part, indices in ((TRAINING, self.training), (VALIDATION, self.validation), (TEST, self.test)):
            parts[indices] = part
        return parts


def divide(split: Split, samples: Samples, usable: Indices | None = None) -> Parts:
    """Divide a data set as planned; `usable` are the samples that are used, all where it is not given.

    Who is on which side does not depend on who is used: leaving a sample out moves no other one to another side.

    By folders, of a data set without validation samples of its own the validation share is drawn from those for
    training. Where the data set says nothing at all, shares count.
    """
    parts = _divide_all(split, samples)
    if usable is None:
        return parts
    used = np.zeros(len(samples), bool)
    used[usable] = True
    return Parts(*(side[used[side]] for side in (parts.training, parts.validation, parts.test)))


def _divide_all(split: Split, samples: Samples) -> Parts:
    indices = np.arange(len(samples), dtype=np.int64)
    if split.by == "folders" and samples.parts is not None:
        own = samples.parts
        training, validation, test = (indices[own == part] for part in (TRAINING, VALIDATION, TEST))
        if not len(validation):
            drawn = draw(split.replace(test=0.0), samples.labels[training], training)
            training, validation = drawn.training, drawn.validation
        return Parts(training, validation, test)
    return draw(split, samples.labels, indices)


def draw(split: Split, labels: Indices, indices: Indices) -> Parts:
    """Draw validation and test samples at random, the same ones for the same seed.

    Stratified, every class gives the same share, and keeps at least one sample on each side that has a share at all;
    of a class of one or two samples training has the first.
    """
    generator = np.random.default_rng(split.seed)
    groups = [indices[labels == label] for label in np.unique(labels)] if split.stratified else [indices]
    sides: tuple[list[Indices], ...] = ([], [], [])
    for group in groups:
        members = generator.permutation(group)
        validation, test = _counts(split, len(members))
        sides[TRAINING].append(members[validation + test :])
        sides[VALIDATION].append(members[:validation])
        sides[TEST].append(members[validation : validation + test])
    empty = np.zeros(0, np.int64)
    return Parts(*(np.sort(np.concatenate([empty, *side])) for side in sides))


def _counts(split: Split, members: int) -> tuple[int, int]:
    """How many of so many samples are for validation and for test; at least one is left to train on."""
    counts = []
    left = members - 1
    for share in (split.validation, split.test):
        count = min(max(round(members * share), 1), left) if share > 0 else 0
        counts.append(max(count, 0))
        left -= counts[-1]
    return counts[0], counts[1]
