"""The measured structure of signals whose beats, bar lines and ending are known."""

import numpy as np
import pytest

from generator.audio.structure import Structure, describe, find_structure
from tests.audio.signals import RATE, clicks, noise, tone
from tests.audio.structure.songs import song


@pytest.mark.parametrize("bpm", [72, 96.5, 128])
def test_beats_of_a_click_track_lie_where_they_were_put(bpm) -> None:
    structure = find_structure(clicks(bpm, 24), RATE)
    assert structure.bpm == pytest.approx(bpm, rel=0.002)
    away = [abs(beat * bpm / 60 - round(beat * bpm / 60)) * 60 / bpm for beat in structure.beats]
    assert max(away) < 0.02


@pytest.mark.parametrize(("beats_per_bar", "start_s"), [(4, 0.0), (4, 0.7), (3, 0.31)])
def test_bar_lines_lie_where_the_harmony_changes(beats_per_bar, start_s) -> None:
    made = song(bpm=100, beats_per_bar=beats_per_bar, bars=16, start_s=start_s)
    structure = find_structure(made.samples, RATE)
    assert structure.beats_per_bar == beats_per_bar
    inside = [line for line in made.bars if line <= structure.music_ends_s]
    assert np.max([np.min(np.abs(np.array(structure.bars) - line)) for line in inside]) < 0.03
    assert set(structure.bars) <= set(structure.beats)


@pytest.mark.parametrize("samples", [noise(20), tone(220, 20, -12), np.zeros((20 * RATE, 2), np.float32)])
def test_without_a_pulse_there_is_no_grid(samples) -> None:
    structure = find_structure(samples, RATE)
    assert (structure.bpm, structure.beats, structure.bars, structure.beats_per_bar) == (None, (), (), None)


def test_a_track_without_a_pulse_has_quiet_points() -> None:
    swells = tone(220, 20, -12) * (1.1 + np.sin(2 * np.pi * np.arange(20 * RATE) / RATE / 4.0))[:, None]
    structure = find_structure(swells.astype(np.float32), RATE)
    assert not structure.bars
    assert [round(point) for point in structure.quiet_points[:3]] == [3, 7, 11]


def test_the_music_ends_at_the_last_note_and_not_where_it_has_rung_out() -> None:
    made = song(bpm=120, beats_per_bar=4, bars=8, ring_s=4.0)
    structure = find_structure(made.samples, RATE)
    assert structure.music_ends_s == pytest.approx(made.bars[-1], abs=0.2)
    assert structure.ends_s > structure.music_ends_s + 1.5


def test_sections_cover_the_track_and_change_where_the_music_does() -> None:
    quiet, loud = song(bpm=120, beats_per_bar=4, bars=8, level=0.15), song(bpm=120, beats_per_bar=4, bars=12, level=0.8)
    structure = find_structure(np.concatenate([quiet.samples[: 8 * RATE * 2], loud.samples]), RATE)
    edges = [section.start_s for section in structure.sections]
    assert any(abs(edge - 16) < 0.1 for edge in edges)
    assert [s.end_s for s in structure.sections[:-1]] == edges[1:]
    assert structure.loudest_s > 16


def test_a_description_tells_the_opening_the_loudest_moment_and_the_ending() -> None:
    remarks = describe(find_structure(song(bpm=120, beats_per_bar=4, bars=12, ring_s=3.0).samples, RATE))
    codes = [remark.code for remark in remarks]
    assert (codes[0], codes[-1]) == ("opening", "ending")
    assert "loudest" in codes
    assert remarks[-1].values["how"] == "rings_out"
    assert describe(find_structure(np.zeros((RATE, 1), np.float32), RATE)) == ()


def test_a_structure_survives_json() -> None:
    structure = find_structure(song(bpm=110, beats_per_bar=4, bars=8).samples, RATE)
    assert Structure.from_json(structure.to_json()) == structure


def test_the_same_samples_have_the_same_structure() -> None:
    samples = song(bpm=110, beats_per_bar=4, bars=8).samples
    assert find_structure(samples, RATE) == find_structure(samples, RATE)
