"""Packs of recorded notes: folders with samples that are memory-mapped and decoded one zone at a time.

    codes.npy    int8, (blocks, BLOCK_FRAMES): differences between frames, in steps
    heads.npy    float32, (blocks, 2): the first value and the step of each block
    index.json   name → zones

BUNDLED comes with the composer. An optional pack (layers/) can be attached beside it; its blocks are numbered from
BLOCKS_PER_PACK on, so that the number of a block says which pack it is in.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.composer.sound.sound_cache import Sound

PACK_FOLDER = Path(__file__).parent / "pack"
BLOCK_FRAMES = 256
BLOCKS_PER_PACK = 1 << 24
CODES, HEADS, INDEX = "codes.npy", "heads.npy", "index.json"


@dataclass(frozen=True)
class Zone:
    """A stored note: MIDI pitch, rate in Hz, first block, frames, loop in frames, decay in dB/s while looped."""

    root: float
    rate: int
    block: int
    frames: int
    loop_from: int
    loop_to: int
    decay: float
    blended: bool = False


class SamplePack:
    """A pack in a folder, read when it is first used; `first_block` is the number of its first block."""

    def __init__(self, folder: Path, first_block: int = 0) -> None:
        self.folder = folder
        self._first_block = first_block

    @cached_property
    def zones(self) -> dict[str, tuple[Zone, ...]]:
        table = json.loads((self.folder / INDEX).read_text())
        return {name: tuple(self._numbered(Zone(**zone)) for zone in zones) for name, zones in table.items()}

    def _numbered(self, zone: Zone) -> Zone:
        return replace(zone, block=zone.block + self._first_block)

    @cached_property
    def _blocks(self) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        return np.load(self.folder / CODES, mmap_mode="r"), np.load(self.folder / HEADS, mmap_mode="r")

    def decode(self, zone: Zone) -> Sound:
        """Decode a zone's samples, peaking at 1: (frames,)."""
        codes, heads = self._blocks
        first, count = zone.block - self._first_block, -(-zone.frames // BLOCK_FRAMES)
        steps = np.cumsum(codes[first : first + count], axis=1, dtype=np.int32)
        head = heads[first : first + count]
        return np.asarray((head[:, :1] + head[:, 1:] * steps).reshape(-1)[: zone.frames], np.float32)


BUNDLED = SamplePack(PACK_FOLDER)
_packs = [BUNDLED]  # numbered by their blocks


def attach(folder: Path) -> None:
    """Make the zones of an optional pack known to this process, which nothing may change from now on."""
    if folder not in [pack.folder for pack in _packs]:
        _packs.append(SamplePack(folder, len(_packs) * BLOCKS_PER_PACK))


def zones_of(name: str) -> tuple[Zone, ...]:
    """Return the zones of a sound in the bundled pack, or else in the one attached last; none if no pack has it."""
    packs = (BUNDLED, *reversed(_packs[1:]))
    return next((pack.zones[name] for pack in packs if name in pack.zones), ())


def decode_zone(zone: Zone) -> Sound:
    """Decode a zone's samples, peaking at 1: (frames,)."""
    return _packs[zone.block // BLOCKS_PER_PACK].decode(zone)
