"""The judge measures what it says: on prompts, sounds and notes whose figures are known beforehand."""

import struct
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from generator.composer import read_brief
from generator.composer.judge import goals, notes, performance, pieces, prompts, references, signals, understanding
from generator.composer.judge.__main__ import main
from generator.composer.judge.prompts import Fact, Prompt

RATE = signals.RATE_HZ


def seconds(length_s: float) -> np.ndarray:
    return np.arange(round(length_s * RATE)) / RATE


def noise(length_s: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(round(length_s * RATE))


def melody(pitches: Iterable[float], each_s: float) -> np.ndarray:
    return np.concatenate([np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * seconds(each_s)) for pitch in pitches])


def part(*rows: tuple[float, float, int]) -> tuple[notes.Note, ...]:
    return tuple(notes.Note(start, length, pitch, 80) for start, length, pitch in rows)


# Prompts


def test_prompts_are_drawn_afresh_and_can_be_drawn_again() -> None:
    assert prompts.draw_prompts(3, 50) == prompts.draw_prompts(3, 50)
    assert prompts.draw_prompts(3, 50) != prompts.draw_prompts(4, 50)


def test_drawn_prompts_say_what_their_labels_hold() -> None:
    drawn = prompts.draw_prompts(8, 400)
    assert {prompt.language for prompt in drawn} == set(understanding.languages())
    for prompt in drawn:
        for fact in prompt.facts:
            if fact.kind in ("genre", "mood", "use", "without", "with", "name", "key"):
                assert fact.words in prompt.text, prompt


def test_written_prompts_use_the_words_of_the_tables() -> None:
    written = prompts.written_prompts()
    assert len(written) >= 120
    tables = {"mood": "moods", "use": "uses", "with": "instruments", "without": "instruments"}
    for fact in (fact for prompt in written for fact in (*prompt.facts, *prompt.maybe)):
        if fact.kind in tables:
            assert fact.value in (*prompts.words()[tables[fact.kind]], *prompts.words()["parts"])
        if fact.kind in ("genre", "name"):
            assert set(fact.value) <= set(prompts.words()["genres"])


def test_a_brief_that_has_the_facts_is_heard() -> None:
    facts = (Fact("genre", ("jazz",)), Fact("length", 45), Fact("without", "drums"), Fact("tempo", 120))
    hearing = understanding.judge_prompts([Prompt("jazz, 45 s, no drums, 120 bpm", facts)], seed=1)
    assert hearing.share("recall") == hearing.share("precision") == hearing.share("existing") == 1


def test_what_the_text_does_not_say_is_imagined_and_what_is_not_heard_is_missed() -> None:
    prompt = Prompt("jazz, 45 s, no drums", (Fact("genre", ("rock",)), Fact("length", 30), Fact("with", "drums")))
    hearing = understanding.judge_prompts([prompt], seed=1)
    assert {kind for kind, _, _ in hearing.missed} == {"genre", "length", "with"}
    assert set(hearing.wrong_claims) == {"style", "length", "leave_out"}
    assert hearing.guesses == [1, 1]  # jazz is shown as heard, and the label does not name it


def test_a_genre_without_a_style_is_heard_as_a_near_family() -> None:
    assert understanding.accepted_styles(("shoegaze",)) == {"rock", "ambient"}
    assert understanding.accepted_styles(("jazz",)) == {"jazz"}


@pytest.mark.parametrize(("name", "pitch_class"), [("C", 0), ("C#", 1), ("Eb", 3), ("Bb", 10), ("B", 11), ("F#", 6)])
def test_keys_of_labels_are_pitch_classes(name: str, pitch_class: int) -> None:
    brief = replace(read_brief("in A minor", seed=1), tonic=pitch_class)
    assert understanding._has_key(f"{name} minor", brief, "")
    assert not understanding._has_key(f"{name} major", brief, "")


# Sound


def test_a_sound_that_stays_the_same_has_no_span() -> None:
    magnitudes = signals.spectrogram(noise(20))
    assert signals.texture_span(signals.band_powers(magnitudes)) < 0.1
    assert signals.brightness_span(magnitudes) < 0.05


def test_a_bare_opening_and_a_full_end_have_a_span() -> None:
    bare = np.sin(2 * np.pi * 220 * seconds(10))
    magnitudes = signals.spectrogram(np.concatenate([bare, noise(10)]))
    assert signals.texture_span(signals.band_powers(magnitudes)) > 0.5
    assert signals.brightness_span(magnitudes) > 2


def test_a_tune_that_returns_every_two_seconds_is_repeated() -> None:
    dice = np.random.default_rng(2)
    fresh = [float(pitch) for pitch in dice.integers(48, 72, 80)]
    heard = [signals.repetition(melody(pitches, 0.25)) for pitches in (fresh, fresh[:8] * 10)]
    assert heard[0] < 0.5 < 0.9 < heard[1]


@pytest.mark.parametrize(("cents", "moving"), [(0, False), (10, False), (40, True), (60, True)])
def test_vibrato_moves_the_pitch(cents: float, moving: bool) -> None:
    depth_hz = 440 * np.log(2) / 1200 * cents
    phase = 440 * seconds(6) - depth_hz / (2 * np.pi * 5) * np.cos(2 * np.pi * 5 * seconds(6))
    assert signals.pitch_motion(signals.spectrogram(np.sin(2 * np.pi * phase))) == float(moving)


@pytest.mark.parametrize("profile", list(signals.PROFILES))
@pytest.mark.parametrize(("pitches", "key"), [
    ((60, 64, 67, 65, 69, 72, 67, 71, 74, 60, 64, 67), (0, "major")),
    ((57, 60, 64, 62, 65, 69, 64, 68, 71, 57, 60, 64), (9, "minor")),
])  # fmt: skip
def test_the_key_of_a_cadence_is_heard(pitches: tuple[int, ...], key: tuple[int, str], profile: str) -> None:
    assert signals.heard_key(melody(pitches, 0.7), profile) == key


# Notes


def test_the_notes_of_a_midi_file_are_read() -> None:
    written = pieces.read_notes("piano", 2)
    assert np.isfinite(list(written.figures.values())).all()
    assert written.tune_rhythms
    assert len(written.progression) == pieces.PROGRESSION_CHORDS


@pytest.mark.parametrize("data", [b"", b"RIFF1234", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\3\0\x90"])
def test_what_is_no_midi_file_is_none(data: bytes) -> None:
    assert notes.read_midi(data) is None


def test_rhythms_and_basses_are_counted() -> None:
    straight = [(4.0 * bar + beat, 1.0, 36) for bar in range(4) for beat in range(4)]
    held = [(4.0 * bar, 4.0, 43) for bar in range(4, 8)]
    harmony = [(4.0 * bar, 4.0, pitch) for bar in range(8) for pitch in (60, 64, 67)]
    piece = notes.Piece((part(*straight, *held), part(*harmony)))
    assert notes.bass_rhythms(piece) == 2 * notes.BASS_BARS / 8
    assert notes.root_position(piece) == 0.5  # G is under the C triad in half of the bars
    assert notes.pitch_classes(piece) == 3


def test_music_in_a_wad_file_is_found() -> None:
    song = b"MThd" + bytes(8)
    directory = struct.pack("<ii8s", 12, len(song), b"D_ONE") + struct.pack("<ii8s", 0, 4, b"MAP01")
    wad = struct.pack("<4sii", b"IWAD", 2, 12 + len(song)) + song + directory
    assert list(references._lumps(wad)) == [("D_ONE", song)]


def test_phrases_that_another_seed_has_are_shared() -> None:
    def written(seed: int, *rhythms: tuple[int, ...]) -> pieces.Written:
        return pieces.Written("lofi", seed, "minor", {}, rhythms, ((0, (3, 7)),))

    survey = pieces.Survey((), (written(1, (0, 4, 8), (0, 2, 4)), written(2, (0, 4, 8), (1, 2, 3))))
    assert survey.shared_rhythms() == 0.5
    assert survey.different_harmonies() == 0.5


# Playing and goals


def test_instruments_are_compared_with_themselves() -> None:
    known: dict[str, performance.Playing | None] = {}
    playing = performance.measure_style("piano", 1, known)
    assert [each.instrument for each in playing] == [name for name, each in known.items() if each]
    assert all(each.brightness > 0 and -1 <= each.likeness <= 1.001 for each in playing)


def test_a_figure_that_could_not_be_measured_is_not_met() -> None:
    assert not any(goals.is_met(goal, float("nan")) for goal in goals.GOALS)


def test_the_references_are_named_with_their_sources() -> None:
    measured = references.load()
    assert measured["tracks"] >= 60
    assert measured["midi_files"] >= 60
    assert all(about["licenses"] for about in measured["packages"].values())
    for goal in goals.GOALS:
        if goal.reference:
            limits = [measured["ranges"][goal.reference][f"p{share}"] for share in references.PERCENTILES]
            assert limits == sorted(limits)


def test_the_command_says_which_goals_are_missed(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--seed", "5", "--quick", "--prompts"])
    printed = capsys.readouterr().out
    assert printed.startswith("seed 5")
    assert code == int("NO" in printed)
