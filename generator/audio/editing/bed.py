"""A bed: music with space for a voice, as loud as before."""

from generator.audio.editing import speech_band
from generator.audio.editing.blocks import Filter, Samples, blocks, scale
from generator.audio.loudness import loudness

WARM_UP_S = 0.1  # of a loop's end, which the filter hears before its beginning


def make_bed(
    samples: Samples, rate: int, depth_db: float, *, is_loop: bool = False, lufs: float | None = None
) -> float:
    """Thin the speech band by `depth_db` in place, restore the loudness, and return the gain in dB that did so.

    Peaks may rise above full scale; the level step deals with them. `lufs` is the loudness, if it is known.
    """
    before = loudness(samples, rate).lufs if lufs is None else lufs
    thin_band(samples, rate, depth_db, is_loop=is_loop)
    after = loudness(samples, rate).lufs
    gain_db = before - after if before is not None and after is not None else 0.0
    scale(samples, gain_db)
    return gain_db


def thin_band(samples: Samples, rate: int, depth_db: float, *, is_loop: bool = False) -> None:
    """Thin the speech band by `depth_db` in place."""
    thin = Filter(speech_band.dip(rate, depth_db), samples.shape[1])
    if is_loop:
        thin.apply(samples[-round(WARM_UP_S * rate) :])
    for _, block in blocks(samples):
        block[:] = thin.apply(block).T
