"""Another sample rate, another number of channels, in blocks."""

import math
from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from generator.audio.editing.blocks import BLOCK_FRAMES

Samples = NDArray[np.float32]

QUALITY = "VHQ"  # residue at −150 dB; costs a twentieth of a second per minute
WRAP_S = 0.1  # of a loop that the filter hears before its beginning and after its end


def converted_frames(frames: int, rate: int, new_rate: int) -> int:
    """Return the number of frames that `converted_blocks` yields in total."""
    return round(frames * new_rate / rate)


def converted_blocks(
    samples: Samples, rate: int, new_rate: int, channels: int, *, is_loop: bool = False
) -> Iterator[Samples]:
    """Yield float blocks (frames, channels) at a rate; a loop's end is filtered as leading into its beginning."""
    blocks = _plain_blocks(samples, channels)
    if rate == new_rate:
        yield from blocks
        return
    remaining = converted_frames(len(samples), rate, new_rate)
    skipped = 0
    if is_loop:
        unit = rate // math.gcd(rate, new_rate)  # so many frames become a whole number of frames
        lead = min(len(samples), round(WRAP_S * rate)) // unit * unit
        skipped = lead * new_rate // rate
        blocks = _plain_blocks(_wrapped(samples, lead), channels)
    for block in _resampled(blocks, rate, new_rate, channels):
        part = block[skipped:][:remaining]
        skipped = max(0, skipped - len(block))
        remaining -= len(part)
        if len(part):
            yield part
    if remaining > 0:
        yield np.zeros((remaining, channels), np.float32)


def _resampled(blocks: Iterator[Samples], rate: int, new_rate: int, channels: int) -> Iterator[Samples]:
    stream = soxr.ResampleStream(rate, new_rate, channels, dtype="float32", quality=QUALITY)
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block)).reshape(-1, channels)
    yield stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).reshape(-1, channels)


def _wrapped(samples: Samples, lead: int) -> Samples:
    return np.concatenate([samples[len(samples) - lead :], samples, samples[:lead]])


def _plain_blocks(samples: Samples, channels: int) -> Iterator[Samples]:
    for start in range(0, len(samples), BLOCK_FRAMES):
        block = np.asarray(samples[start : start + BLOCK_FRAMES], np.float32)
        if block.shape[1] == channels:
            yield block
        elif channels == 1:
            yield block.mean(axis=1, keepdims=True, dtype=np.float32)
        else:
            yield np.repeat(block, 2, axis=1)
