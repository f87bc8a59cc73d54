"""Looking before paying: tracks that a project already has and that come close to a brief."""

import re
from dataclasses import dataclass

from generator.durations import show_duration
from generator.models import Project, Track
from generator.models.search import closest
from generator.models.track import TrackQuerySet
from generator.services.briefs.understanding import wishes_of

MAX_SHOWN = 3
MIN_SHARE = 0.6  # of the brief's words that a track must have
MIN_WORDS = 2
# Words that say nothing about the sound, and lengths, which the finishing room can change.
_EMPTY = """
    a an and as at be by for from in is it its like music of on or our piece please some song sound sounds that the this
    to track tune under up with without very more make need want seconds second sec secs minutes minute min mins long
    short length background video film clip
"""
_EMPTY_WORDS = frozenset(_EMPTY.split())
_WORD = re.compile(r"[^\W\d_][\w'-]*")


@dataclass(frozen=True)
class OwnedTrack:
    """A track that comes close; `fit_to` is the length of the brief if the track has another one."""

    track: Track
    fit_to: str


def find(project: Project, tracks: TrackQuerySet, text: str) -> list[OwnedTrack]:
    """Return the closest of these tracks of a project to the text of a brief, best first; empty if none is close."""
    words = [word for word in _WORD.findall(text.lower()) if word not in _EMPTY_WORDS]
    if len(set(words)) < MIN_WORDS:
        return []
    needed = max(MIN_WORDS, MIN_SHARE * len(set(words)))
    near = [pk for pk, count in closest(tracks.filter(project=project).kept(), " ".join(words), 12) if count >= needed]
    rows = tracks.filter(pk__in=near[:MAX_SHOWN]).select_related("generation__model").defer("peaks", "measured")
    by_pk = {row.pk: row for row in rows}
    length = wishes_of(text).length_s
    return [OwnedTrack(by_pk[pk], _fit_to(by_pk[pk], length)) for pk in near[:MAX_SHOWN] if pk in by_pk]


def _fit_to(track: Track, length_s: float | None) -> str:
    if length_s is None or abs(length_s - track.length_ms / 1000) < 0.05:
        return ""
    return show_duration(length_s)
