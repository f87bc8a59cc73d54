"""What each step of a recipe and each file format costs beyond the bare library calls for the same work.

    python -m benchmarks.finishing_steps [--seconds 60]

*Bare* is the least that numpy, SciPy, soxr, Signalsmith Stretch, PyAV and libsndfile need for the same result, written
out beside each row: filters as `sosfilt`, meters as `generator/audio/loudness.py` and `peaks.py` (which are faster than
SciPy's filters), gains as one multiplication. A recipe's report adds loudness and true peak of the source and of the
result, once each; the rows named *with report* say what a whole recipe takes. Times are CPU seconds of one thread, the
least of several runs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import soundfile
import soxr
from python_stretch import Signalsmith

from benchmarks.finishing import ONE_CORE, peak_memory_mb
from generator.audio import edited_files, peaks
from generator.audio.editing import fade, level, make_bed, stretch
from generator.audio.editing.assemble import Region, assemble
from generator.audio.editing.duck import duck
from generator.audio.editing.loop import LoopCandidate, make_loop
from generator.audio.editing.recipe import Duck, Fades, Format, Level, Recipe, Step
from generator.audio.editing.render import apply_recipe
from generator.audio.export import Description, Levels, choose_settings, export
from generator.audio.loudness import loudness
from generator.audio.structure import Structure
from generator.audio.tags import Tags

RATE, GOAL = 48_000, 1.3
RUNS, SHORT_RUNS, SHORT_S = 5, 100, 0.5  # what takes a millisecond is repeated more often
LONG_S, GOAL_MB = 600.0, 400
FORMATS = (
    Format("wav", bits=16), Format("wav", bits=24), Format("wav", rate=44_100, bits=16), Format("flac", bits=16),
    Format("ogg", bit_rate=192_000), Format("aiff", bits=16),
)  # fmt: skip
RECIPES: dict[str, list[dict[str, Any]]] = {
    "cut": [{"step": "cut", "regions": [[0, 500]]}],
    "fit": [{"step": "fit", "length_s": 590}],
    "loop": [{"step": "loop", "min_s": 60, "max_s": 500}],
    "fades": [{"step": "fades", "in_s": 3, "out_s": 5}],
    "faster": [{"step": "speed", "tempo": 1.04}],
    "slower": [{"step": "speed", "tempo": 0.96}],
    "pitch": [{"step": "speed", "semitones": 2}],
    "bed": [{"step": "bed"}],
    "level": [{"step": "level", "lufs": -30}],
    "limiter": [{"step": "level", "lufs": -12}],
}
Call = Callable[[], Any]


@dataclass(frozen=True)
class Row:
    name: str
    ours: Call
    bare: Call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--no-memory", action="store_true", help="leave out the ten-minute track")
    parser.add_argument("--child", nargs=2, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(measure_memory(asked.child[0], Path(asked.child[1])))
    elif os.environ.get("OMP_NUM_THREADS") != "1":
        subprocess.run([sys.executable, "-m", "benchmarks.finishing_steps", *sys.argv[1:]], check=True, env=ONE_CORE)
    else:
        print_costs(asked.seconds)
        if not asked.no_memory:
            print_memory()


def music(seconds: float) -> np.ndarray:
    """Return noise with a pulse, whose level rises and falls."""
    samples = np.random.default_rng(1).standard_normal((round(seconds * RATE), 2), np.float32)
    samples *= 0.05
    for beat in range(int(2 * seconds)):
        samples[beat * RATE // 2 :][: RATE // 20] *= 6 if beat % 4 == 0 else 3
    return np.clip(samples, -1, 1)


def print_costs(seconds: float) -> None:
    print(f"CPU seconds for {seconds:g} s of stereo at 48 kHz (goal: {GOAL} times the bare calls)")
    print(f"  {'':34} {'ours':>8} {'bare':>8} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for row in (*steps(music(seconds)), *with_report(music(seconds)), *files(music(seconds), Path(folder))):
            ours, bare = least_seconds(row.ours), least_seconds(row.bare)
            print(f"  {row.name:34} {ours:8.4f} {bare:8.4f} {ours / bare:6.2f}{' !' if ours > GOAL * bare else ''}")


def least_seconds(call: Call) -> float:
    times: list[float] = []
    while len(times) < RUNS or (sum(times) < SHORT_S and len(times) < SHORT_RUNS):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return min(times)


def steps(samples: np.ndarray) -> Iterator[Row]:
    """Yield the steps alone. Those that work in place get a copy, and so do the bare calls."""
    frames = len(samples)
    half, fading = frames // 2, 4 * RATE
    regions = [Region(0, half - RATE), Region(half + RATE, frames)]
    curve = np.sin(np.arange(fading, dtype=np.float32) * np.float32(np.pi / 2 / fading))[:, None]
    voice = music(seconds := frames / RATE)
    speech = [(start, start + 4.0) for start in np.arange(1.0, seconds - 5, 6.0)]
    channels = np.ascontiguousarray(samples.T)
    band = scipy.signal.butter(2, (1000, 4000), "band", fs=RATE, output="sos").astype(np.float32)
    bell = np.concatenate(scipy.signal.iirpeak(2000, 0.6, RATE))[None].astype(np.float32)

    def filtered(sections: np.ndarray, count: int) -> None:
        for _ in range(count):
            scipy.signal.sosfilt(sections, channels, axis=1)

    def stretched(tempo: float) -> None:
        processor = Signalsmith.Stretch(1)
        processor.preset(2, RATE)
        processor.setTimeFactor(tempo)
        processor.process(channels)

    def faded() -> None:
        samples.copy()[:fading] *= curve
        samples.copy()[-fading:] *= curve

    def joined() -> None:
        sound, width = np.concatenate([samples[: half - RATE], samples[half + RATE :]]), round(0.03 * RATE)
        crossfade(sound[half - RATE :][:width], samples[half - RATE :][:width])

    def looped() -> None:
        crossfade(samples[RATE : frames - RATE].copy()[: RATE // 4], samples[frames - RATE :][: RATE // 4])

    yield Row("cut (concatenate, crossfade)", lambda: assemble(samples, RATE, regions), joined)
    yield Row(
        "loop (copy, crossfade)",
        lambda: make_loop(samples, RATE, LoopCandidate(RATE, frames - RATE, RATE // 4, 0.5, 8, 0)),
        looped,
    )
    yield Row(
        "fades (2 × copy, multiply 4 s)",
        lambda: [fade(samples.copy(), RATE, **{way: 4.0}) for way in ("in_s", "out_s")],
        faded,
    )
    yield Row("tempo (Signalsmith)", lambda: stretch(samples, RATE, tempo=1.04), partial(stretched, 1.04))
    yield Row(
        "bed (sosfilt, loudness before, after)",
        lambda: make_bed(samples.copy(), RATE, 6.0),
        lambda: (filtered(bell, 1), loudness(samples, RATE), loudness(samples, RATE), samples * np.float32(0.9)),
    )
    yield Row(
        "duck (3 × sosfilt band, bell, multiply)",
        lambda: duck(samples.copy(), RATE, voice, Duck("0" * 64), speech=speech),
        lambda: (filtered(band, 3), filtered(bell, 1), samples * np.float32(0.9)),
    )
    yield Row(
        "level (loudness, true peak, multiply)",
        lambda: level(samples.copy(), RATE, lufs=-30.0, true_peak_dbtp=-1.0),
        lambda: (measured(samples), samples * np.float32(0.9)),
    )
    yield Row(
        "level (and 4 × resample_poly, loudness)",
        lambda: level(samples.copy(), RATE, lufs=-12.0, true_peak_dbtp=-1.0),
        lambda: (
            measured(samples), scipy.signal.resample_poly(samples, 4, 1), loudness(samples, RATE), samples * curve[-1],
        ),
    )  # fmt: skip


def crossfade(after: np.ndarray, before: np.ndarray) -> None:
    angles = np.linspace(0, np.pi / 2, len(after), dtype=np.float32)[:, None]
    after *= np.sin(angles)
    after += before * np.cos(angles)


def measured(samples: np.ndarray) -> None:
    loudness(samples, RATE)
    peaks.true_peak(samples, peaks.block_peaks(samples))


def with_report(samples: np.ndarray) -> Iterator[Row]:
    """Yield recipes with everything that is said of them."""
    recipes: tuple[tuple[str, Step, int], ...] = (
        ("fades with report (measured twice)", Fades(2.0, out_s=2.0), 2),
        ("level with report (measured once)", Level(lufs=-30.0), 1),
    )
    for name, step, times in recipes:
        yield Row(
            name,
            lambda step=step: apply_recipe(samples, RATE, Recipe((step,))),
            lambda times=times: [measured(samples) for _ in range(times)] + [samples * np.float32(0.9)],
        )


def files(samples: np.ndarray, folder: Path) -> Iterator[Row]:
    """Yield the formats; 16 bits with the dither that both need, and what is known of the sound is known to both."""
    known = Description(Tags(title="x"), levels=Levels(-14.0, 0.5))
    subtypes = {16: "PCM_16", 24: "PCM_24"}

    def bare(step: Format) -> None:
        rate = step.rate or RATE
        sound = soxr.resample(samples, RATE, rate, "VHQ") if rate != RATE else samples
        if step.bits == 16:
            noise = np.random.default_rng(1).random((2, *sound.shape), np.float32)
            sound = np.clip(sound * np.float32(32768) + noise[0] - noise[1], -32768, 32767).astype(np.int16)
        path = folder / f"bare.{step.format}"
        if step.format == "ogg":
            with soundfile.SoundFile(path, "w", rate, 2, format="OGG", subtype="VORBIS", compression_level=0.4) as file:
                for start in range(0, len(sound), 1 << 16):
                    file.write(sound[start : start + (1 << 16)])
        else:
            soundfile.write(path, sound, rate, subtype=subtypes[step.bits or 16])

    for step in FORMATS:
        settings = choose_settings(step, RATE, 2)
        name = f"{step.format} {step.bits or ''} {step.rate or ''}".strip()
        target = folder / f"ours.{step.format}"
        yield Row(
            f"{name} (soxr, dither, libsndfile)",
            lambda settings=settings, target=target: export(samples, RATE, target, settings, known),
            partial(bare, step),
        )


def measure_memory(name: str, folder: Path) -> float:
    """Apply a recipe to the long file, write it as WAV, and return the peak of this process."""
    structure = json.loads((folder / "structure.json").read_text())
    recipe = {"version": 1, "steps": RECIPES[name]}
    edit = edited_files.apply_to_file(folder / "long.flac", folder / "edited.npy", recipe, structure)
    if edit.error_code:
        raise SystemExit(edit.error_code)
    edited_files.export_to_file(folder / "edited.npy", folder / "made.wav", edit, Format("wav"), Tags(title="x"))
    return peak_memory_mb()


def print_memory() -> None:
    print(f"\n{LONG_S:g} s of stereo from FLAC through a recipe to WAV, peak of the process in MB (goal {GOAL_MB})")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        soundfile.write(folder / "long.flac", music(LONG_S), RATE, subtype="PCM_16")
        structure: Structure = edited_files.structure_of_file(folder / "long.flac")
        (folder / "structure.json").write_text(json.dumps(structure.to_json()))
        for recipe in RECIPES:
            command = [sys.executable, "-m", "benchmarks.finishing_steps", "--child", recipe, name]
            peak = float(subprocess.run(command, capture_output=True, text=True, check=True, env=ONE_CORE).stdout)
            print(f"  {recipe:8} {peak:6.0f}{' !' if peak > GOAL_MB else ''}")


if __name__ == "__main__":
    main()
