"""Files made from a track on demand, such as its MP3, or a WAV at its project's loudness: made once, named by their
recipe's hash, served from disk.

The original is always ready. What if the process dies here? The row comes after the file, so a rendition either exists
whole or is asked for again.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePath

from django.core.cache import cache
from django.utils import timezone

from generator.audio import FORMATS, codec_title, convert, is_lossy, label
from generator.models import Rendition, Track, User
from generator.workflow import heartbeat, media, neutral, places, queue, rendition_store, throttle
from generator.workflow.refused import Refused

VERSION = 1  # raise it when convert() starts to make other bytes of the same recipe
PATIENCE = 60  # seconds until what was asked for is asked for again: its worker may have died
FAILED_FOR = 900  # seconds until what could not be made may be asked for again
LEVELS = tuple(step / 2 for step in range(-60, -17))  # −30 to −9 LUFS: what a track can be brought to
MOST_ASKED = (40, 600)  # files that a person has made in so many seconds
CEILING = -1.0  # dBTP: nothing is turned up beyond it


@dataclass(frozen=True)
class Levelled:
    """What a track comes out at when it is brought to a loudness without being squeezed."""

    gain_db: float
    lufs: float
    is_short: bool  # the loudness is not reached, because the peaks would clip


def levelled(track: Track, lufs: float) -> Levelled | None:
    """How a track is brought to a loudness; None for one that is silent."""
    if track.lufs is None:
        return None
    wanted = lufs - track.lufs
    room = CEILING - track.true_peak if track.true_peak is not None else 0.0
    gain = min(wanted, max(room, 0.0)) if wanted > 0 else wanted
    return Levelled(round(gain, 2), round(track.lufs + gain, 1), wanted - gain > 0.5)


def _recipe(format: str, lufs: float | None) -> dict:
    return {"format": format} if lufs is None else {"format": format, "lufs": lufs}


def _hash(recipe: dict) -> str:
    return hashlib.sha256(json.dumps([VERSION, recipe], sort_keys=True).encode()).hexdigest()


def ready(track: Track, format: str, lufs: float | None = None) -> Path | None:
    """The track's file in a format (and at a loudness), or None while it has to be made.

    Raises:
        Refused: no such format, or no loudness to bring anywhere.
    """
    if format not in FORMATS:
        raise Refused(f"There is no format called {format[:10]}.")
    if lufs is None and format == track.format:
        return media.path(track.file)
    if lufs is not None and lufs not in LEVELS:
        raise Refused(f"Choose a loudness from {LEVELS[0]:g} to {LEVELS[-1]:g} LUFS, in steps of 0.5.", "lufs")
    if lufs is not None and levelled(track, lufs) is None:
        raise Refused("The track is silent; there is no loudness to bring anywhere.")
    found = track.renditions.filter(recipe_hash=_hash(_recipe(format, lufs))).first()
    file = media.path(found.file) if found else None
    if found is None or file is None or not file.exists():
        return None
    rendition_store.used(found)
    return file


def ask(track: Track, format: str, lufs: float | None = None, *, by: User | None = None) -> None:
    """Have a worker make it; whoever asks while it is being made waits for the same one.

    Raises:
        Refused: making it has failed a moment ago, or `by` has had many made just now.
    """
    asked = _asked(track, format, lufs)
    if cache.get(f"{asked}/failed"):
        raise Refused("The studio could not make this file; the administrator’s log says why. Take the original.")
    if by and cache.get(asked) is None:
        throttle.count(f"render/{by.pk}", *MOST_ASKED, "Those were many files in a few minutes. Go on a little later.")
    if cache.add(asked, True, PATIENCE):
        queue.start(queue.RENDER, track.pk, format, lufs)


@dataclass(frozen=True)
class MainFile:
    """What a track's main download gives."""

    format: str
    name: str  # under MEDIA_ROOT
    size: int
    sha256: str


def is_made_of(asked: str, original: str) -> bool:
    """Whether who asked for a format gets it as a rendition of a lossless original, at once."""
    return asked in FORMATS and not FORMATS[asked].lossless and FORMATS[original].lossless


def usual_format(track: Track) -> str:
    """The format of a track's main download: the one that was asked for; track with its generation's prompt."""
    asked = str(track.generation.prompt.settings.get("format", ""))
    return asked if is_made_of(asked, track.format) else track.format


def original(track: Track) -> Path:
    """The file as it was made; of a blind candidate, one that names nobody."""
    neutral.ensure(track)
    return media.path(track.file)


def main_file(track: Track) -> MainFile:
    """The file in the usual format, or the original where that is not there; `renditions` may be prefetched."""
    neutral.ensure(track)
    usual = usual_format(track)
    if usual != track.format:
        recipe = _hash(_recipe(usual, None))
        made = next((one for one in track.renditions.all() if one.recipe_hash == recipe), None)
        if made and media.path(made.file).exists():
            return MainFile(usual, made.file, made.size, PurePath(made.file).stem)
    return MainFile(track.format, track.file, track.size, track.sha256)


def title_of(track: Track, format: str) -> str:
    """What a track's file in a format is called: what it is, and whether it was made from a lossy original."""
    file, kind = track.measured, FORMATS[track.format]
    codec = str(file.get("codec", "") or ("flac" if kind.lossless else "mp3"))
    bits = file.get("bits") or _bits_in(codec)
    source = str(file.get("source", "")) or (codec if is_lossy(codec) else "")
    if format != track.format:
        return label(format, bits=24 if (bits or 16) > 16 else 16, source=source)
    if kind.lossless and is_lossy(codec):  # kept as it came, before such files were converted
        return f"{format.upper()} · {codec_title(codec)}"
    return label(format, bits=bits, bit_rate=file.get("bit_rate"), source=source if kind.lossless else "")


def _bits_in(codec: str) -> int | None:
    digits = "".join(filter(str.isdigit, codec)) if codec.startswith("pcm_") else ""
    return int(digits) if digits else None


def _asked(track: Track, format: str, lufs: float | None) -> str:
    return f"rendition/{track.pk}/{_hash(_recipe(format, lufs))}"


def make_in_turn(track: Track, format: str, lufs: float | None = None) -> bool:
    """Make it unless somebody else does already; False: there is no place for so long an MP3 now."""
    with heartbeat.only_one(f"render/{track.pk}/{_hash(_recipe(format, lufs))[:12]}") as held:
        if held is None or FORMATS[format].lossless or track.length_ms <= places.SHORT * 1000:
            if held:
                make(track, format, lufs)
            return True
        with places.place(places.RENDITION) as is_free:
            if is_free:
                make(track, format, lufs)
            return is_free


def make(track: Track, format: str, lufs: float | None = None) -> Path:
    """Make the track's file in a format (and at a loudness), unless it is there.

    Raises:
        Refused: no such format, or no loudness to bring anywhere.
    """
    asked = _asked(track, format, lufs)
    cache.delete(asked)  # whatever comes of it, it can be asked for again
    if existing := ready(track, format, lufs):
        return existing
    level = levelled(track, lufs) if lufs is not None else None
    try:
        made = prepared(media.path(track.file), format, lufs, level.gain_db if level else 0.0)
    except Exception:
        cache.set(f"{asked}/failed", True, FAILED_FOR)
        raise
    Rendition.objects.update_or_create(
        track=track,
        recipe_hash=made.recipe_hash,
        defaults={"recipe": made.recipe, "file": made.file, "size": made.size, "used_at": timezone.now()},
    )
    rendition_store.make_room(track)
    return media.path(made.file)


def prepared(source: Path, format: str, lufs: float | None = None, gain_db: float = 0.0) -> Rendition:
    """A rendition of a file, stored, and its row without a track; not saved."""
    recipe = _recipe(format, lufs)
    with media.workshop() as folder:
        target = folder / f"rendition.{FORMATS[format].extension}"
        convert(source, target, format, gain_db)
        size = target.stat().st_size
        name, _ = media.keep(target, FORMATS[format].extension)
    return Rendition(recipe_hash=_hash(recipe), recipe=recipe, file=name, size=size)
