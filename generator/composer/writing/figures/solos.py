"""Solos: improvised lines over the chords of the tune, in phrases of one to three bars with breath between them."""

import random
from collections.abc import Iterator, Sequence

from generator.composer.writing.theory import Chord

Sung = tuple[float, float, int, float]  # start, length, pitch, velocity
REACH = 11  # semitones from the center


def improvise(
    spans: Sequence[tuple[float, float, Chord]],
    scale: Sequence[int],
    center: int,
    beats: int,
    swing: bool,
    energy: float,
    rng: random.Random,
) -> Iterator[Sung]:
    """Yield a solo over chords (start, end, chord); swung lines divide beats at two thirds, as in patterns.py."""
    end = spans[-1][1]
    at = spans[0][0]
    pitch = center + rng.choice((-5, 0, 4))
    direction = rng.choice((-1, 1))
    while at < end - 0.6:
        phrase_end = min(end - 0.3, at + rng.choice((1.0, 1.5, 2.0, 2.0, 3.0)) * beats - rng.choice((0.0, 0.5, 1.0)))
        while at < phrase_end - 0.2:
            length = _length(at, phrase_end, swing, rng)
            is_strong = abs(at % 1) < 0.02 and (round(at) % 2 == 0 or beats == 3)
            pitch, direction = _next(pitch, direction, _chord(spans, at), scale, center, is_strong or length > 1.4, rng)
            accent = 1.0 if at % 1 else rng.uniform(0.92, 1.08)
            yield at, length * 0.95, pitch, min(1.0, (0.42 + 0.45 * energy) * accent * rng.uniform(0.9, 1.06))
            at = _on_grid(at + length, swing)
        at = float(int(at) + 1) + rng.choice((0.0, 0.0, 0.66 if swing else 0.5, 1.0))


def _length(at: float, end: float, swing: bool, rng: random.Random) -> float:
    """Draw a value: mostly eighths, at times a quarter, longer at the end of a phrase."""
    if end - at < 1.2:
        return max(0.3, end - at)
    if at % 1 > 0.3:
        return 1 - at % 1 + (rng.random() < 0.12)
    return rng.choice((0.66,) * 7 + (1.0, 1.0)) if swing else rng.choice((0.5,) * 6 + (1.0, 1.0, 0.25))


def _on_grid(beat: float, swing: bool) -> float:
    inside = beat % 1
    if swing and 0.4 < inside < 0.9:
        return int(beat) + 0.66
    return round(beat * 4) / 4


def _next(
    pitch: int, direction: int, chord: Chord, scale: Sequence[int], center: int, strong: bool, rng: random.Random
) -> tuple[int, int]:
    """Return the next pitch and direction: steps of the scale, chord tones on strong beats, turns at the edges."""
    if pitch - center > REACH - 3:
        direction = -1
    elif center - pitch > REACH - 3:
        direction = 1
    elif rng.random() < 0.22:
        direction = -direction
    if strong:
        near = [p for p in range(pitch - 5, pitch + 6) if p % 12 in chord.tones and p != pitch]
        forward = [p for p in near if (p - pitch) * direction > 0]
        return rng.choice(sorted(forward or near or [pitch], key=lambda p: abs(p - pitch))[:2]), direction
    avoid = {(tone + 1) % 12 for tone in chord.tones} - chord.tones
    usable = [p for p in scale if abs(p - pitch) <= 6 and p % 12 not in avoid and p != pitch]
    ahead = sorted((p for p in usable if (p - pitch) * direction > 0), key=lambda p: abs(p - pitch))
    chosen = ahead[0] if ahead and rng.random() < 0.75 else rng.choice(ahead[:3] or usable or [pitch])
    return chosen, direction


def _chord(spans: Sequence[tuple[float, float, Chord]], at: float) -> Chord:
    return next((chord for start, end, chord in spans if start - 0.01 <= at < end - 0.01), spans[-1][2])
