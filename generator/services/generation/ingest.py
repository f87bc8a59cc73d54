"""Ingestion of a file as a track: decode, measure, check quality, draw, tag and store it, then write the row.

Each step can fail with a message. A failure leaves at most a file without a row, which housekeeping deletes.
What if the process dies here? The take is still missing, and the next worker makes it again.
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
from generator.audio import FORMATS, Finding, NotAudio, Tags, Taken, Wanted, sandbox, waveform_path
from generator.messages import Message, join_texts, to_json
from generator.models import Generation, GenerationEvent, Rendition, State, Track
from generator.providers.errors import Failed
from generator.services.background import claims
from generator.services.errors import NOT_CHARGED
from generator.services.generation import states
from generator.services.library import blind_copies, media, renditions, tracks
from generator.services.provider_jobs import catalog
from generator.services.webhooks import events

LIST_WAVE = (240, 40)  # width and height of the list's waveform, in SVG units
UNREADABLE = "unreadable"  # folder under MEDIA_ROOT for delivered files that cannot be read
UNREADABLE_AGE = dt.timedelta(days=30)
MAX_UNREADABLE_FILES = 200  # files
_STORED_APART = ("seconds", "frames", "sample_rate", "lufs", "true_peak_dbtp")


class Unreadable(Failed):
    """The delivered file is not audio. `is_message`: it is a text response, so the audio may still arrive."""

    def __init__(self, error: NotAudio) -> None:
        super().__init__(
            join_texts(Message("The delivered file could not be used: {problem}", problem=error.sentence), NOT_CHARGED)
        )
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
    claim: claims.Claim,
) -> bool:
    """Store the file at `path` as the track of a take; return False if the generation no longer accepts it.

    The file is rewritten, tagged and moved into the library. Storing a take twice is harmless: the first track stays.
    `is_ours`: the studio itself just encoded the file. Any other file is read in a separate process.

    Raises:
        Unreadable: the file is not playable audio.
        sandbox.Interrupted: reading was interrupted; a retry may help.
        claims.ClaimLost: another worker has taken over the claim.
    """
    known = known or {}
    format = generation.prompt.settings["format"]
    title = tracks.free_title(generation, take, title or _title_from(generation, take))
    request = _intake_request(generation, take, title, known, asked_seconds)
    try:
        taken = audio.take_in(path, request, is_ours=True) if is_ours else sandbox.take_in(path, request)
    except NotAudio as error:
        raise Unreadable(error) from error
    more_renditions = [renditions.prepared(taken.path, format)] if renditions.is_made_of(format, taken.format) else []
    track = track_of(generation, take, title, known, taken)
    return _add(generation, track, more_renditions, claim)


def track_of(generation: Generation, take: int, title: str, known: Mapping[str, Any], taken: Taken) -> Track:
    """Return the unsaved track of a finished file."""
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
        findings=[stored_finding(finding) for finding in taken.findings],
        **_store_file(taken.path, taken.format),
        **_columns(taken, known),
    )
    track.has_findings = bool(track.findings)
    track.search_text = tracks.search_text(track, tags=())
    return track


def stored_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding for its column: with its sentence in English, and the template and values of the sentence."""
    sentence = finding.sentence
    parts = {"message": to_json(sentence)} if isinstance(sentence, Message) and sentence.values else {}
    return {**asdict(finding), "sentence": str(sentence), **parts}


def _intake_request(
    generation: Generation, take: int, title: str, known: Mapping[str, Any], asked_seconds: float | None
) -> Wanted:
    spec = catalog.spec_of(generation.model.key)
    return Wanted(
        format=generation.prompt.settings["format"],
        tags=_tags(generation, take, title, known),
        seed=f"{generation.public_id}/{take}",
        seconds=asked_seconds,
        loop=bool(known.get("loop", generation.prompt.settings.get("loop"))),
        instrumental=spec is not None and spec.instrumental,
    )


def _store_file(path: Path, format: str) -> dict[str, Any]:
    """Move a finished file into the library and return the columns that locate it."""
    name, digest = media.keep(path, FORMATS[format].extension)
    return {"file": name, "sha256": digest, "size": media.path(name).stat().st_size}


def _add(generation: Generation, track: Track, more_renditions: list[Rendition], claim: claims.Claim) -> bool:
    try:
        with transaction.atomic():
            claim.lock()
            accepting = Generation.objects.select_for_update().filter(
                pk=generation.pk, state__in=(State.RUNNING, State.COLLECTING)
            )
            if not accepting.exists():
                return False
            track.save(force_insert=True)
            for rendition in more_renditions:
                rendition.track = track
                rendition.save(force_insert=True)
            states.note(
                generation,
                Message("Take {number} is ready to play", number=track.take),
                kind=GenerationEvent.Kind.TAKE,
                data={"take": track.take, "sha256": track.sha256, "findings": [f["code"] for f in track.findings]},
            )
            events.publish(generation.project, "track.created", generation, track=track.public_id)
    except IntegrityError:
        if not Track.objects.filter(generation=generation, take=track.take).exists():
            raise
    return True


def _columns(taken: Taken, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measured columns; tempo and key prefer the composer's values over those detected in the audio."""
    measurement = taken.facts
    measured = {name: _finite(value) for name, value in asdict(measurement).items() if name not in _STORED_APART}
    file = {"codec": taken.codec, "bits": taken.bits, "bit_rate": taken.bit_rate}
    if taken.is_lossy:
        file["source"] = taken.source
    return {
        "length_ms": round(measurement.seconds * 1000),
        "sample_rate": measurement.sample_rate,
        "channels": measurement.channels,
        "lufs": _finite(measurement.lufs),
        "true_peak": _finite(measurement.true_peak_dbtp),
        "bpm": known.get("written_bpm") or _finite(measurement.bpm),
        "musical_key": known.get("written_key") or measurement.key or "",
        "measured": {**measured, **file},
    }


def _finite(value: Any) -> Any:
    """Return a measurement in the form the database accepts, with NaN and infinities replaced by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def _tags(generation: Generation, take: int, title: str, known: Mapping[str, Any]) -> Tags:
    if generation.is_blind:  # a candidate's listener can also read the file's tags
        return blind_copies.tags_of(generation, take, _title_from(generation, take))
    return Tags(
        title=title,
        artist=f"{generation.model.title} · BGM Studio",
        album=generation.project.name,
        date=f"{timezone.localdate():%Y-%m-%d}",
        comment=f"Made by AI with {generation.model.title}. Take {take} of generation {generation.public_id}.",
        encoder="BGM Studio",
        license=license_of(generation),
        prompt=generation.prompt.text,
        generator=generation.model.key,
        track_id=f"{generation.public_id}/{take}",
        ai_generated=True,
        digital_source=str(
            known.get("digital_source") or "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        ),
    )


def license_of(generation: Generation) -> str:
    """Return the license text it was made under, or the current one if none was recorded."""
    if generation.license:
        return generation.license.text
    spec = catalog.spec_of(generation.model.key)
    return spec.license if spec else ""


def _title_from(generation: Generation, take: int) -> str:
    text = " ".join(generation.prompt.text.split())[:60].strip(" ,.;:-")
    text = text or ("Music" if generation.is_blind else generation.model.title)
    return f"{text[0].upper()}{text[1:]}" + (f" ({take})" if generation.takes_requested > 1 else "")


def replace_cover(generation: Generation, take: int, picture: Path) -> None:
    """Replace a stored take's generated cover with an external picture.

    Raises:
        ValueError: the file is not a picture, or is too large.
        sandbox.Interrupted: reading was interrupted.
    """
    target = picture.with_name(f"{picture.name}.webp")
    sandbox.picture(picture, target)
    name, _ = media.keep(target, "webp")
    rows = Track.objects.filter(generation=generation, take=take)
    drawn = list(rows.values_list("cover", flat=True))
    rows.update(cover=name)
    media.discard(drawn)


def keep_unreadable(generation: Generation, take: int, path: Path) -> str:
    """Keep an unreadable file for the operator for 30 days; return its path under MEDIA_ROOT, or an empty string."""
    folder = media.path(UNREADABLE)
    folder.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or sum(1 for _ in folder.iterdir()) >= MAX_UNREADABLE_FILES:
        return ""
    target = folder / f"{generation.public_id}-{take}"
    os.replace(path, target)
    return f"{UNREADABLE}/{target.name}"


def forget_unreadable() -> None:
    """Delete unreadable files kept for more than 30 days."""
    oldest = timezone.now().timestamp() - UNREADABLE_AGE.total_seconds()
    folder = media.path(UNREADABLE)
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
