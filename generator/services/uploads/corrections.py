"""Corrections of what was stated about an uploaded track: its source, license, credit and date.

The history of the track keeps the earlier statement, a line per field. What a track cost is corrected in the ledger
(`stated_costs`), its title by renaming it.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from generator.messages import Message, gettext_noop
from generator.models import Generation, GenerationEvent, Track, TrackUpload, UploadSource, User
from generator.services.errors import UserError
from generator.services.generation import states
from generator.services.library import rendition_storage, tracks
from generator.services.uploads import facts, records

FIELD_KEY = "stated_field"  # in the data of a line of the history
TITLES: Mapping[str, Message] = {
    "source": gettext_noop("Where it comes from"),
    "source_text": gettext_noop("Shop, session or tool"),
    "license_text": gettext_noop("License"),
    "credit": gettext_noop("Composer or author"),
    "bought_on": gettext_noop("Bought on"),
}
FIELDS = tuple(TITLES)
NOT_STATED = gettext_noop("not stated")


def correct(user: User, upload: TrackUpload, changes: Mapping[str, str]) -> list[str]:
    """Replace what was stated about a track, as texts by FIELDS; return the names of the fields that changed.

    Files of the track that were made before are deleted, to be made again with the new statement in their tags. Packs
    that are ready stay as they are. Before a worker has read the file, there is no track, and nothing to keep.

    Raises:
        UserError: it is a stem or was refused, a value is not valid, or nothing is different.
    """
    with transaction.atomic():
        upload = TrackUpload.objects.select_for_update().get(pk=upload.pk)
        if upload.is_stem or upload.problem:
            raise UserError(_("Nothing is stated about this file, because it is no track."), code="not_permitted")
        stated = facts.read_facts(typed(upload) | {name: changes[name] for name in FIELDS if name in changes})
        changed = [name for name in FIELDS if getattr(stated, name) != getattr(upload, name)]
        if not changed:
            raise UserError(_("That is already stated."), code="unchanged")
        for name in changed:
            if upload.track:
                _note(upload.track.generation, name, upload, user)
            setattr(upload, name, getattr(stated, name))
        upload.save(update_fields=changed)
        if upload.track:
            _update_track(user, upload.track, upload)
    return changed


def typed(upload: TrackUpload) -> dict[str, str]:
    """Return what is stated about an upload as texts, the way a form has them."""
    texts = {name: getattr(upload, name) for name in FIELDS if name != "bought_on"}
    return texts | {"bought_on": upload.bought_on.isoformat() if upload.bought_on else ""}


def last_of(generation: Generation) -> GenerationEvent | None:
    """Return the last correction of what was stated about a track, or None."""
    return generation.events.filter(data__has_key=FIELD_KEY).select_related("actor").order_by("-id").first()


def _note(generation: Generation, name: str, upload: TrackUpload, user: User) -> None:
    line = Message("{field} corrected. Stated before: {text}", field=TITLES[name], text=_shown(name, upload))
    states.note(generation, line, actor=user, data={FIELD_KEY: name})


def _shown(name: str, upload: TrackUpload) -> str:
    value: Any = getattr(upload, name)
    if not value:
        return NOT_STATED
    if name == "source":
        return str(UploadSource(value).label)
    return date_format(value, "Y-m-d") if name == "bought_on" else str(value)


def _update_track(user: User, track: Track, upload: TrackUpload) -> None:
    """Carry the statement to the records and files that repeat it."""
    Generation.objects.filter(pk=track.generation_id).update(license=records.license_as_stated(upload, user))
    others = {name: value for name, value in track.made_of.items() if name != "credit"}
    track.made_of = others | ({"credit": upload.credit} if upload.credit else {})
    Track.objects.filter(pk=track.pk).update(made_of=track.made_of)
    tracks.reindex(track)
    rendition_storage.discard_all(track)
