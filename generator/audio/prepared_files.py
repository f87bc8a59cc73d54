"""Tracks and stems decoded once into arrays on the disk, which are then read as files are.

For tracks that get several recipes, and for stems, of which one after the other is in memory beside their mix. All of
it runs in the sandbox (`generator.audio.sandbox`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from generator.audio.decode import Sound, decode
from generator.audio.editing.blocks import blocks
from generator.audio.editing.stem_plan import fit_stem
from generator.audio.structure import Structure, find_structure
from generator.audio.structure.features import Features, find_features

ARRAY = ".npy"
MAX_STEM_DIFFERENCE_S = 0.5  # a stem whose length differs by more was not made from this track


@dataclass(frozen=True)
class Mix:
    """A mix as an array on the disk."""

    array: Path
    rate: int
    frames: int
    channels: int

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


@dataclass(frozen=True)
class PreparedSource:
    """A decoded track; `structure` was measured if nobody knew it."""

    mix: Mix
    bits: int
    structure: Structure


def unpack_mix(source: Path, array: Path) -> Mix:
    """Write a mix as an array. Raises NotAudio."""
    return _unpack(decode(source), array)


def prepare_source(source: Path, array: Path, known: Mapping[str, Any] | None) -> PreparedSource:
    """Decode a track into an array, and measure its structure unless it is known. Raises NotAudio."""
    sound = decode(source)
    mix = _unpack(sound, array)
    features = find_features(sound.samples, sound.sample_rate)
    np.savez(_features_file(array), **{one.name: getattr(features, one.name) for one in fields(features)})
    structure = Structure.from_json(known) if known else find_structure(sound.samples, sound.sample_rate, features)
    return PreparedSource(mix, sound.bits or 16, structure)


def prepare_stem(source: Path, target: Path, mix: Mix) -> bool:
    """Decode a stem into an array as long as the mix, at its rate; return False if it does not belong to the mix."""
    sound = decode(source)
    if abs(sound.seconds - mix.seconds) > MAX_STEM_DIFFERENCE_S:
        return False
    np.save(target, fit_stem(sound.samples, sound.sample_rate, mix.rate, mix.frames, mix.channels))
    return True


def sum_stems(stems: Sequence[Path], target: Path, source: PreparedSource) -> None:
    """Write the sum of prepared stems as another prepared source."""
    arrays = [np.load(stem, mmap_mode="r") for stem in stems]
    mix = source.mix
    total = np.lib.format.open_memmap(target, "w+", np.float32, (mix.frames, mix.channels))
    for start, block in blocks(total):
        block[:] = sum(array[start : start + len(block)] for array in arrays)
    total.flush()
    np.save(_rate_file(target), np.array([mix.rate, source.bits]))


def sound_of(source: Path) -> Sound:
    """Return the sound of a file, or of a prepared source. Raises NotAudio."""
    if source.suffix != ARRAY:
        return decode(source)
    rate, bits = (int(value) for value in np.load(_rate_file(source)))
    return Sound(np.load(source), rate, "", "", None, None, bits=bits)


def features_of(source: Path) -> Features | None:
    """Return what was measured when a source was prepared."""
    file = _features_file(source)
    if source.suffix != ARRAY or not file.exists():
        return None
    with np.load(file) as stored:
        values: dict[str, Any] = {name: stored[name][()] for name in stored.files}
    return Features(**values)


def _unpack(sound: Sound, array: Path) -> Mix:
    np.save(array, sound.samples)
    np.save(_rate_file(array), np.array([sound.sample_rate, sound.bits or 16]))
    return Mix(array, sound.sample_rate, sound.frames, sound.channels)


def _features_file(array: Path) -> Path:
    return array.with_suffix(".npz")


def _rate_file(array: Path) -> Path:
    return array.with_suffix(".rate.npy")
