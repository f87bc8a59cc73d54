"""`python -m generator.composer "rainy lo-fi, 45 s" -o out.flac --stems --midi`"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.composer import (
    STYLES,
    BriefError,
    ComposerControls,
    changes,
    compose,
    read_brief,
    read_reference,
    vary,
)
from generator.composer.audio_files import ENDINGS, has_codec, pieces_of, write_audio
from generator.composer.text.understanding import understand

FULL_SCALE = 32_767
BESIDE = Path()  # the value of --stems and --midi without a value: beside the output, under its name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generator.composer", description="Compose background music.")
    parser.add_argument("text", nargs="?", default="", help="what the music is for")
    parser.add_argument("-o", "--output", type=Path, default=Path("out.wav"), help=f"one of {', '.join(ENDINGS)}")
    parser.add_argument(
        "--stems",
        type=Path,
        nargs="?",
        const=BESIDE,
        help="folder for a WAV per player; OUTPUT-stems if not named",
    )
    parser.add_argument(
        "--midi", type=Path, nargs="?", const=BESIDE, help="file for the notes; OUTPUT.mid if not named"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--take", type=int, default=1)
    parser.add_argument("--length", type=float, help="length in seconds, 5 to 600")
    parser.add_argument("--style", choices=list(STYLES))
    parser.add_argument("--bpm", type=float)
    parser.add_argument("--key")
    parser.add_argument("--energy", type=float, nargs="+", help="0 to 1; several values make a curve over the length")
    parser.add_argument("--density", type=float, help="density of the melody, 0 to 1")
    parser.add_argument("--meter", help="4/4, 3/4 or 6/8")
    parser.add_argument("--bed", action="store_true", help="leave room for a voice")
    parser.add_argument("--follow", default="", help='a reference: "92 BPM, A minor, 2100 Hz, energy 20 40 80"')
    parser.add_argument("--again", default="", help='a variation: "10%% slower, in A minor, without drums"')
    parser.add_argument(
        "--with", dest="bring", action="append", default=[], help="an instrument to include; may be repeated"
    )
    parser.add_argument("--no", action="append", default=[], help="an instrument to exclude; may be repeated")
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--lufs", type=float, default=-14.0)
    parser.add_argument("--list-styles", action="store_true")
    return parser


def _controls(options: argparse.Namespace) -> ComposerControls:
    return ComposerControls(
        length_s=options.length,
        style=options.style,
        bpm=options.bpm,
        key=options.key,
        energy=tuple(options.energy) if options.energy else None,
        density=options.density,
        leave_in=tuple(options.bring),
        leave_out=tuple(options.no),
        loop=options.loop,
        loudness_lufs=options.lufs,
        meter=options.meter,
        bed=options.bed,
        reference=read_reference(options.follow),
    )


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.list_styles:
        print("\n".join(f"{style.key:12} {style.title}: {style.summary}" for style in STYLES.values()))
        return 0
    output: Path = options.output
    if not has_codec(output):
        print(f"“{output.name}” should end in one of {', '.join(ENDINGS)}.", file=sys.stderr)
        return 2
    try:
        brief = vary(read_brief(options.text, _controls(options), seed=options.seed), **changes(options.again))
    except BriefError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"heard: {brief.summary()}")
    for unknown in understand(options.text, _controls(options), brief).not_understood:
        print(f"not understood: {unknown.phrase}" + (f" (nearest: {unknown.title})" if unknown.title else ""))
    began = time.perf_counter()
    composition = compose(brief, options.take)
    took = time.perf_counter() - began
    write_audio(output, pieces_of(composition.pcm))
    speed = brief.length_s / took
    print(
        f"{composition.title}: {composition.bpm:g} BPM, {composition.key}, "
        f"{brief.length_s:g} s in {took:.2f} s ({speed:.0f}×)"
    )
    if options.stems is not None:
        folder = output.with_name(f"{output.stem}-stems") if options.stems is BESIDE else options.stems
        folder.mkdir(parents=True, exist_ok=True)
        for name in composition.stem_names:  # one at a time: all stems together take a lot of memory
            write_audio(folder / f"{name}.wav", _to_16_bit(composition.stem_blocks(name)))
    if options.midi is not None:
        notes = output.with_suffix(".mid") if options.midi is BESIDE else options.midi
        notes.write_bytes(composition.midi())
    return 0


def _to_16_bit(blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.int16]]:
    for block in blocks:
        yield np.rint(np.clip(block, -1, 1) * FULL_SCALE).astype(np.int16)


if __name__ == "__main__":
    sys.exit(main())
