"""MIDI files as notes, and measures of what is written: rhythms of tune and bass, basses under chords, pitch classes.

The same reader and measures serve the composer's own files and those by people. Times are in quarter notes.
"""

import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

STEPS_PER_QUARTER = 4  # rhythms are compared on a grid of sixteenths
DRUM_CHANNEL = 9
MIN_BARS = 8
MIN_SHARE = 0.01  # of the sounding time: a pitch class below it is an ornament
PHRASE_BARS = 2
BASS_BARS = 32
MIN_ONSETS = 3  # of a phrase: two notes are no rhythm
TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6)}
NOTE_OFF, NOTE_ON, PROGRAM, CHANNEL_PRESSURE, SYSEX, META = 0x80, 0x90, 0xC0, 0xD0, 0xF0, 0xFF
END_OF_TRACK, TIME_SIGNATURE = 0x2F, 0x58


@dataclass(frozen=True)
class Note:
    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Piece:
    """The parts of a MIDI file (one for each track and channel, without drums), and its bar in quarter notes."""

    parts: tuple[tuple[Note, ...], ...]
    bar: float = 4.0

    @property
    def bars(self) -> float:
        return max((note.start for part in self.parts for note in part), default=0.0) / self.bar

    @property
    def bass(self) -> tuple[Note, ...]:
        """Return the lowest part that plays in at least a third of the bars; empty if there is none."""
        steady = [part for part in self.parts if len({int(note.start // self.bar) for note in part}) >= self.bars / 3]
        return min(steady, key=lambda part: np.mean([note.pitch for note in part]), default=())

    @property
    def tune(self) -> tuple[Note, ...]:
        """Return the highest part that mostly plays one note at a time; empty if there is none."""
        single = [part for part in self.parts if part != self.bass and len(part) >= 8 and _is_single(part)]
        return max(single, key=lambda part: np.mean([note.pitch for note in part]), default=())


def _is_single(part: Sequence[Note]) -> bool:
    starts = Counter(round(note.start * STEPS_PER_QUARTER) for note in part)
    return len(starts) >= 0.9 * len(part)


@dataclass
class _Track:
    """The state of reading one track: running status, and which notes sound since when."""

    data: bytes
    place: int = 0
    tick: int = 0
    status: int = 0
    open: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def number(self) -> int:
        """Read a number of seven bits a byte, the high bit set on all but the last."""
        value = 0
        while True:
            byte = self.data[self.place]
            self.place += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value


def read_midi(data: bytes) -> Piece | None:
    """Read a Standard MIDI File of metrical time; None if it is none, or broken."""
    if data[:4] != b"MThd":
        return None
    _format, _count, division = struct.unpack(">HHH", data[8:14])
    if division & 0x8000 or not division:
        return None
    parts: dict[tuple[int, int], list[Note]] = defaultdict(list)
    meters: list[float] = []
    try:
        for number, chunk in enumerate(_chunks(data)):
            for channel, note in _notes(_Track(chunk), division, meters):
                parts[(number, channel)].append(note)
    except IndexError:
        return None
    played = (
        sorted(part, key=lambda note: note.start) for (_, channel), part in parts.items() if channel != DRUM_CHANNEL
    )
    return Piece(tuple(tuple(part) for part in played), meters[0] if meters else 4.0)


def _chunks(data: bytes) -> Iterator[bytes]:
    place = 14
    while place + 8 <= len(data):
        name, size = struct.unpack(">4sI", data[place : place + 8])
        if name == b"MTrk":
            yield data[place + 8 : place + 8 + size]
        place += 8 + size


def _notes(track: _Track, division: int, meters: list[float]) -> Iterator[tuple[int, Note]]:
    """Yield the channel and the notes of a track as they end; append meters to the list."""
    while track.place < len(track.data):
        track.tick += track.number()
        if track.data[track.place] >= NOTE_OFF:
            track.status = track.data[track.place]
            track.place += 1
        kind, channel = track.status & 0xF0, track.status & 0x0F
        if track.status >= SYSEX:
            if not _skip(track, meters):
                return
            continue
        pitch, velocity = track.data[track.place], 0
        track.place += 1
        if kind not in (PROGRAM, CHANNEL_PRESSURE):
            velocity = track.data[track.place]
            track.place += 1
        if kind not in (NOTE_ON, NOTE_OFF):
            continue
        begun = track.open.pop((channel, pitch), None)
        if begun and track.tick > begun[0]:
            length = (track.tick - begun[0]) / division
            yield channel, Note(begun[0] / division, length, pitch, begun[1])
        if kind == NOTE_ON and velocity:
            track.open[channel, pitch] = (track.tick, velocity)


def _skip(track: _Track, meters: list[float]) -> bool:
    """Pass over an event that is not about a channel; return whether the track goes on."""
    kind = 0
    if track.status == META:
        kind = track.data[track.place]
        track.place += 1
    size = track.number()
    body = track.data[track.place : track.place + size]
    track.place += size
    if kind == TIME_SIGNATURE and size >= 2 and body[0]:
        meters.append(body[0] * 4 / 2 ** body[1])
    return kind != END_OF_TRACK


def measure_piece(piece: Piece) -> dict[str, float]:
    """Return the measures of one piece by name; NaN for what it has no part for."""
    return {
        "bass_rhythms": bass_rhythms(piece),
        "root_position": root_position(piece),
        "pitch_classes": float(pitch_classes(piece)),
        "tune_repetition": tune_repetition(piece),
    }


def bar_rhythms(part: Sequence[Note], bar: float, bars: int = 1) -> list[tuple[int, ...]]:
    """Return the onsets of every group of bars that has MIN_ONSETS (one bar: any), as steps from its beginning."""
    groups: dict[int, set[int]] = defaultdict(set)
    steps = round(bar * bars * STEPS_PER_QUARTER)
    for note in part:
        group, step = divmod(round(note.start * STEPS_PER_QUARTER), steps)
        groups[group].add(step)
    minimum = 1 if bars == 1 else MIN_ONSETS
    return [tuple(sorted(groups[group])) for group in sorted(groups) if len(groups[group]) >= minimum]


def bass_rhythms(piece: Piece) -> float:
    """Return how many rhythms of a bar the bass plays more than once in its first 32 bars; scaled if it plays fewer."""
    rhythms = Counter(bar_rhythms(piece.bass, piece.bar)[:BASS_BARS])
    total = sum(rhythms.values())
    return BASS_BARS * sum(count > 1 for count in rhythms.values()) / total if total else float("nan")


def tune_repetition(piece: Piece) -> float:
    """Return the share of the tune's phrases whose rhythm another phrase of the piece has."""
    rhythms = bar_rhythms(piece.tune, piece.bar, PHRASE_BARS)
    counts = Counter(rhythms)
    return sum(counts[rhythm] > 1 for rhythm in rhythms) / len(rhythms) if len(rhythms) >= 3 else float("nan")


def pitch_classes(piece: Piece) -> int:
    """Return how many pitch classes sound for at least MIN_SHARE of the time of all notes."""
    shares = class_shares([note for part in piece.parts for note in part])
    return int((shares >= MIN_SHARE).sum())


def class_shares(notes: Sequence[Note]) -> np.ndarray:
    """Return the share of each pitch class in the sounding time, C first."""
    weights = np.bincount([note.pitch % 12 for note in notes], [min(note.length, 4.0) for note in notes], minlength=12)
    return np.asarray(weights / max(float(weights.sum()), 1e-9))


def chords(piece: Piece) -> list[tuple[int, str] | None]:
    """Return the triad (root, kind) that fits the notes of each bar best, the bass left out; None if none does."""
    bass = set(piece.bass)
    sounding: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(12))
    for note in (note for part in piece.parts for note in part if note not in bass):
        for bar in range(int(note.start // piece.bar), int((note.start + note.length - 1e-6) // piece.bar) + 1):
            begin = max(note.start, bar * piece.bar)
            end = min(note.start + note.length, (bar + 1) * piece.bar)
            sounding[bar][note.pitch % 12] += max(0.0, end - begin)
    return [_triad(sounding[bar]) if bar in sounding else None for bar in range(int(piece.bars) + 1)]


def _triad(weights: np.ndarray) -> tuple[int, str] | None:
    best = (0.0, 0, "")
    for kind, intervals in TRIADS.items():
        for root in range(12):
            inside = [weights[(root + interval) % 12] for interval in intervals]
            best = max(best, (sum(inside) + min(inside), root, kind))
    return (best[1], best[2]) if weights.sum() and best[0] > 0.7 * weights.sum() else None


def root_position(piece: Piece) -> float:
    """Return the share of the bars with a clear triad whose first bass note is its root."""
    first: dict[int, Note] = {}
    for note in piece.bass:
        first.setdefault(int((note.start + 0.1) // piece.bar), note)
    found = chords(piece)
    pairs = [(first[bar].pitch % 12, chord[0]) for bar, chord in enumerate(found) if chord and bar in first]
    return sum(low == root for low, root in pairs) / len(pairs) if len(pairs) >= 4 else float("nan")
