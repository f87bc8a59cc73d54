"""The sample pack: small, in tune, looped without a seam, and transposed without aliasing."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import scipy

from generator.composer.sound import samples
from generator.composer.sound.drum_kits import KITS, drum
from generator.composer.sound.instruments import VOICES, play
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sample_pack_builder import PackWriter
from generator.composer.sound.samples import Sampled
from generator.composer.sound.zones import PACK_FOLDER, SamplePack, zones_of

SAMPLED = {name: voice for name, voice in VOICES.items() if isinstance(voice, Sampled)}
PLUCKED = ("spiccato", "pizz", "muted", "uke", "marimba")


KETTLE = (1, 1.5, 2)  # a kettledrum has no harmonic partials; its pitch is heard from these


def cents_off(sound: np.ndarray, pitch: int, partials: tuple[float, ...] = (1, 2, 3, 4, 5, 6)) -> float:
    """Return how far the partials are from their places, in cents, searched within 80."""
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    cents = np.arange(-80.0, 81.0)
    at = 440 * 2 ** ((pitch - 69 + cents / 100) / 12)[:, None] * np.array(partials) * size / RATE_HZ
    return float(cents[np.argmax(np.sqrt(spectrum[at.round().astype(int)]).sum(axis=1))])


def test_it_is_a_few_megabytes_with_its_licence_beside_it() -> None:
    assert sum(path.stat().st_size for path in PACK_FOLDER.iterdir()) < 8_000_000
    license = (PACK_FOLDER / "LICENSE").read_text()
    assert "Frank Wen" in license
    assert "to deal in the Software without" in " ".join(license.split())


def test_at_least_two_dozen_instruments_are_sampled() -> None:
    assert len(SAMPLED) >= 24
    assert len({voice.zones for voice in SAMPLED.values()}) >= 20


@pytest.mark.parametrize("name", SAMPLED)
def test_it_is_in_tune_where_it_is_played(name: str) -> None:
    roots = [zone.root for zone in zones_of(SAMPLED[name].zones)]
    errors = []
    partials = KETTLE if name == "timpani" else (1, 2, 3, 4, 5, 6)
    for pitch in np.linspace(max(min(roots), 36), min(max(roots), 84), 5).astype(int):
        sound = play(name, int(pitch), 1.2, velocity=0.9)[0]
        end_s = 0.6 if name in PLUCKED else 0.9  # a plucked note has decayed by then
        errors.append(abs(cents_off(sound[int(0.12 * RATE_HZ) : int(end_s * RATE_HZ)], int(pitch), partials)))
    assert np.median(errors) <= 8
    assert max(errors) <= 25  # including a player's vibrato and the scoop of a choir


NEARLY_PURE = ("shimmer", "airpad", "darkpad", "whistling", "sub808")  # a single partial, or mostly air


@pytest.mark.parametrize("name", VOICES)
def test_strength_changes_the_tone(name: str) -> None:
    """Over the strengths of a piece, and for nearly pure tones as for rich ones."""
    ratios = []
    for pitch in (45, 52, 57):
        soft, hard = (centroid(play(name, pitch, 0.6, velocity=velocity)) for velocity in (0.35, 0.9))
        ratios.append(hard / soft)
    assert np.median(ratios) > (1.2 if name in NEARLY_PURE else 1.4)


@pytest.mark.parametrize("name", VOICES)
def test_a_note_and_its_repeat_are_not_alike(name: str) -> None:
    for pitch in (48, 60):
        notes = [play(name, pitch, 0.5, velocity=0.6, turn=turn).mean(axis=0) for turn in range(4)]
        assert max(alike(one, two) for one, two in itertools.pairwise(notes)) <= 0.97


def alike(one: np.ndarray, two: np.ndarray) -> float:
    """Return the highest correlation of two notes, within 10 ms of shift."""
    size = 1 << (2 * len(one) - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(two, size)))
    reach = RATE_HZ // 100
    return float(max(products[:reach].max(), products[-reach:].max()) / np.linalg.norm(one) / np.linalg.norm(two))


def centroid(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound.mean(axis=0) * np.hanning(sound.shape[1])))
    heard = spectrum[: int(16_000 / RATE_HZ * sound.shape[1])]
    return float((np.arange(len(heard)) * heard).sum() / heard.sum())


@pytest.mark.parametrize("name", SAMPLED)
def test_a_long_note_is_held_without_a_click_or_a_hole(name: str) -> None:
    """Its level moves smoothly from 50 ms to 50 ms while it is looped, up or down."""
    sound = play(name, 60, 6.0, velocity=0.9).astype(np.float64)
    rows = sound[:, : int(5.5 * RATE_HZ)].reshape(len(sound), -1, RATE_HZ // 20)
    level = 10 * np.log10((rows**2).mean(axis=(0, 2)) + 1e-9)
    heard = level[6:] if name not in PLUCKED else level[6:20]
    assert np.abs(np.diff(heard)).max() < 9
    steps = np.abs(np.diff(sound, axis=1)).max(axis=0)
    assert steps[RATE_HZ // 30 :].max() < 6 * np.quantile(steps[: RATE_HZ // 2], 0.995)  # after the stroke


TICK_FRAMES = 64
TICK_DB = -50.0  # power of a burst above 3.5 kHz in 1.5 ms, relative to the note around it
_HIGH = scipy.signal.firwin(255, [3500, 15_000], pass_zero=False, fs=RATE_HZ)


def ticks(sound: np.ndarray, from_s: float, to_s: float) -> list[float]:
    """Return when a held note ticks, in seconds.

    A tick is a burst above 3.5 kHz that lasts 1.5 ms, over TICK_DB, and six times as strong as nine tenths of its
    surroundings (60 ms to both sides), so that the periods of a low note and the noise of an ensemble are none.
    """
    found = []
    for row in np.atleast_2d(sound).astype(np.float64):
        count = len(row) // TICK_FRAMES
        high = scipy.signal.oaconvolve(row, _HIGH, "same")
        burst, note = (
            (part[: count * TICK_FRAMES].reshape(count, TICK_FRAMES) ** 2).mean(axis=1) for part in (high, row)
        )
        note = scipy.ndimage.uniform_filter1d(note, 137, mode="nearest")
        usual = scipy.ndimage.percentile_filter(burst, 90, 81, mode="nearest")
        at = np.arange(count) * TICK_FRAMES / RATE_HZ
        heard = (at > from_s) & (at < to_s - 0.05) & (note > 1e-6 * note.max())
        is_tick = heard & (burst > 7 * usual) & (burst - usual > 10 ** (TICK_DB / 10) * note)
        found += [float(at[index]) for index in np.flatnonzero(is_tick)]
    return found


def test_a_tick_is_detected() -> None:
    """A step of a twentieth of the amplitude, where a tone is repeated with another gain."""
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ + 1)
    assert not ticks(tone, 0.25, 2.0)
    tone[RATE_HZ:] *= 0.95
    assert ticks(tone, 0.25, 2.0) == pytest.approx([1.0], abs=0.003)


def pitches(name: str) -> range:
    roots = [zone.root for zone in zones_of(SAMPLED[name].zones)]
    return range(int(min(roots)) - 2, int(max(roots)) + 4)


@pytest.mark.parametrize("name", SAMPLED)
def test_a_loop_is_closed_without_a_tick(name: str) -> None:
    for pitch in pitches(name)[3::13]:
        assert not ticks(play(name, pitch, 4.0, velocity=0.5), 0.25, 4.0), pitch


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLED)
def test_no_pitch_and_no_strength_ticks(name: str) -> None:
    for pitch in pitches(name):
        for velocity in (0.2, 0.5, 0.9):
            for turn in (0, 1):
                assert not ticks(play(name, pitch, 6.0, velocity=velocity, turn=turn), 0.25, 6.0), (pitch, velocity)


@pytest.mark.parametrize("name", ["strings", "choir", "horn", "flute", "violin", "cello"])
def test_held_instruments_are_held_and_struck_ones_die(name: str) -> None:
    held, struck = (play(one, 62, 4.0, velocity=0.8)[0] for one in (name, "piano"))
    late, early = slice(int(3.3 * RATE_HZ), int(3.8 * RATE_HZ)), slice(int(0.5 * RATE_HZ), RATE_HZ)
    assert np.mean(held[late] ** 2) > 0.4 * np.mean(held[early] ** 2)
    assert np.mean(struck[late] ** 2) < 0.1 * np.mean(struck[early] ** 2)


def test_eight_bits_of_differences_keep_a_tone_50_db_clean(tmp_path: Path) -> None:
    """The writer's blocks, read back: a decaying tone of 440 Hz with overtones, at 32 kHz."""
    t = np.arange(32_000) / 32_000
    tone = sum(np.sin(2 * np.pi * 440 * n * t) / n for n in range(1, 8)) * np.exp(-3 * t)
    writer = PackWriter()
    writer.save(tmp_path, {"tone": [writer.add(tone, 32_000, 69.0, (0, 0), 0.0)]})
    pack = SamplePack(tmp_path)
    read = pack.decode(pack.zones["tone"][0])
    wanted = tone / np.abs(tone).max()
    for part in (slice(0, 8000), slice(24_000, 32_000)):  # soft parts as well as loud ones
        noise = read[part] - wanted[part]
        assert 10 * np.log10(np.mean(wanted[part] ** 2) / np.mean(noise**2)) > 50


def test_moving_a_sample_makes_no_alias() -> None:
    """A fifth up, the range above the sample's own Nyquist frequency stays empty."""
    sound = play("strings", 76, 1.0, velocity=1.0)[0]
    power = np.abs(np.fft.rfft(sound[: RATE_HZ // 2] * np.hanning(RATE_HZ // 2))) ** 2
    hz = np.fft.rfftfreq(RATE_HZ // 2, 1 / RATE_HZ)
    assert power[hz > 21_500].sum() < 1e-6 * power.sum()


def test_ensembles_differ_on_the_two_sides_and_survive_mono() -> None:
    left, right = play("strings", 60, 2.0, velocity=0.8)
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.6
    assert np.std(left + right) > 0.5 * (np.std(left) + np.std(right)) * 0.8


@pytest.mark.parametrize("kit", [name for name, kit in KITS.items() if kit.packs])
def test_recorded_strokes_are_never_quite_alike(kit: str) -> None:
    pack = KITS[kit].packs[0]
    name = next(one for one in ("snare", "kick", "conga", "bongo") if samples.has_sound(f"{pack}/{one}"))
    one, two = (drum(kit, name, variant)[0] for variant in (0, 1))
    size = min(len(one), len(two))
    assert np.corrcoef(one[:size], two[:size])[0, 1] < 0.98
    assert np.abs(one).max() == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("name", ["tom", "floor", "boom"])
def test_a_big_drum_is_low_skins_and_bright_sticks(name: str) -> None:
    """Most of it is below 250 Hz, yet at least a hundredth of its first tenth of a second is above 2 kHz."""
    stroke = drum("cinematic", name, 0)[0]
    whole, head = (np.abs(np.fft.rfft(part, 1 << 17)) ** 2 for part in (stroke, stroke[: RATE_HZ // 10]))
    hz = np.arange(len(whole)) * RATE_HZ / (1 << 17)
    assert whole[hz < 250].sum() > 0.6 * whole.sum()
    assert head[hz > 2000].sum() > 0.01 * head.sum()
    assert len(stroke) > RATE_HZ
