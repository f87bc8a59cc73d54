"""Every control does what it says: curve, meter, bed, instruments, reference, density."""

import numpy as np
import pytest
import scipy

from generator.audio import music_analysis
from generator.audio.loudness import loudness
from generator.composer import (
    BriefError,
    ComposerControls,
    Composition,
    Reference,
    changes,
    compose,
    read_brief,
    read_reference,
    reference_of,
    vary,
)
from generator.composer.writing.form import plan
from generator.composer.writing.score import MELODIC_ROLES, write
from tests.composer.conftest import made
from tests.composer.hearing import RATE, floats, key_relation
from tests.composer.test_stems import read_midi


@pytest.mark.parametrize("style", ["house"])
@pytest.mark.parametrize("curve", [(0.9, 0.2, 0.9), (0.1, 0.35, 0.6, 0.95)])
def test_a_drawn_curve_is_heard(style: str, curve: tuple[float, ...]) -> None:
    take = made(style, length_s=40.0, energy=curve)
    steps = loudness(floats(take.pcm), RATE).steps
    sections = [section for section in take.sections if section.end_s <= take.form.bars * take.form.bar_s + 1]
    heard = [steps[int(section.start_s * 10) : int(section.end_s * 10)].mean() for section in sections[:-1]]
    drawn = [section.energy for section in sections[:-1]]
    assert len(set(np.round(drawn, 2))) >= 3
    assert scipy.stats.spearmanr(drawn, heard).statistic > 0.7


@pytest.mark.parametrize(("meter", "beats", "bytes_"), [("3/4", 3, b"\x03\x02"), ("6/8", 3, b"\x06\x03")])
@pytest.mark.parametrize("style", ["folk", "orchestral", "holiday"])
def test_a_meter_of_three_is_written_and_counted(style: str, meter: str, beats: int, bytes_: bytes) -> None:
    """In the MIDI file, in the form, and in where the bass begins its bars."""
    brief = read_brief("", ComposerControls(length_s=40, style=style, meter=meter), seed=3)
    score = write(brief, plan(brief), 1)
    assert score.form.beats == beats
    bass = [note.start for line in score.lines if line.part.role == "bass" for note in line.notes]
    on = [abs((start + 0.25) % beats - 0.25) < 0.15 for start in bass]
    off = [abs((start + 1.25) % beats - 0.25) < 0.15 for start in bass]
    assert sum(on) > 1.5 * sum(off)
    assert len({hit.drum for hit in score.hits}) >= 1 or style == "orchestral"
    assert b"\xff\x58\x04" + bytes_ in compose(vary(brief, length_s=6), 1).midi()


def test_a_waltz_is_heard_in_the_text() -> None:
    assert read_brief("a waltz for strings", seed=1).meter == "3/4"
    assert read_brief("lullaby in 6/8", seed=1).meter == "6/8"
    with pytest.raises(BriefError, match="“5/4”"):
        read_brief("", ComposerControls(meter="5/4"), seed=1)


def speech_share_db(take: Composition) -> float:
    power = np.abs(np.fft.rfft(floats(take.pcm).mean(axis=1))) ** 2
    hz = np.fft.rfftfreq(len(take.pcm), 1 / RATE)
    return float(10 * np.log10(power[(hz > 1000) & (hz < 4000)].sum() / power.sum()))


@pytest.mark.parametrize("style", ["corporate", "piano"])
def test_a_bed_leaves_room_for_a_voice(style: str) -> None:
    """At least 3 dB less in the range of consonants, and at most three quarters of the melody's notes."""
    plain, bed = (made(style, length_s=30.0, bed=one) for one in (False, True))
    assert speech_share_db(bed) < speech_share_db(plain) - 3
    tune = [
        sum(len(line.notes) for line in take.score.lines if line.part.role in MELODIC_ROLES) for take in (plain, bed)
    ]
    assert tune[1] <= 0.75 * tune[0]
    assert abs(loudness(floats(bed.pcm), RATE).lufs + 14) < 0.5


def test_a_bed_is_heard_in_the_text() -> None:
    assert read_brief("calm piano bed for a podcast", seed=1).bed
    assert read_brief("folk, under a voice", seed=1).bed
    assert not read_brief("folk", seed=1).bed


@pytest.mark.parametrize("text", ["lo-fi with flute", "lo-fi, add strings and a choir"])
def test_instruments_that_are_asked_for_join(text: str) -> None:
    brief = read_brief(text, ComposerControls(length_s=20), seed=1)
    names = [line.name for line in write(brief, plan(brief), 1).lines if line.notes]
    assert sum(name.startswith("with-") for name in names) == len(brief.leave_in) >= 1
    assert all(f"with {one}" in brief.summary() for one in brief.leave_in)


def test_an_instrument_can_be_brought_in_by_a_control_and_not_twice() -> None:
    assert read_brief("", ComposerControls(style="piano", leave_in=("strings",)), seed=1).leave_in == {"strings"}
    assert read_brief("", ComposerControls(style="piano", leave_in=("piano",)), seed=1).leave_in == frozenset()


def test_density_is_notes_of_the_tune() -> None:
    few, many = (
        sum(
            len(line.notes)
            for line in made("folk", length_s=30.0, density=density).score.lines
            if line.part.role == "lead"
        )
        for density in (0.0, 1.0)
    )
    assert few < 0.9 * many


# --- a reference ---


def followed(take: Composition) -> Reference:
    sound = floats(take.pcm)
    tempo, tonal = music_analysis.analyze(sound, RATE)
    found = loudness(sound, RATE)
    levels = 10 * np.log10(found.steps + 1e-9)
    return reference_of(
        bpm=tempo.bpm,
        bpm_confidence=tempo.confidence,
        key=tonal.key,
        key_confidence=tonal.confidence,
        brightness_hz=found.brightness,
        loudness_lu=list(levels),
    )


def test_another_sound_is_followed_in_tempo_key_and_energy() -> None:
    """A piece in one style with its own key, tempo and curve is followed by another style and measured again."""
    model = made("synthwave", length_s=40.0, bpm=118, key="G minor", energy=(0.3, 0.5, 0.9, 0.9, 0.2))
    wanted = followed(model)
    assert wanted.bpm == pytest.approx(118, rel=0.01)
    brief = read_brief("corporate", ComposerControls(length_s=40, reference=wanted), seed=4)
    assert brief.bpm == pytest.approx(118, rel=0.01)
    assert key_relation("G minor", brief.key) in ("same", "relative")
    follower = compose(brief)
    heard = followed(follower)
    assert heard.bpm == pytest.approx(118, rel=0.01)
    inner = slice(0, -2)  # the last chord decays in both
    assert scipy.stats.spearmanr(wanted.energy[inner], heard.energy[inner]).statistic > 0.7


@pytest.mark.parametrize("hertz", [1500.0, 4500.0])
def test_brightness_is_followed(hertz: float) -> None:
    plain = made("folk", length_s=20.0)
    bent = made("folk", length_s=20.0, reference=Reference(brightness_hz=hertz))
    before, after = (loudness(floats(take.pcm), RATE).brightness for take in (plain, bent))
    assert abs(np.log2(after / hertz)) < 0.5 * abs(np.log2(before / hertz)) or abs(np.log2(after / hertz)) < 0.15


def test_words_and_controls_win_over_a_reference() -> None:
    wanted = Reference(bpm=100, key="E minor", energy=(0.1, 0.9))
    brief = read_brief("folk, 90 bpm, in D major", ComposerControls(reference=wanted, energy=0.5), seed=1)
    assert (brief.bpm, brief.key, brief.energy) == (90, "D major", (0.5,))


def test_a_tempo_is_followed_in_the_octave_of_the_style() -> None:
    assert read_brief("dnb", ComposerControls(reference=Reference(bpm=87)), seed=1).bpm == 174
    assert read_brief("lofi", ComposerControls(reference=Reference(bpm=164)), seed=1).bpm == 82


def test_nothing_unsure_is_followed() -> None:
    found = reference_of(
        bpm=120, bpm_confidence=0.1, key="C major", key_confidence=0.05, brightness_hz=0, loudness_lu=[]
    )
    assert found == Reference()


def test_a_reference_can_be_said_in_words() -> None:
    wanted = Reference(92, "Bb minor", 2100.0, (0.2, 0.45, 0.8))
    assert read_reference(wanted.text()) == wanted
    assert read_reference("only A minor") == Reference(key="A minor")
    assert read_reference("whatever you like") is None


# --- variations in text ---


def test_variations_are_read() -> None:
    text = "10% slower, in A minor, 15 s longer, without drums, with strings, calmer, 2 semitones up, loop"
    assert changes(text) == {
        "tempo": 0.9, "key": "A minor", "longer_s": 15.0, "without": ("drums",), "with_": ("strings",),
        "energy": -0.2, "up": 2, "loop": True,
    }  # fmt: skip
    with pytest.raises(BriefError, match="“louder guitars”"):
        changes("slower, louder guitars")


@pytest.mark.parametrize("style", ["lofi", "orchestral"])
def test_a_midi_file_has_the_notes_of_a_variation(style: str) -> None:
    take = compose(vary(made(style).brief, tempo=0.9, up=2))
    _, notes = read_midi(take.midi())
    assert len(notes) == sum(len(line.notes) for line in take.score.lines) + len(take.score.hits)
