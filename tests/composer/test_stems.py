"""Stems add up to the mix; the MIDI file has the notes that were played."""

import io
import struct

import numpy as np
import pytest

from generator.composer import ComposerControls, Composition, compose, read_brief
from generator.composer.midi import BRIGHTNESS, DRUM_CHANNEL, EXPRESSION, TICKS_PER_QUARTER, write_midi
from generator.composer.sound.drum_kits import KITS, MIDI_KEYS
from generator.composer.sound.instruments import VOICES
from generator.composer.styles import STYLES
from generator.composer.writing.form import plan
from generator.composer.writing.notes import Score
from generator.composer.writing.score import write
from tests.composer.conftest import made


def rms(signal: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))


def rest_steps(take: Composition) -> float:
    """Return the RMS of the track minus its stems, in steps of 16 bits; rounding and dither alone are half a step."""
    return rms(np.sum(list(take.stems().values()), axis=0) * 32_767 - take.pcm)


@pytest.mark.parametrize(
    ("style", "controls"),
    [("lofi", {}), ("rock", {"loudness_lufs": -9.0}), ("house", {"loop": True}), ("piano", {"bed": True})],
)
def test_stems_sum_to_the_track(style: str, controls: dict[str, object]) -> None:
    take = made(style, length_s=8.0, **controls)
    assert rest_steps(take) < 0.9
    stems = take.stems()
    assert set(stems) == set(take.stem_names)
    assert all(stem.shape == (len(take.pcm), 2) and stem.any() for stem in stems.values())
    blocks = np.concatenate(list(take.stem_blocks("drums" if "drums" in stems else min(stems))))
    assert rms(blocks - stems["drums" if "drums" in stems else min(stems)]) < 0.5 / 32_767


def test_a_mastered_stem_sounds_like_the_player_in_the_mix() -> None:
    """The gain that it is given is the limiter's and the saturation's, not another equalizer's."""
    take = made("lofi", length_s=8.0)
    for name in take.stem_names:
        before, after = take.unmastered_stem(name).mean(axis=1), take.stem(name).mean(axis=1)
        assert np.corrcoef(before, after)[0, 1] > 0.8


def test_stems_before_the_master_sum_to_the_mix() -> None:
    take = made("rock", length_s=8.0)
    mix = take.mix()
    rest = np.sum([take.unmastered_stem(name) for name in take.stem_names], axis=0) - mix
    assert rms(rest) < 1e-4 * rms(mix)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_stems_of_twenty_seeds_sum_to_the_track(style: str) -> None:
    for seed in range(1, 21):
        assert rest_steps(made(style, seed=seed, length_s=6.0)) < 0.9


def test_a_stem_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="“kazoo”"):
        made("lofi").stem("kazoo")


def test_the_master_is_made_from_that_mix() -> None:
    """Leveled and limited, but the same music: loud where the mix is loud."""
    take = made("lofi", length_s=8.0)
    mix, pcm = take.mix().mean(axis=1), take.pcm.mean(axis=1)
    assert np.corrcoef(mix, pcm)[0, 1] > 0.8


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", [1, pytest.param(range(2, 22), marks=pytest.mark.slow)])
def test_midi_has_the_same_notes(style: str, seed: int | range) -> None:
    for one in [seed] if isinstance(seed, int) else seed:
        brief = read_brief("", ComposerControls(length_s=30, style=style), seed=one)
        score = write(brief, plan(brief), 1)
        tempos: list[tuple[int, int]] = []
        tempo, tracks = read_midi(write_midi(score, "A title"), tempos=tempos)
        assert 60_000_000 / tempo == pytest.approx(score.form.bpm, rel=1e-4)
        heard = sorted((channel == DRUM_CHANNEL, key, seconds(at, tempos)) for channel, at, key in tracks)
        played = [(False, note.pitch, note.start) for line in score.lines for note in line.notes]
        played += [(True, MIDI_KEYS[hit.drum], hit.start) for hit in score.hits]
        expected = sorted((is_drum, key, start * score.form.beat_s) for is_drum, key, start in played)
        assert [row[:2] for row in heard] == [row[:2] for row in expected]
        assert [row[2] for row in heard] == pytest.approx([row[2] for row in expected], abs=0.004)
        assert len(played) > 10


def slow_ending() -> Score:
    for seed in range(1, 40):
        brief = read_brief("", ComposerControls(length_s=60, style="piano"), seed=seed)
        score = write(brief, plan(brief), 1)
        if score.ending == "slow":
            return score
    raise AssertionError


def test_a_ritardando_is_in_the_tempo_map() -> None:
    score = slow_ending()
    tempos: list[tuple[int, int]] = []
    _, tracks = read_midi(write_midi(score, "A title"), tempos=tempos)
    bar = (score.form.end - score.form.beats) * TICKS_PER_QUARTER
    slower = [tempo for tick, tempo in tempos if bar <= tick < score.form.end * TICKS_PER_QUARTER]
    assert len(slower) >= 8
    assert slower == sorted(slower)
    assert slower[-1] > 1.15 * tempos[0][1]
    assert tempos[-1][1] == tempos[0][1]
    heard = sorted(seconds(tick, tempos) for _, tick, _ in tracks)
    played = sorted(note.start * score.form.beat_s for line in score.lines for note in line.notes)
    assert heard == pytest.approx(played, abs=0.004)


def test_automated_levels_and_filters_are_controllers() -> None:
    brief = read_brief("", ComposerControls(length_s=60, style="house"), seed=1)
    score = write(brief, plan(brief), 1)
    controls: list[Control] = []
    read_midi(write_midi(score, "A title"), controls)
    cutoffs = {point.cutoff_hz for points in score.automation.values() for point in points}
    darkness = [value for _, _, kind, value in controls if kind == BRIGHTNESS]
    assert min(cutoffs) < 1000
    assert min(darkness) < 30
    assert max(darkness) == 64
    levels = {
        channel: {value for one, _, kind, value in controls if (one, kind) == (channel, EXPRESSION)}
        for channel in range(16)
    }
    assert len(levels) > 3  # the drums, too, come and go


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


Control = tuple[int, int, "int | str", int]


def seconds(tick: int, tempos: list[tuple[int, int]]) -> float:
    """Return when a tick sounds, by a tempo map of (tick, microseconds per beat)."""
    passed = 0.0
    for number, (start, tempo) in enumerate(tempos):
        end = tempos[number + 1][0] if number + 1 < len(tempos) else tick
        passed += max(0, min(tick, end) - start) * tempo / 1e6 / TICKS_PER_QUARTER
    return passed


def read_midi(
    data: bytes, controls: list[Control] | None = None, tempos: list[tuple[int, int]] | None = None
) -> tuple[int, list[tuple[int, int, int]]]:
    """Return microseconds per beat, and every note as (channel, tick, key), parsed by the file format's rules.

    `controls` receives (channel, tick, controller or "bend", value), `tempos` (tick, microseconds per beat).
    """
    file = io.BytesIO(data)
    assert file.read(4) == b"MThd"
    size, kind, count, ticks = struct.unpack(">IHHH", file.read(10))
    assert (size, kind, ticks) == (6, 1, TICKS_PER_QUARTER)
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
                    if tempos is not None:
                        tempos.append((now, tempo))
                if meta == 0x2F:
                    break
            elif status & 0xF0 == 0xC0:
                track.read(1)
            elif status & 0xF0 in (0xB0, 0xE0):
                first, second = track.read(2)
                assert max(first, second) < 128
                if controls is not None:
                    kind = "bend" if status & 0xF0 == 0xE0 else first
                    controls.append((status & 0x0F, now, kind, second << 7 | first if kind == "bend" else second))
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
