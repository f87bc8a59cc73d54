"""Full-text search behind one function: FTS5 on SQLite, tsvector on PostgreSQL, both over `Track.search_text`."""

import re

from django.db import connection
from django.db.models.expressions import RawSQL

from generator.models.track import TrackQuerySet

_WORD = re.compile(r"\w+")
MOST_WORDS = 12


def matching(tracks: TrackQuerySet, text: str) -> TrackQuerySet:
    """Narrow to tracks that have every word of the text, or a word that begins with it; no words match everything."""
    words = _WORD.findall(text.lower())[:MOST_WORDS]
    if not words:
        return tracks
    if connection.vendor == "sqlite":
        query = " ".join(f'"{word}"*' for word in words)
        found = "SELECT rowid FROM generator_track_fts WHERE generator_track_fts MATCH %s"
    else:
        query = " & ".join(f"{word}:*" for word in words)
        found = "SELECT id FROM generator_track WHERE search_vector @@ to_tsquery('simple', %s)"
    # The words are letters and digits only, and travel as a parameter.
    return tracks.filter(pk__in=RawSQL(found, [query]))  # noqa: S611
