"""What was understood of a text and what was not; ignored words make no decision."""

import pytest

from generator.composer import ComposerControls, read_brief
from generator.composer.text.understanding import understand

TEXT = "Warm lo-fi, 45 s, no drums, 102 bpm"


def read(text: str, **controls):
    made = ComposerControls(**controls)
    return understand(text, made, read_brief(text, made, seed=1))


def chips(text: str, **controls) -> dict[str, str]:
    return {chip.name: chip.phrase for chip in read(text, **controls).chips}


def test_every_decision_names_its_words():
    assert chips(TEXT) == {"style": "lo-fi", "mood": "warm", "length": "45 s", "bpm": "102 bpm", "leave_out": "drums"}


@pytest.mark.parametrize("name", ["style", "mood", "length", "bpm", "leave_out"])
def test_ignoring_the_words_of_a_chip_removes_it_and_nothing_else(name):
    before = chips(TEXT)
    after = chips(TEXT, ignore=tuple(before[name].split(", ")))
    assert after == {key: words for key, words in before.items() if key != name}


def test_nothing_changes_if_nothing_is_ignored():
    assert read_brief(TEXT, seed=5) == read_brief(TEXT, ComposerControls(ignore=("zither",)), seed=5)


def test_a_setting_makes_a_chip_of_its_own():
    [chip] = [chip for chip in read(TEXT, bpm=95.0).chips if chip.name == "bpm"]
    assert (chip.is_set, chip.meaning, chip.value) == (True, "95 BPM", "95")
    [chip] = [chip for chip in read(TEXT, leave_out=("drums", "bass")).chips if "bass" in chip.meaning]
    assert (chip.is_set, chip.phrase) == (True, "bass")


@pytest.mark.parametrize(
    ("text", "words", "kind", "setting"),
    [
        ("polka, 45 s", "polka", "genre", ("style", "tavern")),
        ("lo-fi with mandolin", "mandolin", "instrument", ("bring_in", "guitar")),
        ("piano, 2 s", "2 s", "length", ("", "")),
        ("piano, 300 bpm", "300 bpm", "tempo", ("", "")),
        ("folk with a singer", "singer", "voice", ("", "")),
        ("orchestral without violins", "violins", "inside", ("leave_out", "strings")),
        ("trailer, no trombone", "trombone", "inside", ("leave_out", "brass")),
    ],
)
def test_what_was_not_understood_is_said_with_the_nearest_thing(text, words, kind, setting):
    [unknown] = read(text).not_understood
    assert (unknown.phrase, unknown.kind, (unknown.name, unknown.value)) == (words, kind, setting)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("platformer, happy", "chiptune"),
        ("a true crime episode, soft keys", "tension"),
        ("pour un cours de yoga", "meditation"),
        ("ヨガ用", "meditation"),
        ("sad piano", "piano"),
        ("drone over a castle", "ambient"),
    ],
)
def test_what_only_suggests_a_style_chooses_it_without_being_shown_as_heard(text, style):
    brief = read_brief(text, seed=1)
    assert brief.style == style
    assert "style" not in chips(text)
    assert dict(read(text).used)["style"].source == "text"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("true crime podcast, uplifting trance", "trance"),
        ("B.B. King for a platformer", "blues"),
        ("like Vivaldi, for my yoga channel", "baroque"),
        ("no horror, ambient", "ambient"),
    ],
)
def test_a_genre_or_a_name_counts_before_a_subject(text, style):
    assert read_brief(text, seed=1).style == style


@pytest.mark.parametrize(
    "text", ["", "no polka", "without mandolin", "jazz, 45 s, 90 bpm", "drum and bass", "hard rock"]
)
def test_nothing_is_said_about_what_is_known_or_excluded(text):
    assert read(text).not_understood == ()


def test_a_choice_by_hand_settles_what_was_not_understood():
    assert (
        read("polka with mandolin, 45 Sekunden", style="bossa", leave_in=("guitar",), length_s=45).not_understood == ()
    )


def test_the_values_of_empty_settings_say_where_they_come_from():
    used = dict(read("podcast intro, 102 bpm, rock").used)
    assert (used["bpm"].text, used["bpm"].source) == ("102 BPM", "text")
    assert (used["length"].text, used["length"].source) == ("60 s", "use")
    assert (used["style"].text, used["style"].source) == ("Rock", "text")
    assert dict(read("something").used)["style"].source == "seed"
