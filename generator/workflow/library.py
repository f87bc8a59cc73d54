"""What people do to tracks: name, note, star, tag, bin, restore, delete for good. The audio itself is never touched."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from generator.models import Generation, Reference, Star, Tag, Track, User
from generator.models.one_line import cleaned
from generator.models.search import index_terms
from generator.models.track import TrackQuerySet
from generator.workflow import media
from generator.workflow.lines import one_line
from generator.workflow.refused import Refused

MOST_NOTES = 2000
MOST_AT_ONCE = 5000

LONGEST_TITLE = Track._meta.get_field("title").max_length or 0
MOST_TAGS, MOST_NAMES = 50, 2_000  # of a track, of a project


def search_text(track: Track, tags: Iterable[str]) -> str:
    """Everything a person may remember a track by, as terms of the search index.

    Of a candidate that is still blind it is what all candidates share, and what people wrote.
    """
    generation = track.generation
    told = (track.title, generation.model.title, track.musical_key, str(track.made_of.get("heard", "")))
    shared = (generation.prompt.text, track.author.label, track.notes, *tags)
    parts = shared if generation.is_blind else (*told, *shared)
    return index_terms("\n".join(part for part in parts if part))


def reindex(track: Track) -> None:
    tags = track.tags.values_list("name", flat=True)
    Track.objects.filter(pk=track.pk).update(search_text=search_text(track, tags))


def reindex_all(tracks: TrackQuerySet) -> None:
    for track in tracks.select_related(*_INDEXED):
        reindex(track)


def free_title(generation: Generation, take: int, title: str) -> str:
    """A title for a new take that no other track of its project has: "Cold Open", then "Cold Open 2"."""
    title = cleaned(title)[:LONGEST_TITLE].strip()
    others = Track.objects.kept().filter(project=generation.project_id).exclude(generation=generation.pk, take=take)
    alike = others.filter(title__istartswith=title[: LONGEST_TITLE - 6])
    known = {one.casefold() for one in alike.values_list("title", flat=True)}
    number, found = 1, title
    while found.casefold() in known:
        number += 1
        found = f"{title[: LONGEST_TITLE - 6]} {number}"
    return found


def rename(track: Track, title: str) -> None:
    """Raises Refused: an empty title, or one too long."""
    title = one_line(title, "title")
    if not title:
        raise Refused("A track needs a title.", "title")
    if len(title) > LONGEST_TITLE:
        raise Refused(f"At most {LONGEST_TITLE} characters; this is {len(title)}.", "title")
    track.title = title
    Track.objects.filter(pk=track.pk).update(title=title)
    reindex(track)


def annotate(track: Track, notes: str) -> None:
    """Raises Refused: notes too long."""
    notes = notes.strip()
    if len(notes) > MOST_NOTES:
        raise Refused(f"At most {MOST_NOTES:,} characters of notes; these are {len(notes):,}.", "notes")
    track.notes = notes
    Track.objects.filter(pk=track.pk).update(notes=notes)
    reindex(track)


def star(tracks: TrackQuerySet, user: User, on: bool) -> None:
    """Star or unstar for this person; doing it twice is doing it once."""
    if on:
        Star.objects.bulk_create([Star(user=user, track=track) for track in tracks], ignore_conflicts=True)
    else:
        Star.objects.filter(user=user, track__in=tracks).delete()


def tag(tracks: TrackQuerySet, name: str) -> None:
    """Put a tag on tracks, making it in each one's project if need be.

    Raises:
        Refused: an empty or over-long name.
    """
    name = one_line(name, "tag").lower()
    longest = Tag._meta.get_field("name").max_length or 0
    if not name:
        raise Refused("Give the tag a name.", "tag")
    if len(name) > longest:
        raise Refused(f"A tag has at most {longest} characters.", "tag")
    with transaction.atomic():
        for track in tracks.select_related("project", *_INDEXED):
            if track.tags.count() >= MOST_TAGS or track.project.tags.count() >= MOST_NAMES:
                raise Refused(f"A track has at most {MOST_TAGS} tags, a project {MOST_NAMES:,}.", "tag")
            label, _ = Tag.objects.get_or_create(project=track.project, name=name)
            track.tags.add(label)
            reindex(track)


def untag(tracks: TrackQuerySet, name: str) -> None:
    with transaction.atomic():
        for track in tracks.select_related(*_INDEXED):
            track.tags.remove(*track.tags.filter(name=name))
            reindex(track)
        Tag.objects.filter(name=name, tracks=None).delete()


_INDEXED = ("generation__prompt", "generation__model", "generation__comparison", "author")


def bin_tracks(tracks: TrackQuerySet, actor: User) -> int:
    """Move tracks to the bin; return how many were not there yet."""
    return tracks.filter(binned_at=None).update(binned_at=timezone.now(), binned_by=actor)


def restore(tracks: TrackQuerySet) -> int:
    return tracks.filter(binned_at__isnull=False).update(binned_at=None, binned_by=None)


def delete_for_good(tracks: TrackQuerySet) -> int:
    """Delete binned tracks and the files that nothing else names; return how many.

    The generation, its price and its ledger lines stay: what was spent was spent. What if the process dies here? The
    rows are gone first; a file left over is swept by housekeeping.
    """
    doomed = list(tracks.filter(binned_at__isnull=False)[:MOST_AT_ONCE])
    names = {name for track in doomed for name in (track.file, track.cover)}
    names |= {rendition.file for track in doomed for rendition in track.renditions.all()}
    names |= {stem.file for track in doomed for stem in track.stems.all()}
    keys = [track.pk for track in doomed]
    # What was taken from a private track stays unseen when there is no track any more to say so.
    Reference.objects.filter(track__in=keys, track__privacy__isnull=False).update(problem="Its track is gone.")
    Track.objects.filter(pk__in=keys).delete()
    media.discard(names)
    return len(doomed)
