"""The score as a General MIDI file (format 1), byte by byte as the Standard MIDI Files specification lays it out."""

import struct
from collections.abc import Iterable

from generator.composer.instruments import VOICES
from generator.composer.kits import MIDI_KEYS
from generator.composer.notes import Score

TICKS = 480  # a beat
DRUM_CHANNEL = 9
# Numerator, denominator as a power of two, MIDI clocks a click, 32nds a quarter note.
METERS = {"4/4": bytes((4, 2, 24, 8)), "3/4": bytes((3, 2, 24, 8)), "6/8": bytes((6, 3, 36, 8))}


def write_midi(score: Score, title: str) -> bytes:
    """Every note of the piece, one track a player, percussion on channel 10."""
    tempo = round(60_000_000 / score.form.bpm)
    head = [
        (0, b"\xff\x03" + _text(title)),
        (0, b"\xff\x51\x03" + tempo.to_bytes(3, "big")),
        (0, b"\xff\x58\x04" + METERS[score.form.meter]),
    ]
    tracks = [_track(head)]
    channels = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    for number, line in enumerate(line for line in score.lines if line.notes):
        channel = channels[number % len(channels)]
        program = VOICES[line.part.instrument].program
        events = [(0, b"\xff\x03" + _text(line.name)), (0, bytes((0xC0 | channel, program)))]
        for note in line.notes:
            events += _note(channel, note.pitch, note.velocity, note.start, note.length)
        tracks.append(_track(events))
    if score.hits:
        events = [(0, b"\xff\x03" + _text("drums"))]
        for hit in score.hits:
            events += _note(DRUM_CHANNEL, MIDI_KEYS[hit.drum], hit.velocity, hit.start, 0.2)
        tracks.append(_track(events))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS) + b"".join(tracks)


def _note(channel: int, pitch: int, velocity: float, start: float, length: float) -> list[tuple[int, bytes]]:
    on, off = round(start * TICKS), round((start + length) * TICKS)
    strength = max(1, min(127, round(velocity * 127)))
    return [(on, bytes((0x90 | channel, pitch, strength))), (max(on + 1, off), bytes((0x80 | channel, pitch, 0)))]


def _text(words: str) -> bytes:
    data = words.encode()[:120]
    return bytes((len(data),)) + data


def _track(events: Iterable[tuple[int, bytes]]) -> bytes:
    data, last = bytearray(), 0
    for at, event in sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90)):
        data += _length(at - last) + event
        last = at
    data += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(data)) + bytes(data)


def _length(value: int) -> bytes:
    """A variable-length quantity: seven bits a byte, high bit set on all but the last."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))
