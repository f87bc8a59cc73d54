"""Whether beats, bar lines, fits and loops are right: on composed tracks whose grid is hidden, and on game soundtracks.

    python -m benchmarks.finishing [--styles lofi,piano] [--seeds 901,902] [--length 90] [--soundtracks] [--no-memory]
    python -m benchmarks.finishing --pack

*Composed tracks*: each style and seed is composed, then moved: three of four begin after a silence of up to a second,
the others in the middle of a bar. Beats count within 70 ms (F-measure). In 6/8 the dotted quarter or the composer's own
quarter is the beat. Ambient and meditation have no drums: they may be said to have no pulse, and are not scored.
*Fits*: every track is fitted to LENGTHS_S. A join is on a bar line if what follows it begins within 20 ms of one.
*Soundtracks*: music of Debian's games, fetched with apt-get and thrown away afterwards. Their grid is not known: there,
joins are compared with the measured bar lines.
*Pack*: what the sandbox does for a delivery pack of a track of a minute: decode, measure, four cuts, loop and bed in
three formats, stems of the cuts.
Seconds are CPU time of one process. The goals are printed beside the figures.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from generator.audio import Sound, Tags, decode, edited_files, encode, inspect, measure, prepared_files, stem_files
from generator.audio.editing.fit import apply_fit, plan_fit
from generator.audio.editing.loop import find_loops, prove_seam
from generator.audio.editing.recipe import Format
from generator.audio.structure import Structure, find_structure
from generator.composer import STYLES, ComposerControls, compose, read_brief
from generator.composer.writing.endings import slow_down

LENGTHS_S = (6.0, 15.0, 30.0, 60.0, 90.0)
PACK_CUTS_S = (60.0, 30.0, 15.0, 6.0)
PACK_FORMATS = (Format("wav", rate=48_000, bits=24), Format("mp3", bit_rate=320_000), Format("ogg"))
PACKAGES = ("wesnoth-1.16-music", "hedgewars-data", "frozen-bubble-data", "lincity-ng-data")
MIN_FILE_BYTES, MAX_TRACK_S = 400_000, 400.0
WITHOUT_DRUMS = ("ambient", "meditation")
BEAT_S, JOIN_S = 0.07, 0.02
ONE_CORE = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMPY_MADVISE_HUGEPAGE": "0"}


@dataclass(frozen=True)
class Track:
    name: str
    samples: np.ndarray
    rate: int
    beats: tuple[np.ndarray, ...] = ()  # each a way to count them
    bars: np.ndarray | None = None
    has_drums: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", default=",".join(STYLES), help="some styles, with commas between them")
    parser.add_argument("--seeds", default="901,902", help="empty: no composed tracks")
    parser.add_argument("--length", type=float, default=90.0, help="seconds of each composed track")
    parser.add_argument("--soundtracks", action="store_true", help="fetch and measure game soundtracks, too")
    parser.add_argument("--most", type=int, default=30, help="of the soundtracks")
    parser.add_argument("--no-memory", action="store_true", help="leave out the ten-minute track")
    parser.add_argument("--pack", action="store_true", help="only the delivery pack")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(measure_long()))
        return
    if asked.pack:
        print_pack()
        return
    if seeds := [int(seed) for seed in asked.seeds.split(",") if seed]:
        report("composed tracks", composed(asked.styles.split(","), seeds, asked.length))
    if asked.soundtracks:
        report("soundtracks", soundtracks(asked.most))
    if not asked.no_memory:
        print_memory()


def composed(styles: list[str], seeds: list[int], length_s: float) -> Iterator[Track]:
    for style in styles:
        for seed in seeds:
            controls = ComposerControls(length_s=length_s, style=style)
            composition = compose(read_brief("music", controls, seed=seed))
            form, ending, rate = composition.form, composition.score.ending, composition.sample_rate
            beats = np.array([slow_down(float(beat), form, ending) * form.beat_s for beat in range(int(form.end) + 1)])
            bars = beats[:: form.beats]
            ways = [beats]
            if form.meter == "6/8":
                ways.append(np.sort(np.concatenate([bars, (bars[1:] + bars[:-1]) / 2])))
            samples = (composition.pcm / 32768).astype(np.float32)
            dice = random.Random(f"{style}/{seed}")
            shift = -1.3 * form.beat_s if dice.random() < 0.25 else dice.uniform(0, 1)
            frames = round(shift * rate)
            samples = samples[-frames:] if frames < 0 else np.pad(samples, ((frames, 0), (0, 0)))
            grids = tuple(way[way + shift >= 0] + shift for way in ways)
            yield Track(f"{style}-{seed}", samples, rate, grids, bars + shift, style not in WITHOUT_DRUMS)


def soundtracks(most: int) -> Iterator[Track]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, check=True, capture_output=True)
        for package in Path(folder).glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        files = [path for path in Path(folder).rglob("*.ogg") if path.stat().st_size > MIN_FILE_BYTES]
        chosen = random.Random(1).sample(sorted(files), min(most, len(files)))
        for path in chosen:
            sound = decode(path)
            if sound.seconds <= MAX_TRACK_S:
                yield Track(path.stem, sound.samples, sound.sample_rate)


def report(title: str, tracks: Iterator[Track]) -> None:
    """Measure every track and print the figures."""
    beats, bars, pulses, fits, seams = [], [], Counter(), [], []
    analysis_s = music_s = 0.0
    for track in tracks:
        began = time.process_time()
        structure = find_structure(track.samples, track.rate)
        analysis_s += time.process_time() - began
        music_s += structure.length_s
        pulses[("pulse" if structure.bars else "no pulse", track.has_drums)] += 1
        if track.bars is not None and track.has_drums:
            beats.append(max((f_measure(np.array(structure.beats), way) for way in track.beats), default=0.0))
            bars.append(f_measure(np.array(structure.bars), within(track.bars, structure)))
            if beats[-1] < 0.95 or bars[-1] < 0.9:
                print(f"  {track.name}: beats {beats[-1]:.2f}, bar lines {bars[-1]:.2f}")
        fits += [(length_s, *fit(track, structure, length_s)) for length_s in LENGTHS_S]
        if loops := find_loops(track.samples, track.rate, structure, 8, 30):
            seams.append(prove_seam(track.samples, track.rate, structure, loops[0]))
    print(f"\n{title}: {sum(pulses.values())} tracks, analysis {analysis_s / music_s * 60:.2f} s per minute of music")
    without = sum(count for (kind, _), count in pulses.items() if kind == "no pulse")
    drumless = sum(count for (kind, has_drums), count in pulses.items() if kind == "no pulse" and not has_drums)
    print(f"  said to have no pulse: {without}, of these composed without drums: {drumless}")
    if beats:
        print(f"  beats: mean {np.mean(beats):.3f}; 0.95 or more in {share(np.array(beats) >= 0.95)}")
        print(f"  bar lines: mean {np.mean(bars):.3f}; 0.9 or more in {share(np.array(bars) >= 0.9)} (goal 90 %)")
    print_fits(fits)
    grades = Counter(seam.grade for seam in seams)
    print(f"  loops of 8 to 30 s: {len(seams)}, grades {dict(sorted(grades.items()))}")


def f_measure(found: np.ndarray, true: np.ndarray) -> float:
    """Return the F-measure within 70 ms; what was found before or after the known grid is not counted."""
    if not len(true) or not len(found):
        return 0.0
    found = found[(found > true[0] - BEAT_S) & (found < true[-1] + BEAT_S)]
    if not len(found):
        return 0.0
    nearest = np.argmin(np.abs(found[None, :] - true[:, None]), axis=1)
    hits = len(
        {int(index) for index, moment in zip(nearest, true, strict=True) if abs(found[index] - moment) <= BEAT_S}
    )
    return 2 * hits / (len(found) + len(true))


def within(times: np.ndarray, structure: Structure) -> np.ndarray:
    return times[(times >= structure.starts_s - BEAT_S) & (times <= structure.music_ends_s + BEAT_S)]


def fit(track: Track, structure: Structure, length_s: float) -> tuple[float, ...]:
    """Return figures of one fit.

    They are: exact, joins, joins on a bar line, roughness, tempo change, end kept, opening kept, CPU seconds, and the
    quality gate's findings that the track itself has not.
    """
    began = time.process_time()
    plans = plan_fit(track.samples, track.rate, structure, length_s)
    if not plans:
        return (0, 0, 0, 9, 1, 0, 0, 0, 0)
    plan = plans[0]
    fitted = apply_fit(track.samples, track.rate, plan)
    seconds = time.process_time() - began
    bars = np.array(structure.bars) if track.bars is None else track.bars
    if len(bars) > 1:  # the grid goes on while the last chord rings
        bars = np.concatenate([[2 * bars[0] - bars[1]], bars, [2 * bars[-1] - bars[-2]]])
    joins = [join.right_frame / track.rate for join in plan.joins] if structure.bars and track.has_drums else []
    on_bars = sum(bool(np.min(np.abs(bars - join)) <= JOIN_S) for join in joins)
    last = plan.regions[-1]
    kept = last.frames >= 1.98 * track.rate and last.end_frame >= (structure.ends_s - 0.001) * track.rate
    is_exact = len(fitted) == round(length_s * track.rate)
    found = len(findings(fitted, track.rate) - findings(track.samples, track.rate))
    return is_exact, len(joins), on_bars, plan.roughness, abs(plan.tempo - 1), kept, plan.keeps_opening, seconds, found


def findings(samples: np.ndarray, rate: int) -> set[str]:
    sound = Sound(samples, rate, "pcm_s16le", "wav", None, None)
    return {finding.code for finding in inspect(sound, measure(sound))}


def print_fits(fits: list[tuple[float, ...]]) -> None:
    print(
        "  fit     exact  joins  on bar lines  rough ≤ p99  tempo ≤ 3 %  end kept  opening kept  CPU s, most  findings"
    )
    for length_s in (*LENGTHS_S, None):
        rows = np.array([row[1:] for row in fits if length_s in (row[0], None)], float)
        exact, joins, on_bars, rough, tempo, kept, opening, seconds, found = rows.T
        print(
            f"  {'all' if length_s is None else f'{length_s:g} s':6} {share(exact == 1):>6} {int(joins.sum()):6}"
            f" {on_bars.sum() / max(1, joins.sum()):13.1%} {share(rough <= 1):>12} {share(tempo <= 0.0301):>12}"
            f" {share(kept == 1):>9} {share(opening == 1):>13} {seconds.max():12.2f} {int(found.sum()):9}"
        )
    print("  goals    100 %            95 %        100 %        100 %     100 %                         2         0")


def share(is_good: np.ndarray) -> str:
    return f"{np.mean(is_good):.0%}"


def print_pack() -> None:
    """Make the sound files of a pack as the sandbox does, and print what they cost."""
    composition = compose(read_brief("music", ComposerControls(length_s=60.0, style="lofi"), seed=901))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encode(composition.pcm, composition.sample_rate, folder / "mix.flac", format="flac")
        names = composition.stem_names
        for number, stem in enumerate(names):
            encode(composition.stem(stem), composition.sample_rate, folder / f"{number}.flac", format="flac")
        costs = pack(folder, len(names))
    print(f"pack of a track of a minute with {len(names)} stems (CPU seconds)")
    for step, seconds in costs.items():
        print(f"  {step:12} {seconds:6.2f}")
    print(f"  {'in all':12} {sum(costs.values()):6.2f} (goal 10)")


def pack(folder: Path, stems: int) -> Counter[str]:
    """Return the CPU seconds of each kind of work on the files in a folder: "mix.flac", "0.flac", …"""
    costs: Counter[str] = Counter()
    source, edited, plan = folder / "mix.npy", folder / "edited.npy", folder / "plan"
    track = timed(costs, "decode", prepared_files.prepare_source, folder / "mix.flac", source, None)
    prepared = [folder / f"{number}.npy" for number in range(stems)]
    for array in prepared:
        timed(costs, "decode stems", prepared_files.prepare_stem, array.with_suffix(".flac"), array, track.mix)
    cuts = [{"step": "fit", "length_s": length_s} for length_s in PACK_CUTS_S]
    for step in [*cuts, {"step": "loop"}, {"step": "bed"}]:
        recipe = {"version": 1, "steps": [step, {"step": "level", "destination": "streaming"}]}
        applied = timed(
            costs,
            step["step"],
            edited_files.apply_to_file,
            source,
            edited,
            recipe,
            track.structure.to_json(),
            None,
            plan,
        )
        formats = PACK_FORMATS if step["step"] != "loop" else [one for one in PACK_FORMATS if one.format != "mp3"]
        for format in formats:
            target = folder / f"out.{format.format}"
            timed(costs, format.format, edited_files.export_to_file, edited, target, applied, format, Tags())
        if step["step"] == "fit":
            targets = [folder / f"cut-{number}.npy" for number in range(stems)]
            timed(costs, "edit stems", stem_files.apply_to_stems, prepared, targets, plan)
            unmeasured = replace(applied, report={"lufs": None, "true_peak_dbtp": None})
            for array in targets:
                target = folder / "stem.wav"
                timed(costs, "stems", edited_files.export_to_file, array, target, unmeasured, PACK_FORMATS[0], Tags())
    return costs


def timed(costs: Counter[str], step: str, work: Callable[..., Any], *arguments: Any) -> Any:
    began = time.process_time()
    result = work(*arguments)
    costs[step] += time.process_time() - began
    return result


def measure_long() -> dict[str, float]:
    """Measure ten minutes of stereo at 48 kHz and fit them to a minute."""
    rate = 48_000
    samples = np.random.default_rng(1).standard_normal((600 * rate, 2), np.float32)
    samples *= 0.05
    for beat in range(1200):
        samples[beat * rate // 2 :][: rate // 20] *= 10 if beat % 4 == 0 else 5
    before_mb = peak_memory_mb()
    began = time.process_time()
    structure = find_structure(samples, rate)
    structure_s = time.process_time() - began
    apply_fit(samples, rate, plan_fit(samples, rate, structure, 60.0)[0])
    peak_mb = peak_memory_mb()
    seconds = time.process_time() - began
    return {"before_mb": before_mb, "peak_mb": peak_mb, "structure_s": structure_s, "fit_s": seconds - structure_s}


def peak_memory_mb() -> float:
    """Return the peak of this program alone; getrusage would include the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def print_memory() -> None:
    command = [sys.executable, "-m", "benchmarks.finishing", "--child"]
    long = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=ONE_CORE).stdout)
    print(
        f"\n600 s of stereo: structure {long['structure_s']:.1f} s, fit to a minute {long['fit_s']:.1f} s of CPU; peak "
        f"{long['peak_mb']:.0f} MB with the samples (goal 400; {long['before_mb']:.0f} MB once they are loaded)"
    )


if __name__ == "__main__":
    main()
