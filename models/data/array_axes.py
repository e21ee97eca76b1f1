"""What each axis of a stored array is: told by letters, detected from the sizes, and brought into one order."""

from __future__ import annotations

from collections import Counter

from models.blocks import Shape, shape_text
from models.data.facts import DataError
from models.data.samples import Values

AXES: dict[int, tuple[str, ...]] = {
    2: ("nv", "vn", "ns"),
    3: ("nhw", "hwn", "nsc", "ncs"),
    4: ("nhwc", "nchw", "hwcn", "ndhw"),
    5: ("ndhwc", "ncdhw"),
}
"""What an array of so many axes can be: n samples, d depth, h height, w width, c channels, s steps, v values."""

WORDS = {
    "n": "samples", "d": "depth", "h": "height", "w": "width", "c": "channels", "s": "steps", "v": "values",
}  # fmt: skip
ORDERS = ("nv", "nsc", "nhwc", "ndhwc")
"""The order in which samples are given; a channel axis that is missing is added."""

CHANNELS = (1, 3, 4)
"""Grey, colour, colour with transparency."""

MANY_CHANNELS = 16
"""An axis longer than this is not taken for channels unless it is said to be."""


def axes_text(axes: str) -> str:
    """`samples × channels × height × width (channels first)`."""
    words = " × ".join(WORDS[letter] for letter in axes)
    if "c" in axes and axes[-1] != "c":
        return f"{words} ({'channels first' if axes[1] == 'c' else 'samples last'})"
    return words + (" (samples last)" if axes[-1] == "n" else "")


def detected_axes(shape: Shape, labels: int | None = None) -> str:
    """The most likely axes of an array with this shape; `labels` is how many labels there are, where that is known.

    Channels first: axis 1 has 1, 3 or 4 values and the last one has not. Raises DataError for ranks that no sample has.
    """
    if len(shape) not in AXES:
        raise DataError(
            f"An array of shape {shape_text(shape) or 'nothing (a single number)'} holds no samples: it has "
            f"{len(shape)} axes, and 2 (rows) to 5 (volumes with channels) are expected. "
            "Name the array with the samples in values."
        )
    last_is_samples = labels is not None and shape[0] != labels and shape[-1] == labels
    if len(shape) == 2:
        return "vn" if last_is_samples else "nv"
    if len(shape) == 3:
        return "hwn" if last_is_samples else _three(shape)
    if len(shape) == 4:
        return "hwcn" if last_is_samples else _four(shape)
    return "ncdhw" if shape[1] in CHANNELS and shape[-1] not in CHANNELS else "ndhwc"


def _three(shape: Shape) -> str:
    """Grey images, or signals: those have few channels and at least twice as many steps."""
    _count, second, third = shape
    if third <= MANY_CHANNELS and second >= 2 * third:
        return "nsc"
    return "ncs" if second <= MANY_CHANNELS and third >= 2 * second else "nhw"


def _four(shape: Shape) -> str:
    _count, second, _third, last = shape
    if last in CHANNELS:
        return "nhwc"
    if second in CHANNELS:
        return "nchw"
    return "nhwc" if last <= MANY_CHANNELS and last < second else "ndhw"


def check_axes(axes: str, shape: Shape, name: str) -> None:
    """Raise DataError where letters do not describe an array of this shape."""
    described = {"".join(sorted(order)) for order in (*ORDERS, "nhw", "ndhw", "ns")}
    if len(axes) == len(shape) and "".join(sorted(axes)) in described and max(Counter(axes).values()) == 1:
        return
    possible = ", ".join(AXES.get(len(shape), ())) or "none for so many axes"
    raise DataError(
        f'The axes "{axes}" do not fit "{name}", whose shape is {shape_text(shape)}. Expected one letter for each '
        f"of its {len(shape)} axes: {possible} (n samples, d depth, h height, w width, c channels, s steps, v values)."
    )


def arranged(array: Values, axes: str) -> Values:
    """A view of an array with its axes in the order samples are given: (samples, …, channels)."""
    order = next(order for order in ORDERS if set(axes) <= set(order) and set(order) - set(axes) <= {"c"})
    view = array.transpose([axes.index(letter) for letter in order if letter in axes])
    return view if len(axes) == len(order) else view[..., None]
