"""Names and words of edits: what tells two files apart, and keys after transposition."""

import pytest

from generator.audio.editing.recipe import Format
from generator.services.finishing import summaries


@pytest.mark.parametrize(
    ("key", "semitones", "after"),
    [
        ("A minor", 0, "A minor"),
        ("A minor", 3, "C minor"),
        ("Bb major", -2, "Ab major"),
        ("", 2, ""),
        ("C major", 0.5, ""),
    ],
)
def test_keys_move_with_the_pitch(key, semitones, after):
    assert summaries.key_after(key, semitones) == after


def test_formats_that_differ_have_names_that_differ():
    formats = [
        Format("wav", 48_000, 24),
        Format("wav", 44_100, 16),
        Format("wav", 48_000, 24, 1),
        Format("mp3", bit_rate=320_000),
        Format("mp3", vbr_quality=0),
    ]
    assert len({summaries.format_title(one) for one in formats}) == len(formats)
    assert len({(one.format, summaries.format_in_name(one)) for one in formats[:3]}) == 3


def test_every_step_says_what_it_does():
    steps = [
        {"step": "cut", "regions": [[0.0, 10.0]]},
        {"step": "fit", "length_s": 28.5},
        {"step": "loop"},
        {"step": "fades", "in_s": 1.0, "out_s": 0.0},
        {"step": "speed", "tempo": 0.98, "semitones": 1.0},
        {"step": "bed"},
        {"step": "duck"},
        {"step": "level", "destination": "podcast"},
    ]
    for step in steps:
        assert summaries.steps({"steps": [step]}) != summaries.steps({"steps": []})


@pytest.mark.parametrize(
    ("title", "name"),
    [("0:28.5, Podcast", "28.5s, Podcast"), ("1:05", "1m05s"), ("0:06", "6s"), ("Opener", "Opener"), ("loop", "loop")],
)
def test_lengths_in_file_names_have_no_colons(title, name):
    assert summaries.title_in_name(title) == name


def test_a_length_in_a_name_is_that_of_a_title():
    assert summaries.length_in_name(28.5) == summaries.title_in_name("0:28.5")
