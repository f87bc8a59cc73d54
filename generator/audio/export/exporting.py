"""Writing of a finished sound to a file with everything that other programs read from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
from mutagen.flac import FLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from numpy.typing import NDArray

from generator.audio import peaks
from generator.audio.editing.blocks import Report, ignore_progress
from generator.audio.editing.marks import LoopPoints, Marks
from generator.audio.encode import atomic_target
from generator.audio.export import wav_chunks
from generator.audio.export.containers import write_audio
from generator.audio.export.conversion import converted_blocks, converted_frames
from generator.audio.export.formats import Settings
from generator.audio.export.tagging import Technical, write_metadata
from generator.audio.filenames import as_ascii
from generator.audio.loudness import loudness
from generator.audio.tags import Tags

Samples = NDArray[np.float32]

MONO_AS_STEREO_LU = 3.01  # one channel, played by two loudspeakers


@dataclass(frozen=True)
class BroadcastInfo:
    """What a broadcast WAV says of its origin (EBU Tech 3285). Texts are cut to its lengths, in the nearest ASCII."""

    description: str = ""
    originator: str = "BGM Studio"
    reference: str = ""
    date: str = ""  # 2026-11-30
    time: str = ""  # 13:37:00
    time_reference: int = 0  # frames since midnight at the beginning of the sound
    coding_history: str = ""


@dataclass(frozen=True)
class Levels:
    """Loudness in LUFS, None for silence, and true peak, 1.0 for full scale."""

    lufs: float | None
    true_peak: float


@dataclass(frozen=True)
class Description:
    """What is written into the file beside the sound. `id3_version` is 4, or 3 for older programs.

    `levels` are loudness and true peak of the samples, if they are known: they are measured otherwise.
    """

    tags: Tags = field(default_factory=Tags)
    cover: bytes | None = None
    marks: Marks = field(default_factory=Marks)
    broadcast: BroadcastInfo | None = None
    id3_version: int = 4
    levels: Levels | None = None


@dataclass(frozen=True)
class Exported:
    """What was written: the number of frames at the file's rate, its marks there, and its loudness."""

    frames: int
    marks: Marks
    lufs: float | None
    true_peak: float


def export(
    samples: Samples,
    rate: int,
    path: str | Path,
    settings: Settings,
    description: Description | None = None,
    report: Report = ignore_progress,
    known: Technical | None = None,
) -> Exported:
    """Write samples (frames, 1 or 2) to a file; it appears complete or not at all. Values beyond ±1 are clipped.

    Loop and cue points are those of the samples, and are converted with them. A loop is left out of formats that cannot
    hold one (`FileFormat.has_loop`). The sound is measured, unless what is `known` of it is given.
    """
    description = description or Description()
    frames = converted_frames(len(samples), rate, settings.rate)
    marks = description.marks.scaled(len(samples), frames)
    loop = description.marks.loop
    is_loop = loop is not None and (loop.start, loop.end) == (0, len(samples))
    technical = _technical(samples, rate, settings.channels, description.levels)
    if settings.format.has_loop:
        technical = replace(technical, loop=marks.loop)
    else:
        marks = replace(marks, loop=None)
    blocks = converted_blocks(samples, rate, settings.rate, settings.channels, is_loop=is_loop)
    with atomic_target(Path(path)) as partial:
        write_audio(partial, _reported(blocks, frames, report), settings, _broadcast(description))
        if settings.format.code == "wav":
            wav_chunks.append(partial, wav_chunks.text_chunks(_info(description.tags)))
            wav_chunks.append(partial, wav_chunks.mark_chunks(marks, settings.rate))
        write_metadata(
            partial,
            settings.format.code,
            description.tags,
            description.cover,
            technical,
            description.id3_version,
        )
    return Exported(frames, marks, technical.lufs, technical.peak or 0.0)


def _technical(samples: Samples, rate: int, channels: int, levels: Levels | None) -> Technical:
    """Return loudness and true peak of what is written: two channels as one are softer."""
    if channels == 1 and samples.shape[1] == 2:
        samples, levels = samples.mean(axis=1, keepdims=True, dtype=np.float32), None
    elif channels == 2 and samples.shape[1] == 1:
        lufs = levels.lufs if levels else loudness(samples, rate).lufs
        peak = levels.true_peak if levels else peaks.true_peak(samples, peaks.block_peaks(samples))
        return Technical(None if lufs is None else lufs + MONO_AS_STEREO_LU, peak)
    if levels:
        return Technical(levels.lufs, levels.true_peak or None)
    return Technical(loudness(samples, rate).lufs, peaks.true_peak(samples, peaks.block_peaks(samples)))


def read_loop(path: str | Path) -> LoopPoints | None:
    """Return the loop of a WAV, FLAC, Ogg Vorbis or Opus file, in frames; None if it has none, or a broken one."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".wav":
        return wav_chunks.read_marks(path).loop
    kind = {".flac": FLAC, ".ogg": OggVorbis, ".opus": OggOpus}.get(suffix)
    if kind is None:
        return None
    try:
        comments: Any = kind(path).tags or {}
        start = int(comments.get("LOOPSTART", [""])[0])
        length = comments.get("LOOPLENGTH", [""])[0]
        loop = LoopPoints(start, int(length) if length else int(comments.get("LOOPEND", [""])[0]) - start)
    except (mutagen.MutagenError, ValueError, IndexError):
        return None
    return loop if loop.start >= 0 and loop.length > 0 else None


def _info(tags: Tags) -> dict[str, str]:
    """Return the texts of a WAV file's INFO list, by its four-letter names."""
    return {
        "INAM": tags.title,
        "IART": tags.artist,
        "IPRD": tags.album,
        "ICRD": tags.date,
        "ICMT": tags.comment or tags.url,
        "ICOP": tags.license,
    }


def _broadcast(description: Description) -> dict[str, str]:
    """Return the texts of a WAV file's `bext` chunk, under FFmpeg's names for them; empty if it has none."""
    info = description.broadcast
    if info is None:
        return {}
    texts = {
        "description": as_ascii(info.description or description.tags.title)[:255],
        "originator": as_ascii(info.originator)[:31],
        "originator_reference": as_ascii(info.reference)[:31],
        "origination_date": info.date,
        "origination_time": info.time,
        "time_reference": str(info.time_reference),
        "coding_history": as_ascii(info.coding_history)[:1000],
    }
    return {name: text.replace("\0", " ") for name, text in texts.items() if text}


def _reported(blocks: Iterator[Samples], frames: int, report: Report) -> Iterator[Samples]:
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        report(min(1.0, done / max(1, frames)))
