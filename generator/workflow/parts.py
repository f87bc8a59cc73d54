"""The players and the notes of a track that was composed here: made again from its brief, for nothing, by a worker.

The history says since when they are waited for, and whether a try came to nothing.

What if the process dies here? Each player is a row after its file, and the notes come last: while they are missing the
parts can be asked for again, and only what is missing is stored.
"""

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generator.audio import decode, measure, waveform_path, waveform_peaks
from generator.audio.intake import PART_BUCKETS, PART_WAVE
from generator.models import Generation, Rendition, Stem, Track, User
from generator.providers.errors import ProviderError
from generator.providers.parting import LocalPart, Parting, PartKind
from generator.workflow import catalogue, compose, heartbeat, media, places, queue, states

NOTES = sha256(b"the notes of a track").hexdigest()  # the recipe of the one MIDI file a track has
ASKED, FAILED = "stems_asked", "stems_failed"  # in the history, with the track's ref: how long a page has to wait
LATE = dt.timedelta(minutes=5)  # what was asked for so long ago is no longer waited for


def can(track: Track) -> bool:
    """Whether the model that made it can make it again in parts."""
    return isinstance(_provider(track), Parting) and not track.generation.is_blind


def _provider(track: Track) -> object:
    try:
        return catalogue.provider_of(track.generation.model.key)
    except KeyError:
        return None


def notes(track: Track) -> Rendition | None:
    """The MIDI file of a track whose parts have been made."""
    return track.renditions.filter(recipe_hash=NOTES).first()


def ask(track: Track, actor: User) -> None:
    """Have a worker make them; asking while they are under way changes nothing."""
    if notes(track) or outlook(track).waits:
        return
    with transaction.atomic():
        states.note(track.generation, "The stems were asked for", actor=actor, data={ASKED: track.ref})
        queue.start(queue.PARTS, track.pk)


@dataclass(frozen=True)
class Outlook:
    """What has become of the last time that the parts of a track were asked for."""

    waits: bool = False
    is_late: bool = False
    failure: str = ""


def outlook(track: Track) -> Outlook:
    """Read from the history, so that a page knows it after a reload."""
    about = Q(**{f"data__{ASKED}": track.ref}) | Q(**{f"data__{FAILED}": track.ref})
    last = track.generation.events.filter(about).last()
    if last is None or notes(track):
        return Outlook()
    if FAILED in last.data:
        return Outlook(failure=last.text)
    is_late = timezone.now() - last.at > LATE
    return Outlook(waits=not is_late, is_late=is_late)


def make_in_turn(track: Track) -> bool:
    """Make them unless somebody else does already; False: there is no place for so long a piece now."""
    with heartbeat.only_one(f"parts/{track.pk}") as held:
        if held is None or track.length_ms <= places.SHORT * 1000:
            if held:
                make(track)
            return True
        with places.place(places.LONG) as is_roomy:
            if is_roomy:
                make(track)
            return is_roomy


def make(track: Track) -> None:
    """Make the parts of a track, unless they are there."""
    provider = _provider(track)
    if notes(track) or not isinstance(provider, Parting):
        return
    request = compose.request_of(track.generation)
    try:
        with media.workshop() as folder:
            number, same, score = 0, False, None
            for part in provider.parts(request, folder, track.take, track.format, lambda stage, done: None):
                match part.kind:
                    case PartKind.MASTER:
                        same = _same_sound(part.path, track)
                        part.path.unlink()
                    case PartKind.NOTES:
                        score = part.path
                    case PartKind.PLAYER:
                        number += 1
                        _keep_player(track, part, number)
            if score:
                keep_notes(track, score, same)
    except ProviderError as error:
        sentence = f"The stems could not be made: {error.sentence}"
        states.note(track.generation, sentence, data={FAILED: track.ref})


def _same_sound(remade: Path, track: Track) -> bool:
    """Whether a piece still comes out sample by sample as it did."""
    file = media.path(track.file)
    return file.is_file() and _samples(remade) == _samples(file)


def _samples(file: Path) -> str:
    return sha256(decode(file).samples.tobytes()).hexdigest()


def keep_notes(track: Track, file: Path, same: bool) -> None:
    """Store the MIDI file, and whether the parts are of the very sound the track is."""
    size = file.stat().st_size
    name, _ = media.keep(file, "mid")
    recipe = {"format": "midi", "same_sound": same}
    Rendition.objects.update_or_create(
        track=track, recipe_hash=NOTES, defaults={"recipe": recipe, "file": name, "size": size}
    )


def _keep_player(track: Track, part: LocalPart, number: int) -> None:
    place = _place(track.generation, track, number)
    if Stem.objects.filter(**place).exists():
        return
    sound = decode(part.path)
    name, digest = media.keep(part.path, part.path.suffix[1:])
    facts = {
        "track": track,
        "title": part.title,
        "file": name,
        "sha256": digest,
        "size": media.path(name).stat().st_size,
        "length_ms": round(sound.seconds * 1000),
        "waveform": waveform_path(waveform_peaks(sound, PART_BUCKETS), *PART_WAVE),
        "lufs": measure(sound).lufs,
    }
    Stem.objects.get_or_create(**place, defaults=facts)


def _place(generation: Generation, track: Track, number: int) -> dict[str, object]:
    """Takes of one run share its numbers."""
    return {"generation": generation, "number": track.take * 100 + number}
