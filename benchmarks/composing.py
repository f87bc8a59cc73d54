"""Speed of the built-in composer on one core, its memory use, and FluidSynth for comparison.

    python -m benchmarks.composing [--length 60] [--styles lofi,house] [--no-memory]

Every style is composed in a separate process, on one core: *cold* is the first take, which also makes its sounds, *all*
is the same with the start of Python, all imports, and the reading of a prompt; *warm* is the second take, in the same
process. Takes go from the prompt to the mastered samples. Modules are compiled before, as they are wherever Python may
keep compiled files. Seconds are CPU time, and the best of TRIES for either side; even so they are longer on a busy
machine, where processors and caches are shared. FluidSynth renders the MIDI file of the same take to a WAV (its reverb
and chorus on, no mastering); the time to load its samples, measured with an empty file, is subtracted.
The goals: 60 seconds of music per second, with everything, and cold no slower than FluidSynth; under 400 MB for ten
minutes.
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
WAYS = ("all", "cold", "warm")
PROMPT = "A piece for a video about gardens."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=float, default=60.0, help="seconds of each take")
    parser.add_argument("--styles", default="", help="some styles, with commas between them")
    parser.add_argument("--tries", type=int, default=TRIES, help="times that everything is measured")
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
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", PYTHONPYCACHEPREFIX=folder)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        child("piano", 5.0, Path(os.devnull))
        compare(asked.length, [name for name in asked.styles.split(",") if name] or every_style(), font, asked.tries)
        if not asked.no_memory:
            megabytes = child("orchestral", 600.0, Path(os.devnull))["megabytes"]
            print(f"\nten minutes, peak memory of the whole process: {megabytes:.0f} MB (goal {GOAL_MB})")


def every_style() -> list[str]:
    code = "from generator.composer import STYLES; print(*STYLES)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def compare(length: float, styles: list[str], font: str | None, tries: int) -> None:
    """Print a line per style: seconds of music per second of one core, and the ratio to FluidSynth."""
    print(f"{length:g} s, one core   all ×   cold ×   warm ×   parts   FluidSynth ×   cold ÷ FluidSynth")
    slowest = []
    with tempfile.TemporaryDirectory() as folder:
        notes, wav = Path(folder) / "piece.mid", Path(folder) / "piece.wav"
        notes.write_bytes(EMPTY_MIDI)
        loading = min(fluidsynth(font, notes, wav) for _ in range(2 * tries)) if font else 0.0
        for style in styles:
            runs, theirs = [], []
            for _ in range(tries):
                runs.append(child(style, length, notes))
                if font:
                    theirs.append(fluidsynth(font, notes, wav) - loading)
            speeds = {way: length / min(run[way] for run in runs) for way in WAYS}
            line = f"{style:14} " + " ".join(f"{speeds[way]:7.0f}" for way in WAYS) + f"   {runs[0]['parts']:5.0f}"
            if font:
                line += f"   {length / min(theirs):12.0f}   {speeds['cold'] * min(theirs) / length:12.2f}"
            print(line, flush=True)
            slowest.append((speeds["all"], style))
    print(f"slowest, with everything: {min(slowest)[1]} at {min(slowest)[0]:.0f} × (goal {GOAL})")


def child(style: str, length: float, notes: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.composing", "--length", str(length), "--child", style, str(notes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def compose_twice(style: str, length: float, notes: Path) -> dict[str, float]:
    """Compose two takes of one prompt in the child process, and write the first one's notes."""
    from generator.composer import ComposerControls, compose, read_brief

    brief = read_brief(PROMPT, ComposerControls(length_s=length, style=style), seed=7)
    began = time.process_time()
    first = compose(brief, 1)
    cold = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    notes.write_bytes(first.midi())
    parts, again = len(first.stem_names), time.process_time()
    if length < 300:
        compose(brief, 2)
    warm = time.process_time() - again
    return {"all": cold, "cold": cold - began, "warm": warm, "parts": parts, "megabytes": peak}


def fluidsynth(font: str, notes: Path, wav: Path) -> float:
    """Return FluidSynth's CPU seconds for rendering a file as fast as it can."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["fluidsynth", "-ni", "-q", "-o", "synth.cpu-cores=1", "-F", str(wav), "-r", "44100", font, str(notes)]
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
