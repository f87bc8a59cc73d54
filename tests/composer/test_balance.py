"""Mixes: players have exactly the requested level; all others are unchanged."""

import re

import numpy as np
import pytest

from generator.audio import Sound, measure
from generator.composer import compose, read_brief
from generator.providers import mix_text

BRIEF = read_brief("lo-fi, 10 s, with rain sounds", seed=7)


@pytest.fixture(scope="module")
def plain():
    return compose(BRIEF, 2)


def test_the_mix_is_the_sum_of_the_stems_at_their_levels(plain):
    first, second, *_ = plain.stem_names
    texture = plain.stem_names[-1]
    gains = {first: 0.5, second: 0.0, texture: 1.5}
    made = compose(BRIEF, 2, balance=lambda names: gains)
    expected = sum(plain.unmastered_stem(name) * gains.get(name, 1.0) for name in plain.stem_names)
    assert np.abs(made.mix() - expected).max() < 1e-4
    assert made.stem_names == tuple(name for name in plain.stem_names if name != second)
    assert np.allclose(made.unmastered_stem(first), plain.unmastered_stem(first) * 0.5, atol=1e-6)
    assert made.score == plain.score


def test_length_and_loudness_are_kept_by_whoever_is_left(plain):
    made = compose(BRIEF, 2, balance=lambda names: dict.fromkeys(names[:-2], 0.0))
    assert made.pcm.shape == plain.pcm.shape == (441_000, 2)
    sound = Sound(made.pcm.astype(np.float32) / 32768, made.sample_rate, "", "", None, None)
    facts = measure(sound)
    assert facts.lufs == pytest.approx(-14, abs=0.5)
    assert facts.true_peak_dbtp <= -1 + 0.05


def test_no_balance_is_the_very_same_piece(plain):
    assert np.array_equal(compose(BRIEF, 2, balance=lambda names: {}).pcm, plain.pcm)


def test_the_notes_of_whoever_is_silent_are_not_in_the_midi_file(plain):
    made = compose(BRIEF, 2, balance=lambda names: {"drums": 0.0})
    assert len(made.midi()) < len(plain.midi())
    assert "drums" in plain.players
    assert "drums" not in made.players


# --- in text ---


def test_words_and_levels_are_one_another():
    said = mix_text.format_gains({"Drums": 0.5, "Whistle": 0.0, "Bass": 1.5, "Piano 2": 1.0})
    assert said == "Drums −6 dB, no Whistle, Bass +3.5 dB"
    assert mix_text.read(said) == pytest.approx({"Drums": 0.5, "Whistle": 0.0, "Bass": 1.5}, rel=0.01)


def test_one_balance_after_another():
    both = mix_text.combine_gains(mix_text.read("Drums −6 dB, no Whistle"), {"Drums": 0.5, "Bass": 1.5})
    assert mix_text.format_gains(both) == "Drums −12 dB, no Whistle, Bass +3.5 dB"


@pytest.mark.parametrize("text", ["louder please", "Drums +60 dB", "Drums -99 dB", "Drums dB"])
def test_what_is_no_mix_is_said(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        mix_text.read(text)
