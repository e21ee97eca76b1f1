"""Signals: every class is the wave that it is called."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.data.sources.signals import SIGNALS, Signals


def waves(name: str) -> npt.NDArray[np.float64]:
    samples = Signals(samples=600, steps=512, noise=0).open()
    chosen = np.flatnonzero(samples.labels == SIGNALS.index(name))
    return np.stack([samples.read(index)[:, 0] for index in chosen]).astype(np.float64)


def test_squares_and_pulses_have_two_values() -> None:
    for name in ("square", "pulse"):
        assert all(len(np.unique(wave)) == 2 for wave in waves(name))
    assert all(0.4 < np.mean(wave > 0) < 0.6 for wave in waves("square"))
    assert all(np.mean(wave > 0) < 0.3 for wave in waves("pulse"))


def test_sawtooths_rise_and_fall_at_once_triangles_do_both_slowly() -> None:
    for wave in waves("sawtooth"):
        steps = np.diff(wave)
        assert np.mean(steps > 0) > 0.95
        assert steps.min() < -1
    for wave in waves("triangle"):
        assert np.abs(np.diff(wave)).max() < 0.2


def test_sines_keep_their_pitch_and_chirps_raise_it() -> None:
    def crossings(wave: npt.NDArray[np.float64]) -> int:
        return int(np.count_nonzero(np.diff(np.sign(wave))))

    for wave in waves("sine"):
        assert abs(crossings(wave[:256]) - crossings(wave[256:])) <= 2
    assert all(crossings(wave[:256]) < crossings(wave[256:]) for wave in waves("chirp"))


def test_noise_has_the_strength_that_is_asked_for() -> None:
    clean, noisy = Signals(noise=0).open(), Signals(noise=0.5).open()
    lows = np.array([np.abs(clean.read(index)).max() for index in range(len(clean))])
    assert lows.max() <= 1.31
    squares = np.flatnonzero(noisy.labels == SIGNALS.index("square"))
    spread = [np.std(np.diff(noisy.read(index)[:, 0])) for index in squares]
    assert 0.5 < np.median(spread) < 1.2
