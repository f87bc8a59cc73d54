"""A page to listen to: `python -m generator.composer.gallery out/` makes every style with two seeds.

For each there is a player, a spectrogram, what was measured, and the loudness of every stem beside the whole; the page
and its files need no network. Whoever changes a style looks and listens here, before and after.
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
from generator.composer.files import write_audio
from generator.composer.meter import POWER_STEP, Powers, integrated
from generator.composer.modal import RATE

WIDE, HIGH = 900, 240  # pixels of a spectrogram
LOWEST_HZ, HIGHEST_HZ, RANGE_DB = 40.0, 16_000.0, 75.0
BANDS = {"sub": (20, 60), "bass": (60, 250), "low mid": (250, 500), "mid": (500, 2000), "presence": (2000, 6000),
         "air": (6000, 16_000)}  # fmt: skip
PAGE = """<!doctype html><meta charset="utf-8"><title>Composer gallery</title><style>
body{{font:15px system-ui;margin:2rem auto;max-width:960px;background:#111;color:#ddd}}img{{width:100%;display:block}}
table{{border-collapse:collapse;margin:.4rem 0}}
td,th{{padding:.15rem .6rem;text-align:right;border-bottom:1px solid #333}}
audio{{width:100%}}h2{{margin-top:2.5rem}}</style><h1>Composer gallery</h1>{body}"""


@dataclass(frozen=True)
class Measured:
    """Loudness in LUFS, crest in dB, centroid in Hz, correlation of the sides, onsets a second, bands in dB of all."""

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
    hz = np.arange(len(power)) * RATE / len(mono)
    share = {name: float(power[(hz >= low) & (hz < high)].sum() / power.sum()) for name, (low, high) in BANDS.items()}
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
    whole = len(samples) // POWER_STEP * POWER_STEP
    return integrated(Powers().of(np.ascontiguousarray(samples[:whole].T))) or -70.0


def _onsets(mono: NDArray[np.float32]) -> float:
    """How many sudden rises of the spectrum there are in a second."""
    hop = 512
    frames = np.lib.stride_tricks.sliding_window_view(mono, 1024)[::hop] * np.hanning(1024).astype(np.float32)
    levels = np.asarray(np.log1p(200 * np.abs(scipy.fft.rfft(frames, axis=1))))
    rises = np.asarray(np.maximum(0, np.diff(levels, axis=0)).mean(axis=1))
    peaks, _ = scipy.signal.find_peaks(rises, height=rises.mean() + 0.5 * rises.std(), distance=4)
    return float(len(peaks) / (len(mono) / RATE))


def spectrogram(samples: NDArray[np.float32]) -> Image.Image:
    """A picture of samples (frames, 2): time across, frequency up on a log scale, 75 dB from dark to bright."""
    mono = samples.mean(axis=1)
    size = 4096
    starts = np.linspace(0, len(mono) - size, WIDE).astype(int)
    frames = np.stack([mono[start : start + size] for start in starts]) * np.hanning(size).astype(np.float32)
    levels = 20 * np.log10(np.abs(scipy.fft.rfft(frames, axis=1)) + 1e-6)
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, HIGH + 1) * size / RATE
    rows = [levels[:, int(a) : max(int(a) + 1, int(b))].max(axis=1) for a, b in itertools.pairwise(edges)]
    place = np.clip(1 + (np.stack(rows)[::-1] - levels.max()) / RANGE_DB, 0, 1)
    colours = np.stack([place**0.7, place**2, np.clip(0.25 + place * (1 - place) * 2.2 - 0.25 * (1 - place), 0, 1)], 2)
    return Image.fromarray((255 * colours).astype(np.uint8))


def balance(made: Composition) -> dict[str, float]:
    """Every stem's loudness against the mix, LU."""
    whole = loudness(made.mix())
    return {name: loudness(made.stem(name)) - whole for name in made.stem_names}


def entry(made: Composition, name: str, folder: Path) -> str:
    """Write one piece's files and give its part of the page."""
    samples = np.asarray(made.pcm / np.float32(32_768), np.float32)
    write_audio(folder / f"{name}.mp3", made.pcm)
    spectrogram(samples).save(folder / f"{name}.png")
    found = measure(samples)
    form = " ".join(f"{section.name}·{section.energy:.2f}" for section in made.sections)
    facts = {
        "LUFS": f"{found.lufs:.1f}", "crest dB": f"{found.crest_db:.1f}", "centroid Hz": f"{found.centroid_hz:.0f}",
        "sides": f"{found.correlation:.2f}", "onsets/s": f"{found.onsets:.1f}",
        **{band: f"{value:.1f}" for band, value in found.bands.items()},
    }  # fmt: skip
    stems = {stem: f"{value:.1f}" for stem, value in balance(made).items()}
    print(f"{name:18} " + " ".join(f"{key} {value}" for key, value in facts.items()), flush=True)
    print(f"{'':18} " + " ".join(f"{key} {value}" for key, value in stems.items()), flush=True)
    return (
        f"<h3>{html.escape(made.title)}</h3><p>{made.bpm:g} BPM, {made.key}, {made.form.meter}, "
        f"ending: {made.score.ending}; {form}</p>"
        f'<audio controls preload="none" src="{name}.mp3"></audio><img src="{name}.png" alt="spectrogram">'
        + _table(facts)
        + _table(stems)
    )


def _table(facts: dict[str, str]) -> str:
    head = "".join(f"<th>{html.escape(key)}" for key in facts)
    return f"<table><tr>{head}<tr>{''.join(f'<td>{value}' for value in facts.values())}</table>"


def make(folder: Path, styles: Iterable[str], seeds: Iterable[int], length_s: float) -> None:
    """Make the page and its files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    body = []
    for style in styles:
        body.append(f"<h2>{html.escape(STYLES[style].title)}</h2><p>{html.escape(STYLES[style].summary)}</p>")
        for seed in seeds:
            made = compose(read_brief("", ComposerControls(length_s=length_s, style=style), seed=seed))
            body.append(entry(made, f"{style}-{seed}", folder))
    (folder / "index.html").write_text(PAGE.format(body="\n".join(body)))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m generator.composer.gallery", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--styles", default="", help="some styles, with commas between them")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--length", type=float, default=45.0)
    asked = parser.parse_args(arguments)
    styles = [name for name in asked.styles.split(",") if name] or list(STYLES)
    make(asked.folder, styles, [int(seed) for seed in asked.seeds.split(",")], asked.length)
    print(f"open {asked.folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
