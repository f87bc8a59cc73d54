"""`python -m generator.composer "rainy lo-fi, 45 s" -o out.flac --stems stems/ --midi out.mid`"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from generator.composer import (
    STYLES,
    BriefError,
    ComposerControls,
    again,
    changes,
    compose,
    read_brief,
    read_reference,
)
from generator.composer.files import write_audio

STEM_LEVEL = 0.5  # of every stem in its file: headroom, and they still add up


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generator.composer", description="Compose background music.")
    parser.add_argument("text", nargs="?", default="", help="what the music is for")
    parser.add_argument("-o", "--output", type=Path, default=Path("out.wav"), help=".wav, .flac or .mp3")
    parser.add_argument("--stems", type=Path, help="folder for one WAV a player")
    parser.add_argument("--midi", type=Path, help="file for the notes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--take", type=int, default=1)
    parser.add_argument("--length", type=float, help="seconds, 5 to 600")
    parser.add_argument("--style", choices=list(STYLES))
    parser.add_argument("--bpm", type=float)
    parser.add_argument("--key")
    parser.add_argument("--energy", type=float, nargs="+", help="0 to 1; several make a curve over the length")
    parser.add_argument("--density", type=float, help="of the tune's notes, 0 to 1")
    parser.add_argument("--meter", help="4/4, 3/4 or 6/8")
    parser.add_argument("--bed", action="store_true", help="room for a voice")
    parser.add_argument("--follow", default="", help='another sound: "92 BPM, A minor, 2100 Hz, energy 20 40 80"')
    parser.add_argument("--again", default="", help='a variation: "10 %% slower, in A minor, without drums"')
    parser.add_argument("--with", dest="bring", action="append", default=[], help="an instrument to bring in")
    parser.add_argument("--no", action="append", default=[], help="an instrument to leave out; may be repeated")
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--lufs", type=float, default=-14.0)
    parser.add_argument("--list-styles", action="store_true")
    return parser


def _controls(asked: argparse.Namespace) -> ComposerControls:
    return ComposerControls(
        length_s=asked.length,
        style=asked.style,
        bpm=asked.bpm,
        key=asked.key,
        energy=tuple(asked.energy) if asked.energy else None,
        density=asked.density,
        leave_in=tuple(asked.bring),
        leave_out=tuple(asked.no),
        loop=asked.loop,
        loudness_lufs=asked.lufs,
        meter=asked.meter,
        bed=asked.bed,
        reference=read_reference(asked.follow),
    )


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.list_styles:
        print("\n".join(f"{style.key:12} {style.title}: {style.summary}" for style in STYLES.values()))
        return 0
    try:
        brief = again(read_brief(asked.text, _controls(asked), seed=asked.seed), **changes(asked.again))
    except BriefError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"heard: {brief.summary()}")
    began = time.perf_counter()
    made = compose(brief, asked.take)
    took = time.perf_counter() - began
    write_audio(asked.output, made.pcm)
    speed = brief.length_s / took
    print(f"{made.title}: {made.bpm:g} BPM, {made.key}, {brief.length_s:g} s in {took:.2f} s ({speed:.0f}×)")
    if asked.stems:
        asked.stems.mkdir(parents=True, exist_ok=True)
        for name in made.stem_names:  # one after the other: all of them at once are large
            stem = made.stem(name)
            write_audio(asked.stems / f"{name}.wav", (np.clip(stem * STEM_LEVEL, -1, 1) * 32767).astype(np.int16))
    if asked.midi:
        asked.midi.write_bytes(made.midi())
    return 0


if __name__ == "__main__":
    sys.exit(main())
