"""`python -m generator.composer "rainy lo-fi, 45 s" -o out.flac --stems stems/ --midi out.mid`"""

import argparse
import sys
import time
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from generator.composer import STYLES, BriefError, ComposerControls, compose, read_brief
from generator.composer.modal import RATE

STEM_LEVEL = 0.5  # of every stem in its file: headroom, and they still add up
CODECS = {".flac": "flac", ".mp3": "libmp3lame"}


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
    parser.add_argument("--energy", type=float, help="0 to 1")
    parser.add_argument("--no", action="append", default=[], help="an instrument to leave out; may be repeated")
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--lufs", type=float, default=-14.0)
    parser.add_argument("--list-styles", action="store_true")
    return parser


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.list_styles:
        print("\n".join(f"{style.key:12} {style.title}: {style.summary}" for style in STYLES.values()))
        return 0
    controls = ComposerControls(
        asked.length, asked.style, asked.bpm, asked.key, asked.energy, None, (), tuple(asked.no), asked.loop, asked.lufs
    )
    try:
        brief = read_brief(asked.text, controls, seed=asked.seed)
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


def write_audio(path: Path, pcm: NDArray[np.int16]) -> None:
    """Write int16 samples of shape (frames, 2) as WAV, FLAC or MP3, by the file's ending."""
    if path.suffix not in CODECS:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(pcm.astype("<i2").tobytes())
        return
    layout = "s16" if path.suffix == ".flac" else "s16p"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(CODECS[path.suffix], rate=RATE)
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = layout
        for first in range(0, len(pcm), 1 << 16):
            part = np.ascontiguousarray(pcm[first : first + (1 << 16)])
            planes = part.reshape(1, -1) if layout == "s16" else part.T.copy()
            frame = av.AudioFrame.from_ndarray(planes, format=layout, layout="stereo")
            frame.sample_rate = RATE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


if __name__ == "__main__":
    sys.exit(main())
