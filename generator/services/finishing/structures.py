"""The structure of a track: measured once in a worker, kept in a row, measured again when the measurement changes.

Callers get it with the bar grid as people corrected it (`grid_changes`); only recipes, which carry the correction that
was in force when they were made, are applied to the measured one.

What if the process dies here? The row comes last; until then the structure is simply not known and asked for again.
"""

import logging

from django.core.cache import cache
from django.utils import translation

from generator.audio import NotAudio, sandbox
from generator.audio.structure import Structure, correct_grid
from generator.models import Track, TrackStructure
from generator.services.background import claims, job_queue
from generator.services.finishing import grid_changes, summaries
from generator.services.library import media, tracks

log = logging.getLogger(__name__)

VERSION = 1  # increment when `find_structure` measures differently, so that older rows are measured again
WAIT_TIMEOUT_S = 120  # seconds until the measurement may be requested again: its worker may have died


def known(track: Track) -> Structure | None:
    """Return the structure of a track, its bar grid corrected, or None if it has not been measured."""
    structure = stored(track)
    return corrected(track, structure) if structure else None


def stored(track: Track) -> Structure | None:
    """Return the structure of a track without corrections, or None if it has not been measured."""
    row = TrackStructure.objects.filter(track=track, version=VERSION).first()
    return Structure.from_json(row.structure) if row else None


def corrected(track: Track, measured: Structure) -> Structure:
    """Return a measured structure with the bar grid as people corrected it."""
    correction = grid_changes.current(track)
    return correct_grid(measured, correction) if correction else measured


def request_structure(track: Track) -> None:
    """Ask a worker to measure a track, unless one was asked a moment ago."""
    if cache.add(f"structure/{track.pk}", True, WAIT_TIMEOUT_S):
        job_queue.start(job_queue.MEASURE_STRUCTURE, track.pk)


def structure_of(track: Track) -> Structure:
    """Return the structure of a track, its bar grid corrected, measured now if need be; for workers.

    Raises:
        NotAudio, FileNotFoundError, sandbox.Interrupted: as `measured`.
    """
    return corrected(track, measured(track))


def measured(track: Track) -> Structure:
    """Return the structure of a track without corrections, measured now if need be; for workers.

    Raises:
        NotAudio, FileNotFoundError: the file cannot be read.
        sandbox.Interrupted: the measurement ended for another reason; a retry may help.
    """
    if structure := stored(track):
        return structure
    structure = sandbox.find_structure(media.path(track.file))
    keep(track, structure)
    return structure


def keep(track: Track, structure: Structure) -> None:
    """Store what was measured, also in words for the search."""
    with translation.override("en"):
        words = summaries.description(structure)
    values = {"version": VERSION, "structure": structure.to_json(), "words": words}
    TrackStructure.objects.update_or_create(track=track, defaults=values)
    tracks.reindex(track)
    cache.delete(f"structure/{track.pk}")


def measure_in_turn(track: Track) -> None:
    """Measure a track unless another worker is doing so or its file cannot be read."""
    with claims.exclusive(f"structure/{track.pk}") as claim:
        if claim:
            try:
                measured(track)
            except (NotAudio, FileNotFoundError):
                log.warning("the structure of %s cannot be measured: its file cannot be read", track.public_id)
