"""Cover art drawn from the sound itself: its key gives the colours, its waveform the shapes, its energy the light.

Two compositions, chosen by the seed: *ridges* (the waveform as hills under a disc) and *rings* (the waveform wound
around a centre). The same track always gets the same picture, and no two tracks share a waveform.
"""

import colorsys
import hashlib
import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from generator.audio.measure import Measurements
from generator.audio.music import NAMES

Colour = tuple[int, int, int]
Levels = NDArray[np.float64]

FIFTHS = (0, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10, 5)  # neighbours in harmony are neighbours in colour
FIRST_HUE = 0.04
OVER = 2  # drawn twice as large, then shrunk: smooth edges


def draw_cover(
    measured: Measurements, peaks: bytes, *, seed: str, title: str = "", size: int = 512, format: str = "webp"
) -> bytes:
    """Draw a square picture of `size` pixels as "webp" or "jpeg"; `seed` and `title` only vary the composition."""
    random = np.random.default_rng(list(hashlib.sha256(f"{seed}\n{title}".encode()).digest()))
    colours = _palette(measured, random)
    levels = np.frombuffer(peaks, np.uint8).astype(float) / 255
    levels = levels / max(levels.max(initial=0), 1e-6)
    draw = _COMPOSITIONS[int(random.integers(len(_COMPOSITIONS)))]
    picture = _sky(size * OVER, colours)
    draw(picture, levels, measured, colours, random)
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(out, format.upper(), quality=88)
    return out.getvalue()


def _palette(measured: Measurements, random: np.random.Generator) -> list[Colour]:
    """Five colours from far to near: hue from the key by fifths, minor deeper, bright sounds more vivid."""
    tonic, _, mode = (measured.key or "C major").partition(" ")
    place = FIFTHS.index(NAMES.index(tonic))
    hue = FIRST_HUE + place / 12 + float(random.uniform(-0.035, 0.035))
    vivid = float(np.clip(0.42 + measured.brightness / 9000, 0.42, 0.7))
    light = 0.80 if mode == "major" else 0.66
    turn = float(random.choice([-0.09, 0.07, 0.12]))
    steps = [(0.0, light, vivid * 0.75), (turn * 0.5, light * 0.82, vivid), (turn, light * 0.62, vivid)]
    steps += [(turn * 1.3, light * 0.42, vivid * 0.9), (turn * 1.6, light * 0.22, vivid * 0.8)]
    return [_rgb(hue + shift, lightness, saturation) for shift, lightness, saturation in steps]


def _rgb(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _sky(size: int, colours: list[Colour]) -> Image.Image:
    ramp = np.linspace(0, 1, size)[:, None, None]
    top, bottom = np.array(colours[1], float), np.array(colours[0], float)
    rows = top + (bottom - top) * ramp
    return Image.fromarray(np.broadcast_to(rows, (size, size, 3)).astype(np.uint8).copy(), "RGB")


def _smooth(levels: Levels, points: int, width: int) -> Levels:
    bent = np.interp(np.linspace(0, len(levels) - 1, points), np.arange(len(levels)), levels)
    kernel = np.hanning(width + 2)[1:-1]
    padded = np.pad(bent, width, mode="reflect")
    return np.convolve(padded, kernel / kernel.sum(), "same")[width:-width]


def _ridges(
    picture: Image.Image, levels: Levels, measured: Measurements, colours: list[Colour], random: np.random.Generator
) -> None:
    size = picture.width
    pen = ImageDraw.Draw(picture)
    loud = float(np.mean(measured.energy))
    radius = size * (0.10 + 0.10 * loud)
    x, y = size * float(random.uniform(0.25, 0.75)), size * float(random.uniform(0.22, 0.36))
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_mix(colours[0], (255, 250, 240), 0.65))
    count = 5
    parts = np.array_split(np.roll(levels, int(random.integers(len(levels) or 1))), count)
    wide = int(np.clip(60 - measured.brightness / 80, 14, 60))
    for number, part in enumerate(parts):
        depth = number / (count - 1)
        hill = _smooth(part, 256, wide if number < count - 1 else wide * 2)
        hill = (hill - hill.min()) / max(float(np.ptp(hill)), 0.15)
        base = size * (0.48 + 0.12 * number)
        height = size * (0.20 - 0.02 * number)
        xs = np.linspace(0, size, 256)
        ys = base - hill * height
        colour = _mix(colours[1], colours[4], 0.18 + 0.82 * depth)
        pen.polygon([*zip(xs.tolist(), ys.tolist(), strict=True), (size, size), (0, size)], fill=colour)


def _rings(
    picture: Image.Image, levels: Levels, measured: Measurements, colours: list[Colour], random: np.random.Generator
) -> None:
    size = picture.width
    pen = ImageDraw.Draw(picture)
    centre = np.array([size * float(random.uniform(0.38, 0.62)), size * float(random.uniform(0.38, 0.62))])
    count = 9
    turn = float(random.uniform(0, 2 * np.pi))
    angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    wide = int(np.clip(50 - measured.brightness / 100, 10, 50))
    energy = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(measured.energy)), measured.energy)
    for number, part in enumerate(np.array_split(levels, count)):
        depth = number / (count - 1)
        around = _smooth(np.concatenate([part, part[::-1]]), 360, wide)
        wave = (around - around.mean()) / max(float(np.abs(around - around.mean()).max()), 0.1)
        reach = size * 0.78 * (1 - 0.88 * depth) * (1 + 0.11 * (0.4 + energy[number]) * wave)
        points = centre + np.stack([np.cos(angles + turn + depth), np.sin(angles + turn + depth)], 1) * reach[:, None]
        colour = _mix(colours[0], colours[4], float(abs(np.sin(depth * np.pi * 0.86 + 0.35))))
        pen.polygon([(float(x), float(y)) for x, y in points], fill=colour)
    dot = size * 0.035
    pen.ellipse((*(centre - dot), *(centre + dot)), fill=_mix(colours[0], (255, 250, 240), 0.7))


_Composition = Callable[[Image.Image, Levels, Measurements, list[Colour], np.random.Generator], None]
_COMPOSITIONS: tuple[_Composition, ...] = (_ridges, _rings)
