"""One file becomes one track: decode, measure, judge, draw, tag, store, and only then the row.

Each step can fail with a sentence and leaves nothing behind but a file no row names, which housekeeping sweeps.
What if the process dies here? Nothing was promised: the take is still missing, and whoever comes next does it again.
"""

import datetime as dt
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from generator import audio
from generator.audio import FORMATS, NotAudio, Tags, Taken, Wanted, isolated, waveform_path
from generator.models import Event, Generation, Rendition, State, Track
from generator.providers.errors import Failed
from generator.workflow import catalogue, heartbeat, library, media, neutral, renditions, states
from generator.workflow.webhooks import events

LIST_WAVE = (240, 40)  # width and height of the list's waveform, in its own units
UNREADABLE = "unreadable"  # the folder for what came and could not be read, under MEDIA_ROOT
UNREADABLE_KEPT = dt.timedelta(days=30)
UNREADABLE_MOST = 200  # files
_STORED_APART = ("seconds", "frames", "sample_rate", "lufs", "true_peak_dbtp")


class Unreadable(Failed):
    """What was delivered is no audio. `is_message`: it is an answer in words, so the file itself may still come."""

    def __init__(self, error: NotAudio) -> None:
        super().__init__(f"The delivered file could not be used: {error} It cost nothing.")
        self.is_message = error.is_message


def store(
    generation: Generation,
    take: int,
    path: Path,
    *,
    title: str = "",
    known: Mapping[str, Any] | None = None,
    asked_seconds: float | None = None,
    is_ours: bool = False,
    held: heartbeat.Claim,
) -> bool:
    """Turn the file at `path` into take n's track; False when the generation no longer wants it.

    The file is written anew, tagged and moved into the library. Storing a take twice is harmless: the first one stays.
    `is_ours`: this studio has just encoded it; everything else is read in a process of its own.

    Raises:
        Unreadable: the file is not playable audio.
        isolated.Interrupted: reading it broke off; trying again may help.
        heartbeat.Lost: the claim on the work went to somebody else meanwhile.
    """
    known = known or {}
    asked = generation.prompt.settings["format"]
    title = library.free_title(generation, take, title or _title_from(generation, take))
    wanted = _wanted(generation, take, title, known, asked_seconds)
    try:
        taken = audio.take_in(path, wanted, is_ours=True) if is_ours else isolated.take_in(path, wanted)
    except NotAudio as error:
        raise Unreadable(error) from error
    also = [renditions.prepared(taken.path, asked)] if renditions.is_made_of(asked, taken.format) else []
    track = _track_of(generation, take, title, known, taken)
    return _add(generation, track, also, held)


def _track_of(generation: Generation, take: int, title: str, known: Mapping[str, Any], taken: Taken) -> Track:
    """The row of a finished file, not saved."""
    track = Track(
        project=generation.project,
        author=generation.author,
        generation=generation,
        take=take,
        model_key=generation.model.key,
        title=title,
        cover=media.keep_bytes(taken.cover, "webp"),
        format=taken.format,
        peaks=taken.peaks,
        waveform=waveform_path(taken.peaks, *LIST_WAVE),
        made_of=dict(known),
        findings=[asdict(finding) for finding in taken.findings],
        **_kept(taken.path, taken.format),
        **_columns(taken, known),
    )
    track.has_findings = bool(track.findings)
    track.search_text = library.search_text(track, tags=())
    return track


def _wanted(
    generation: Generation, take: int, title: str, known: Mapping[str, Any], asked_seconds: float | None
) -> Wanted:
    spec = catalogue.spec_of(generation.model.key)
    return Wanted(
        format=generation.prompt.settings["format"],
        tags=_tags(generation, take, title, known),
        seed=f"{generation.ref}/{take}",
        seconds=asked_seconds,
        loop=bool(generation.prompt.settings.get("loop")),
        instrumental=spec is not None and spec.instrumental,
    )


def _kept(path: Path, format: str) -> dict[str, Any]:
    """Move a finished file into the library; the columns that say where it is."""
    name, digest = media.keep(path, FORMATS[format].extension)
    return {"file": name, "sha256": digest, "size": media.path(name).stat().st_size}


def _add(generation: Generation, track: Track, also: list[Rendition], held: heartbeat.Claim) -> bool:
    try:
        with transaction.atomic():
            held.lock()
            wanted = Generation.objects.select_for_update().filter(
                pk=generation.pk, state__in=(State.RUNNING, State.COLLECTING)
            )
            if not wanted.exists():
                return False
            track.save(force_insert=True)
            for rendition in also:
                rendition.track = track
                rendition.save(force_insert=True)
            states.note(
                generation,
                f"Take {track.take} is ready to play",
                kind=Event.Kind.TAKE,
                data={"take": track.take, "sha256": track.sha256, "findings": [f["code"] for f in track.findings]},
            )
            events.tell(generation.project, "track.created", generation, track=track.ref)
    except IntegrityError:
        if not Track.objects.filter(generation=generation, take=track.take).exists():
            raise
    return True


def _columns(taken: Taken, known: Mapping[str, Any]) -> dict[str, Any]:
    """Tempo and key are what the maker wrote where it says so; what was heard stays among the measurements."""
    facts = taken.facts
    measured = {name: _finite(value) for name, value in asdict(facts).items() if name not in _STORED_APART}
    file = {"codec": taken.codec, "bits": taken.bits, "bit_rate": taken.bit_rate}
    if taken.is_lossy:
        file["source"] = taken.source
    return {
        "length_ms": round(facts.seconds * 1000),
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
        "lufs": _finite(facts.lufs),
        "true_peak": _finite(facts.true_peak_dbtp),
        "bpm": known.get("written_bpm") or _finite(facts.bpm),
        "musical_key": known.get("written_key") or facts.key or "",
        "measured": {**measured, **file},
    }


def _finite(value: Any) -> Any:
    """A measurement as the database takes it: what is not a number was not measured."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def _tags(generation: Generation, take: int, title: str, known: Mapping[str, Any]) -> Tags:
    if generation.is_blind:  # whoever hears a candidate can read its file
        return neutral.tags_of(generation, take, _title_from(generation, take))
    return Tags(
        title=title,
        artist=f"{generation.model.title} · BGM Studio",
        album=generation.project.name,
        date=f"{timezone.localdate():%Y-%m-%d}",
        comment=f"Made by AI with {generation.model.title}. Take {take} of generation {generation.ref}.",
        encoder="BGM Studio",
        licence=licence_of(generation),
        prompt=generation.prompt.text,
        generator=generation.model.key,
        track_id=f"{generation.ref}/{take}",
        ai_generated=True,
        digital_source=str(
            known.get("digital_source") or "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        ),
    )


def licence_of(generation: Generation) -> str:
    """The terms it was made under; of runs from before they were kept, those the studio knows now."""
    if generation.licence:
        return generation.licence.text
    spec = catalogue.spec_of(generation.model.key)
    return spec.licence if spec else ""


def _title_from(generation: Generation, take: int) -> str:
    words = " ".join(generation.prompt.text.split())[:60].strip(" ,.;:-")
    words = words or ("Music" if generation.is_blind else generation.model.title)
    return f"{words[0].upper()}{words[1:]}" + (f" ({take})" if generation.takes_asked > 1 else "")


def replace_cover(generation: Generation, take: int, picture: Path) -> None:
    """Give a stored take a picture from outside instead of the drawn one.

    Raises:
        ValueError: not a picture, or too large a one.
        isolated.Interrupted: reading it broke off.
    """
    target = picture.with_name(f"{picture.name}.webp")
    isolated.picture(picture, target)
    name, _ = media.keep(target, "webp")
    rows = Track.objects.filter(generation=generation, take=take)
    drawn = list(rows.values_list("cover", flat=True))
    rows.update(cover=name)
    media.discard(drawn)


def keep_unreadable(generation: Generation, take: int, path: Path) -> str:
    """Put a file that nobody can read aside for the operator, for a month; where it is, or nothing."""
    folder = media.path(UNREADABLE)
    folder.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or sum(1 for _ in folder.iterdir()) >= UNREADABLE_MOST:
        return ""
    target = folder / f"{generation.ref}-{take}"
    os.replace(path, target)
    return f"{UNREADABLE}/{target.name}"


def forget_unreadable() -> None:
    """Delete what was put aside a month ago."""
    oldest = timezone.now().timestamp() - UNREADABLE_KEPT.total_seconds()
    folder = media.path(UNREADABLE)
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
