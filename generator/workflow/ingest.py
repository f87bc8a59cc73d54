"""One file becomes one track: decode, measure, judge, draw, tag, store, and only then the row.

Each step can fail with a sentence and leaves nothing behind but a file no row names, which housekeeping sweeps.
What if the process dies here? Nothing was promised: the take is still missing, and whoever comes next does it again.
"""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from generator.audio import (
    FORMATS,
    Finding,
    Measurements,
    NotAudio,
    Sound,
    Tags,
    convert,
    decode,
    draw_cover,
    inspect,
    measure,
    waveform_path,
    waveform_peaks,
    write_tags,
)
from generator.models import Event, Generation, State, Track
from generator.providers.errors import Failed
from generator.workflow import catalogue, heartbeat, library, media, states
from generator.workflow.webhooks import events

PEAK_BUCKETS = 800
LIST_WAVE = (240, 40)  # width and height of the list's waveform, in its own units
TITLE_LENGTH = 120
MOST_PIXELS = 25_000_000
_STORED_APART = ("seconds", "frames", "sample_rate", "lufs", "true_peak_dbtp")


def store(
    generation: Generation,
    take: int,
    path: Path,
    *,
    title: str = "",
    known: Mapping[str, Any] | None = None,
    asked_seconds: float | None = None,
    cover: bytes | None = None,
    held: heartbeat.Claim,
) -> bool:
    """Turn the file at `path` into take n's track; False when the generation no longer wants it.

    The file is tagged and moved into the library. Storing a take twice is harmless: the first one stays.

    Raises:
        Failed: the file is not playable audio.
        heartbeat.Lost: the claim on the work went to somebody else meanwhile.
    """
    try:
        sound = decode(path)
    except NotAudio as error:
        raise Failed(f"The delivered file could not be used: {error} It cost nothing.") from error
    asked = generation.prompt.settings["format"]
    format, wrong = _format_of(sound, asked)
    if format is None:
        format, path = asked, _converted(path, asked)
    known = known or {}
    facts, peaks = measure(sound), waveform_peaks(sound, PEAK_BUCKETS)
    title = (title.strip() or _title_from(generation, take))[:TITLE_LENGTH]
    drawn = partial(draw_cover, facts, peaks, seed=f"{generation.ref}/{take}", title=title)
    write_tags(path, _tags(generation, take, title, facts, known), drawn(format="jpeg"), format=format)
    track = Track(
        project=generation.project,
        author=generation.author,
        generation=generation,
        take=take,
        model_key=generation.model.key,
        title=title,
        cover=media.keep_bytes(cover or drawn(), "webp"),
        format=format,
        peaks=peaks,
        waveform=waveform_path(peaks, *LIST_WAVE),
        made_of=dict(known),
        findings=[*wrong, *_findings(generation, sound, facts, asked_seconds)],
        **_kept(path, format),
        **_columns(sound, facts, known),
    )
    track.has_findings = bool(track.findings)
    track.search_text = library.search_text(track, tags=())
    return _add(generation, track, held)


def _kept(path: Path, format: str) -> dict[str, Any]:
    """Move a finished file into the library; the columns that say where it is."""
    name, digest = media.keep(path, FORMATS[format].extension)
    return {"file": name, "sha256": digest, "size": media.path(name).stat().st_size}


def _format_of(sound: Sound, asked: str) -> tuple[str | None, list[dict[str, Any]]]:
    """The format a file really has, whatever its name says, and a finding when it is not the one asked for.

    None: one the studio does not keep; it is converted.
    """
    found = next((key for key, kind in FORMATS.items() if sound.container == kind.extension), None)
    if found == asked:
        return found, []
    came = FORMATS[found].title if found else sound.codec.upper()
    kept = "" if found else "; the studio made one of it"
    sentence = f"It came as {came}, but {FORMATS[asked].title} was asked for{kept}."
    return found, [asdict(Finding("wrong_format", "fault", sentence))]


def _converted(path: Path, format: str) -> Path:
    target = path.with_name(f"converted.{FORMATS[format].extension}")
    convert(path, target, format)
    return target


def _findings(
    generation: Generation, sound: Sound, facts: Measurements, asked_seconds: float | None
) -> list[dict[str, Any]]:
    spec = catalogue.spec_of(generation.model.key)
    found = inspect(
        sound,
        facts,
        asked_seconds=asked_seconds,
        loop=bool(generation.prompt.settings.get("loop")),
        instrumental=spec is not None and spec.instrumental,
    )
    return [asdict(finding) for finding in found]


def _add(generation: Generation, track: Track, held: heartbeat.Claim) -> bool:
    try:
        with transaction.atomic():
            held.lock()
            wanted = Generation.objects.select_for_update().filter(
                pk=generation.pk, state__in=(State.RUNNING, State.COLLECTING)
            )
            if not wanted.exists():
                return False
            track.save(force_insert=True)
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


def _columns(sound: Sound, facts: Measurements, known: Mapping[str, Any]) -> dict[str, Any]:
    """Tempo and key are what the maker wrote where it says so; what was heard stays among the measurements."""
    measured = {name: value for name, value in asdict(facts).items() if name not in _STORED_APART}
    return {
        "length_ms": round(facts.seconds * 1000),
        "sample_rate": facts.sample_rate,
        "channels": sound.samples.shape[1],
        "lufs": facts.lufs,
        "true_peak": facts.true_peak_dbtp,
        "bpm": known.get("written_bpm") or facts.bpm,
        "musical_key": known.get("written_key") or facts.key or "",
        "measured": {**measured, "codec": sound.codec, "bit_rate": sound.bit_rate},
    }


def _tags(generation: Generation, take: int, title: str, facts: Measurements, known: Mapping[str, Any]) -> Tags:
    return Tags(
        title=title,
        artist=f"{generation.model.title} · BGM Studio",
        album=generation.project.name,
        date=f"{timezone.localdate():%Y-%m-%d}",
        comment=f"Made by AI with {generation.model.title}. Take {take} of generation {generation.ref}.",
        bpm=facts.bpm,
        key=facts.key,
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
    words = " ".join(generation.prompt.text.split())[:60].strip(" ,.;:-") or generation.model.title
    return f"{words[0].upper()}{words[1:]}" + (f" ({take})" if generation.takes_asked > 1 else "")


def cover_from(path: Path) -> bytes:
    """Re-encode a picture from outside as our own WebP, at most 1024 px.

    Raises:
        ValueError: not a picture, or too large a one.
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError("the picture is too large")
            picture.thumbnail((1024, 1024))
            out = BytesIO()
            picture.convert("RGB").save(out, "WEBP", quality=85)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("it is not a picture") from error
    return out.getvalue()
