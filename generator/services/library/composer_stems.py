"""Stems and MIDI of composed tracks: a worker makes them again from the prompt, free of charge.

The generation's history records when they were requested and whether an attempt failed.

What if the process dies here? Each stem's row comes after its file, and the MIDI file comes last. Until it exists, the
stems can be requested again, and only missing ones are stored.
"""

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.audio import decode, measure, waveform_path, waveform_peaks
from generator.audio.intake import PART_BUCKETS, PART_WAVE_SIZE
from generator.messages import Message, gettext_noop
from generator.models import Generation, Rendition, Stem, Track, User
from generator.providers.errors import ProviderError
from generator.providers.stem_rendering import RenderedFile, RenderedKind, StemRenderer
from generator.services.background import claims, job_queue, local_slots
from generator.services.errors import UserError
from generator.services.generation import local_jobs, states
from generator.services.library import media
from generator.services.provider_jobs import catalog

NOTES = sha256(b"the notes of a track").hexdigest()  # the recipe hash of a track's only MIDI file
REQUESTED_KEY, FAILED_KEY = "stems_asked", "stems_failed"  # history keys; their value is the track's public ID
OUTDATED = gettext_noop(
    "This track was made by an earlier version of the composer. Today it would make a different piece from the same "
    "prompt and seed, so new versions and stems are not available. You can still edit the track, or reuse its settings."
)
OTHER_SAMPLES = gettext_noop(
    "The layered sample pack was installed or removed after this track was made. New versions and stems would sound "
    "different from the track, so they are not available. You can still edit the track, or reuse its settings."
)
LATE_AFTER = dt.timedelta(minutes=5)  # older requests are no longer waited for


def has_free_stems(track: Track) -> bool:
    """Return whether the track's model can make stems of it."""
    return isinstance(_provider(track), StemRenderer) and not track.generation.is_blind and not is_outdated(track)


def is_outdated(track: Track) -> bool:
    """Return whether the composer has changed since it made the track, and would make another piece today."""
    return bool(outdated_reason(track))


def outdated_reason(track: Track) -> str:
    """Return why the composer would make another piece today, as a marked sentence; empty if it would not."""
    provider = _provider(track)
    if not isinstance(provider, StemRenderer):
        return ""
    if track.made_of.get("revision", 1) != provider.revision:
        return OUTDATED
    return OTHER_SAMPLES if track.made_of.get("samples", 0) != provider.samples else ""


def check_rules(track: Track) -> None:
    """Raise UserError if the composer would make another piece today."""
    if reason := outdated_reason(track):
        raise UserError(_(reason), code="composed_earlier" if reason == OUTDATED else "other_samples")


def _provider(track: Track) -> object:
    try:
        return catalog.provider_of(track.generation.model.key)
    except KeyError:
        return None


def notes(track: Track) -> Rendition | None:
    """Return the MIDI file of a track whose stems have been made, or None."""
    return track.renditions.filter(recipe_hash=NOTES).first()


def request_stems(track: Track, actor: User) -> None:
    """Request the stems from a worker; does nothing while they are being made.

    Raises:
        UserError: the composer cannot make stems of this track.
    """
    check_rules(track)
    if not has_free_stems(track):
        sentence = _("Free stems are available only for tracks made by the built-in composer.")
        raise UserError(sentence, code="not_composed_here")
    if notes(track) or outlook(track).waits:
        return
    with transaction.atomic():
        states.note(
            track.generation, gettext_noop("Stems requested"), actor=actor, data={REQUESTED_KEY: track.public_id}
        )
        job_queue.start(job_queue.PARTS, track.pk)


@dataclass(frozen=True)
class Outlook:
    """The status of the last request for a track's stems."""

    waits: bool = False
    is_late: bool = False
    failure: str = ""


def outlook(track: Track) -> Outlook:
    """Return the status, read from the history so that it survives a page reload."""
    stem_events = Q(**{f"data__{REQUESTED_KEY}": track.public_id}) | Q(**{f"data__{FAILED_KEY}": track.public_id})
    event = track.generation.events.filter(stem_events).last()
    if event is None or notes(track):
        return Outlook()
    if FAILED_KEY in event.data:
        return Outlook(failure=event.display_text)
    is_late = timezone.now() - event.at > LATE_AFTER
    return Outlook(waits=not is_late, is_late=is_late)


def make_in_turn(track: Track) -> bool:
    """Make the stems unless another worker is doing so; return False if no slot is free for a long piece."""
    with claims.exclusive(f"parts/{track.pk}") as claim:
        if claim is None or track.length_ms <= local_slots.MAX_SHORT_S * 1000:
            if claim:
                make(track)
            return True
        with local_slots.place(local_slots.LONG) as has_slot:
            if has_slot:
                make(track)
            return has_slot


def make(track: Track) -> None:
    """Make the stems of a track unless they exist."""
    provider = _provider(track)
    if notes(track) or not isinstance(provider, StemRenderer):
        return
    if reason := outdated_reason(track):  # the composer or its samples changed after the request
        states.note(track.generation, reason, data={FAILED_KEY: track.public_id})
        return
    request = local_jobs.request_of(track.generation)
    try:
        with media.workshop() as folder:
            number, same, score = 0, False, None
            for part in provider.render_stems(request, folder, track.take, track.format, lambda stage, done: None):
                match part.kind:
                    case RenderedKind.MASTER:
                        same = _same_sound(part.path, track)
                        part.path.unlink()
                    case RenderedKind.NOTES:
                        score = part.path
                    case RenderedKind.PLAYER:
                        number += 1
                        _store_stem(track, part, number)
            if score:
                keep_notes(track, score, same)
    except ProviderError as error:
        sentence = Message("The stems could not be made: {problem}", problem=error.sentence)
        states.note(track.generation, sentence, data={FAILED_KEY: track.public_id})


def _same_sound(remade: Path, track: Track) -> bool:
    """Return whether the remade piece has exactly the same samples as the track."""
    file = media.path(track.file)
    return file.is_file() and _samples(remade) == _samples(file)


def _samples(file: Path) -> str:
    return sha256(decode(file).samples.tobytes()).hexdigest()


def keep_notes(track: Track, file: Path, same: bool) -> None:
    """Store the MIDI file, and whether the remade audio is identical to the track."""
    size = file.stat().st_size
    name, _ = media.keep(file, "mid")
    recipe = {"format": "midi", "same_sound": same}
    Rendition.objects.update_or_create(
        track=track, recipe_hash=NOTES, defaults={"recipe": recipe, "file": name, "size": size}
    )


def _store_stem(track: Track, part: RenderedFile, number: int) -> None:
    place = _stem_key(track.generation, track, number)
    if Stem.objects.filter(**place).exists():
        return
    sound = decode(part.path)
    name, digest = media.keep(part.path, part.path.suffix[1:])
    columns = {
        "track": track,
        "title": part.title,
        "role": part.role,
        "file": name,
        "sha256": digest,
        "size": media.path(name).stat().st_size,
        "length_ms": round(sound.seconds * 1000),
        "waveform": waveform_path(waveform_peaks(sound, PART_BUCKETS), *PART_WAVE_SIZE),
        "lufs": measure(sound).lufs,
    }
    Stem.objects.get_or_create(**place, defaults=columns)


def _stem_key(generation: Generation, track: Track, number: int) -> dict[str, object]:
    """Return the key fields of a stem; all takes of a generation share its numbers."""
    return {"generation": generation, "number": track.take * 100 + number}
