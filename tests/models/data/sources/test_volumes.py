"""Volumes: solids that look alike from outside and differ inside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.data.sources.volumes import SOLIDS, Volumes


def solids(name: str) -> list[npt.NDArray[np.bool_]]:
    samples = Volumes(samples=200, size=32, noise=0).open()
    found = []
    for index in np.flatnonzero(samples.labels == SOLIDS.index(name)):
        volume = samples.read(index)[..., 0]
        found.append(volume > (volume.min().astype(float) + volume.max()) / 2)
    return found


def extents(solid: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    return np.array([np.ptp(places) + 1 for places in np.nonzero(solid)])


def test_balls_are_full_and_shells_hollow() -> None:
    for ball in solids("ball"):
        assert np.ptp(extents(ball)) <= 1
        assert np.isclose(ball.sum(), np.pi / 6 * float(np.prod(extents(ball))), rtol=0.15)
    for shell in solids("shell"):
        middle = tuple(int(places.mean().round()) for places in np.nonzero(shell))
        assert np.ptp(extents(shell)) <= 1
        assert not shell[middle]


def test_tubes_have_a_hole_along_one_axis_and_boxes_none() -> None:
    for tube in solids("tube"):
        middle = tuple(int(places.mean().round()) for places in np.nonzero(tube))
        assert not tube[middle]
    for box in solids("box"):
        middle = tuple(int(places.mean().round()) for places in np.nonzero(box))
        assert box[middle]


def test_solids_are_whole() -> None:
    for name in SOLIDS:
        for solid in solids(name):
            assert solid.sum() > 200
            borders = [np.take(solid, side, axis=axis) for axis in range(3) for side in (0, -1)]
            assert sum(border.sum() for border in borders) < 0.1 * solid.sum()
