"""Make the pack of samples from a General MIDI SoundFont: `python -m generator.composer.pack_maker FluidR3_GM.sf2`.

FluidR3 GM (Frank Wen and contributors, MIT licence) is Debian's fluid-soundfont-gm. Of each instrument a few roots are
kept, one side of a stereo pair, as long as is needed; samples.py says how they are stored and played. The SoundFont's
own volume decay is worked in. Reading follows the SoundFont Technical Specification 2.04.
"""

import json
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.samples import BLOCK, PACK, Zone

KEY_RANGE, VELOCITY_RANGE, INSTRUMENT, SAMPLE, LOOPS, ROOT = 43, 44, 41, 53, 54, 58
COARSE, FINE, DECAY, SUSTAIN = 51, 52, 36, 37
DRUM_BANK, STROKE = 128, 100  # the velocity whose layer is kept


@dataclass(frozen=True)
class Wanted:
    """An instrument of the pack: roots from `low` to `high`, about `step` apart, at `rate` Hz, `seconds` at most."""

    name: str
    program: int
    low: int
    high: int
    step: int
    rate: int
    seconds: float
    rings: bool = False  # dies away by itself, rather than being held
    partials: tuple[float, ...] = (1, 2, 3, 4, 5, 6)  # where its pitch is heard
    ensemble: bool = False  # many players: a loop may be cut anywhere and blended


WANTED = (
    Wanted("piano", 0, 33, 93, 9, 32_000, 1.7, rings=True),
    Wanted("epiano", 4, 40, 84, 8, 22_050, 1.8, rings=True),
    Wanted("celesta", 8, 60, 96, 9, 32_000, 0.9, rings=True),
    Wanted("marimba", 12, 48, 84, 8, 32_000, 0.8, rings=True),
    Wanted("nylon", 24, 40, 76, 6, 22_050, 1.5, rings=True),
    Wanted("steel", 25, 40, 76, 6, 32_000, 1.4, rings=True),
    Wanted("clean", 27, 40, 76, 7, 22_050, 1.8, rings=True),
    Wanted("muted", 28, 43, 66, 5, 22_050, 0.6, rings=True),
    Wanted("lead", 30, 50, 86, 7, 22_050, 1.5),
    Wanted("upright", 32, 28, 54, 5, 22_050, 1.2, rings=True),
    Wanted("finger", 33, 28, 48, 5, 22_050, 1.5, rings=True),
    Wanted("slap", 36, 28, 48, 6, 22_050, 1.3, rings=True),
    Wanted("violin", 40, 56, 92, 6, 32_000, 1.72),
    Wanted("cello", 42, 37, 76, 7, 22_050, 1.9),
    Wanted("contrabass", 43, 29, 50, 5, 22_050, 1.2),
    Wanted("pizz", 45, 36, 84, 8, 32_000, 0.7, rings=True),
    Wanted("harp", 46, 40, 96, 8, 22_050, 0.9, rings=True),
    Wanted("timpani", 47, 38, 54, 8, 22_050, 1.6, rings=True, partials=(1, 1.5, 2)),
    Wanted("strings", 48, 36, 88, 9, 32_000, 1.8, ensemble=True),
    Wanted("choir", 52, 42, 80, 8, 22_050, 2.0, ensemble=True),
    Wanted("muteharmon", 59, 54, 84, 6, 32_000, 0.7),
    Wanted("horn", 60, 39, 75, 7, 22_050, 2.0, ensemble=True),
    Wanted("brass", 61, 41, 80, 8, 32_000, 1.6, ensemble=True),
    Wanted("oboe", 68, 60, 86, 6, 32_000, 0.9),
    Wanted("clarinet", 71, 52, 84, 6, 32_000, 0.7),
    Wanted("flute", 73, 61, 92, 6, 32_000, 1.3),
    Wanted("recorder", 74, 66, 92, 6, 32_000, 0.9),
    Wanted("panflute", 75, 60, 92, 7, 32_000, 1.0),
    Wanted("taiko", 116, 48, 48, 12, 32_000, 1.6, rings=True),
)
# kit → (program, {drum: (key, seconds)})
DRUMS: dict[str, tuple[int, dict[str, tuple[int, float]]]] = {
    "studio": (
        0,
        {
            "kick": (36, 0.28), "snare": (38, 0.45), "rim": (37, 0.25), "hat": (42, 0.3), "pedal": (44, 0.3),
            "open": (46, 0.9), "tom": (45, 0.7), "floor": (41, 0.8), "ride": (51, 1.2), "crash": (49, 1.8),
            "tamb": (54, 0.35), "shaker": (69, 0.15), "conga": (63, 0.45), "tumba": (64, 0.5),
        },
    ),
    "brush": (40, {"snare": (38, 0.34), "brush": (40, 0.6), "kick": (36, 0.38)}),
    "hall": (48, {"kick": (36, 1.6), "snare": (38, 0.7), "crash": (57, 2.2)}),
}  # fmt: skip
DRUM_RATE = 32_000
EDGE_S = 0.004  # a sample that is cut short fades over this


class SoundFont:
    """The records of a SoundFont file."""

    def __init__(self, path: Path) -> None:
        self._data = np.memmap(path, np.uint8, "r")
        self._chunks = dict(self._inside(12, len(self._data)))
        self._presets = self._records("phdr", "20sHHHIII")
        self._preset_bags, self._preset_gens = self._records("pbag", "HH"), self._records("pgen", "Hh")
        self._instruments = self._records("inst", "20sH")
        self._bags, self._gens = self._records("ibag", "HH"), self._records("igen", "Hh")
        self._headers = self._records("shdr", "20sIIIIIBbHH")

    def _inside(self, begin: int, end: int) -> Iterator[tuple[str, tuple[int, int]]]:
        while begin + 8 <= end:
            name = bytes(self._data[begin : begin + 4]).decode("ascii")
            size = int.from_bytes(bytes(self._data[begin + 4 : begin + 8]), "little")
            if name == "LIST":
                yield from self._inside(begin + 12, begin + 8 + size)
            yield name, (begin + 8, size)
            begin += 8 + size + size % 2

    def _records(self, name: str, layout: str) -> list[tuple[int, ...]]:
        begin, size = self._chunks[name]
        return list(struct.iter_unpack("<" + layout, bytes(self._data[begin : begin + size])))

    def samples(self, first: int, last: int) -> NDArray[np.float32]:
        begin, _ = self._chunks["smpl"]
        found = np.frombuffer(bytes(self._data[begin + 2 * first : begin + 2 * last]), "<i2")
        return np.asarray(found / np.float32(32_768), np.float32)

    def zones(self, bank: int, program: int) -> Iterator[tuple[dict[int, int], tuple[int, ...]]]:
        """Generators and sample header of each zone of a preset that sounds at the kept velocity."""
        for number, preset in enumerate(self._presets[:-1]):
            if (preset[2], preset[1]) != (bank, program):
                continue
            bags = range(preset[3], self._presets[number + 1][3])
            for gens in self._bag(self._preset_bags, self._preset_gens, bags, INSTRUMENT):
                which = gens[INSTRUMENT]
                inside = range(self._instruments[which][1], self._instruments[which + 1][1])
                for zone in self._bag(self._bags, self._gens, inside, SAMPLE):
                    if _covers(gens, VELOCITY_RANGE, STROKE) and _covers(zone, VELOCITY_RANGE, STROKE):
                        yield zone, self._headers[zone[SAMPLE]]

    def _bag(
        self, bags: list[tuple[int, ...]], gens: list[tuple[int, ...]], which: range, ends: int
    ) -> Iterator[dict[int, int]]:
        """Zones with what the global zone before them says."""
        shared: dict[int, int] = {}
        for number in which:
            found = {gen[0]: gen[1] for gen in gens[bags[number][0] : bags[number + 1][0]]}
            if ends in found:
                yield {**shared, **found}
            else:
                shared = found


def _covers(zone: dict[int, int], kind: int, value: int) -> bool:
    both = zone.get(kind, 0x7F00) & 0xFFFF
    return both & 0xFF <= value <= both >> 8


def _one_side(font: SoundFont, bank: int, program: int) -> list[tuple[dict[int, int], tuple[int, ...]]]:
    """The left or only sample of every zone."""
    found: dict[object, tuple[dict[int, int], tuple[int, ...]]] = {}
    for zone, header in font.zones(bank, program):
        name = header[0].rstrip(b"\0") if isinstance(header[0], bytes) else b""
        if not name.rstrip().endswith((b"(R)", b"R")) or name.endswith(b"(L)"):
            found.setdefault(header[0], (zone, header))
    return list(found.values())


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    font, writer = SoundFont(Path(arguments[0])), _Writer()
    index = {wanted.name: [_pitched(font, wanted, zone, writer) for zone in _chosen(font, wanted)] for wanted in WANTED}
    for kit, (program, drums) in DRUMS.items():
        for drum, (key, seconds) in drums.items():
            index[f"{kit}/{drum}"] = [_stroke(font, program, key, seconds, writer)]
    PACK.mkdir(exist_ok=True)
    size = writer.save(PACK)
    table = {name: [zone.__dict__ for zone in zones] for name, zones in index.items()}
    lines = [f" {json.dumps(name)}: {json.dumps(zones)}" for name, zones in table.items()]
    (PACK / "index.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(index)} sounds, {size / 1e6:.2f} MB in {PACK}")
    return 0


def _chosen(font: SoundFont, wanted: Wanted) -> list[tuple[dict[int, int], tuple[int, ...]]]:
    """The zones whose roots lie nearest to the wanted ones."""
    zones = _one_side(font, 0, wanted.program)
    roots = [zone.get(ROOT, header[6]) for zone, header in zones]
    places = np.arange(wanted.low, wanted.high + 1, wanted.step)
    numbers = {min(range(len(zones)), key=lambda n: abs(roots[n] - place)) for place in places}
    return [zones[number] for number in sorted(numbers, key=lambda n: roots[n])]


def _pitched(font: SoundFont, wanted: Wanted, found: tuple[dict[int, int], tuple[int, ...]], writer: "_Writer") -> Zone:
    zone, header = found
    first, last, loop_first, loop_last, rate = header[1:6]
    sound = font.samples(first, last).astype(np.float64)
    begin, end = (loop_first - first) / rate, (loop_last - first) / rate
    root = zone.get(ROOT, header[6]) - zone.get(COARSE, 0) - (zone.get(FINE, 0) + header[7]) / 100
    falls = 100 / 2 ** (zone[DECAY] / 1200) if wanted.rings and zone.get(SUSTAIN, 0) >= 500 else 0.0  # dB/s
    sound *= 10 ** (-falls * np.arange(len(sound)) / rate / 20)
    kept = scipy.signal.resample_poly(sound, wanted.rate, rate)
    natural = zone.get(LOOPS, 0) % 2 == 1 and end <= wanted.seconds
    length = min(wanted.seconds, end if natural else len(kept) / wanted.rate)
    if not natural:  # a loop of our own, near the end, blended when it is played
        begin, end = length * (0.5 if wanted.ensemble else 0.75), length
    kept = kept[: round(length * wanted.rate)]
    loop = (round(begin * wanted.rate), min(len(kept), round(end * wanted.rate)))
    decay = max(_slope(kept, wanted.rate, loop[0]), falls) if wanted.rings else 0.0
    root -= _off(kept[len(kept) // 8 :], wanted.rate, float(root), wanted.partials) / 100
    return writer.add(kept, wanted.rate, round(float(root), 3), loop, decay, blended=not natural)


def _off(sound: NDArray[np.float64], rate: int, root: float, partials: tuple[float, ...]) -> float:
    """How many cents a sound lies off a pitch: the middle of what short stretches say, so that vibrato does no harm."""
    size = 1 << 18
    cents = np.arange(-50.0, 51.0)
    places = 440 * 2 ** ((root - 69 + cents / 100) / 12)[:, None] * np.array(partials) * size / rate
    at = np.minimum(np.round(places).astype(int), size // 2)
    length = min(len(sound), rate // 3)
    found = []
    for begin in range(0, len(sound) - length + 1, rate // 12):
        spectrum = np.abs(np.fft.rfft(sound[begin : begin + length] * np.hanning(length), size))
        found.append(float(cents[int(np.argmax(np.sqrt(spectrum[at]).sum(axis=1)))]))
    return -float(np.median(found))


def _slope(sound: NDArray[np.float64], rate: int, begin: int) -> float:
    """How fast a sound falls at its end, dB/s."""
    first = min(begin, len(sound) - rate // 10)
    a, b = np.array_split(sound[max(0, first) :], 2)
    power = [float(np.mean(part**2)) + 1e-12 for part in (a, b)]
    return min(60.0, max(2.0, 10.0 * float(np.log10(power[0] / power[1])) / (len(a) / rate)))


def _stroke(font: SoundFont, program: int, key: int, seconds: float, writer: "_Writer") -> Zone:
    zones = _one_side(font, DRUM_BANK, program)
    zone, header = next(found for found in zones if _covers(found[0], KEY_RANGE, key))
    sound = font.samples(header[1], header[2]).astype(np.float64)
    tuned = zone.get(ROOT, header[6]) - zone.get(COARSE, 0) - (zone.get(FINE, 0) + header[7]) / 100
    rate = DRUM_RATE * 2 ** (min(12.0, max(-12.0, tuned - key)) / 12)
    kept = scipy.signal.resample_poly(sound, round(rate), header[5])[: round(seconds * DRUM_RATE)]
    fade = min(len(kept), round(seconds * DRUM_RATE * 0.3))
    kept[-fade:] *= np.linspace(1, 0, fade) ** 2
    return writer.add(kept, DRUM_RATE, float(key), (0, 0), 0.0)


class _Writer:
    """Samples as differences in eight bits, block after block (samples.py reads them)."""

    def __init__(self) -> None:
        self._codes: list[NDArray[np.int8]] = []
        self._heads: list[NDArray[np.float32]] = []
        self._blocks = 0

    def add(
        self,
        sound: NDArray[np.float64],
        rate: int,
        root: float,
        loop: tuple[int, int],
        decay: float,
        *,
        blended: bool = False,
    ) -> Zone:
        count = -(-len(sound) // BLOCK)
        padded = np.pad(sound / np.abs(sound).max(), (0, count * BLOCK - len(sound))).reshape(count, BLOCK)
        first = padded[:, :1]
        step = np.maximum(np.abs(np.diff(padded, axis=1)).max(axis=1, keepdims=True) / 126, 1e-6).astype(np.float32)
        steps = np.round((padded - first) / step)
        self._codes.append(np.diff(steps, axis=1, prepend=0).astype(np.int8))
        self._heads.append(np.concatenate([first, step], axis=1).astype(np.float32))
        zone = Zone(root, rate, self._blocks, len(sound), loop[0], loop[1], round(decay, 2), blended)
        self._blocks += count
        return zone

    def save(self, folder: Path) -> int:
        np.save(folder / "codes.npy", np.concatenate(self._codes))
        np.save(folder / "heads.npy", np.concatenate(self._heads))
        return sum((folder / name).stat().st_size for name in ("codes.npy", "heads.npy"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
