"""All that is done to a file before the library takes it: decode, write anew, measure, judge, draw, tag, decode again.

Pure functions over paths; `generator.audio.isolated` calls them in a process with limits for what comes from outside.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PIL import Image

from generator.audio.canonical import Canonical, canonical, kept_format
from generator.audio.cover import draw_cover
from generator.audio.decode import Sound, decode
from generator.audio.encode import FORMATS
from generator.audio.gate import Finding, inspect
from generator.audio.measure import Measurements, measure
from generator.audio.naming import codec_title, label
from generator.audio.tags import Tags, write_tags
from generator.audio.waveform import waveform_path, waveform_peaks

PEAK_BUCKETS, PART_BUCKETS = 800, 400
PART_WAVE = (240, 40)
MOST_PIXELS = 25_000_000
COVER_PIXELS = 1024


@dataclass(frozen=True)
class Wanted:
    """What is asked of a take, and what is written into its file; tempo, key and cover come from the sound itself."""

    format: str
    tags: Tags
    seed: str  # of the cover
    seconds: float | None = None
    loop: bool = False
    instrumental: bool = False


@dataclass(frozen=True)
class Taken:
    """A finished file and everything the library keeps about it; codec and bits are those of the finished file."""

    path: Path
    format: str
    codec: str
    bits: int | None
    bit_rate: int | None
    source: str  # the codec it came in
    is_lossy: bool  # the sound went through a lossy codec before it came
    facts: Measurements
    peaks: bytes
    cover: bytes  # WebP
    findings: tuple[Finding, ...]


def take_in(path: Path, wanted: Wanted, *, is_ours: bool = False) -> Taken:
    """Make a file ready for the library. `is_ours`: this studio has just encoded it, so it is true already.

    Raises:
        NotAudio: it is not playable audio.
    """
    came = decode(path)
    facts, peaks = measure(came), waveform_peaks(came, PEAK_BUCKETS)
    draw = partial(draw_cover, facts, peaks, seed=wanted.seed, title=wanted.tags.title)
    tags, picture = replace(wanted.tags, bpm=facts.bpm, key=facts.key), draw(format="jpeg")
    if is_ours:
        made = Canonical(path, kept_format(came) or wanted.format, came)
        write_tags(path, tags, picture, format=made.format)
    else:
        made = canonical(path, came, wanted.format, lambda file, kind: write_tags(file, tags, picture, format=kind))
    findings = inspect(came, facts, asked_seconds=wanted.seconds, loop=wanted.loop, instrumental=wanted.instrumental)
    wrong = () if is_ours else _other_format(came, made, wanted.format)
    return Taken(
        path=made.path,
        format=made.format,
        codec=made.sound.codec,
        bits=made.sound.bits,
        bit_rate=made.sound.bit_rate if made.sound.is_lossy else None,
        source=came.codec,
        is_lossy=came.is_lossy,
        facts=facts,
        peaks=peaks,
        cover=draw(),
        findings=(*wrong, *findings),
    )


def _other_format(came: Sound, made: Canonical, asked: str) -> tuple[Finding, ...]:
    """The finding that a file is not of the format that was asked for."""
    kept, came_as, wanted = kept_format(came), codec_title(came.codec), FORMATS[asked].title
    if kept == asked:
        return ()
    same_family = came.container in (asked, "rf64" if asked == "wav" else asked)
    if kept:
        sentence = f"It came as {_title(made)}, but {wanted} was asked for."
    elif same_family:
        sentence = f"It came as {came_as}, which not every browser plays; the studio made {_title(made)} of it."
    else:
        sentence = f"It came as {came_as}, but {wanted} was asked for; the studio made one of it."
    is_fault = not same_family or (came.is_lossy and FORMATS[asked].lossless)
    return (Finding("wrong_format", "fault" if is_fault else "warning", sentence),)


def _title(made: Canonical) -> str:
    return label(made.format, bits=made.sound.bits, bit_rate=made.sound.bit_rate)


@dataclass(frozen=True)
class Part:
    """One part of a track, ready for the library."""

    path: Path
    extension: str
    seconds: float
    waveform: str
    lufs: float | None


def take_in_part(path: Path) -> Part:
    """Make a delivered part ready: as it came where browsers play it, else as FLAC.

    Raises:
        NotAudio: it is not playable audio.
    """
    sound = decode(path)
    made = canonical(path, sound, "flac", lambda file, kind: None)
    lufs, waveform = measure(sound).lufs, waveform_path(waveform_peaks(sound, PART_BUCKETS), *PART_WAVE)
    return Part(made.path, FORMATS[made.format].extension, sound.seconds, waveform, lufs)


def measure_file(path: Path) -> Measurements:
    """Raises NotAudio."""
    return measure(decode(path))


def picture(source: Path, target: Path) -> None:
    """Write a picture from outside as a WebP of our own, at most 1024 pixels wide.

    Raises:
        ValueError: not a picture, or too large a one.
    """
    is_small = False
    try:
        with Image.open(source, formats=("PNG", "JPEG", "WEBP")) as opened:
            is_small = opened.width * opened.height <= MOST_PIXELS
            if is_small:
                opened.draft("RGB", (COVER_PIXELS, COVER_PIXELS))
                opened.thumbnail((COVER_PIXELS, COVER_PIXELS))
                opened.convert("RGB").save(target, "WEBP", quality=85)
    except (MemoryError, Image.DecompressionBombError):
        is_small = False
    except Exception as error:  # Pillow's readers raise whatever a broken file makes them
        raise ValueError("it is not a picture") from error
    if not is_small:
        raise ValueError("the picture is too large")
