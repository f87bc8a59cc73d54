"""Fades have the length and the curve that was chosen, and leave the rest as it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.audio.editing import fade
from generator.audio.editing.fades import fade_curve
from generator.audio.editing.recipe import CURVES


@given(st.floats(0, 0.4), st.floats(0, 0.4), st.sampled_from(CURVES), st.sampled_from([1, 2]))
def test_only_the_fades_are_touched(in_s, out_s, curve, channels) -> None:
    rate = 1000
    made = fade(np.ones((1000, channels), np.float32), rate, in_s=in_s, in_curve=curve, out_s=out_s, out_curve=curve)
    first, last = round(in_s * rate), 1000 - round(out_s * rate)
    assert (made[first:last] == 1).all()
    assert (np.diff(made[: first + 1, 0]) >= 0).all()
    assert (np.diff(made[max(0, last - 1) :, 0]) <= 0).all()
    if first:
        assert made[0, 0] == 0
    if last < 1000:
        assert made[-1, 0] == 0


@pytest.mark.parametrize(("curve", "middle"), [("linear", 0.5), ("equal_power", 2**-0.5), ("s", 0.5)])
def test_the_curves(curve, middle) -> None:
    assert fade_curve(1000, curve)[500] == pytest.approx(middle, abs=1e-4)


def test_equal_power_fades_sum_to_constant_power() -> None:
    rising = fade_curve(1000, "equal_power")
    falling = np.cos(np.arange(1000) / 1000 * np.pi / 2)
    assert np.allclose(rising**2 + falling**2, 1, atol=1e-5)


def test_fades_longer_than_the_sound_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        fade(np.ones((1000, 2), np.float32), 1000, in_s=0.6, out_s=0.6)
