"""Variations: what is changed changes, and all notes that can stay do."""

from functools import lru_cache

import pytest

from generator.composer import STYLES, Brief, BriefError, ComposerControls, compose, read_brief, vary
from generator.composer.writing.form import plan
from generator.composer.writing.notes import Score
from generator.composer.writing.score import write

TAKE = 2


def brief(style: str, **controls: object) -> Brief:
    asked = ComposerControls(**{"length_s": 60.0, "style": style, **controls})  # type: ignore[arg-type]
    return read_brief("", asked, seed=5)


@lru_cache(maxsize=256)
def score(brief: Brief) -> Score:
    return write(brief, plan(brief), TAKE)


Line = list[tuple[float, int]]


def lines(score: Score, *, up: int = 0) -> dict[str, Line]:
    """Return every player's notes as (beat, pitch), in order, without silent players."""
    return {
        line.name: [(round(note.start, 1), note.pitch + up) for note in line.notes]
        for line in score.lines
        if line.notes
    }


@pytest.mark.parametrize("style", STYLES)
def test_in_another_key_every_note_is_moved_by_the_same(style: str) -> None:
    first = brief(style)
    moved = score(vary(first, up=3))
    up = moved.lines[0].notes[0].pitch - score(first).lines[0].notes[0].pitch
    assert (up - 3) % 12 == 0
    assert lines(moved) == lines(score(first), up=up)
    assert moved.hits == score(first).hits


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("tempo", [0.9, 1.1])
def test_slower_and_faster_keep_every_note_and_stretch_the_length(style: str, tempo: float) -> None:
    first, other = brief(style), vary(brief(style), tempo=tempo)
    assert other.length_s == pytest.approx(first.length_s / tempo)
    assert plan(other).bpm == pytest.approx(plan(first).bpm * tempo)
    before, after = score(first), score(other)
    assert [len(line.notes) for line in before.lines] == [len(line.notes) for line in after.lines]
    for one, two in zip(before.lines, after.lines, strict=True):
        a, b = sorted((n.pitch, n.start) for n in one.notes), sorted((n.pitch, n.start) for n in two.notes)
        assert [pitch for pitch, _ in a] == [pitch for pitch, _ in b]
        assert (
            max([abs(x - y) for (_, x), (_, y) in zip(a, b, strict=True)], default=0) < 0.25
        )  # timing variation is in seconds


def test_slower_at_the_same_length_keeps_the_length() -> None:
    other = vary(brief("folk"), tempo=0.9, length_s=60)
    assert other.length_s == 60
    assert plan(other).bpm == pytest.approx(plan(brief("folk")).bpm * 0.9)


@pytest.mark.parametrize("style", STYLES)
def test_longer_keeps_the_sections_that_both_have(style: str) -> None:
    """Bar by bar in sections of the same name, all but the last bar of a section, where it leads elsewhere."""
    first, longer = score(brief(style)), score(vary(brief(style), longer_s=15))
    assert longer.form.length_s == 75
    assert shared(first, longer) >= 0.97


def shared(first: Score, other: Score) -> float:
    """Return the share of a piece's notes that another has at the same place, in bars in which both play."""
    same = total = 0
    for one, two in zip(first.lines, other.lines, strict=True):
        assert one.name == two.name
        for section in first.form.sections:
            twin = next((found for found in other.form.sections if found.id == section.id), None)
            if twin is None:
                continue
            for bar in range(min(section.bars, twin.bars) - 1):
                a, b = (places(line, form, part, bar) for line, form, part in
                        ((one, first.form, section), (two, other.form, twin)))  # fmt: skip
                if a and b:
                    same, total = same + len(a & b), total + len(a)
    assert total > 30
    return same / total


def places(line, form, section, bar) -> set[tuple[int, int]]:  # type: ignore[no-untyped-def]
    begin = (section.first_bar + bar) * form.beats
    return {
        (round(2 * (note.start - begin)), note.pitch)
        for note in line.notes
        if begin - 0.1 <= note.start < begin + form.beats - 0.1
    }


def kept(first: Score, other: Score) -> float:
    """Return the share of a piece's notes that another has, without the players that only the first has."""
    notes = {name: set(written) for name, written in lines(other).items()}
    mine = [(name, note) for name, written in lines(first).items() if name in notes for note in written]
    return sum(note in notes[name] for name, note in mine) / len(mine)


@pytest.mark.parametrize("style", STYLES)
def test_without_drums_everybody_else_plays_the_same(style: str) -> None:
    """Where drums were alone, one of the others comes in; all other bars stay as they are."""
    first, without = score(brief(style)), score(vary(brief(style), without=("drums",)))
    drums = {line.name for line in first.lines if line.part.family == "drums"}  # kettledrums have notes
    assert not without.hits
    assert not drums & set(lines(without))
    assert kept(first, without) == 1


def test_without_an_instrument_the_others_play_the_same() -> None:
    first, other = score(brief("corporate")), score(vary(brief("corporate"), without=("guitar",)))
    assert "1-comp-muted" in lines(first)
    assert "1-comp-muted" not in lines(other)
    assert kept(first, other) == 1


def test_an_instrument_that_is_added_plays_beside_the_others() -> None:
    first, other = lines(score(brief("lofi"))), lines(score(vary(brief("lofi"), with_=("flute",))))
    assert set(other) - set(first) == {"with-counter-flute"}
    assert all(other[name] == first[name] for name in first)


@pytest.mark.parametrize("style", STYLES)
def test_calmer_keeps_the_notes_of_whoever_still_plays(style: str) -> None:
    first, calmer = score(brief(style)), score(vary(brief(style), energy=-0.2))
    assert shared(first, calmer) >= 0.97
    assert sum(n.velocity for line in calmer.lines for n in line.notes) < sum(
        n.velocity for line in first.lines for n in line.notes
    )


def test_it_says_what_has_changed() -> None:
    other = vary(brief("folk"), tempo=0.9, key="A minor", without=("drums",), energy=-0.1)
    assert other.summary().endswith(f"{plan(brief('folk')).bpm * 0.9:g} BPM, {60 / 0.9:g} s, A minor, calmer, no drums")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"longer_s": 600}, "Length must be between 5 and 600"),
        ({"bpm": 300.0}, "Tempo must be between 40 and 220"),
        ({"tempo": 0.1}, "Tempo must be between 40 and 220"),
        ({"key": "H dur"}, "“H dur”"),
        ({"curve": (0.2, 1.4)}, "Energy must be between 0 and 1"),
    ],
)
def test_impossible_variations_are_refused_in_words(change: dict[str, object], words: str) -> None:
    with pytest.raises(BriefError, match=words):
        vary(brief("folk"), **change)  # type: ignore[arg-type]


def test_a_loop_can_be_made_of_it() -> None:
    loop = vary(brief("house"), loop=True, length_s=20)
    assert plan(loop).loop
    assert len(compose(loop, TAKE).pcm) == 20 * 44_100
