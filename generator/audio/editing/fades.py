"""Fades at the beginning and the end."""

from collections.abc import Callable, Mapping

import numpy as np

from generator.audio.editing.blocks import Samples, multiply

# From silence (0) to full level (1) over a share of the fade. Equal power is for sounds that are faded into each other;
# the S curve has no corner at either end.
_CURVES: Mapping[str, Callable[[Samples], Samples]] = {
    "linear": lambda share: share,
    "equal_power": lambda share: np.sin(share * np.float32(np.pi / 2)),
    "s": lambda share: 0.5 - 0.5 * np.cos(share * np.float32(np.pi)),
}


def fade_curve(frames: int, curve: str) -> Samples:
    """Return the factors of a fade-in: the first is 0, and the one after the last would be 1."""
    return _CURVES[curve](np.arange(frames, dtype=np.float32) / np.float32(max(1, frames)))


def fade(
    samples: Samples,
    rate: int,
    *,
    in_s: float = 0.0,
    in_curve: str = "equal_power",
    out_s: float = 0.0,
    out_curve: str = "equal_power",
) -> Samples:
    """Fade the samples (frames, channels) in place and return them.

    Raises:
        ValueError: the fades are longer than the sound.
    """
    fade_in, fade_out = round(in_s * rate), round(out_s * rate)
    if fade_in + fade_out > len(samples):
        raise ValueError(f"fades of {in_s:g} s and {out_s:g} s do not fit into {len(samples) / rate:g} s")
    if fade_in:
        multiply(samples[:fade_in], fade_curve(fade_in, in_curve))
    if fade_out:
        multiply(samples[-fade_out:], fade_curve(fade_out, out_curve)[::-1])
    return samples
