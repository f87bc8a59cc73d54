"""Stems add up to the mix; the MIDI file has the notes that were played."""

import io
import struct

import numpy as np
import pytest

from generator.composer import ComposerControls, compose, read_brief
from generator.composer.form import plan
from generator.composer.instruments import VOICES
from generator.composer.kits import KITS, MIDI_KEYS
from generator.composer.midi import DRUM_CHANNEL, TICKS, write_midi
from generator.composer.score import write
from generator.composer.styles import STYLES
from tests.composer.conftest import made


@pytest.mark.parametrize(("style", "loop"), [("lofi", False), ("rock", False), ("house", True)])
def test_stems_sum_to_the_mix_before_the_master(style: str, loop: bool) -> None:
    take = made(style, length_s=8.0, loop=loop)
    mix, stems = take.mix(), take.stems()
    assert set(stems) == set(take.stem_names)
    assert all(stem.shape == (len(take.pcm), 2) and stem.any() for stem in stems.values())
    rest = np.sum(list(stems.values()), axis=0) - mix
    assert 20 * np.log10(np.sqrt(np.mean(rest**2)) / np.sqrt(np.mean(mix**2)) + 1e-12) < -80


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_stems_of_twenty_seeds_sum_to_the_mix(style: str) -> None:
    for seed in range(1, 21):
        take = made(style, seed=seed, length_s=6.0)
        mix = take.mix()
        rest = np.sum(list(take.stems().values()), axis=0) - mix
        assert 20 * np.log10(np.sqrt(np.mean(rest**2)) / np.sqrt(np.mean(mix**2)) + 1e-12) < -80


def test_a_stem_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no stem called “kazoo”"):
        made("lofi").stem("kazoo")


def test_the_master_is_made_from_that_mix() -> None:
    """Levelled and limited, but the same music: as loud where the mix is loud."""
    take = made("lofi", length_s=8.0)
    mix, pcm = take.mix().mean(axis=1), take.pcm.mean(axis=1)
    assert np.corrcoef(mix, pcm)[0, 1] > 0.8


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [1, pytest.param(range(2, 22), marks=pytest.mark.slow)])
def test_midi_has_the_same_notes(style: str, seed: int | range) -> None:
    for one in [seed] if isinstance(seed, int) else seed:
        brief = read_brief("", ComposerControls(length_s=30, style=style), seed=one)
        score = write(brief, plan(brief), 1)
        tempo, tracks = read_midi(write_midi(score, "A title"))
        assert 60_000_000 / tempo == pytest.approx(score.form.bpm, rel=1e-4)
        played = sorted((round(note.start * TICKS), note.pitch) for line in score.lines for note in line.notes)
        assert sorted((at, key) for channel, at, key in tracks if channel != DRUM_CHANNEL) == played
        struck = sorted((round(hit.start * TICKS), MIDI_KEYS[hit.drum]) for hit in score.hits)
        assert sorted((at, key) for channel, at, key in tracks if channel == DRUM_CHANNEL) == struck
        assert len(played) > 10


def test_midi_names_instruments_that_exist() -> None:
    for style in STYLES.values():
        assert style.kit in KITS
        for part in style.parts:
            assert 0 <= VOICES[part.instrument].program < 128


def test_every_instrument_is_played_somewhere() -> None:
    assert set(VOICES) == {part.instrument for style in STYLES.values() for part in style.parts}
    assert set(KITS) == {style.kit for style in STYLES.values() if any(style.grooves)}


def test_a_title_of_any_letters_goes_into_midi() -> None:
    brief = read_brief("夜の雨 🎧", ComposerControls(length_s=5), seed=1)
    assert read_midi(compose(brief).midi())[0] > 0


def read_midi(data: bytes) -> tuple[int, list[tuple[int, int, int]]]:
    """The tempo in microseconds a beat, and every note as (channel, tick, key), by the file format's own rules."""
    file = io.BytesIO(data)
    assert file.read(4) == b"MThd"
    size, kind, count, ticks = struct.unpack(">IHHH", file.read(10))
    assert (size, kind, ticks) == (6, 1, TICKS)
    tempo, notes = 0, []
    for _ in range(count):
        assert file.read(4) == b"MTrk"
        track = io.BytesIO(file.read(struct.unpack(">I", file.read(4))[0]))
        now = 0
        sounding: dict[tuple[int, int], int] = {}
        while True:
            now += variable(track)
            status = track.read(1)[0]
            if status == 0xFF:
                meta, body = track.read(1)[0], track.read(variable(track))
                if meta == 0x51:
                    tempo = int.from_bytes(body, "big")
                if meta == 0x2F:
                    break
            elif status & 0xF0 == 0xC0:
                track.read(1)
            else:
                key, velocity = track.read(2)
                place = (status & 0x0F, key)
                if status & 0xF0 == 0x90 and velocity:
                    notes.append((status & 0x0F, now, key))
                    sounding[place] = sounding.get(place, 0) + 1
                else:
                    sounding[place] -= 1
        assert not any(sounding.values())  # every note ends
        assert not track.read()
    assert not file.read()
    return tempo, notes


def variable(file: io.BytesIO) -> int:
    value = 0
    while True:
        byte = file.read(1)[0]
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value
