"""Stems as files beside their mix: brought to its rate and length, compared with it, edited as it was.

The mix lies on the disk as an array, and one stem after the other is in memory. All of it runs in the sandbox
(`generator.audio.sandbox`).
"""

import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from generator.audio.decode import Sound, decode
from generator.audio.editing.blocks import BLOCK_FRAMES, Samples, scale
from generator.audio.editing.stem_plan import StemPlan, apply_to_stem, fit_stem
from generator.audio.encode import encode
from generator.audio.intake import PART_BUCKETS, PART_WAVE_SIZE
from generator.audio.loudness import loudness
from generator.audio.prepared_files import Mix
from generator.audio.waveform import waveform_path, waveform_peaks

MARGIN_DB = 0.1
TOLERANCE_S = 0.05  # by which a stem may be longer or shorter than its mix


@dataclass(frozen=True)
class FittedStem:
    """A stem beside its mix; with an `excess_s` beyond the tolerance it does not fit, and nothing was written."""

    excess_s: float
    seconds: float = 0.0
    waveform: str = ""
    lufs: float | None = None

    @property
    def fits(self) -> bool:
        return abs(self.excess_s) <= TOLERANCE_S


def fit_stem_file(source: Path, mix: Mix, target: Path, total: Path) -> FittedStem:
    """Write a stem as FLAC with the rate, channels and length of its mix, and add it to the total. Raises NotAudio."""
    sound = decode(source)
    fitted = FittedStem(sound.seconds - mix.seconds)
    if not fitted.fits:
        return fitted
    bits = 16 if sound.bits == 16 and sound.sample_rate == mix.rate else 24
    stem = fit_stem(sound.samples, sound.sample_rate, mix.rate, mix.frames, mix.channels)
    del sound
    _add(stem, total)
    encode(stem, mix.rate, target, "flac", bits=bits)
    wave = waveform_path(
        waveform_peaks(Sound(stem, mix.rate, "flac", "flac", None, None), PART_BUCKETS), *PART_WAVE_SIZE
    )
    return FittedStem(fitted.excess_s, mix.seconds, wave, loudness(stem, mix.rate).lufs)


def difference_to_mix(mix: Mix, total: Path) -> float | None:
    """Return the power of what the stems together lack of the mix, in dB of the mix; None for a silent mix."""
    whole, stems = np.load(mix.array, mmap_mode="r"), np.load(total, mmap_mode="r")
    missing = power = 0.0
    for start in range(0, mix.frames, BLOCK_FRAMES):
        block = np.asarray(whole[start : start + BLOCK_FRAMES], np.float64)
        missing += float(np.sum((block - stems[start : start + BLOCK_FRAMES]) ** 2))
        power += float(np.sum(block**2))
    return round(10 * float(np.log10(max(missing, power * 1e-15) / power)), 1) if power else None


def apply_to_stem_file(source: Path, mix: Mix, plan: Path, target: Path) -> None:
    """Edit a stem as its mix was edited, and store the samples as an array. Raises NotAudio."""
    np.save(target, apply_to_stem(_stem_of(source, mix), _load(plan)))  # without a name, it is freed on the way


def apply_to_stems(stems: Sequence[Path], targets: Sequence[Path], plan: Path) -> float:
    """Edit prepared stems as their mix was edited; return by how many dB all of them are lower than that.

    They are lowered together where the loudest alone would clip.
    """
    known = _load(plan)
    peak = 0.0
    for stem, target in zip(stems, targets, strict=True):
        edited = apply_to_stem(np.load(stem), known)
        peak = max(peak, float(edited.max(initial=0.0)), float(-edited.min(initial=0.0)))
        np.save(target, edited)
        del edited
    if peak <= 1.0:
        return 0.0
    lower_db = 20 * math.log10(peak) + MARGIN_DB
    for target in targets:
        scale(np.load(target, mmap_mode="r+"), -lower_db)
    return round(lower_db, 2)


def _load(plan: Path) -> StemPlan:
    return cast(StemPlan, pickle.loads(plan.read_bytes()))  # noqa: S301 (written by this process's own code)


def _stem_of(source: Path, mix: Mix) -> Samples:
    sound = decode(source)
    return fit_stem(sound.samples, sound.sample_rate, mix.rate, mix.frames, mix.channels)


def _add(stem: Samples, total: Path) -> None:
    if not total.exists():
        np.save(total, stem)
        return
    array = np.load(total, mmap_mode="r+")
    for start in range(0, len(stem), BLOCK_FRAMES):
        array[start : start + BLOCK_FRAMES] += stem[start : start + BLOCK_FRAMES]
    array.flush()
