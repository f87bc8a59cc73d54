"""Names of stems: a musician's, and no two alike in one piece."""

import pytest

from generator.composer import compose, read_brief
from generator.composer.styles import STYLES
from generator.composer.text.stem_titles import earlier_titles, stem_titles
from generator.providers import mix_text


def names_of(style) -> list[str]:
    parts = [f"{number}-{part.role}-{part.instrument}" for number, part in enumerate(style.parts)]
    return [*parts, "drums", *(["texture"] if style.texture else [])]


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (("1-bass-upright", "2-lead-flute", "drums", "texture"), ["Upright bass", "Flute", "Drums", "Atmosphere"]),
        (("0-bass-triangle", "1-arp-square", "2-lead-square2"), ["Bass", "Arp", "Lead"]),
        (("1-comp-piano", "2-lead-piano"), ["Piano chords", "Piano lead"]),
        (("1-comp-epiano", "with-comp-epiano"), ["Electric piano", "Electric piano 2"]),
    ],
)
def test_stems_are_named_as_on_a_mixer(names, titles):
    assert stem_titles(names) == titles


@pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.key)
def test_no_two_stems_of_a_piece_are_alike(style):
    for naming in (stem_titles, earlier_titles):
        titles = naming(names_of(style))
        assert len(set(titles)) == len(titles)
        assert all(title and "," not in title for title in titles)


def test_a_mix_that_was_saved_under_earlier_names_sounds_the_same():
    names = ("0-bass-triangle", "1-arp-square", "3-counter-square")
    text = "no Game melody 2, Game bass −6 dB"
    assert mix_text.gains_of(text, names, earlier_titles(names)) == pytest.approx(
        {"3-counter-square": 0.0, "0-bass-triangle": 0.5}, rel=0.01
    )


def test_a_real_piece_has_only_known_names():
    made = compose(read_brief("chiptune, 8 s", seed=3), 1)
    assert not [title for title in stem_titles(made.written_names) if "game" in title.lower()]
