"""Draws the shapes, their masks and their boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.data.generated.made import Floats, Made, balanced_labels, check_memory, clouds, kept, portions, to_bytes
from models.data.samples import Boxes, Indices
from models.data.sources.base import Progress
from models.data.sources.shapes import SHAPES, Shapes

Bytes = npt.NDArray[np.uint8]

INNER = 0.45
"""Of a star: how far its inner corners lie from the middle; the outer ones lie at 1."""

ARM = 0.32
"""Of a cross: half the width of its arms, which end at 1."""

AREAS = {
    "circle": np.pi,
    "square": 2.0,
    "triangle": 3 * np.sqrt(3) / 4,
    "star": 5 * INNER * np.sin(np.pi / 5),
    "cross": 4 * ARM * (2 - ARM),
}
"""The area of each shape, whose furthest point lies at 1 (of a cross: the middle of an arm's end)."""

LARGEST_REACH = max(max(np.sqrt(np.pi / area) for area in AREAS.values()), 1.05 * np.sqrt(np.pi / AREAS["cross"]))
"""The furthest that a shape with the area of a circle of radius 1 reaches."""


@dataclass(frozen=True, eq=False)
class _Placed:
    """Shapes in images: everything is (samples, objects).

    Attributes:
        kinds: which of SHAPES; −1 where there is no object.
        down, across: the middle, in pixels.
        radii: of a circle of the same area, in pixels.
        turns: in radians.
    """

    kinds: Indices
    down: npt.NDArray[np.float64]
    across: npt.NDArray[np.float64]
    radii: npt.NDArray[np.float64]
    turns: npt.NDArray[np.float64]


@kept
def made_shapes(source: Shapes, progress: Progress | None) -> Made:
    """(samples, size, size, 1 or 3) bytes, (samples, size, size) masks, and boxes."""
    channels = 3 if source.colour else 1
    check_memory(source.samples * source.size**2 * (channels + 1))
    generator = np.random.default_rng(source.seed)
    labels = balanced_labels(generator, source.samples, len(SHAPES))
    values = np.empty((source.samples, source.size, source.size, channels), np.uint8)
    masks = np.empty(values.shape[:3], np.uint8)
    boxes: list[Boxes] = []
    for portion in portions(source.samples, progress):
        placed = _placed(generator, labels[portion], source)
        values[portion], masks[portion], found = _drawn(generator, placed, source.size, channels, source.noise)
        boxes += _boxes(placed.kinds, found, first_class=0 if source.target == "class" else 1)
    if source.target == "mask":
        labels = np.full(source.samples, -1, np.int64)
    return Made(values, labels, masks=masks, boxes=tuple(boxes))


def _placed(generator: np.random.Generator, labels: Indices, source: Shapes) -> _Placed:
    """Where shapes go: each in a quarter of its own if there are several, the first one the largest by far."""
    count, objects = len(labels), source.objects
    kinds = generator.integers(0, len(SHAPES), (count, objects))
    kinds[:, 0] = labels
    kinds[np.arange(objects) >= generator.integers(1, objects + 1, (count, 1))] = -1
    side = source.size if objects == 1 else source.size / 2
    largest = (side / 2 - 1) / LARGEST_REACH
    radii = largest * generator.uniform(0.6, 0.7, (count, objects))
    radii[:, 0] = largest * generator.uniform(0.6 if objects == 1 else 0.85, 1, count)
    quarters = generator.permuted(np.tile(np.arange(4), (count, 1)), axis=1)[:, :objects]
    if objects == 1:
        quarters[:] = 0
    margins = radii * LARGEST_REACH + 1
    down, across = (
        side * corner + margins + (side - 2 * margins) * generator.uniform(0, 1, (count, objects))
        for corner in (quarters // 2, quarters % 2)
    )
    return _Placed(kinds, down, across, radii, generator.uniform(0, 2 * np.pi, (count, objects)))


def _drawn(
    generator: np.random.Generator, placed: _Placed, size: int, channels: int, noise: float
) -> tuple[Bytes, Bytes, npt.NDArray[np.bool_]]:
    """Images and masks, and (samples, objects, size, size) which pixels belong to which object."""
    count, objects = placed.kinds.shape
    around = generator.uniform(0.3, 0.7, (count, 1, 1, channels)).astype(np.float32)
    pictures = around + 0.1 * clouds(generator, count, size, 6)[..., None]
    masks = np.zeros((count, size, size), np.uint8)
    found = np.zeros((count, objects, size, size), np.bool_)
    for number in range(objects):
        covered = _covered(placed, number, size)
        colours = _colours(generator, around)
        pictures += covered[..., None] * (colours - pictures)
        found[:, number] = covered >= 0.5
        masks += found[:, number] * (placed.kinds[:, number, None, None] + 1).astype(np.uint8)
    pictures += noise * generator.standard_normal(pictures.shape, dtype=np.float32)
    return to_bytes(pictures), masks, found


def _colours(generator: np.random.Generator, around: Floats) -> Floats:
    """Colours that stand out from what is around: every channel lighter or darker, by different amounts."""
    darker = generator.random(around.shape) < (around - 0.3) / 0.4  # the lighter the surroundings, the more often
    steps = generator.uniform(0.25, 0.45, around.shape)
    return np.asarray(around + np.where(darker, -steps, steps), np.float32)


def _covered(placed: _Placed, number: int, size: int) -> Floats:
    """(samples, size, size) how much of every pixel one object of each sample covers, 0 … 1."""
    pixels = np.arange(size, dtype=np.float32) + 0.5
    covered = np.zeros((len(placed.kinds), size, size), np.float32)
    for kind, name in enumerate(SHAPES):
        chosen = np.flatnonzero(placed.kinds[:, number] == kind)
        down, across, radii, turns = (
            part[chosen, number, None, None].astype(np.float32)
            for part in (placed.down, placed.across, placed.radii, placed.turns)
        )
        y, x = pixels[None, :, None] - down, pixels[None, None, :] - across
        u, v = x * np.cos(turns) + y * np.sin(turns), y * np.cos(turns) - x * np.sin(turns)
        reach = radii * np.float32(np.sqrt(np.pi / AREAS[name]))
        covered[chosen] = np.clip(_inside(name, u, v, reach) + 0.5, 0, 1)
    return covered


def _inside(name: str, u: Floats, v: Floats, reach: Floats) -> Floats:
    """How far each place lies inside of a shape around (0, 0), in pixels; negative outside."""
    if name == "circle":
        return np.asarray(reach - np.hypot(u, v))
    if name == "square":
        return np.asarray(reach / np.float32(np.sqrt(2)) - np.maximum(np.abs(u), np.abs(v)))
    if name == "triangle":
        slope = np.float32(np.sqrt(3) / 2)
        return np.asarray(reach / 2 - np.maximum(-v, np.maximum(v / 2 + slope * u, v / 2 - slope * u)))
    if name == "cross":
        long, short = np.maximum(np.abs(u), np.abs(v)), np.minimum(np.abs(u), np.abs(v))
        return np.asarray(np.minimum(reach - long, np.float32(ARM) * reach - short))
    return _inside_star(u, v, reach)


def _inside_star(u: Floats, v: Floats, reach: Floats) -> Floats:
    """A star of five points is ten times the same triangle: fold every place into one, and ask for its outer edge."""
    fifth = 2 * np.pi / 5
    angles = np.arctan2(v, u) % np.float32(fifth)
    angles = np.minimum(angles, np.float32(fifth) - angles)  # 0 at a point of the star, π/5 between two
    distance = np.hypot(u, v)
    inner = np.array([INNER * np.cos(np.pi / 5), INNER * np.sin(np.pi / 5)])
    edge = inner - np.array([1.0, 0.0])
    normal = (np.array([edge[1], -edge[0]]) / np.hypot(*edge)).astype(np.float32)
    return np.asarray(normal[0] * (reach - distance * np.cos(angles)) - normal[1] * distance * np.sin(angles))


def _boxes(kinds: Indices, found: npt.NDArray[np.bool_], first_class: int) -> list[Boxes]:
    """For each image (objects, 5): the rows and columns in which each object's mask begins and ends, and its class."""
    size = found.shape[-1]
    rows, columns = np.asarray(found.any(axis=3)), np.asarray(found.any(axis=2))
    ends = [
        rows.argmax(axis=2), columns.argmax(axis=2),
        size - rows[..., ::-1].argmax(axis=2), size - columns[..., ::-1].argmax(axis=2),
    ]  # fmt: skip
    table = np.stack([*ends, kinds + first_class], axis=2).astype(np.float32)
    return [objects[there] for objects, there in zip(table, kinds >= 0, strict=True)]
