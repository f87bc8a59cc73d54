"""Renditions: files made from a track on demand, such as its MP3, or a WAV at its project's loudness.

Each is made once, identified by its recipe's hash, and served from disk. The original is always ready. What if the
process dies here? The row comes after the file, so a rendition is either complete or requested again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.audio import FORMATS, Tags, codec_title, convert, is_lossy, label
from generator.messages import Message
from generator.models import Rendition, Track, User
from generator.services import throttling
from generator.services.background import claims, job_queue, local_slots
from generator.services.errors import UserError
from generator.services.library import blind_copies, media, rendition_storage
from generator.services.uploads import stated_tags

VERSION = 1  # increment when convert() produces different bytes for the same recipe
WAIT_TIMEOUT_S = 60  # seconds until a request may be repeated: its worker may have died
FAILURE_TTL_S = 900  # seconds until a failed rendition may be requested again
LEVELS_LUFS = tuple(step / 2 for step in range(-60, -17))  # target loudness levels: −30 to −9 LUFS
RENDITION_RATE_LIMIT = (40, 600)  # (requested files, seconds) per person
CEILING_DBTP = -1.0  # dBTP: gain never raises the true peak above it


@dataclass(frozen=True)
class Levelled:
    """The result of gain toward a target loudness, without dynamics processing."""

    gain_db: float
    lufs: float
    is_short: bool  # the target is not reached, because the peaks would clip


def levelled(track: Track, lufs: float) -> Levelled | None:
    """Return the gain of a track toward a loudness in LUFS; None for a silent track."""
    if track.lufs is None:
        return None
    wanted_db = lufs - track.lufs
    headroom = CEILING_DBTP - track.true_peak if track.true_peak is not None else 0.0
    gain = min(wanted_db, max(headroom, 0.0)) if wanted_db > 0 else wanted_db
    return Levelled(round(gain, 2), round(track.lufs + gain, 1), wanted_db - gain > 0.5)


def _recipe(format: str, lufs: float | None) -> dict[str, Any]:
    return {"format": format} if lufs is None else {"format": format, "lufs": lufs}


def _hash(recipe: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([VERSION, recipe], sort_keys=True).encode()).hexdigest()


def ready(track: Track, format: str, lufs: float | None = None) -> Path | None:
    """Return a track's file in a format (and at a loudness in LUFS), or None if it must be made first.

    Raises:
        UserError: the format or loudness is not supported, or the track is silent.
    """
    if format not in FORMATS:
        sentence = _("“{format}” is not a supported format. Choose another.").format(format=format[:10])
        raise UserError(sentence, code="unsupported_format")
    if lufs is None and format == track.format:
        return media.path(track.file)
    if lufs is not None and lufs not in LEVELS_LUFS:
        sentence = _("Choose a loudness from {low} to {high} LUFS, in steps of 0.5.")
        sentence = sentence.format(low=f"{LEVELS_LUFS[0]:g}", high=f"{LEVELS_LUFS[-1]:g}")
        raise UserError(sentence, "lufs", code="out_of_range")
    if lufs is not None and levelled(track, lufs) is None:
        sentence = _("The track is silent, so its loudness cannot be changed.")
        raise UserError(sentence, code="silent_track")
    rendition = track.renditions.filter(recipe_hash=_hash(_recipe(format, lufs))).first()
    file = media.path(rendition.file) if rendition else None
    if rendition is None or file is None or not file.exists():
        return None
    rendition_storage.used(rendition)
    return file


def request_rendition(track: Track, format: str, lufs: float | None = None, *, by: User | None = None) -> None:
    """Request a rendition from a worker; repeated requests wait for the same one.

    Raises:
        UserError: it failed recently, or `by` has requested too many.
    """
    key = _cache_key(track, format, lufs)
    if cache.get(f"{key}/failed"):
        sentence = _(
            "The studio could not make this file; the reason is in the administrator’s log. "
            "Download the original instead."
        )
        raise UserError(sentence, code="rendition_failed")
    if by and cache.get(key) is None:
        throttling.count(
            f"render/{by.pk}",
            *RENDITION_RATE_LIMIT,
            _("You have requested too many files. Try again in a few minutes."),
        )
    if cache.add(key, True, WAIT_TIMEOUT_S):
        job_queue.start(job_queue.RENDER, track.pk, format, lufs)


@dataclass(frozen=True)
class MainFile:
    """The file of a track's main download."""

    format: str
    name: str  # under MEDIA_ROOT
    size: int
    sha256: str


def is_made_of(requested: str, original: str) -> bool:
    """Return whether a requested lossy format is made at once from a lossless original."""
    return requested in FORMATS and not FORMATS[requested].lossless and FORMATS[original].lossless


def usual_format(track: Track) -> str:
    """Return the requested format, used for the main download; load the track with its generation's prompt."""
    requested = str(track.generation.prompt.settings.get("format", ""))
    return requested if is_made_of(requested, track.format) else track.format


def original(track: Track) -> Path:
    """Return the original file; for a blind candidate, one that does not identify its model."""
    blind_copies.ensure(track)
    return media.path(track.file)


def main_file(track: Track) -> MainFile:
    """Return the file in the usual format, or the original if that is missing; `renditions` may be prefetched."""
    blind_copies.ensure(track)
    format = usual_format(track)
    if format != track.format:
        recipe = _hash(_recipe(format, None))
        rendition = next((candidate for candidate in track.renditions.all() if candidate.recipe_hash == recipe), None)
        if rendition and media.path(rendition.file).exists():
            return MainFile(format, rendition.file, rendition.size, PurePath(rendition.file).stem)
    return MainFile(track.format, track.file, track.size, track.sha256)


def title_of(track: Track, format: str) -> str:
    """Return the label of a track's file in a format, including whether its source was lossy."""
    file, kind = track.measured, FORMATS[track.format]
    codec = str(file.get("codec", "") or ("flac" if kind.lossless else "mp3"))
    bits = file.get("bits") or _bits_in(codec)
    source = str(file.get("source", "")) or (codec if is_lossy(codec) else "")
    if format != track.format:
        return label(format, bits=24 if (bits or 16) > 16 else 16, source=source)
    if kind.lossless and is_lossy(codec):  # stored unchanged, before such files were converted
        return Message("{format} · {codec}", format=format.upper(), codec=codec_title(codec))
    return label(format, bits=bits, bit_rate=file.get("bit_rate"), source=source if kind.lossless else "")


def _bits_in(codec: str) -> int | None:
    digits = "".join(filter(str.isdigit, codec)) if codec.startswith("pcm_") else ""
    return int(digits) if digits else None


def _cache_key(track: Track, format: str, lufs: float | None) -> str:
    return f"rendition/{track.pk}/{_hash(_recipe(format, lufs))}"


def make_in_turn(track: Track, format: str, lufs: float | None = None) -> bool:
    """Make a rendition unless another worker is doing so; return False if no slot is free for a long MP3."""
    with claims.exclusive(f"render/{track.pk}/{_hash(_recipe(format, lufs))[:12]}") as claim:
        if claim is None or FORMATS[format].lossless or track.length_ms <= local_slots.MAX_SHORT_S * 1000:
            if claim:
                make(track, format, lufs)
            return True
        with local_slots.place(local_slots.RENDITION) as is_free:
            if is_free:
                make(track, format, lufs)
            return is_free


def make(track: Track, format: str, lufs: float | None = None) -> Path:
    """Make a track's file in a format (and at a loudness in LUFS) unless it exists; return its path.

    Raises:
        UserError: as for `ready`.
    """
    key = _cache_key(track, format, lufs)
    cache.delete(key)  # it may be requested again, whatever the result
    if existing := ready(track, format, lufs):
        return existing
    level = levelled(track, lufs) if lufs is not None else None
    try:
        gain_db = level.gain_db if level else 0.0
        change_tags = partial(stated_tags.as_stated, track)
        rendition = prepared(media.path(track.file), format, lufs, gain_db, change_tags)
    except Exception:
        cache.set(f"{key}/failed", True, FAILURE_TTL_S)
        raise
    Rendition.objects.update_or_create(
        track=track,
        recipe_hash=rendition.recipe_hash,
        defaults={
            "recipe": rendition.recipe,
            "file": rendition.file,
            "size": rendition.size,
            "used_at": timezone.now(),
        },
    )
    rendition_storage.make_room(track)
    return media.path(rendition.file)


def prepared(
    source: Path,
    format: str,
    lufs: float | None = None,
    gain_db: float = 0.0,
    change_tags: Callable[[Tags], Tags] = lambda tags: tags,
) -> Rendition:
    """Convert and store a file; return its unsaved rendition without a track. See `convert` for the rest."""
    recipe = _recipe(format, lufs)
    with media.workshop() as folder:
        target = folder / f"rendition.{FORMATS[format].extension}"
        convert(source, target, format, gain_db, change_tags)
        size = target.stat().st_size
        name = media.keep(target, FORMATS[format].extension)[0]
    return Rendition(recipe_hash=_hash(recipe), recipe=recipe, file=name, size=size)
