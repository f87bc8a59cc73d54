"""Changes to tracks: title, notes, stars, tags, trash, restore, delete. The audio itself never changes."""

import re
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import Generation, Heard, Reference, ReplacedCover, Star, Tag, Track, TrackStructure, User
from generator.models.one_line import cleaned
from generator.models.search import index_terms
from generator.models.track import TrackQuerySet
from generator.services.errors import UserError
from generator.services.library import media, rendition_storage
from generator.services.text_input import one_line

MAX_NOTES_CHARS = 2000
MAX_TRACKS_AT_ONCE = 5000

MAX_TITLE_CHARS = Track._meta.get_field("title").max_length or 0
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
MAX_TAGS, MAX_TAG_NAMES = 50, 2_000  # per track, per project


def search_text(track: Track, tags: Iterable[str]) -> str:
    """Return a track's searchable text as terms of the search index.

    For a blind candidate, use only what all candidates share and what people wrote.
    """
    generation = track.generation
    made_of = (str(track.made_of.get(name, "")) for name in ("heard", "credit"))
    identifying = (track.title, generation.model.title, track.musical_key, *made_of)
    structure: TrackStructure | None = getattr(track, "structure", None)  # None: it has not been measured
    shared = (generation.prompt.text, track.author.label, track.notes, structure.words if structure else "", *tags)
    parts = shared if generation.is_blind else (*identifying, *shared)
    return index_terms("\n".join(part for part in parts if part))


def reindex(track: Track) -> None:
    tags = track.tags.values_list("name", flat=True)
    Track.objects.filter(pk=track.pk).update(search_text=search_text(track, tags))


def reindex_all(tracks: TrackQuerySet) -> None:
    for track in tracks.select_related(*_INDEXED):
        reindex(track)


def free_title(generation: Generation, take: int, title: str) -> str:
    """Return a title for a new take that is unique in its project: "Cold Open", then "Cold Open 2"."""
    title = cleaned(title)[:MAX_TITLE_CHARS].strip()
    others = Track.objects.kept().filter(project=generation.project_id).exclude(generation=generation.pk, take=take)
    alike = others.filter(title__istartswith=title[: MAX_TITLE_CHARS - 6])
    used_titles = {taken.casefold() for taken in alike.values_list("title", flat=True)}
    number, candidate = 1, title
    while candidate.casefold() in used_titles:
        number += 1
        candidate = f"{title[: MAX_TITLE_CHARS - 6]} {number}"
    return candidate


def rename(track: Track, title: str) -> None:
    """Rename a track. Raises UserError: the title is empty or too long."""
    title = one_line(title, "title")
    if not title:
        raise UserError(_("Enter a title."), "title", code="required")
    if len(title) > MAX_TITLE_CHARS:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        raise UserError(sentence.format(limit=MAX_TITLE_CHARS, count=len(title)), "title", code="too_long")
    track.title = title
    Track.objects.filter(pk=track.pk).update(title=title)
    reindex(track)


def annotate(track: Track, notes: str) -> None:
    """Set a track's notes. Raises UserError: they are too long."""
    notes = notes.strip()
    if len(notes) > MAX_NOTES_CHARS:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        raise UserError(
            sentence.format(limit=f"{MAX_NOTES_CHARS:,}", count=f"{len(notes):,}"), "notes", code="too_long"
        )
    track.notes = notes
    Track.objects.filter(pk=track.pk).update(notes=notes)
    reindex(track)


def set_isrc(track: Track, code: str) -> None:
    """Set the code that identifies the recording, or remove it with an empty one; files are made again with it.

    Raises:
        UserError: it is not an ISRC (ISO 3901: two letters, three letters or digits, seven digits).
    """
    code = re.sub(r"[\s-]", "", code).upper().removeprefix("ISRC")
    if code and not _ISRC.fullmatch(code):
        sentence = _("An ISRC has twelve characters, such as AA-6Q7-26-00001.")
        raise UserError(sentence, "isrc", code="invalid_isrc")
    if code == (track.isrc or ""):
        return
    track.isrc = code or None
    Track.objects.filter(pk=track.pk).update(isrc=track.isrc)
    rendition_storage.discard_all(track)


def star(tracks: TrackQuerySet, user: User, on: bool) -> None:
    """Star or unstar tracks for a user; idempotent."""
    if on:
        Star.objects.bulk_create([Star(user=user, track=track) for track in tracks], ignore_conflicts=True)
    else:
        Star.objects.filter(user=user, track__in=tracks).delete()


def mark_heard(tracks: TrackQuerySet, user: User) -> None:
    """Record that a person has heard tracks, which until then are marked as new for them; idempotent."""
    keys = tracks.exclude(heard_by__user=user).values_list("pk", flat=True)
    Heard.objects.bulk_create([Heard(user=user, track_id=key) for key in keys], ignore_conflicts=True)


def tag(tracks: TrackQuerySet, name: str) -> None:
    """Add a tag to tracks, creating it in each track's project if needed.

    Raises:
        UserError: the name is empty or too long, or there are too many tags.
    """
    name = one_line(name, "tag").lower()
    max_chars = Tag._meta.get_field("name").max_length or 0
    if not name:
        raise UserError(_("Enter a name for the tag."), "tag", code="required")
    if len(name) > max_chars:
        sentence = _("Use at most {limit} characters for a tag.").format(limit=max_chars)
        raise UserError(sentence, "tag", code="too_long")
    with transaction.atomic():
        for track in tracks.select_related("project", *_INDEXED):
            if track.tags.count() >= MAX_TAGS or track.project.tags.count() >= MAX_TAG_NAMES:
                sentence = _("A track can have at most {tags} tags, and a project at most {names}. Remove some first.")
                sentence = sentence.format(tags=MAX_TAGS, names=f"{MAX_TAG_NAMES:,}")
                raise UserError(sentence, "tag", code="limit_reached")
            label = Tag.objects.get_or_create(project=track.project, name=name)[0]
            track.tags.add(label)
            reindex(track)


def untag(tracks: TrackQuerySet, name: str) -> None:
    with transaction.atomic():
        for track in tracks.select_related(*_INDEXED):
            track.tags.remove(*track.tags.filter(name=name))
            reindex(track)
        Tag.objects.filter(name=name, tracks=None).delete()


_INDEXED = ("generation__prompt", "generation__model", "generation__comparison", "author", "structure")


def trash_tracks(tracks: TrackQuerySet, actor: User) -> int:
    """Move tracks to the trash; return how many were not in it."""
    return tracks.filter(trashed_at=None).update(trashed_at=timezone.now(), trashed_by=actor)


def restore(tracks: TrackQuerySet) -> int:
    return tracks.filter(trashed_at__isnull=False).update(trashed_at=None, trashed_by=None)


def delete_for_good(tracks: TrackQuerySet) -> int:
    """Delete tracks in the trash and the files that no other row names; return their number.

    The generation, its price and its ledger entries stay. What if the process dies here? The rows are deleted first;
    housekeeping sweeps any leftover file.
    """
    trashed = list(tracks.filter(trashed_at__isnull=False)[:MAX_TRACKS_AT_ONCE])
    names = {name for track in trashed for name in (track.file, track.cover)}
    names |= set(ReplacedCover.objects.filter(track__in=trashed).values_list("original", flat=True))
    names |= {rendition.file for track in trashed for rendition in track.renditions.all()}
    names |= {stem.file for track in trashed for stem in track.stems.all()}
    names |= {upload.file for track in trashed for upload in track.uploads.all()}
    keys = [track.pk for track in trashed]
    # References made from a private track must stay hidden after the track is deleted.
    Reference.objects.filter(track__in=keys, track__privacy__isnull=False).update(problem="Its track was deleted.")
    Track.objects.filter(pk__in=keys).delete()
    media.discard(names)
    return len(trashed)
