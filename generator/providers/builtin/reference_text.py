"""Conversion of the studio's measurements into the composer's reference field, and into words for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from generator.audio import Measurements
from generator.audio.measure import ENERGY_SPAN_LU
from generator.composer import Reference, read_reference, reference_of
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _

# How a spectral centroid below these Hz sounds; the composer's own styles lie between 1,400 and 4,400.
BRIGHTNESS = ((1900.0, _("dark")), (2600.0, _("warm")), (3300.0, _("clear")))
BRIGHTEST = _("bright")
MIN_SLOPE = 0.12  # on the energy scale: an audible difference between beginning and end
MAX_TEXT_CHARS = 200  # in the field


def reference(measured: Measurements) -> Reference:
    """Build the composer's reference from the studio's measurements; its `text()` is the value of the field."""
    return _build_reference(asdict(measured))


def followed(measured: Mapping[str, Any]) -> str:
    """Return the value of the field for stored measurements."""
    return _build_reference(measured).text()[:MAX_TEXT_CHARS] if measured.get("energy") else ""


def _build_reference(measured: Mapping[str, Any]) -> Reference:
    return reference_of(
        bpm=measured["bpm"],
        bpm_confidence=measured["bpm_confidence"],
        key=measured["key"],
        key_confidence=measured["key_confidence"],
        brightness_hz=measured["brightness"],
        loudness_lu=[level * ENERGY_SPAN_LU for level in measured["energy"]],
    )


def follows(text: str) -> str:
    """Describe the field without figures that only a machine reads; missing traits are omitted."""
    sound = read_reference(text)
    if sound is None:
        return ""
    tempo = Message("{bpm:.0f} BPM", bpm=sound.bpm) if sound.bpm else ""
    traits = (tempo, sound.key or "", _brightness_word(sound.brightness_hz), _energy_trend(sound.energy))
    return join_texts(*traits, separator=", ")


def _brightness_word(hz: float | None) -> str:
    return next((word for below, word in BRIGHTNESS if hz < below), BRIGHTEST) if hz else ""


def _energy_trend(energy: Sequence[float]) -> str:
    """Return the energy trend, without the last level, in which most sounds fade out."""
    levels = energy[:-1] if len(energy) > 6 else energy
    third = len(levels) // 3
    if not third:
        return ""
    begin, middle, end = (
        sum(part) / len(part) for part in (levels[:third], levels[third:-third] or levels, levels[-third:])
    )
    if middle - max(begin, end) > MIN_SLOPE:
        return _("swelling")
    if end - begin > MIN_SLOPE:
        return _("rising")
    return _("falling") if begin - end > MIN_SLOPE else _("steady")
