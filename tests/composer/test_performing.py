"""Performing: pitch that moves and stays in tune, slurs, swells and pedal, heard and in the MIDI file alike."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import scipy

from generator.composer import STYLES, ComposerControls, compose, read_brief
from generator.composer.midi import BEND_CENTER, EXPRESSION, MODULATION, PEDAL, write_midi
from generator.composer.performing.gestures import Gesture
from generator.composer.performing.manners import MANNERS, manner_of
from generator.composer.performing.perform import PerformedLine, perform
from generator.composer.sound.instruments import VOICES, play
from generator.composer.sound.modes import RATE_HZ
from generator.composer.styles import Part
from generator.composer.writing.form import plan
from generator.composer.writing.notes import Line, Note, Score
from generator.composer.writing.score import write
from tests.composer.test_stems import Control, read_midi

MOVING = [name for name, manner in MANNERS.items() if manner.vibrato_cents and name != "choir"]


def score(style: str, seed: int = 1, length_s: float = 40.0) -> Score:
    brief = read_brief("", ComposerControls(length_s=length_s, style=style), seed=seed)
    return write(brief, plan(brief), 1)


def performed(instrument: str, notes: list[Note], role: str = "lead") -> PerformedLine:
    return perform(Line("1-lead", Part(role, instrument, 0.0), tuple(notes)), score("folk"))


def cents(sound: np.ndarray, pitch: int) -> np.ndarray:
    """Return the pitch of the fundamental over time, in cents around `pitch`: its phase, differentiated."""
    hz = 440 * 2 ** ((pitch - 69) / 12)
    t = np.arange(len(sound)) / RATE_HZ
    base = scipy.signal.sosfiltfilt(
        scipy.signal.butter(4, hz * 0.35, fs=RATE_HZ, output="sos"), sound * np.exp(-2j * np.pi * hz * t)
    )
    deviation = np.diff(np.unwrap(np.angle(base))) * RATE_HZ / (2 * np.pi)
    return np.asarray(1200 * np.log2(np.maximum(0.5, 1 + deviation / hz)))


def test_every_instrument_has_a_manner() -> None:
    assert set(MANNERS) == set(VOICES)


@pytest.mark.parametrize("name", MOVING)
def test_vibrato_wavers_around_the_pitch(name: str) -> None:
    manner, pitch = manner_of(name), 69 if "lead" in name or name not in ("upright", "finger", "pick", "slap") else 45
    gesture = Gesture(vibrato_cents=manner.vibrato_cents, vibrato_hz=manner.vibrato_hz, vibrato_after_s=0.3)
    sound = play(name, pitch, 2.0, velocity=0.7, gesture=gesture)[0]
    plain = play(name, pitch, 2.0, velocity=0.7)[0]
    heard, usual = (cents(one.astype(float), pitch)[: int(1.9 * RATE_HZ)] for one in (sound, plain))
    late = slice(int(0.8 * RATE_HZ), int(1.8 * RATE_HZ))
    assert abs(np.median(heard[late]) - np.median(usual[late])) < 6
    moved = heard[late] - usual[late]
    at = np.abs(np.fft.rfft((moved - moved.mean()) * np.hanning(len(moved))))
    assert at[1:40].argmax() + 1 == pytest.approx(manner.vibrato_hz, abs=1.0)
    assert np.percentile(np.abs(moved), 90) > 0.5 * manner.vibrato_cents


def test_a_scoop_begins_below_and_arrives() -> None:
    gesture = Gesture(from_cents=-80, settle_s=0.09)
    plain, scooped = (
        play("flute", 72, 1.0, velocity=0.7, gesture=one)[0].astype(float) for one in (Gesture(), gesture)
    )
    moved = cents(scooped, 72)[: RATE_HZ // 2] - cents(plain, 72)[: RATE_HZ // 2]
    assert moved[RATE_HZ // 50] < -25
    assert abs(np.median(moved[RATE_HZ // 4 :])) < 8


def test_a_slurred_note_has_no_attack_of_its_own() -> None:
    """Two notes that follow each other: the level between them hardly falls if they are slurred."""

    def dip_db(slurred: bool) -> float:
        beat = int(0.6 * RATE_HZ)
        one = play("flute", 69, 0.6, velocity=0.7, gesture=Gesture(leads_on=slurred))
        two = play("flute", 71, 0.6, velocity=0.7, gesture=Gesture(slurred=slurred))
        both = np.zeros(beat + two.shape[1])
        both[: one.shape[1]] += one[0]
        both[beat:] += two[0]
        level = np.sqrt(np.convolve(both**2, np.ones(800) / 800, "same"))
        return float(20 * np.log10(level[beat - 2000 : beat + 6000].min() / np.median(level[beat // 2 : beat])))

    assert dip_db(True) > -4
    assert dip_db(True) > dip_db(False)


def test_a_line_is_slurred_and_chords_are_not() -> None:
    tune = [Note(float(beat), 1.0, 60 + 2 * (beat % 5), 0.6) for beat in range(32)]
    line = performed("flute", tune)
    assert sum(note.gesture.slurred for note in line.notes) >= 8
    assert any(note.gesture.vibrato_cents for note in line.notes)
    assert any(note.gesture.from_cents < 0 and not note.gesture.slurred for note in line.notes)
    chords = [replace(note, pitch=note.pitch + up) for note in tune for up in (0, 4, 7)]
    assert not any(note.gesture.bends or note.gesture.slurred for note in performed("flute", chords).notes)


def test_a_repeated_pitch_is_struck_again_another_way() -> None:
    line = performed("piano", [Note(beat / 2, 0.5, 60, 0.6) for beat in range(8)])
    assert [note.turn for note in line.notes] == list(range(8))


@pytest.mark.parametrize("style", STYLES)
def test_what_is_written_is_what_is_played(style: str) -> None:
    """The same onsets and pitches; strengths and lengths close to the written ones; pitch within reach of a bend."""
    written = score(style)
    for line in written.lines:
        played = perform(line, written).notes
        assert [(note.start, note.pitch) for note in played] == sorted((note.start, note.pitch) for note in line.notes)
        for note in played:
            assert note.sounding >= note.length > 0
            assert 0 < note.velocity <= 1
            curve = note.gesture.cents(np.arange(0, 2, 0.01, dtype=np.float32), 2.0)
            assert np.abs(curve).max() <= 250
        assert perform(line, written) == perform(line, written)


def controls_of(style: str) -> list[Control]:
    controls: list[Control] = []
    read_midi(write_midi(score(style), "A title"), controls)
    return controls


def test_the_file_has_the_controllers_of_what_is_heard() -> None:
    kinds = {style: {kind for _, _, kind, _ in controls_of(style)} for style in ("cinematic", "piano", "synthwave")}
    assert {EXPRESSION, MODULATION, "bend"} <= kinds["cinematic"]
    assert PEDAL in kinds["piano"]
    assert {"bend", MODULATION} <= kinds["synthwave"]


@pytest.mark.parametrize("style", ["cinematic", "funk", "chiptune", "piano"])
def test_controllers_return_to_rest(style: str) -> None:
    last = {(channel, kind): value for channel, _, kind, value in controls_of(style)}
    for (_, kind), value in last.items():
        if kind == "bend":
            assert value == BEND_CENTER
        elif kind in (MODULATION, PEDAL):
            assert value == 0


def test_a_pedal_is_held_under_chords_and_lifted_between() -> None:
    written = score("piano")
    lines = [perform(line, written) for line in written.lines]
    pedal = next(line.pedal for line in lines if line.pedal)
    assert all(down < up for down, up in pedal)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(pedal))
    assert any(note.sounding > note.length for line in lines for note in line.notes)


def test_the_same_seed_gives_the_same_bytes_with_all_gestures() -> None:
    brief = read_brief("", ComposerControls(length_s=6, style="cinematic"), seed=9)
    one, two = compose(brief), compose(brief)
    assert one.pcm.tobytes() == two.pcm.tobytes()
    assert one.midi() == two.midi()
