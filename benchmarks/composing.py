"""Speed of the built-in composer on one core, its memory use, and FluidSynth for comparison.

    python -m benchmarks.composing [--length 60] [--styles lofi,house] [--no-memory]

Every style is composed in a separate process, on one core: *cold* is the first take, which also makes its sounds
(scipy is loaded before); *warm* is the second take, in the same process. Both go from the prompt to the mastered
samples. Seconds are CPU time, so that a busy machine matters little, and the best of TRIES for either side. FluidSynth
renders the MIDI file of the same take to a WAV (its reverb and chorus on, no mastering); the time to load its samples,
measured with an empty file, is subtracted.
The goals: 60 seconds of music per second, cold, and no slower than FluidSynth; under 400 MB for ten minutes.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GOAL, GOAL_MB = 60, 400
TRIES = 3
SOUNDFONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/soundfonts/FluidR3_GM.sf2")
EMPTY_MIDI = bytes.fromhex("4d546864000000060000000101e04d54726b0000000400ff2f00")
ONE_CORE = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=float, default=60.0, help="seconds of each take")
    parser.add_argument("--styles", default="", help="some styles, with commas between them")
    parser.add_argument("--no-memory", action="store_true", help="leave out the ten-minute piece")
    parser.add_argument("--child", nargs=2, metavar=("STYLE", "MIDI"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(compose_twice(asked.child[0], asked.length, Path(asked.child[1]))))
        return
    font = next((font for font in SOUNDFONTS if Path(font).exists()), None)
    if not font or not shutil.which("fluidsynth"):
        print("FluidSynth is left out. On Debian: apt-get install fluidsynth fluid-soundfont-gm\n")
        font = None
    compare(asked.length, [name for name in asked.styles.split(",") if name] or every_style(), font)
    if not asked.no_memory:
        megabytes = child("cinematic", 600.0, Path(os.devnull))["megabytes"]
        print(f"\nten minutes, peak memory of the whole process: {megabytes:.0f} MB (goal {GOAL_MB})")


def every_style() -> list[str]:
    code = "from generator.composer import STYLES; print(*STYLES)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def compare(length: float, styles: list[str], font: str | None) -> None:
    """Print a line per style: seconds of music per second of one core, and the ratio to FluidSynth."""
    print(f"{length:g} s, one core   cold × real time   warm × real time   parts   FluidSynth   composer ÷ FluidSynth")
    slowest = []
    with tempfile.TemporaryDirectory() as folder:
        notes, wav = Path(folder) / "piece.mid", Path(folder) / "piece.wav"
        notes.write_bytes(EMPTY_MIDI)
        loading = min(fluidsynth(font, notes, wav) for _ in range(2 * TRIES)) if font else 0.0
        for style in styles:
            tries = [child(style, length, notes) for _ in range(TRIES)]
            found = {name: min(one[name] for one in tries) for name in tries[0]}
            cold, warm = length / found["cold"], length / found["warm"]
            line = f"{style:18} {cold:16.0f}   {warm:16.0f}   {found['parts']:5.0f}"
            if font:
                best = min(fluidsynth(font, notes, wav) for _ in range(TRIES))
                theirs = length / max(1e-3, best - loading)
                line += f"   {theirs:10.0f}   {cold / theirs:8.2f} cold {warm / theirs:6.2f} warm"
            print(line, flush=True)
            slowest.append((cold, style))
    print(f"slowest, cold: {min(slowest)[1]} at {min(slowest)[0]:.0f} × (goal {GOAL})")


def child(style: str, length: float, notes: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.composing", "--length", str(length), "--child", style, str(notes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ONE_CORE)
    return dict(json.loads(done.stdout))


def compose_twice(style: str, length: float, notes: Path) -> dict[str, float]:
    """Compose two takes of one prompt in the child process, and write the first one's notes."""
    import scipy

    from generator.composer import ComposerControls, compose, read_brief

    scipy.signal, scipy.fft  # noqa: B018  (loaded when first touched: half a second of any fresh process)
    brief = read_brief("", ComposerControls(length_s=length, style=style), seed=7)
    seconds, takes = [], []
    for take in (1, 2) if length < 300 else (1,):
        began = time.process_time()
        takes.append(compose(brief, take))
        seconds.append(time.process_time() - began)
    notes.write_bytes(takes[0].midi())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return {"cold": seconds[0], "warm": seconds[-1], "parts": len(takes[0].stem_names), "megabytes": peak}


def fluidsynth(font: str, notes: Path, wav: Path) -> float:
    """Return FluidSynth's CPU seconds for rendering a file as fast as it can."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["fluidsynth", "-ni", "-q", "-o", "synth.cpu-cores=1", "-F", str(wav), "-r", "44100", font, str(notes)]
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
