"""A listening page: `python -m generator.composer.gallery out/` renders every style with two seeds.

Each piece has a player, a spectrogram, its measurements, and the loudness of every stem relative to the mix. The page
and its files need no network. Use it to compare a style before and after a change.
"""

import argparse
import html
import itertools
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray
from PIL import Image

from generator.composer import STYLES, ComposerControls, Composition, compose, read_brief
from generator.composer.audio_files import pieces_of, write_audio
from generator.composer.filters import ROW_FRAMES
from generator.composer.mixing.loudness_meter import POWER_STEP_FRAMES, Powers, integrated
from generator.composer.sound.modes import RATE_HZ

WIDTH_PX, HEIGHT_PX = 900, 240  # size of a spectrogram in pixels
MIN_HZ, MAX_HZ, RANGE_DB = 40.0, 16_000.0, 75.0
BANDS_HZ = {"sub": (20, 60), "bass": (60, 250), "low mid": (250, 500), "mid": (500, 2000), "presence": (2000, 6000),
         "air": (6000, 16_000)}  # fmt: skip
PAGE = """<!doctype html><meta charset="utf-8"><title>Composer gallery</title><style>
body{{font:15px system-ui;margin:2rem auto;max-width:960px;background:#111;color:#ddd}}img{{width:100%;display:block}}
table{{border-collapse:collapse;margin:.4rem 0}}
td,th{{padding:.15rem .6rem;text-align:right;border-bottom:1px solid #333}}
audio{{width:100%}}h2{{margin-top:2.5rem}}</style><h1>Composer gallery</h1>{body}"""


@dataclass(frozen=True)
class Measured:
    """Loudness in LUFS, crest in dB, centroid in Hz, L/R correlation, onsets per second, bands in dB of the total."""

    lufs: float
    crest_db: float
    centroid_hz: float
    correlation: float
    onsets: float
    bands: dict[str, float]


def measure(samples: NDArray[np.float32]) -> Measured:
    """Measure samples of shape (frames, 2)."""
    mono = samples.mean(axis=1)
    power = np.asarray(np.abs(scipy.fft.rfft(mono)) ** 2)
    hz = np.arange(len(power)) * RATE_HZ / len(mono)
    share = {
        name: float(power[(hz >= low) & (hz < high)].sum() / power.sum()) for name, (low, high) in BANDS_HZ.items()
    }
    loud = loudness(samples)
    rms = float(np.sqrt(np.mean(samples**2)))
    return Measured(
        lufs=loud,
        crest_db=20 * float(np.log10(max(1e-9, float(np.abs(samples).max())) / max(1e-9, rms))),
        centroid_hz=float((hz * np.sqrt(power)).sum() / np.sqrt(power).sum()),
        correlation=float(np.asarray(np.corrcoef(samples.T))[0, 1]),
        onsets=_onsets(mono),
        bands={name: 10 * float(np.log10(value + 1e-9)) for name, value in share.items()},
    )


def loudness(samples: NDArray[np.float32]) -> float:
    """Integrated loudness in LUFS of samples of shape (frames, 2); −70 for silence."""
    count = len(samples) // POWER_STEP_FRAMES
    padded = np.pad(samples.T, ((0, 0), (0, -len(samples) % (POWER_STEP_FRAMES * ROW_FRAMES))))
    return integrated(Powers().measure(padded)[:count]) or -70.0


def _onsets(mono: NDArray[np.float32]) -> float:
    """Return the number of onsets (sudden rises of the spectrum) per second."""
    hop = 512
    frames = np.lib.stride_tricks.sliding_window_view(mono, 1024)[::hop] * np.hanning(1024).astype(np.float32)
    levels = np.asarray(np.log1p(200 * np.abs(scipy.fft.rfft(frames, axis=1))))
    rises = np.asarray(np.maximum(0, np.diff(levels, axis=0)).mean(axis=1))
    peaks, _ = scipy.signal.find_peaks(rises, height=rises.mean() + 0.5 * rises.std(), distance=4)
    return float(len(peaks) / (len(mono) / RATE_HZ))


def spectrogram(samples: NDArray[np.float32]) -> Image.Image:
    """Draw samples (frames, 2) as a spectrogram: time across, log frequency upward, 75 dB from dark to bright."""
    mono = samples.mean(axis=1)
    size = 4096
    starts = np.linspace(0, len(mono) - size, WIDTH_PX).astype(int)
    frames = np.stack([mono[start : start + size] for start in starts]) * np.hanning(size).astype(np.float32)
    levels = 20 * np.log10(np.abs(scipy.fft.rfft(frames, axis=1)) + 1e-6)
    edges = np.geomspace(MIN_HZ, MAX_HZ, HEIGHT_PX + 1) * size / RATE_HZ
    rows = [levels[:, int(a) : max(int(a) + 1, int(b))].max(axis=1) for a, b in itertools.pairwise(edges)]
    brightness = np.clip(1 + (np.stack(rows)[::-1] - levels.max()) / RANGE_DB, 0, 1)
    colors = np.stack(
        [
            brightness**0.7,
            brightness**2,
            np.clip(0.25 + brightness * (1 - brightness) * 2.2 - 0.25 * (1 - brightness), 0, 1),
        ],
        2,
    )
    return Image.fromarray((255 * colors).astype(np.uint8))


def stem_loudness(composition: Composition) -> dict[str, float]:
    """Return the loudness of every stem relative to the mix, in LU."""
    mix_loudness = loudness(composition.mix())
    return {name: loudness(composition.unmastered_stem(name)) - mix_loudness for name in composition.stem_names}


def entry(composition: Composition, name: str, folder: Path) -> str:
    """Write the files of one piece and return its HTML."""
    samples = np.asarray(composition.pcm / np.float32(32_768), np.float32)
    write_audio(folder / f"{name}.mp3", pieces_of(composition.pcm))
    spectrogram(samples).save(folder / f"{name}.png")
    measured = measure(samples)
    form = " ".join(f"{section.name}·{section.energy:.2f}" for section in composition.sections)
    facts = {
        "LUFS": f"{measured.lufs:.1f}", "crest dB": f"{measured.crest_db:.1f}",
        "centroid Hz": f"{measured.centroid_hz:.0f}", "sides": f"{measured.correlation:.2f}",
        "onsets/s": f"{measured.onsets:.1f}",
        **{band: f"{value:.1f}" for band, value in measured.bands.items()},
    }  # fmt: skip
    stems = {stem: f"{value:.1f}" for stem, value in stem_loudness(composition).items()}
    print(f"{name:18} " + " ".join(f"{key} {value}" for key, value in facts.items()), flush=True)
    print(f"{'':18} " + " ".join(f"{key} {value}" for key, value in stems.items()), flush=True)
    return (
        f"<h3>{html.escape(composition.title)}</h3><p>{composition.bpm:g} BPM, {composition.key}, "
        f"{composition.form.meter}, ending: {composition.score.ending}; {form}</p>"
        f'<audio controls preload="none" src="{name}.mp3"></audio><img src="{name}.png" alt="spectrogram">'
        + _table(facts)
        + _table(stems)
    )


def _table(facts: dict[str, str]) -> str:
    head = "".join(f"<th>{html.escape(key)}" for key in facts)
    return f"<table><tr>{head}<tr>{''.join(f'<td>{value}' for value in facts.values())}</table>"


def make(folder: Path, styles: Iterable[str], seeds: Iterable[int], length_s: float) -> None:
    """Write the page and its files to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    body = []
    for style in styles:
        body.append(f"<h2>{html.escape(STYLES[style].title)}</h2><p>{html.escape(STYLES[style].summary)}</p>")
        for seed in seeds:
            composition = compose(read_brief("", ComposerControls(length_s=length_s, style=style), seed=seed))
            body.append(entry(composition, f"{style}-{seed}", folder))
    (folder / "index.html").write_text(PAGE.format(body="\n".join(body)))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m generator.composer.gallery", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--styles", default="", help="styles to include, separated by commas")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--length", type=float, default=45.0)
    options = parser.parse_args(arguments)
    styles = [name for name in options.styles.split(",") if name] or list(STYLES)
    make(options.folder, styles, [int(seed) for seed in options.seeds.split(",")], options.length)
    print(f"open {options.folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
