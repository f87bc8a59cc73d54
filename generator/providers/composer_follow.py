"""What the composer follows of another sound: from the studio's measurements to its field, and to words for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from generator.audio import Measurements
from generator.audio.measure import ENERGY_SPAN
from generator.composer import Reference, read_reference, reference_of

# What a spectral centroid below so many Hz sounds like; the composer's own styles lie between 1,400 and 4,400.
BRIGHTNESS = ((1900.0, "dark"), (2600.0, "warm"), (3300.0, "clear"))
BRIGHTEST = "bright"
SLOPE = 0.12  # of the scale of energy: what a listener notices between the beginning and the end
MOST = 200  # characters of the field


def reference(measured: Measurements) -> Reference:
    """What the composer follows of a sound that the studio has measured; its `text()` is what the field takes."""
    return _of(asdict(measured))


def followed(measured: Mapping[str, Any]) -> str:
    """The same from measurements that were kept."""
    return _of(measured).text()[:MOST] if measured.get("energy") else ""


def _of(measured: Mapping[str, Any]) -> Reference:
    return reference_of(
        bpm=measured["bpm"],
        bpm_confidence=measured["bpm_confidence"],
        key=measured["key"],
        key_confidence=measured["key_confidence"],
        brightness_hz=measured["brightness"],
        loudness_lu=[level * ENERGY_SPAN for level in measured["energy"]],
    )


def follows(text: str) -> str:
    """Say it without figures that only a machine reads; what is not there is not said."""
    sound = read_reference(text)
    if sound is None:
        return ""
    said = [f"{sound.bpm:.0f} BPM" if sound.bpm else "", sound.key or "", _light(sound.brightness_hz)]
    return ", ".join(part for part in (*said, _shape(sound.energy)) if part)


def _light(hz: float | None) -> str:
    return next((word for below, word in BRIGHTNESS if hz < below), BRIGHTEST) if hz else ""


def _shape(energy: Sequence[float]) -> str:
    """How the energy goes; the last moment, in which most sounds die away, is left out of it."""
    levels = energy[:-1] if len(energy) > 6 else energy
    third = len(levels) // 3
    if not third:
        return ""
    begin, middle, end = (
        sum(part) / len(part) for part in (levels[:third], levels[third:-third] or levels, levels[-third:])
    )
    if middle - max(begin, end) > SLOPE:
        return "swelling"
    if end - begin > SLOPE:
        return "rising"
    return "falling" if begin - end > SLOPE else "steady"
