"""Build the sample pack from a General MIDI SoundFont.

    python -m generator.composer.sound.sample_pack_builder FluidR3_GM.sf2

FluidR3 GM (Frank Wen and contributors, MIT license) is Debian's fluid-soundfont-gm. A few root notes of each instrument
are kept, one channel of a stereo pair, no longer than needed; samples.py documents storage and playback. The
SoundFont's own volume decay is baked in. Parsing follows the SoundFont Technical Specification 2.04.
"""

import io
import json
import re
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy
import soundfile
from numpy.typing import NDArray

from generator.composer.sound.zones import BLOCK_FRAMES, CODES, HEADS, INDEX, PACK_FOLDER, Zone

COMPRESSED = 0x10  # bit of the sample type in SoundFonts with Ogg Vorbis samples (.sf3)
KEY_RANGE, VELOCITY_RANGE, INSTRUMENT, SAMPLE, LOOPS, ROOT = 43, 44, 41, 53, 54, 58
COARSE, FINE, DECAY, SUSTAIN = 51, 52, 36, 37
DRUM_BANK, STROKE_VELOCITY = 128, 100  # velocity whose layer is kept


@dataclass(frozen=True)
class PackInstrument:
    """An instrument of the pack: roots `low` to `high`, about `step` apart, at `rate` Hz, at most `seconds` long."""

    name: str
    program: int
    low: int
    high: int
    step: int
    rate: int
    seconds: float
    rings: bool = False  # decays by itself instead of being sustained
    partials: tuple[float, ...] = (1, 2, 3, 4, 5, 6)  # partials that define its pitch
    ensemble: bool = False  # several players: the loop can be cut anywhere and crossfaded
    bank: int = 0
    velocity: int = STROKE_VELOCITY  # of the zones that are used
    pattern: str = ""  # of the beginnings of the names of their samples
    even: bool = False  # without its slow swells, which would come too late in short notes


PACK_INSTRUMENTS = (
    PackInstrument("piano", 0, 33, 93, 9, 32_000, 1.7, rings=True),
    PackInstrument("epiano", 4, 40, 84, 8, 22_050, 1.8, rings=True),
    PackInstrument("celesta", 8, 60, 96, 9, 32_000, 0.9, rings=True),
    PackInstrument("marimba", 12, 48, 84, 8, 32_000, 0.8, rings=True),
    PackInstrument("nylon", 24, 40, 76, 6, 22_050, 1.5, rings=True),
    PackInstrument("steel", 25, 40, 76, 6, 32_000, 1.4, rings=True),
    PackInstrument("clean", 27, 40, 76, 7, 22_050, 1.8, rings=True),
    PackInstrument("muted", 28, 43, 66, 5, 22_050, 0.6, rings=True),
    PackInstrument("lead", 30, 50, 86, 7, 22_050, 1.5),
    PackInstrument("upright", 32, 28, 54, 5, 22_050, 1.2, rings=True),
    PackInstrument("finger", 33, 28, 48, 5, 22_050, 1.5, rings=True),
    PackInstrument("slap", 36, 28, 48, 6, 22_050, 1.3, rings=True),
    PackInstrument("violin", 40, 56, 92, 6, 32_000, 1.72),
    PackInstrument("cello", 42, 37, 76, 7, 22_050, 1.9),
    PackInstrument("contrabass", 43, 29, 50, 5, 22_050, 1.2),
    PackInstrument("pizz", 45, 36, 84, 8, 32_000, 0.7, rings=True),
    PackInstrument("harp", 46, 40, 96, 8, 22_050, 0.9, rings=True),
    PackInstrument("timpani", 47, 38, 54, 8, 22_050, 1.6, rings=True, partials=(1, 1.5, 2)),
    PackInstrument("strings", 48, 36, 88, 9, 32_000, 1.8, ensemble=True),
    PackInstrument("choir", 52, 42, 80, 8, 22_050, 2.0, ensemble=True),
    PackInstrument("muteharmon", 59, 54, 84, 6, 32_000, 0.7),
    PackInstrument("horn", 60, 39, 75, 7, 22_050, 2.0, ensemble=True),
    PackInstrument("brass", 61, 41, 80, 8, 32_000, 1.6, ensemble=True),
    PackInstrument("oboe", 68, 60, 86, 6, 32_000, 0.9),
    PackInstrument("clarinet", 71, 52, 84, 6, 32_000, 0.7),
    PackInstrument("flute", 73, 61, 92, 6, 32_000, 1.3),
    PackInstrument("recorder", 74, 66, 92, 6, 32_000, 0.9),
    PackInstrument("panflute", 75, 60, 92, 7, 32_000, 1.0),
    PackInstrument("taiko", 116, 48, 48, 12, 32_000, 1.6, rings=True),
    PackInstrument("harpsichord", 6, 41, 86, 9, 32_000, 0.9, rings=True),
    PackInstrument("dulcimer", 15, 60, 96, 9, 32_000, 0.8, rings=True),
    PackInstrument("hammond", 18, 44, 80, 9, 22_050, 1.6, ensemble=True),
    PackInstrument("accordion", 21, 60, 84, 6, 22_050, 1.3, ensemble=True),
    PackInstrument("harmonica", 22, 60, 88, 7, 32_000, 0.45),
    PackInstrument("jazzguitar", 26, 40, 76, 7, 22_050, 1.3, rings=True),
    PackInstrument("trumpet", 56, 60, 92, 6, 32_000, 0.6),
    PackInstrument("sax", 65, 50, 80, 6, 32_000, 1.2),
    PackInstrument("sitar", 104, 52, 84, 6, 32_000, 0.75, rings=True),
    PackInstrument("banjo", 105, 50, 74, 5, 32_000, 1.0, rings=True),
    PackInstrument("bagpipe", 109, 57, 79, 7, 22_050, 1.5, ensemble=True),
    PackInstrument("steeldrum", 114, 66, 84, 6, 32_000, 0.6, rings=True),
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
    "latin": (
        0,
        {
            "clap": (39, 0.38), "cowbell": (56, 0.38), "bongo": (60, 0.31), "timbale": (65, 0.6), "agogo": (67, 0.28),
            "guiro": (73, 0.21), "clave": (75, 0.1), "wood": (76, 0.3), "castanet": (85, 0.06),
        },
    ),
    "808": (
        25,
        {
            "kick": (36, 0.42), "snare": (38, 0.16), "clap": (39, 0.54), "hat": (42, 0.12), "open": (44, 0.5),
            "tom": (43, 0.32), "floor": (41, 0.45), "cowbell": (56, 0.39), "conga": (62, 0.22), "clave": (75, 0.06),
        },
    ),
}  # fmt: skip
DRUM_RATE_HZ = 32_000
EVENED_S = 0.4  # over which the level of an even instrument is measured


class SoundFont:
    """The parsed records of a SoundFont file."""

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
            begin += 8 + size
            begin += size % 2 == 1 and begin < end and self._data[begin] == 0  # MuseScore's files lack the padding

    def _records(self, name: str, layout: str) -> list[tuple[int, ...]]:
        begin, size = self._chunks[name]
        return list(struct.iter_unpack("<" + layout, bytes(self._data[begin : begin + size])))

    def samples(self, header: tuple[int, ...]) -> NDArray[np.float32]:
        """Return a sample: 16 bits per frame, or an Ogg Vorbis stream between two bytes."""
        begin, _ = self._chunks["smpl"]
        first, last = header[1:3]
        if _is_compressed(header):
            stream = io.BytesIO(bytes(self._data[begin + first : begin + last]))
            return np.asarray(soundfile.read(stream, dtype="float32", always_2d=True)[0][:, 0])
        values = np.frombuffer(bytes(self._data[begin + 2 * first : begin + 2 * last]), "<i2")
        return np.asarray(values / np.float32(32_768), np.float32)

    def zones(
        self, bank: int, program: int, velocity: int = STROKE_VELOCITY
    ) -> Iterator[tuple[dict[int, int], tuple[int, ...]]]:
        """Yield generators and sample header of each zone of a preset that sounds at a velocity."""
        for number, preset in enumerate(self._presets[:-1]):
            if (preset[2], preset[1]) != (bank, program):
                continue
            bags = range(preset[3], self._presets[number + 1][3])
            for gens in self._bag(self._preset_bags, self._preset_gens, bags, INSTRUMENT):
                index = gens[INSTRUMENT]
                instrument_bags = range(self._instruments[index][1], self._instruments[index + 1][1])
                for zone in self._bag(self._bags, self._gens, instrument_bags, SAMPLE):
                    if _covers(gens, VELOCITY_RANGE, velocity) and _covers(zone, VELOCITY_RANGE, velocity):
                        yield zone, self._headers[zone[SAMPLE]]

    def _bag(
        self, bags: list[tuple[int, ...]], gens: list[tuple[int, ...]], numbers: range, terminal: int
    ) -> Iterator[dict[int, int]]:
        """Yield zones merged with the global zone that precedes them."""
        shared: dict[int, int] = {}
        for number in numbers:
            zone = {gen[0]: gen[1] for gen in gens[bags[number][0] : bags[number + 1][0]]}
            if terminal in zone:
                yield {**shared, **zone}
            else:
                shared = zone


def _covers(zone: dict[int, int], kind: int, value: int) -> bool:
    bounds = zone.get(kind, 0x7F00) & 0xFFFF
    return bounds & 0xFF <= value <= bounds >> 8


def _is_compressed(header: tuple[int, ...]) -> bool:
    return header[9] & COMPRESSED != 0


def _loop(header: tuple[int, ...]) -> tuple[int, int]:
    """Return the loop of a sample in frames from its beginning; compressed samples store it in this way."""
    before = 0 if _is_compressed(header) else header[1]
    return header[3] - before, header[4] - before


def _left_samples(
    font: SoundFont, bank: int, program: int, velocity: int = STROKE_VELOCITY
) -> list[tuple[dict[int, int], tuple[int, ...]]]:
    """Return the left or only sample of every zone that sounds at a velocity."""
    zones: dict[object, tuple[dict[int, int], tuple[int, ...]]] = {}
    for zone, header in font.zones(bank, program, velocity):
        name = header[0].rstrip(b"\0") if isinstance(header[0], bytes) else b""
        if not name.rstrip().endswith((b"(R)", b"R")) or name.endswith(b"(L)"):
            zones.setdefault(header[0], (zone, header))
    return list(zones.values())


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    font, writer = SoundFont(Path(arguments[0])), PackWriter()
    index = {instrument.name: add_instrument(font, instrument, writer) for instrument in PACK_INSTRUMENTS}
    for kit, (program, drums) in DRUMS.items():
        for drum, (key, seconds) in drums.items():
            index[f"{kit}/{drum}"] = [add_stroke(font, program, key, seconds, writer)]
    PACK_FOLDER.mkdir(exist_ok=True)
    size = writer.save(PACK_FOLDER, index)
    print(f"{len(index)} sounds, {size / 1e6:.2f} MB in {PACK_FOLDER}")
    return 0


def add_instrument(font: SoundFont, instrument: PackInstrument, writer: "PackWriter") -> list[Zone]:
    """Store the notes of an instrument that are nearest to the wanted ones."""
    return [_add_pitched(font, instrument, zone, writer) for zone in _nearest_zones(font, instrument)]


def _nearest_zones(font: SoundFont, instrument: PackInstrument) -> list[tuple[dict[int, int], tuple[int, ...]]]:
    """Return the zones whose root notes are nearest to the wanted ones."""
    zones = [
        (zone, header)
        for zone, header in _left_samples(font, instrument.bank, instrument.program, instrument.velocity)
        if isinstance(header[0], bytes) and re.match(instrument.pattern.encode(), header[0])
    ]
    roots = [zone.get(ROOT, header[6]) - zone.get(COARSE, 0) for zone, header in zones]
    targets = np.arange(instrument.low, instrument.high + 1, instrument.step)
    numbers = {min(range(len(zones)), key=lambda n: abs(roots[n] - target)) for target in targets}
    return [zones[number] for number in sorted(numbers, key=lambda n: roots[n])]


def _add_pitched(
    font: SoundFont,
    instrument: PackInstrument,
    source: tuple[dict[int, int], tuple[int, ...]],
    writer: "PackWriter",
) -> Zone:
    zone, header = source
    rate = header[5]
    sound = font.samples(header).astype(np.float64)
    begin, end = (frames / rate for frames in _loop(header))
    root = zone.get(ROOT, header[6]) - zone.get(COARSE, 0) - (zone.get(FINE, 0) + header[7]) / 100
    decay_rate = 100 / 2 ** (zone[DECAY] / 1200) if instrument.rings and zone.get(SUSTAIN, 0) >= 500 else 0.0  # dB/s
    sound *= 10 ** (-decay_rate * np.arange(len(sound)) / rate / 20)
    resampled = scipy.signal.resample_poly(sound, instrument.rate, rate)
    if instrument.even:
        resampled = _evened(resampled, instrument.rate)
        end -= (len(sound) / rate) - len(resampled) / instrument.rate
    has_own_loop = zone.get(LOOPS, 0) % 2 == 1 and end <= instrument.seconds
    length = min(instrument.seconds, end if has_own_loop else len(resampled) / instrument.rate)
    if not has_own_loop:  # a loop of our own near the end, crossfaded at playback
        begin, end = length * (0.5 if instrument.ensemble else 0.75), length
    resampled = resampled[: round(length * instrument.rate)]
    loop = (round(begin * instrument.rate), min(len(resampled), round(end * instrument.rate)))
    decay = max(_slope(resampled, instrument.rate, loop[0]), decay_rate) if instrument.rings else 0.0
    root -= _detuning(resampled[len(resampled) // 8 :], instrument.rate, float(root), instrument.partials) / 100
    return writer.add(resampled, instrument.rate, round(float(root), 3), loop, decay, blended=not has_own_loop)


def _evened(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Return a held note from where it has nearly its usual level on, with that level throughout."""
    power = np.sqrt(scipy.ndimage.uniform_filter1d(sound**2, round(EVENED_S * rate), mode="nearest"))
    usual = float(np.median(power))
    begin = int(np.argmax(power > 0.6 * usual))
    return np.asarray(sound[begin:] * (usual / np.maximum(power[begin:], 0.25 * usual)))


def _detuning(sound: NDArray[np.float64], rate: int, root: float, partials: tuple[float, ...]) -> float:
    """Return the detuning in cents: the median over short stretches, so that vibrato has no effect."""
    size = 1 << 18
    cents = np.arange(-50.0, 51.0)
    bins = 440 * 2 ** ((root - 69 + cents / 100) / 12)[:, None] * np.array(partials) * size / rate
    indices = np.minimum(np.round(bins).astype(int), size // 2)
    length = min(len(sound), rate // 3)
    estimates = []
    for begin in range(0, len(sound) - length + 1, rate // 12):
        spectrum = np.abs(np.fft.rfft(sound[begin : begin + length] * np.hanning(length), size))
        estimates.append(float(cents[int(np.argmax(np.sqrt(spectrum[indices]).sum(axis=1)))]))
    return -float(np.median(estimates))


def _slope(sound: NDArray[np.float64], rate: int, begin: int) -> float:
    """Return the decay rate at the end of a sound, in dB/s."""
    first = min(begin, len(sound) - rate // 10)
    a, b = np.array_split(sound[max(0, first) :], 2)
    power = [float(np.mean(part**2)) + 1e-12 for part in (a, b)]
    return min(60.0, max(2.0, 10.0 * float(np.log10(power[0] / power[1])) / (len(a) / rate)))


def add_stroke(
    font: SoundFont, program: int, key: int, seconds: float, writer: "PackWriter", velocity: int = STROKE_VELOCITY
) -> Zone:
    """Store the drum stroke of a key, at most `seconds` long."""
    zones = _left_samples(font, DRUM_BANK, program, velocity)
    zone, header = next(candidate for candidate in zones if _covers(candidate[0], KEY_RANGE, key))
    sound = font.samples(header).astype(np.float64)
    pitch = zone.get(ROOT, header[6]) - zone.get(COARSE, 0) - (zone.get(FINE, 0) + header[7]) / 100
    rate = DRUM_RATE_HZ * 2 ** (min(12.0, max(-12.0, pitch - key)) / 12)
    return writer.add_stroke(scipy.signal.resample_poly(sound, round(rate), header[5]), seconds, float(key))


class PackWriter:
    """Writer of samples as 8-bit differences, block by block (samples.py reads them)."""

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
        count = -(-len(sound) // BLOCK_FRAMES)
        padded = np.pad(sound / np.abs(sound).max(), (0, count * BLOCK_FRAMES - len(sound))).reshape(
            count, BLOCK_FRAMES
        )
        first = padded[:, :1]
        step = np.maximum(np.abs(np.diff(padded, axis=1)).max(axis=1, keepdims=True) / 126, 1e-6).astype(np.float32)
        steps = np.round((padded - first) / step)
        self._codes.append(np.diff(steps, axis=1, prepend=0).astype(np.int8))
        self._heads.append(np.concatenate([first, step], axis=1).astype(np.float32))
        zone = Zone(root, rate, self._blocks, len(sound), loop[0], loop[1], round(decay, 2), blended)
        self._blocks += count
        return zone

    def add_stroke(self, sound: NDArray[np.float64], seconds: float, root: float = 60.0) -> Zone:
        """Store a stroke at DRUM_RATE_HZ, faded out within `seconds`."""
        cut = sound[: round(seconds * DRUM_RATE_HZ)].copy()
        fade = min(len(cut), round(seconds * DRUM_RATE_HZ * 0.3))
        cut[-fade:] *= np.linspace(1, 0, fade) ** 2
        return self.add(cut, DRUM_RATE_HZ, root, (0, 0), 0.0)

    def save(self, folder: Path, index: Mapping[str, Sequence[Zone]]) -> int:
        """Write the pack and return the size of its samples in bytes."""
        np.save(folder / CODES, np.concatenate(self._codes))
        np.save(folder / HEADS, np.concatenate(self._heads))
        table = {name: [zone.__dict__ for zone in zones] for name, zones in index.items()}
        lines = [f" {json.dumps(name)}: {json.dumps(zones)}" for name, zones in table.items()]
        (folder / INDEX).write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return sum((folder / name).stat().st_size for name in (CODES, HEADS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
