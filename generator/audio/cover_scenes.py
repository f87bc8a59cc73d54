"""The compositions of covers. Each paints a canvas (size, size, 3) of 0..1; edges are antialiased by their distance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating]  # float32 throughout: half the memory, twice the speed


@dataclass(frozen=True)
class View:
    """Input of a scene. `colors` are five colors, from far to near."""

    size: int
    levels: Plane  # the waveform, 0..1
    energy: Plane  # the loudness curve, 0..1
    bright: float
    pace: float
    colors: Plane
    random: np.random.Generator

    def draw(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))


def dunes(view: View) -> Plane:
    """Paint the waveform, section by section, as misty hills under a disc."""
    size = view.size
    x, y = _axes(size)
    tone = np.array(0.26 * (1 - y / 0.7).clip(0, 1))
    count = 5
    smoothing = 0.06 + 0.10 * (1 - view.bright)
    tops = []
    for number, part in enumerate(np.array_split(view.levels, count)):
        nearness = number / (count - 1)
        hill = _smooth(part, size, smoothing * (1 + 0.6 * nearness))
        tops.append(0.50 + 0.115 * number - (0.20 - 0.06 * nearness) * hill)
        below = y - tops[-1][None, :]
        ridge = 0.34 + 0.66 * nearness
        mist = 0.16 * (1 - nearness) * (below / 0.25).clip(0, 1)
        tone += _edge(below * size) * (ridge - mist - tone)
    canvas = _color_map(view.colors, tone)
    radius = 0.085 + 0.075 * float(view.energy.mean())
    distance = np.hypot(x - view.draw(0.24, 0.76), y - view.draw(0.24, 0.36))
    sky = 1 - _edge((y - tops[0][None, :]) * size)
    for top in tops[1:]:
        sky = np.minimum(sky, 1 - _edge((y - top[None, :]) * size))
    light = 0.30 * np.exp(-((distance / (radius * 2.4)) ** 2))
    return _blend(canvas, _lightest(view), np.maximum(light, 0.94 * _edge((radius - distance) * size)) * sky)


def rings(view: View) -> Plane:
    """Paint the waveform wrapped around a center, as layers of cut paper."""
    size = view.size
    x, y = _axes(size)
    centre_x, centre_y = view.draw(0.32, 0.68), view.draw(0.32, 0.68)
    distance = np.hypot(x - centre_x, y - centre_y)
    steps = 1024
    turn = np.arctan2(y - centre_y, x - centre_x) * np.float32(steps / (2 * np.pi))
    index = turn.astype(np.int32) % steps
    tone = 0.10 * y
    shade = np.zeros_like(tone)
    count = 6
    energy = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(view.energy)), view.energy)
    for number, part in enumerate(np.array_split(view.levels, count)):
        nearness = (number + 1) / count
        wave = _smooth(np.concatenate([part, part[::-1]]), steps, 0.05 + 0.06 * (1 - view.bright), wrap=True)
        wave = np.roll(wave, int(view.draw(0, steps))) - np.float32(0.5)
        radius = (0.70 - 0.105 * number) * (1 + (0.12 + 0.16 * np.float32(energy[number])) * wave)
        inward = radius.astype(np.float32)[index] - distance
        inside = _edge(inward * size)
        shade = np.maximum(shade, np.exp(inward.clip(-1, 0) * 42)) * (1 - inside)
        tone += inside * (nearness - tone)
    canvas = _color_map(view.colors, tone)
    canvas = _blend(canvas, _darkest(view) * np.float32(0.6), 0.26 * shade)
    return _blend(canvas, _lightest(view), 0.95 * _edge((0.032 - distance) * size))


def ribbons(view: View) -> Plane:
    """Paint the waveform, section by section, as overlapping curtains of light."""
    size = view.size
    x, y = _axes(size)
    tone = 0.10 * (x + y) / 2
    count = 6
    lean, phase = view.draw(-0.35, 0.35), view.draw(0, 2 * np.pi)
    across = np.linspace(0, 1, size, dtype=np.float32)
    for number, part in enumerate(np.array_split(view.levels, count)):
        nearness = number / (count - 1)
        shape = _smooth(part, size, 0.10 + 0.08 * (1 - view.bright)) - 0.5
        sway = 0.05 * np.sin(2 * np.pi * (0.5 + 0.6 * view.pace) * across + phase + 0.9 * number)
        line = (0.20 + 0.60 * nearness + lean * (across - 0.5) + 0.16 * shape + sway).astype(np.float32)
        below = y - line[None, :]
        glow = np.exp(below.clip(0, 1) * np.float32(-1.3 / (0.10 + 0.10 * (1 - nearness)))) * _edge(below * size)
        tone += 0.88 * glow * (np.float32(0.52 + 0.42 * nearness) - tone)
    order = np.argsort(view.colors.sum(axis=1))
    return _color_map(view.colors[order] * np.array([0.62, 0.9, 1, 1, 1], np.float32)[:, None], tone)


def columns(view: View) -> Plane:
    """Paint the waveform as round-ended columns in front of an evening sky."""
    size = view.size
    x, y = _axes(size)
    tilt = view.draw(-0.5, 0.5)
    canvas = _ramp(view.colors[0], view.colors[1], np.clip(y + tilt * (x - 0.5), 0, 1))
    glow_x, glow_y = view.draw(0.2, 0.8), view.draw(0.2, 0.8)
    canvas = _blend(canvas, view.colors[2], 0.38 * np.exp(-((np.hypot(x - glow_x, y - glow_y) / 0.42) ** 2)))
    count = int(11 + round(6 * view.pace))
    margin = 0.13
    pitch = (1 - 2 * margin) / count
    edges = np.linspace(0, len(view.levels), count + 1).astype(int)[:-1]
    heights = np.add.reduceat(view.levels, np.minimum(edges, len(view.levels) - 1))
    heights = heights / np.diff(np.append(edges, len(view.levels))).clip(1)
    heights = (heights - heights.min() * 0.75) / max(float(heights.max() - heights.min() * 0.75), 0.05)
    lengths = 0.035 + 0.29 * heights**1.1
    column = np.clip(((x - margin) / pitch).astype(np.int32), 0, count - 1)
    thickness = pitch * 0.29
    sideways = np.abs(x - (margin + (column + 0.5) * pitch))
    upright = np.maximum(np.abs(y - 0.5) - lengths[column] + thickness, 0)
    inside = _edge((thickness - np.hypot(sideways, upright)) * size)
    across = (column / max(1, count - 1)).astype(np.float32)
    paint = _ramp(view.colors[3], view.colors[4], np.clip(0.7 * across + 0.6 * (y - 0.35), 0, 1))
    canvas += inside[..., None] * (paint - canvas)
    return canvas


# --- drawing helpers ---


def _axes(size: int) -> tuple[Plane, Plane]:
    positions = (np.arange(size, dtype=np.float32) + 0.5) / size
    return np.broadcast_to(positions[None, :], (size, size)), np.broadcast_to(positions[:, None], (size, size))


def _edge(distance: Plane) -> Plane:
    """Return the coverage of a pixel from its distance to the edge in pixels."""
    return np.asarray(np.clip(distance + 0.5, 0, 1), np.float32)


def _ramp(a: Plane, b: Plane, share: Plane) -> Plane:
    return np.asarray(a + (b - a) * np.clip(share, 0, 1)[..., None], np.float32)


def _color_map(colors: Plane, tone: Plane) -> Plane:
    """Map each tone 0..1 to a point along the colors, without gray between two of them."""
    stops = np.linspace(0, 1, len(colors))
    table = np.stack([np.interp(np.linspace(0, 1, 1024), stops, colors[:, c]) for c in range(3)], axis=1)
    return np.asarray(table.astype(np.float32)[(tone.clip(0, 1) * 1023.99).astype(np.int32)])


def _mix(a: Plane, b: Plane, share: float) -> Plane:
    return np.asarray(a + (b - a) * share, np.float32)


def _blend(canvas: Plane, color: Plane, share: Plane) -> Plane:
    return np.asarray(canvas + (color - canvas) * share[..., None], np.float32)


def _lightest(view: View) -> Plane:
    light = view.colors[np.argmax(view.colors.sum(axis=1))]
    return _mix(light, np.ones(3, np.float32), 0.45)


def _darkest(view: View) -> Plane:
    return np.asarray(view.colors[np.argmin(view.colors.sum(axis=1))])


def _smooth(levels: Plane, points: int, smoothing: float, wrap: bool = False) -> Plane:
    """Resample levels to `points`, smooth them over a share of the width, and normalize them to 0..1."""
    resampled = np.interp(np.linspace(0, len(levels) - 1, points), np.arange(len(levels)), levels)
    width = max(3, int(smoothing * points))
    kernel = np.hanning(2 * width + 1)
    padded = np.pad(resampled, width, mode="wrap" if wrap else "reflect")
    smoothed = np.convolve(padded, kernel / kernel.sum(), "valid")
    span = float(np.ptp(smoothed))
    return np.asarray((smoothed - smoothed.min()) / span if span > 1e-6 else np.full(points, 0.5), np.float32)


SCENES: tuple[Callable[[View], Plane], ...] = (dunes, rings, ribbons, columns)
