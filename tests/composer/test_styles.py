"""The style families as data: complete, playable, and each a music of its own."""

import itertools
from collections import Counter

import pytest

from generator.composer import STYLES, ComposerControls, read_brief
from generator.composer.sound.drum_kits import MIDI_KEYS, drum
from generator.composer.sound.instruments import VOICES
from generator.composer.styles import EXTRAS, Style
from generator.composer.text.vocabulary import INSTRUMENTS, SOLOISTS
from generator.composer.writing.drums import FILL_KITS
from generator.composer.writing.form import plan
from generator.composer.writing.patterns import arpeggios, basses, chords, tunes
from generator.composer.writing.score import write
from generator.composer.writing.theory import SCALES, chord

PATTERNS = {
    "bass": basses.BASS,
    "comp": chords.COMP,
    "arp": arpeggios.ARPS,
    "lead": tunes.MOTIFS,
    "counter": tunes.MOTIFS,
}
MARKS = set("xog.rt")
EACH = pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.key)


def progressions(style: Style) -> tuple[str, ...]:
    return (*style.a, *style.b, *style.minor_a, *style.minor_b)


@EACH
def test_its_harmony_grooves_and_players_exist(style: Style) -> None:
    assert all(chord(numeral, 0) for text in progressions(style) for numeral in text.split())
    assert set(style.modes) <= set(SCALES)
    assert len(style.images) >= 8
    assert any(part.enter <= 0 for part in style.parts)
    for part in style.parts:
        assert part.instrument in VOICES
        assert part.role == "pad" or part.pattern in PATTERNS[part.role]


@EACH
def test_its_drums_are_written_bar_by_bar_and_can_be_struck(style: Style) -> None:
    for steps, grooves in ((16, style.grooves), (12, style.three)):
        for groove in grooves:
            assert all(len(marks) == steps and set(marks) <= MARKS for marks in groove.values())
    struck = {name for groove in (*style.grooves, *style.three) for name in groove}
    struck |= {*style.rises, *FILL_KITS.get(style.kit, ()), "crash", "kick", "snare", "tom"}
    for name in struck if any(style.grooves) else ():
        assert name in MIDI_KEYS
        assert drum(style.kit, name, 0).shape[1] > 1000


@EACH
def test_no_player_waits_for_an_energy_that_the_style_never_has(style: Style) -> None:
    low, high = style.energy - 0.25, style.energy + 0.2
    assert all(part.enter <= high and part.leave >= low for part in style.parts)


def test_no_style_is_a_copy_of_another() -> None:
    """Any two differ in most players and in the fullest groove."""
    for one, other in itertools.combinations(STYLES.values(), 2):
        players, others = ({(p.role, p.instrument, p.pattern) for p in style.parts} for style in (one, other))
        assert len(players & others) <= 0.5 * min(len(players), len(others)), (one.key, other.key)
        assert not any(one.grooves) or one.grooves[-1] != other.grooves[-1]


def test_a_word_belongs_to_one_style() -> None:
    words = Counter(word for style in STYLES.values() for word in style.words)
    assert [word for word, count in words.items() if count > 1] == []


def test_players_that_can_be_added_can_be_named() -> None:
    for name, part in EXTRAS.items():
        assert name in (*INSTRUMENTS, *SOLOISTS)
        assert part.instrument in VOICES
        assert part.pattern in PATTERNS.get(part.role, {"": ()})


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("hard trap beat", "trap"),
        ("drift phonk for a car edit", "phonk"),
        ("reggaeton summer hit", "reggaeton"),
        ("salsa for a cooking video", "latin"),
        ("warehouse techno", "techno"),
        ("uplifting trance", "trance"),
        ("country road trip", "country"),
        ("slow blues", "blues"),
        ("roots reggae", "reggae"),
        ("thrash metal", "metal"),
        ("pop punk", "punk"),
        ("an irish jig", "celtic"),
        ("medieval tavern", "tavern"),
        ("spaghetti western showdown", "western"),
        ("arabic bazaar", "arabic"),
        ("elevator music", "lounge"),
        ("trip hop", "triphop"),
    ],
)
def test_genres_are_played_as_themselves(text: str, style: str) -> None:
    assert read_brief(text, seed=1).style == style


def test_the_blues_has_twelve_bars() -> None:
    """Every chorus begins on the tonic, goes to the subdominant in its fifth bar, and has a dominant in its ninth."""
    for seed in range(4):
        brief = read_brief("", ComposerControls(length_s=90, style="blues"), seed=seed)
        form = plan(brief)
        score = write(brief, form, 1)
        choruses = [section for section in form.sections if section.name not in ("intro", "outro")]
        assert {section.bars for section in choruses} == {12}
        for section in choruses:
            roots = [
                (h.chord.root - brief.tonic) % 12
                for bar in range(12)
                for h in score.harmony
                if abs(h.start - (section.first_bar + bar) * form.beats) < 0.01
            ]
            assert (roots[0], roots[4]) == (0, 5)
            assert roots[8] in (7, 2, 8)


def test_rolls_are_faster_than_sixteenths() -> None:
    brief = read_brief("", ComposerControls(length_s=40, style="trap", energy=0.9), seed=1)
    hats = [hit.start for hit in write(brief, plan(brief), 1).hits if hit.drum == "hat"]
    assert min(b - a for a, b in itertools.pairwise(hats)) < 0.2
