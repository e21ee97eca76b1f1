"""Arrays in an .npz, or in .npy files side by side."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup

ArrayName = Annotated[str, Field(max_length=200)]


class ArrayFile(PathSource):
    """Arrays that numpy saved: samples and their classes in one .npz, or in .npy files side by side."""

    kind: ClassVar[str] = "arrays"
    title: ClassVar[str] = "Arrays (.npz, .npy)"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "file"
    patterns: ClassVar[str] = "*.npz *.npy"

    values: ArrayName = Field(
        "", description="Array with the samples, such as x_train; empty to find it. An .npy file is its own."
    )
    labels: ArrayName = Field(
        "",
        description='Array with the classes, or another .npy file beside the first; empty to find it, "-" for none.',
    )
    test_values: ArrayName = Field(
        "", description='Array with samples kept for the test, such as x_test; empty to find it, "-" for none.'
    )
    test_labels: ArrayName = Field("", description="Array with the classes of the test samples; empty to find it.")
    masks: ArrayName = Field(
        "", description="Array with the class of each pixel (samples, height, width); empty where labels are learned."
    )
    axes: Annotated[str, Field(max_length=5)] = Field(
        "",
        description="A letter for each axis, such as nhwc or nchw: n samples, d depth, h height, w width, c channels, "
        "s steps, v values; empty to find them.",
    )

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.array_samples import open_arrays

        return open_arrays(self, progress)
