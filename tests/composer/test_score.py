"""The notes, before synthesis: fast enough to check every style with many seeds."""

import itertools
from collections.abc import Iterator
from functools import lru_cache

import pytest

from generator.composer import STYLES, ComposerControls, read_brief
from generator.composer.sound.drum_kits import MIDI_KEYS
from generator.composer.writing.form import Form, plan
from generator.composer.writing.humanize import swing
from generator.composer.writing.notes import Note, Score
from generator.composer.writing.score import MELODIC_ROLES, RANGES, write
from generator.composer.writing.theory import SCALES, parallels

SEEDS = (1, 2)


@lru_cache(maxsize=256)
def written(style: str, seed: int, take: int = 1, length_s: float = 75, **controls: object) -> Score:
    brief = read_brief("", ComposerControls(length_s=length_s, style=style, **controls), seed=seed)  # type: ignore[arg-type]
    return write(brief, plan(brief), take)


@lru_cache(maxsize=len(STYLES))
def swung(style: str) -> list[tuple[float, float]]:
    """Return where each sixteenth and triplet of twelve beats sounds in a style, and the place itself, in beats."""
    places = [step / 4 for step in range(49)] + [beat + third / 3 for beat in range(12) for third in (1, 2)]
    return [(swing(place, STYLES[style]), place) for place in places]


def grid(note: Note, style: str) -> float:
    """Return a note's sixteenth or triplet in beats, without the style's swing and timing variation."""
    bars, inside = divmod(note.start + 0.03, 12)  # bars of three and of four coincide every twelve beats
    return bars * 12 + min(swung(style), key=lambda one: abs(one[0] - inside))[1]


def choirs(score: Score) -> Iterator[list[list[int]]]:
    """Yield each pad's voices, section by section: from low to high at every chord."""
    for line in score.lines:
        for section in score.form.sections if line.part.role == "pad" else ():
            starts = [now.start for now in score.harmony if now.section is section and now.start < score.form.end]
            sung: list[list[int]] = [[] for _ in starts]
            for note in line.notes:
                nearest = min(range(len(starts)), key=lambda number: abs(starts[number] - note.start))
                if abs(starts[nearest] - note.start) < 0.5 and score.ending != "slow":
                    sung[nearest].append(note.pitch)
            if any(sung):
                yield [sorted(pitches) for pitches in sung if pitches]


def slowed(note: Note, score: Score) -> bool:
    """Return whether a note is in the ritardando of the last bar, off the grid."""
    return score.ending == "slow" and note.start > score.form.end - score.form.beats


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", SEEDS)
class TestEveryStyle:
    def test_tunes_rest_on_tones_of_the_chord(self, style: str, seed: int) -> None:
        score = written(style, seed)
        looked_at = 0
        for line in score.lines:
            if line.part.role not in MELODIC_ROLES:
                continue
            for note in line.notes:
                at = grid(note, style)
                if (at % score.form.pulse and note.length < 1.6) or slowed(note, score):
                    continue  # a long note counts as a rest, wherever it begins
                tones = next(h.chord.tones for h in reversed(score.harmony) if h.start <= at + 0.01)
                assert note.pitch % 12 in tones
                looked_at += 1
        assert looked_at > 0 or style == "funk"  # one of its riffs avoids every strong beat

    def test_between_strong_beats_tunes_stay_in_the_scale_or_the_chord(self, style: str, seed: int) -> None:
        score = written(style, seed)
        notes = [note for line in score.lines if line.part.role in MELODIC_ROLES for note in line.notes]
        strange = 0
        for note in notes:
            now = next(h for h in reversed(score.harmony) if h.start <= grid(note, style) + 0.01)
            scale = {(score.tonic + now.shift + step) % 12 for step in SCALES[score.mode]}
            strange += note.pitch % 12 not in now.chord.tones | scale
        assert strange <= 0.06 * len(notes)

    def test_nobody_leaves_the_range_of_the_part(self, style: str, seed: int) -> None:
        for line in written(style, seed).lines:
            low, high = RANGES[line.part.role]
            assert all(low <= note.pitch <= high for note in line.notes)

    def test_the_bass_says_a_tone_of_every_chord_first(self, style: str, seed: int) -> None:
        score = written(style, seed)
        said = 0
        for line in score.lines:
            for now in score.harmony if line.part.role == "bass" else ():
                inside = (n for n in line.notes if 0 <= grid(n, style) - now.start < min(1.5, now.length))
                first = next((note for note in inside if not slowed(note, score)), None)
                assert first is None or first.pitch % 12 == now.chord.low
                said += first is not None
        assert said > 3

    def test_a_counter_line_does_not_rub_against_the_tune(self, style: str, seed: int) -> None:
        """Hardly ever a semitone (or seventh, or ninth) from a lead's note of nearly half a beat or more."""
        notes = {
            role: [note for line in written(style, seed).lines if line.part.role == role for note in line.notes]
            for role in ("lead", "counter")
        }
        both = [
            abs(one.pitch - other.pitch) % 12
            for one, other in itertools.product(notes["lead"], notes["counter"])
            if min(one.start + one.length, other.start + other.length) - max(one.start, other.start) > 0.4
        ]
        assert sum(distances in (1, 11) for distances in both) <= 0.01 * len(both)

    def test_everything_lies_inside_the_piece(self, style: str, seed: int) -> None:
        score = written(style, seed, length_s=33.3)
        end = score.form.length_s / score.form.beat_s
        for line in score.lines:
            assert all(0 <= note.start < end and note.length > 0 and 0 < note.velocity <= 1 for note in line.notes)
            assert list(line.notes) == sorted(line.notes, key=lambda note: note.start)
        assert all(0 <= hit.start < end and hit.drum in MIDI_KEYS and 0 < hit.velocity <= 1 for hit in score.hits)

    def test_somebody_plays_in_the_first_bar(self, style: str, seed: int) -> None:
        score = written(style, seed)
        notes = [note for line in score.lines for note in line.notes]
        assert any(one.start < 1 for one in (*notes, *score.hits))
        early = [note for line in score.lines for note in line.notes if note.start < score.form.beats]
        assert len(early) + sum(hit.start < score.form.beats for hit in score.hits) >= 2

    def test_the_last_chord_is_home(self, style: str, seed: int) -> None:
        score = written(style, seed)
        assert score.harmony[-1].chord.root == score.tonic
        assert score.harmony[-1].start == score.form.end


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_twenty_more_seeds_keep_every_rule(style: str) -> None:
    rules = [rule for name, rule in vars(TestEveryStyle).items() if name.startswith("test_")]
    assert len(rules) >= 8
    for seed in range(3, 23):
        for rule in rules:
            rule(TestEveryStyle(), style, seed)
        for voices in choirs(written(style, seed)):
            assert not any(parallels(now, then) for now, then in itertools.pairwise(voices))


@pytest.mark.parametrize("style", ["cinematic", "orchestral", "trailer"])
def test_voices_of_a_string_pad_move_little(style: str) -> None:
    """From chord to chord each voice moves less than a fourth on average."""
    moves: list[int] = []
    for seed in SEEDS:
        for voices in choirs(written(style, seed)):
            for now, then in itertools.pairwise(voices):
                moves += [abs(a - b) for a, b in zip(now, then, strict=True)]
    assert sum(moves) / len(moves) < 4


@pytest.mark.parametrize("style", [style.key for style in STYLES.values() if any(p.role == "pad" for p in style.parts)])
def test_no_two_voices_of_a_pad_move_in_parallel_fifths_or_octaves(style: str) -> None:
    """Above all strings and choirs, but no other pad either, from chord to chord inside a section."""
    seen = 0
    for seed in range(3):
        for voices in choirs(written(style, seed)):
            for now, then in itertools.pairwise(voices):
                assert parallels(now, then) == 0, (now, then)
                seen += len(now) == len(then) == 4
    assert seen > 4


def test_parallels_are_heard_where_there_are_some() -> None:
    assert parallels((48, 55, 64), (50, 57, 65)) == 1  # C G E to D A F: fifths
    assert parallels((48, 60), (50, 62)) == 1
    assert parallels((48, 55), (48, 55)) == 0  # a chord held
    assert parallels((48, 60), (50, 50)) == 0  # to a unison from two sides


def test_swing_is_in_the_notes() -> None:
    """Off-beat sixteenths of the hi-hat are late where the style swings them, and nowhere else."""
    late = [hit.start % 0.5 for hit in written("lofi", 1).hits if hit.drum == "hat" and 0.2 < hit.start % 0.5 < 0.35]
    even = [hit.start % 0.5 for hit in written("house", 1).hits if hit.drum == "hat" and 0.2 < hit.start % 0.5 < 0.35]
    assert 0.27 < sum(late) / len(late) < 0.31
    assert sum(even) / len(even) == pytest.approx(0.25, abs=0.01)


def test_a_motif_comes_back() -> None:
    """Some two-bar rhythm of the lead occurs at least three times."""
    score = written("piano", 1, length_s=90)
    lead = next(line for line in score.lines if line.part.role == "lead")
    rhythms = []
    for section in score.form.sections:
        for first in range(section.first_bar, section.last_bar, 2):
            begin, end = first * score.form.beats, (first + 2) * score.form.beats
            rhythms.append({at - begin for at in (grid(note, "piano") for note in lead.notes) if begin <= at < end})
    rhythms = [rhythm for rhythm in rhythms if rhythm]
    alike = max(sum(len(a & b) >= 0.6 * len(a | b) for b in rhythms) for a in rhythms)
    assert alike >= 3


@pytest.mark.parametrize(
    ("left_out", "gone"), [("drums", "drums"), ("bass", "bass"), ("piano", "piano"), ("melody", "lead")]
)
def test_what_is_left_out_is_silent(left_out: str, gone: str) -> None:
    score = written("corporate", 1, leave_out=(left_out,))
    assert not (gone == "drums" and score.hits)
    assert not any(gone in (line.part.role, line.part.family) and line.notes for line in score.lines)
    assert sum(bool(line.notes) for line in score.lines) >= 2


def players(style: str, text: str = "", leave_out: tuple[str, ...] = ()) -> tuple[set[str], set[str]]:
    """Return the instruments and the strokes of a minute of a style."""
    brief = read_brief(text, ComposerControls(length_s=60, style=style, leave_out=leave_out), seed=1)
    score = write(brief, plan(brief), 1)
    return {line.part.instrument for line in score.lines if line.notes}, {hit.drum for hit in score.hits}


@pytest.mark.parametrize(
    ("style", "word", "gone"),
    [
        ("orchestral", "violin", {"violins"}),
        ("folk", "violin", {"violin"}),
        ("tango", "violins", {"violins", "fiddle"}),
        ("baroque", "cello", {"celli"}),
        ("latin", "trumpet", {"trumpet"}),
        ("gospel", "brass", set()),  # a saxophone is none
        ("rock", "electric guitar", {"crunch", "overdriven"}),
        ("meditation", "flute", {"flute"}),
        ("orchestral", "oboe", {"oboe"}),
        ("orchestral", "woodwinds", {"flute", "oboe"}),
        ("arabic", "guitar", set()),  # an oud is none
        ("phonk", "vocals", {"vox"}),
    ],
)
def test_an_exclusion_acts_on_what_was_named(style: str, word: str, gone: set[str]) -> None:
    before, strokes = players(style)
    assert gone <= before
    assert players(style, leave_out=(word,)) == (before - gone, strokes)


@pytest.mark.parametrize(
    ("style", "word", "gone"),
    [
        ("rock", "snare", {"snare", "brush"}),
        ("house", "hi-hats", {"hat", "open", "pedal"}),
        ("techno", "kick", {"kick"}),
        ("latin", "cowbell", {"cowbell"}),
        ("trailer", "taiko", {"tom", "floor", "shime"}),
        ("rock", "taiko", set()),  # a rock kit's toms are none
    ],
)
def test_a_drum_is_left_out_alone(style: str, word: str, gone: set[str]) -> None:
    instruments, before = players(style)
    assert players(style, leave_out=(word,)) == (instruments, before - gone)
    assert len(before - gone) > 1


def test_a_soloist_joins_where_the_rest_of_its_family_is_left_out() -> None:
    instruments, _ = players("cinematic", "no strings except a cello")
    assert "cello" in instruments
    assert not {"strings", "violins", "spiccato"} & instruments


def test_a_single_drum_can_be_out_for_a_time() -> None:
    brief = read_brief("no hi-hats for the first 20 seconds", ComposerControls(length_s=60, style="rock"), seed=1)
    score = write(brief, plan(brief), 1)
    before = {hit.drum for hit in score.hits if hit.start * score.form.beat_s < 19}
    assert before
    assert "hat" not in before
    assert "hat" in {hit.drum for hit in score.hits}


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("length_s", [5, 5.5, 7.3, 12, 29.97, 30, 61, 90, 127.1, 300, 600])
@pytest.mark.parametrize("bpm", [None, 40, 97, 220])
def test_sections_tile_the_bars(length_s: float, bpm: float | None, loop: bool) -> None:
    controls = ComposerControls(length_s=length_s, bpm=bpm, style="folk", loop=loop)
    form: Form = plan(read_brief("", controls, seed=1))
    first = 0
    for section in form.sections:
        assert section.first_bar == first
        assert section.bars > 0
        first += section.bars
    assert first == form.bars
    assert loop or form.ring_s > 0 or form.bars == 1
    if loop:
        assert form.bars * form.bar_s == pytest.approx(length_s)
    elif bpm:
        assert form.bpm == bpm
