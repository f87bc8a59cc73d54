"""Intake of files into the library: decode, rewrite, measure, check, draw, tag, decode again.

Pure functions over paths; `generator.audio.sandbox` runs them in a process with limits for external files.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PIL import Image, ImageOps

from generator.audio.canonical_file import Canonical, canonical, kept_format
from generator.audio.cover_art import draw_cover
from generator.audio.decode import Sound, decode
from generator.audio.encode import FORMATS
from generator.audio.filenames import codec_title, label
from generator.audio.measure import Measurements, measure
from generator.audio.quality_checks import Finding, inspect
from generator.audio.tags import Tags, write_tags
from generator.audio.waveform import waveform_path, waveform_peaks
from generator.messages import Message

PEAK_BUCKETS, PART_BUCKETS = 2400, 400  # the track page draws them at a zoom of up to 8
PART_WAVE_SIZE = (240, 40)
MAX_PIXELS = 25_000_000
MAX_COVER_PX = 1024


@dataclass(frozen=True)
class Wanted:
    """Requirements for a take, and the metadata for its file; tempo, key and cover come from the audio itself."""

    format: str
    tags: Tags
    seed: str  # of the cover
    seconds: float | None = None
    loop: bool = False
    instrumental: bool = False


@dataclass(frozen=True)
class Taken:
    """A finished file and everything the library stores about it; codec and bits are those of the finished file."""

    path: Path
    format: str
    codec: str
    bits: int | None
    bit_rate: int | None
    source: str  # codec of the original file
    is_lossy: bool  # the audio went through a lossy codec before it arrived
    facts: Measurements
    peaks: bytes
    cover: bytes  # WebP
    findings: tuple[Finding, ...]


def take_in(path: Path, wanted: Wanted, *, is_ours: bool = False) -> Taken:
    """Prepare a file for the library. `is_ours`: the studio has just encoded it, so its header is known to be correct.

    Raises:
        NotAudio: it is not playable audio.
    """
    original = decode(path)
    facts, peaks = measure(original), waveform_peaks(original, PEAK_BUCKETS)
    draw = partial(draw_cover, facts, peaks, seed=wanted.seed, title=wanted.tags.title)
    tags, picture = replace(wanted.tags, bpm=facts.bpm, key=facts.key), draw(format="jpeg")
    if is_ours:
        result = Canonical(path, kept_format(original) or wanted.format, original)
        write_tags(path, tags, picture, format=result.format)
    else:
        result = canonical(
            path, original, wanted.format, lambda file, kind: write_tags(file, tags, picture, format=kind)
        )
    findings = inspect(
        original, facts, asked_seconds=wanted.seconds, loop=wanted.loop, instrumental=wanted.instrumental
    )
    format_findings = () if is_ours else _other_format(original, result, wanted.format)
    return Taken(
        path=result.path,
        format=result.format,
        codec=result.sound.codec,
        bits=result.sound.bits,
        bit_rate=result.sound.bit_rate if result.sound.is_lossy else None,
        source=original.codec,
        is_lossy=original.is_lossy,
        facts=facts,
        peaks=peaks,
        cover=draw(),
        findings=(*format_findings, *findings),
    )


def _other_format(original: Sound, result: Canonical, requested_format: str) -> tuple[Finding, ...]:
    """Return the finding that a file is not in the requested format."""
    kept_as, original_title, requested_title = (
        kept_format(original),
        codec_title(original.codec),
        FORMATS[requested_format].title,
    )
    if kept_as == requested_format:
        return ()
    same_family = original.container in (requested_format, "rf64" if requested_format == "wav" else requested_format)
    if kept_as:
        sentence = Message(
            "The file was delivered as {delivered}, but {requested_title} was requested.",
            delivered=_title(result),
            requested_title=requested_title,
        )
    elif same_family:
        sentence = Message(
            "The file was delivered as {original_title}, which some browsers cannot play; the studio converted it to "
            "{title}.",
            original_title=original_title,
            title=_title(result),
        )
    else:
        sentence = Message(
            "The file was delivered as {original_title}, but {requested_title} was requested; the studio converted it.",
            original_title=original_title,
            requested_title=requested_title,
        )
    is_fault = not same_family or (original.is_lossy and FORMATS[requested_format].lossless)
    return (Finding("wrong_format", "fault" if is_fault else "warning", sentence),)


def _title(result: Canonical) -> str:
    return label(result.format, bits=result.sound.bits, bit_rate=result.sound.bit_rate)


@dataclass(frozen=True)
class Part:
    """One stem of a track, ready for the library."""

    path: Path
    extension: str
    seconds: float
    waveform: str
    lufs: float | None


def take_in_part(path: Path) -> Part:
    """Prepare a delivered stem: unchanged if browsers can play it, else as FLAC.

    Raises:
        NotAudio: it is not playable audio.
    """
    sound = decode(path)
    result = canonical(path, sound, "flac", lambda file, kind: None)
    lufs, waveform = measure(sound).lufs, waveform_path(waveform_peaks(sound, PART_BUCKETS), *PART_WAVE_SIZE)
    return Part(result.path, FORMATS[result.format].extension, sound.seconds, waveform, lufs)


def measure_file(path: Path) -> Measurements:
    """Measure an audio file.

    Raises:
        NotAudio: it is not playable audio.
    """
    return measure(decode(path))


def picture(source: Path, target: Path, *, square: bool = False) -> None:
    """Convert an external picture to WebP, at most 1024 pixels wide, without its metadata.

    `square` cuts it around its center.

    Raises:
        ValueError: not a picture, or too large a one.
    """
    is_small = False
    try:
        with Image.open(source, formats=("PNG", "JPEG", "WEBP")) as image:
            is_small = image.width * image.height <= MAX_PIXELS
            if is_small:
                image.draft("RGB", (MAX_COVER_PX, MAX_COVER_PX))
                upright = ImageOps.exif_transpose(image)
                if square:
                    side = min(*upright.size, MAX_COVER_PX)
                    upright = ImageOps.fit(upright, (side, side))
                upright.thumbnail((MAX_COVER_PX, MAX_COVER_PX))
                _without_metadata(upright).save(target, "WEBP", quality=85)
    except (MemoryError, Image.DecompressionBombError):
        is_small = False
    except Exception as error:  # Pillow's readers raise arbitrary exceptions for broken files
        raise ValueError("it is not a picture") from error
    if not is_small:
        raise ValueError("the picture is too large")


def _without_metadata(picture: Image.Image) -> Image.Image:
    """Return the pixels alone: no EXIF with a place or a camera, no XMP, no thumbnail; transparency on white."""
    flat = Image.new("RGB", picture.size, "white")
    layer = picture.convert("RGBA") if picture.has_transparency_data else picture.convert("RGB")
    flat.paste(layer, mask=layer.getchannel("A") if layer.mode == "RGBA" else None)
    return flat
