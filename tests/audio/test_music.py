"""Tempo and key of audio that has them, and of audio that has none."""

import pytest

from generator.audio import measure
from tests.audio.signals import chords, clicks, noise, sound


@pytest.mark.parametrize("bpm", [60, 72, 85.5, 96, 110, 120, 128, 140, 150, 165, 180])
def test_tempo_of_a_click_track(bpm) -> None:
    """Within one percent; very slow and very fast beats may be detected at half or double tempo."""
    found = measure(sound(clicks(bpm, 24)))
    felt = [bpm] if 70 <= bpm <= 145 else [bpm, bpm / 2, bpm * 2]
    assert min(abs(found.bpm / each - 1) for each in felt) < 0.01
    assert found.bpm_confidence > 0.5


@pytest.mark.parametrize("bpm", [75, 93, 124])
def test_soft_notes_between_the_beats_do_not_double_the_tempo(bpm) -> None:
    assert measure(sound(clicks(bpm, 24, offbeat=0.4))).bpm == pytest.approx(bpm, rel=0.01)


def test_a_held_sound_has_no_tempo_worth_trusting() -> None:
    found = measure(sound(noise(15)))
    assert found.bpm is None or found.bpm_confidence < 0.3


@pytest.mark.parametrize(
    ("progression", "key"),
    [
        ("C F G C", "C major"),
        ("Am Dm E Am", "A minor"),
        ("G Em C D G", "G major"),
        ("Eb Ab Bb Eb", "Eb major"),
        ("F#m Bm C# F#m", "F# minor"),
        ("B E F# B", "B major"),
        ("Cm Fm G Cm", "C minor"),
        ("Dm Gm A Dm", "D minor"),
        ("Bb Eb F Bb", "Bb major"),
        ("Am F C G Am", "A minor"),
        ("C G Am F C", "C major"),
    ],
)
def test_key_of_a_progression(progression, key) -> None:
    assert measure(sound(chords(*progression.split() * 2))).key == key


def test_noise_has_no_key() -> None:
    found = measure(sound(noise(10)))
    assert found.key is None or found.key_confidence < 0.2
