"""General MIDI file export (format 1), written byte by byte per the Standard MIDI Files specification.

The file has what is performed, not only what is written: slurs as overlapping notes, scoops, glides and falls as pitch
bend, vibrato as modulation (CC 1), hairpins and automated levels as expression (CC 11), the pedal (CC 64), and
automated low-pass filters as brightness (CC 74). The tempo map has the ritardando, the notes are on their
written beats.
"""

import itertools
import math
import struct
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from generator.composer.performing.perform import PerformedLine, PerformedNote, perform
from generator.composer.sound.drum_kits import MIDI_KEYS
from generator.composer.sound.instruments import VOICES
from generator.composer.writing.arranging.arcs import OPEN_HZ
from generator.composer.writing.endings import slow_down, written_beat
from generator.composer.writing.notes import AutomationPoint, Score

TICKS_PER_QUARTER = 480  # per quarter note
MODULATION, EXPRESSION, PEDAL, BRIGHTNESS = 1, 11, 64, 74  # controllers
DATA, DATA_FINE, RPN_FINE, RPN = 6, 38, 100, 101
BEND_RANGE_SEMITONES = 2  # as registered parameter 0
BEND_CENTER = 8192
BEND_STEP_S, VIBRATO_STEP_S, SWELL_STEP_BEATS = 0.012, 0.06, 0.25  # between two values
# Modulation of 127 is 50 cents, the default of SoundFont synthesizers (SoundFont 2.04, 8.4.5).
FULL_VIBRATO_CENTS = 50.0
MEAN_EXPRESSION = 100  # of hairpins at 0 dB; the loudness is 40·log10 of it (General MIDI, recommended practice)
OPEN_BRIGHTNESS = 64  # no change (General MIDI 2); lower values are darker
BRIGHTNESS_PER_OCTAVE = 10.0  # by which a low-pass below OPEN_HZ lowers it
TEMPO_STEP_BEATS = 0.125  # between two tempos of a ritardando
OVERLAP_TICKS = 8  # of slurred notes
DRUM_CHANNEL = 9
# Numerator, denominator as a power of two, MIDI clocks per metronome click, 32nds per quarter note.
METERS = {"4/4": bytes((4, 2, 24, 8)), "3/4": bytes((3, 2, 24, 8)), "6/8": bytes((6, 3, 36, 8))}


def write_midi(score: Score, title: str) -> bytes:
    """Return the score as a MIDI file: one track per player, percussion on channel 10."""
    head = [(0, b"\xff\x03" + _text(title)), (0, b"\xff\x58\x04" + METERS[score.form.meter]), *_tempos(score)]
    tracks = [_track(head)]
    channels = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    for number, line in enumerate(line for line in score.lines if line.notes):
        channel = channels[number % len(channels)]
        program = VOICES[line.part.instrument].program
        events = [(0, b"\xff\x03" + _text(line.name)), (0, bytes((0xC0 | channel, program)))]
        events += _performance(channel, perform(line, score), score.form.beat_s, score.automation.get(line.name, ()))
        tracks.append(_track(_on_written_beats(events, score)))
    if score.hits:
        events = [(0, b"\xff\x03" + _text("drums"))]
        events += _automation(DRUM_CHANNEL, (), score.automation.get("drums", ()))
        for hit in score.hits:
            events += _note(DRUM_CHANNEL, MIDI_KEYS[hit.drum], hit.velocity, hit.start, 0.2)
        tracks.append(_track(_on_written_beats(events, score)))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS_PER_QUARTER) + b"".join(tracks)


Event = tuple[int, bytes]


def _tempos(score: Score) -> Iterator[Event]:
    """Yield the tempo, and in a ritardando that of every step of the last bar, then the first one again."""
    form, tempo = score.form, 60_000_000 / score.form.bpm
    yield 0, _tempo(tempo)
    if score.ending != "slow":
        return
    steps = round(form.beats / TEMPO_STEP_BEATS)
    beats = [form.end - form.beats + step * TEMPO_STEP_BEATS for step in range(steps + 1)]
    for beat, following in itertools.pairwise(beats):
        played = slow_down(following, form, score.ending) - slow_down(beat, form, score.ending)
        yield round(beat * TICKS_PER_QUARTER), _tempo(tempo * played / TEMPO_STEP_BEATS)
    yield round(form.end * TICKS_PER_QUARTER), _tempo(tempo)


def _tempo(microseconds: float) -> bytes:
    return b"\xff\x51\x03" + round(microseconds).to_bytes(3, "big")


def _on_written_beats(events: Iterable[Event], score: Score) -> Iterator[Event]:
    """Yield events at the ticks at which a ritardando's tempos let them sound when they are played."""
    for tick, event in events:
        beat = written_beat(tick / TICKS_PER_QUARTER, score.form, score.ending)
        yield round(beat * TICKS_PER_QUARTER), event


def _performance(
    channel: int, line: PerformedLine, beat_s: float, points: Sequence[AutomationPoint]
) -> Iterator[Event]:
    """Yield the notes of a line and its controllers."""
    if any(note.gesture.bends for note in line.notes):
        for controller, value in ((RPN, 0), (RPN_FINE, 0), (DATA, BEND_RANGE_SEMITONES), (DATA_FINE, 0)):
            yield _control(channel, 0, controller, value)
    for note in line.notes:
        overlap = OVERLAP_TICKS / TICKS_PER_QUARTER * note.gesture.leads_on
        yield from _note(channel, note.pitch, note.velocity, note.start, note.length + overlap)
        yield from _gesture(channel, note, beat_s)
    yield from _automation(channel, line.swells, points)
    for down, up in line.pedal:
        yield _control(channel, down, PEDAL, 127)
        yield _control(channel, up, PEDAL, 0)


def _gesture(channel: int, note: PerformedNote, beat_s: float) -> Iterator[Event]:
    """Yield the pitch bend and the modulation of a note, both at rest again at its end."""
    gesture, seconds = note.gesture, note.length * beat_s
    last_bend = last_depth = 0
    if gesture.from_cents or gesture.fall_cents:
        times = np.arange(0, seconds, BEND_STEP_S, dtype=np.float32)
        bends = np.rint(gesture.arrival(times, seconds) / (100 * BEND_RANGE_SEMITONES) * BEND_CENTER).astype(int)
        for time, bend in zip(times.tolist(), np.clip(bends, -BEND_CENTER, BEND_CENTER - 1).tolist(), strict=True):
            if abs(bend - last_bend) > BEND_CENTER // 200 or (bend == 0 and last_bend):
                yield _bend(channel, note.start + time / beat_s, bend)
                last_bend = bend
    if gesture.vibrato_cents:
        times = np.arange(gesture.vibrato_after_s, seconds, VIBRATO_STEP_S, dtype=np.float32)
        depths = np.rint(gesture.vibrato_depth(times) / FULL_VIBRATO_CENTS * 127).astype(int)
        for time, depth in zip(times.tolist(), np.minimum(depths, 127).tolist(), strict=True):
            if depth != last_depth:
                yield _control(channel, note.start + time / beat_s, MODULATION, depth)
                last_depth = depth
    if last_bend:
        yield _bend(channel, note.start + note.length, 0)
    if last_depth:
        yield _control(channel, note.start + note.length, MODULATION, 0)


def _automation(
    channel: int, swells: Sequence[tuple[float, float]], points: Sequence[AutomationPoint]
) -> Iterator[Event]:
    """Yield the expression of hairpins and automated levels together, and the brightness of a filter, at changes."""
    yield _control(channel, 0, EXPRESSION, MEAN_EXPRESSION)
    beats = [beat for beat, _ in swells] + [point.beat for point in points]
    if not beats:
        return
    times = np.arange(max(0.0, min(beats)), max(beats) + SWELL_STEP_BEATS, SWELL_STEP_BEATS)
    levels = _between(times, swells) + _between(times, [(point.beat, point.gain_db) for point in points])
    expression = np.clip(np.rint(MEAN_EXPRESSION * 10 ** (levels / 40)), 1, 127)
    yield from _changes(channel, times, EXPRESSION, expression)
    if any(point.cutoff_hz < OPEN_HZ for point in points):
        octaves = _between(times, [(point.beat, math.log2(min(1.0, point.cutoff_hz / OPEN_HZ))) for point in points])
        brightness = np.clip(np.rint(OPEN_BRIGHTNESS + BRIGHTNESS_PER_OCTAVE * octaves), 0, OPEN_BRIGHTNESS)
        yield from _changes(channel, times, BRIGHTNESS, brightness)


def _between(times: NDArray[np.float64], points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return values at times, linear between points; zero without points."""
    if not points:
        return np.zeros_like(times)
    beats, values = zip(*points, strict=True)
    return np.asarray(np.interp(times, beats, values))


def _changes(
    channel: int, times: NDArray[np.float64], controller: int, values: NDArray[np.floating]
) -> Iterator[Event]:
    last = -1
    for time, value in zip(times.tolist(), values.astype(int).tolist(), strict=True):
        if value != last:
            yield _control(channel, time, controller, value)
            last = value


def _control(channel: int, beat: float, controller: int, value: int) -> Event:
    return max(0, round(beat * TICKS_PER_QUARTER)), bytes((0xB0 | channel, controller, value))


def _bend(channel: int, beat: float, bend: int) -> Event:
    value = bend + BEND_CENTER
    return max(0, round(beat * TICKS_PER_QUARTER)), bytes((0xE0 | channel, value & 0x7F, value >> 7))


def _note(channel: int, pitch: int, velocity: float, start: float, length: float) -> list[Event]:
    on, off = round(start * TICKS_PER_QUARTER), round((start + length) * TICKS_PER_QUARTER)
    strength = max(1, min(127, round(velocity * 127)))
    return [(on, bytes((0x90 | channel, pitch, strength))), (max(on + 1, off), bytes((0x80 | channel, pitch, 0)))]


def _text(text: str) -> bytes:
    data = text.encode()[:120]
    return bytes((len(data),)) + data


def _track(events: Iterable[Event]) -> bytes:
    data, last_tick = bytearray(), 0
    for tick, event in sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90)):
        data += _variable_length(tick - last_tick) + event
        last_tick = tick
    data += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(data)) + bytes(data)


def _variable_length(value: int) -> bytes:
    """Encode a variable-length quantity: seven bits per byte, high bit set on all bytes but the last."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))
