"""Stems edited as their mix was: the same length to the frame, and a sum that is the edited mix."""

import numpy as np
import pytest

from generator.audio.editing import Voice, apply_recipe, apply_to_stem, fit_stem, parse
from tests.audio.editing.test_render import SECONDS, VOICE, structure
from tests.audio.signals import RATE, noise, song, tone
from tests.audio.singers import talker

STEMS = [song(SECONDS) * 0.6, 0.2 * noise(SECONDS), np.float32(0.3) * tone(220, SECONDS)]
MIX = np.asarray(sum(STEMS), np.float32)
WAYS = {
    "cut, fades and limiter": (
        {"step": "cut", "regions": [[0.3, 4.4], [9.5, 16.0]]},
        {"step": "fades", "in_s": 1, "out_s": 2},
        {"step": "level", "lufs": -9, "true_peak_dbtp": -1},
    ),
    "fit, tempo and pitch": (
        {"step": "fit", "length_s": 10.3},
        {"step": "speed", "tempo": 0.97, "semitones": 2},
        {"step": "bed"},
    ),
    "loop at another tempo": ({"step": "loop", "min_s": 4, "max_s": 8}, {"step": "speed", "tempo": 1.04}),
}


def difference_db(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((one - other) ** 2) / np.mean(other**2) + 1e-20))


@pytest.mark.parametrize("steps", WAYS.values(), ids=WAYS)
def test_edited_stems_add_up_to_the_edited_mix(steps) -> None:
    edited = apply_recipe(MIX, RATE, parse({"version": 1, "steps": list(steps)}), structure())
    stems = [apply_to_stem(stem.copy(), edited.plan) for stem in STEMS]
    assert {len(stem) for stem in stems} == {len(edited.samples)} == {edited.plan.frames_after}
    assert difference_db(sum(stems), edited.samples) < -90


def test_stems_are_turned_down_under_a_voice_that_is_in_none_of_them() -> None:
    steps = [{"step": "duck", "voice": VOICE, "output": "mix", "voice_at_s": 14}]
    voice = talker(4.0)
    edited = apply_recipe(MIX, RATE, parse({"version": 1, "steps": steps}), structure(), Voice(voice, RATE))
    total = sum(apply_to_stem(stem.copy(), edited.plan) for stem in STEMS)
    assert len(total) == len(edited.samples)
    assert difference_db(total[: 14 * RATE], edited.samples[: 14 * RATE]) < -90


def test_a_stem_gets_the_rate_the_channels_and_the_length_of_its_mix() -> None:
    stem = tone(440, 2.0)[:, :1]
    assert fit_stem(stem, RATE, RATE, len(stem) + 100, 2).shape == (len(stem) + 100, 2)
    assert fit_stem(stem, RATE, 2 * RATE, 2 * len(stem) - 50, 1).shape == (2 * len(stem) - 50, 1)
