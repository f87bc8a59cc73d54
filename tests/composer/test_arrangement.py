"""Arranging in time: bare openings, something new in every unit, silences, automation, and places that a text names."""

import itertools
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from generator.composer import STYLES, Brief, ComposerControls, Composition, compose, read_brief
from generator.composer.mixing.automation import Automation
from generator.composer.mixing.loudness_meter import Powers
from generator.composer.mixing.reverb import BLOCK_FRAMES
from generator.composer.text import timeline
from generator.composer.text.timeline import Moment
from generator.composer.writing.form import plan
from generator.composer.writing.notes import AutomationPoint, Score
from generator.composer.writing.score import write
from tests.composer.hearing import RATE, Samples, floats

ARRANGED = [style for style in STYLES if style not in ("ambient", "meditation")]


def brief(style: str, *moments: Moment, seed: int = 1, length_s: float = 60.0, **controls: object) -> Brief:
    asked = ComposerControls(style=style, length_s=length_s, **controls)  # type: ignore[arg-type]
    return replace(read_brief("", asked, seed=seed), timeline=moments)


def written(made: Brief) -> Score:
    return write(made, plan(made), 1)


@lru_cache(maxsize=256)
def score(style: str, seed: int = 1, length_s: float = 90.0) -> Score:
    return written(brief(style, seed=seed, length_s=length_s))


def players(score: Score, first_bar: int, end_bar: int) -> set[str]:
    """Return who begins a note in some bars."""
    start, end = first_bar * score.form.beats - 0.2, end_bar * score.form.beats - 0.2
    found = {line.name for line in score.lines if any(start <= note.start < end for note in line.notes)}
    return found | ({"drums"} if any(start <= hit.start < end for hit in score.hits) else set())


@pytest.mark.parametrize("style", STYLES)
def test_a_piece_opens_bare_and_grows(style: str) -> None:
    made = score(style)
    everybody = players(made, 0, made.form.bars)
    counts = [len(players(made, s.first_bar, s.last_bar + 1)) for s in made.form.sections]
    assert counts[0] <= max(2, len(everybody) / 2)
    assert max(counts) >= min(len(everybody), max(3, 2 * counts[0]))


QUIET_KINDS = ("ambient", "meditation", "cinematic", "orchestral", "tension", "trailer")


def momentary(samples: Samples) -> np.ndarray:
    """Return the momentary loudness (400 ms, ITU-R BS.1770-4) every 10 ms, LUFS."""
    count = -(-len(samples) // BLOCK_FRAMES)
    padded = np.zeros((2, count * BLOCK_FRAMES), np.float32)
    padded[:, : len(samples)] = samples.T
    meter = Powers()
    powers = np.concatenate([meter.measure(block) for block in np.split(padded, count, axis=1)])
    return -0.691 + 10 * np.log10(np.convolve(powers, np.full(40, 1 / 40), "valid") + 1e-12)


def faint_opening_s(made: Composition) -> float:
    """Return how long a piece begins below −45 LUFS."""
    audible = np.flatnonzero(momentary(floats(made.pcm[: 10 * RATE])) >= -45)
    return float(audible[0]) / 100 if len(audible) else 10.0


@pytest.mark.parametrize("style", ["techno", *(pytest.param(style, marks=pytest.mark.slow) for style in STYLES)])
def test_everybody_is_heard_in_some_section(style: str) -> None:
    """Within 26 dB of the whole; the last to join, too."""
    made = compose(brief(style, seed=21))
    whole = momentary(floats(made.pcm))
    for name in made.stem_names:
        alone = momentary(made.stem(name))
        spans = [slice(int(one.start_s * 100), int(one.end_s * 100) - 40) for one in made.sections]
        shares = [np.mean(10 ** (alone[span] / 10)) / np.mean(10 ** (whole[span] / 10)) for span in spans]
        assert 10 * np.log10(max(shares)) > -26, name


@pytest.mark.parametrize(
    ("style", "seed"),
    [
        *((style, 13) for style in QUIET_KINDS),  # in tension, this seed began with the faintest of pads alone
        *(pytest.param(style, seed, marks=pytest.mark.slow) for style in STYLES for seed in (11, 12, 13)),
    ],
)
def test_no_piece_begins_inaudibly(style: str, seed: int) -> None:
    assert faint_opening_s(compose(brief(style, seed=seed))) <= 1


@pytest.mark.parametrize("style", QUIET_KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_a_faint_player_never_plays_alone(style: str, seed: int) -> None:
    made = score(style, seed)
    loudest = max(line.part.level for line in made.lines)
    for bar in range(made.form.bars):
        names = players(made, max(0, bar - 2), bar + 1)
        levels = [line.part.level for line in made.lines if line.name in names]
        assert "drums" in names or max(levels) > loudest - 20


@pytest.mark.parametrize("style", ARRANGED)
def test_every_unit_of_four_bars_brings_a_change(style: str) -> None:
    """In who plays; one pair of units may be alike, where a player has nothing to say in one of them."""
    made = score(style)
    starts = [bar for s in made.form.sections[1:] for bar in range(s.first_bar, s.last_bar - 2, 4)]
    units = [players(made, bar, bar + 4) for bar in starts]
    assert sum(a == b for a, b in itertools.pairwise(units)) <= 1 + (len(made.lines) <= 3)


@pytest.mark.parametrize("style", STYLES)
def test_sections_are_in_fours(style: str) -> None:
    """All but the intro and the ending, which take the spare bars."""
    sections = score(style, length_s=120.0).form.sections
    assert all(section.bars % 4 == 0 for section in sections[1:-1])
    assert sections[-2].energy > sections[0].energy


@pytest.mark.parametrize("style", ["house", "trailer", "corporate"])
def test_an_arrival_is_prepared_by_silence_in_some_seeds(style: str) -> None:
    silences = 0
    for seed in range(1, 9):
        made = score(style, seed)
        for section in made.form.sections[1:]:
            end = section.first_bar * made.form.beats
            notes = [note for line in made.lines for note in line.notes]
            silences += not any(note.start < end - 0.05 and note.start + note.length > end - 0.85 for note in notes)
    assert silences >= 3


@pytest.mark.parametrize("style", ["house", "lofi", "trailer", "ambient"])
def test_filters_open_and_close(style: str) -> None:
    automation = score(style).automation
    cutoffs = [point.cutoff_hz for points in automation.values() for point in points]
    assert min(cutoffs) < 2000
    assert max(cutoffs) == 20_000 or style == "ambient"
    assert all(a.beat <= b.beat for points in automation.values() for a, b in itertools.pairwise(points))


@pytest.mark.parametrize("style", ["corporate", "synthwave", "chiptune", "cinematic"])
def test_no_arpeggio_lies_above_the_tune(style: str) -> None:
    made = score(style)
    for bar in range(made.form.bars):
        start, end = bar * made.form.beats - 0.1, (bar + 1) * made.form.beats - 0.1
        inside = {
            role: [
                n.pitch for line in made.lines if line.part.role == role for n in line.notes if start <= n.start < end
            ]
            for role in ("lead", "arp")
        }
        if inside["lead"] and inside["arp"]:
            assert np.mean(inside["arp"]) < np.mean(inside["lead"])


def test_sections_say_who_plays() -> None:
    take = compose(brief("house", length_s=30.0))
    assert [section.start_s for section in take.sections] == sorted({section.start_s for section in take.sections})
    assert all(set(section.players) <= set(take.players) for section in take.sections)
    assert len({section.players for section in take.sections}) >= 3


# --- places that a text names ---


def accents(made: Brief, at_s: float) -> int:
    score = written(made)
    starts = [n.start for line in score.lines for n in line.notes] + [hit.start for hit in score.hits]
    return sum(abs(start * score.form.beat_s - at_s) < 0.05 for start in starts)


@pytest.mark.parametrize("style", ["trailer", "folk", "lofi", "piano"])
@pytest.mark.parametrize("at_s", [12.0, 23.7])
def test_a_hit_falls_where_it_is_named(style: str, at_s: float) -> None:
    made = brief(style, Moment(timeline.HIT, at_s, at_s))
    form = plan(made)
    assert accents(made, at_s) >= 4
    assert min(abs(at_s / form.beat_s - round(at_s / form.beat_s)) * form.beat_s, 1) < 0.05
    assert any(abs(section.first_bar * form.bar_s - at_s) < form.beat_s * form.beats / 2 for section in form.sections)


def test_a_hit_is_in_time_at_a_requested_tempo_too() -> None:
    made = brief("trailer", Moment(timeline.HIT, 12.3, 12.3), bpm=101)
    assert plan(made).bpm == 101
    assert accents(made, 12.3) >= 4


def test_players_stay_out_and_come_in() -> None:
    made = brief("lofi", Moment(timeline.OUT, 0, 15, frozenset({"drums"})))
    score = written(made)
    starts = [hit.start * score.form.beat_s for hit in score.hits]
    assert 14.5 < min(starts) < 20
    made = brief("cinematic", Moment(timeline.ENTER, 20, 20, frozenset({"strings"})))
    score = written(made)
    starts = [n.start * score.form.beat_s for line in score.lines if line.part.family == "strings" for n in line.notes]
    assert 19.5 < min(starts) < 22


def test_a_build_a_drop_a_quiet_place_and_a_named_section_are_sections() -> None:
    made = brief(
        "house",
        Moment(timeline.SECTION, 0, 8, name="intro"),
        Moment(timeline.BUILD, 16, 24),
        Moment(timeline.DROP, 24, 24),
        Moment(timeline.QUIET, -12, 0),
    )
    form = plan(made)
    found = {section.name: section for section in form.sections}
    begins = {name: section.first_bar * form.bar_s for name, section in found.items()}
    assert found["intro"].title == "intro"
    assert found["intro"].bars * form.bar_s == pytest.approx(8, abs=0.3)
    assert begins["build"] == pytest.approx(16, abs=0.3)
    assert any(s.energy > 0.9 and abs(s.first_bar * form.bar_s - 24) < 0.3 for s in form.sections)
    assert form.sections[-1].energy < 0.2
    assert form.sections[-1].first_bar * form.bar_s == pytest.approx(48, abs=form.bar_s)


def test_a_stop_is_silent() -> None:
    score = written(brief("rock", Moment(timeline.STOP, 25, 27)))
    notes = [note for line in score.lines for note in line.notes]
    spans = [(note.start * score.form.beat_s, (note.start + note.length) * score.form.beat_s) for note in notes]
    assert not any(start < 26.4 and end > 25.6 for start, end in spans)


def test_places_do_not_break_the_length_or_the_loop() -> None:
    made = brief("lofi", Moment(timeline.HIT, 4, 4), Moment(timeline.BUILD, 6, 9), length_s=14.0)
    assert len(compose(made).pcm) == 14 * RATE
    assert len(compose(replace(made, loop=True)).pcm) == 14 * RATE


# --- automation of a stem ---


def test_gain_and_cutoff_follow_the_points() -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((2, 4 * RATE)).astype(np.float32)
    points = (AutomationPoint(0, -20, 20_000), AutomationPoint(2, 0, 20_000), AutomationPoint(4, 0, 300))
    stem = noise.copy()
    automation = Automation(points, 1.0)
    for first in range(0, 4 * RATE, RATE):
        automation.apply(stem[:, first : first + RATE], first)
    power = [float(np.mean(stem[:, s * RATE // 2 : (s + 1) * RATE // 2] ** 2)) for s in range(8)]
    assert 10 * np.log10(power[0]) == pytest.approx(-13, abs=1)
    assert power[3] > power[2] > power[1] > power[0]
    assert power[7] < 0.1 * power[3]


def test_a_stem_without_points_stays_as_it_is() -> None:
    stem = np.ones((2, 1000), np.float32)
    Automation((), 0.5).apply(stem, 0)
    assert (stem == 1).all()
