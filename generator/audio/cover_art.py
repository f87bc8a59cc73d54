"""Cover art drawn from the audio: the key sets the colors, the waveform the shapes, the energy the light.

The seed selects one of the compositions in `cover_scenes` and varies it. The same track always gets the same picture,
and no two tracks share a waveform.
"""

import hashlib
import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generator.audio import cover_scenes
from generator.audio.measure import Measurements
from generator.audio.music_analysis import NAMES

FIFTHS = (0, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10, 5)  # pitch classes in order of fifths: close keys get close hues
FIRST_HUE_DEG = 40.0  # hue of C, in OKLCH degrees
IMAGE_QUALITY = 86
MIN_LEVELS = 64  # minimum for a scene to split the waveform

# Color moods by mode: five steps from far to near of (lightness, chroma, hue rotation in degrees), in OKLCH.
MOODS: dict[str, tuple[tuple[tuple[float, float, float], ...], ...]] = {
    "major": (
        ((0.95, 0.035, 35), (0.87, 0.080, 20), (0.76, 0.120, 0), (0.58, 0.125, -25), (0.36, 0.090, -50)),
        ((0.94, 0.030, -60), (0.86, 0.070, -40), (0.74, 0.115, -10), (0.56, 0.130, 15), (0.34, 0.095, 30)),
        ((0.93, 0.045, 90), (0.84, 0.085, 60), (0.72, 0.130, 25), (0.55, 0.140, 0), (0.33, 0.100, -15)),
    ),
    "minor": (
        ((0.30, 0.055, 30), (0.42, 0.085, 15), (0.60, 0.120, -5), (0.78, 0.105, -30), (0.92, 0.060, -55)),
        ((0.26, 0.045, -40), (0.38, 0.080, -20), (0.56, 0.125, 5), (0.74, 0.125, 35), (0.90, 0.070, 60)),
        ((0.24, 0.040, 0), (0.37, 0.070, 20), (0.54, 0.105, 50), (0.73, 0.115, 85), (0.91, 0.060, 110)),
    ),
}


def draw_cover(
    measurements: Measurements, peaks: bytes, *, seed: str, title: str = "", size: int = 512, format: str = "webp"
) -> bytes:
    """Draw a square picture of `size` pixels as "webp" or "jpeg"; `seed` and `title` only vary the composition."""
    out = io.BytesIO()
    picture = Image.fromarray(_pixels(measurements, peaks, f"{seed}\n{title}", size))
    picture.save(out, format.upper(), quality=IMAGE_QUALITY, **({"method": 2} if format.lower() == "webp" else {}))
    return out.getvalue()


@lru_cache(maxsize=2)  # needed twice: for the page, and as JPEG for the file
def _pixels(measured: Measurements, peaks: bytes, seed: str, size: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(list(hashlib.sha256(seed.encode()).digest()))
    colors = _palette(measured, random)
    levels = np.frombuffer(peaks, np.uint8).astype(np.float32) / 255
    levels = levels / np.float32(max(levels.max(initial=0), 1e-6))
    if len(levels) < MIN_LEVELS:
        levels = np.resize(levels, MIN_LEVELS) if len(levels) else np.zeros(MIN_LEVELS, np.float32)
    view = cover_scenes.View(
        size=size,
        levels=levels,
        energy=np.array(measured.energy, np.float32),
        bright=float(np.clip(measured.brightness / 6000, 0, 1)),
        pace=float(np.clip(((measured.bpm or 80) - 50) / 130, 0, 1)),
        colors=colors,
        random=random,
    )
    canvas = cover_scenes.SCENES[int(random.integers(len(cover_scenes.SCENES)))](view)
    canvas += random.uniform(-0.004, 0.004, (size, size, 1)).astype(np.float32)  # avoids banding in gradients
    return np.asarray(np.clip(canvas * 255 + 0.5, 0, 255), np.uint8)


def _palette(measured: Measurements, random: np.random.Generator) -> NDArray[np.float32]:
    """Return five colors from far to near: hue from the key by fifths; minor is dusk, major is day; bright is vivid."""
    tonic, _, mode = (measured.key or "C major").partition(" ")
    hue = FIRST_HUE_DEG + 30 * FIFTHS.index(NAMES.index(tonic)) + float(random.uniform(-14, 14))
    vivid = 0.85 + 0.3 * float(np.clip(measured.brightness / 6000, 0, 1))
    moods = MOODS.get(mode, MOODS["major"])
    mood = moods[int(random.integers(len(moods)))]
    return np.array([_rgb(light, chroma * vivid, hue + turn) for light, chroma, turn in mood], np.float32)


def _rgb(light: float, chroma: float, hue: float) -> NDArray[np.float64]:
    """Convert OKLCH to sRGB 0..1 (Björn Ottosson, "A perceptual color space for image processing", 2020)."""
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    lms = np.array(
        [
            light + 0.3963377774 * a + 0.2158037573 * b,
            light - 0.1055613458 * a - 0.0638541728 * b,
            light - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    mixed = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(mixed @ lms**3, 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
