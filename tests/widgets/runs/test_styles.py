"""A run looks the same everywhere and as long as it can, and no two that are shown look alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.runs.styles import DARK_COLORS, LIGHT_COLORS, MOST_SHOWN, RunStyle, RunStyles
from widgets.theme import DARK, LIGHT

KEYS = st.lists(st.integers(0, 60).map(str), max_size=MOST_SHOWN + 8, unique=True)


@given(st.lists(KEYS, min_size=1, max_size=6))
def test_shown_runs_look_different(selections: list[list[str]]) -> None:
    styles = RunStyles()
    for keys in selections:
        styles.show(keys)
        assert list(styles.shown) == keys[:MOST_SHOWN]
        numbers = [styles.of(key).number for key in styles.shown]
        assert len(set(numbers)) == len(numbers)
        assert styles.of("nobody") is None


@given(KEYS, KEYS)
def test_a_run_that_stays_shown_keeps_its_looks(first: list[str], second: list[str]) -> None:
    styles = RunStyles()
    styles.show(first)
    before = {key: styles.of(key) for key in styles.shown}
    styles.show([*(key for key in styles.shown if key in second), *(key for key in second if key not in before)])
    for key in styles.shown:
        if key in before:
            assert styles.of(key) == before[key]


def test_a_run_that_comes_back_looks_as_before() -> None:
    styles = RunStyles()
    styles.show(["a", "b"])
    before = styles.of("b")
    styles.show(["c"])
    assert styles.of("c") not in (before, RunStyle(0))
    styles.show(["b", "c"])
    assert styles.of("b") == before


def test_runs_differ_without_their_colours() -> None:
    """Curves by marker and dashes, so that nobody needs to see colours; points, which have no dashes, by both."""
    styles = [RunStyle(number) for number in range(MOST_SHOWN)]
    for place, one in enumerate(styles):
        for other in styles[:place]:
            assert one.marker != other.marker or one.dashes != other.dashes
            assert one.marker != other.marker or one.color(DARK) != other.color(DARK)


def test_colours_stand_out_from_both_backgrounds() -> None:
    for theme, colors in ((DARK, DARK_COLORS), (LIGHT, LIGHT_COLORS)):
        ground = theme.color("background")
        for number in range(len(colors)):
            assert _contrast(RunStyle(number).color(theme), ground) >= 3.0


def _contrast(one: object, other: object) -> float:
    """As the web's accessibility guidelines have it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in color.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
