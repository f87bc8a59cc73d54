"""The bar grid of a track as people corrected it: nudged, counted from another beat, or tapped.

Every change is a row with the whole correction; the newest counts, and undoing deletes it. Recipes carry the correction
that was in force when they were made, so that files that are made again are the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from generator.audio.editing.recipe import parse_grid
from generator.audio.structure import GridCorrection
from generator.models import GridChange, Track, User
from generator.services.errors import UserError
from generator.services.finishing import recipe_errors

MAX_KEPT = 50  # changes that can be undone


def current(track: Track) -> GridCorrection | None:
    """Return the correction of a track's bar grid; None if nobody corrected it."""
    newest = GridChange.objects.filter(track=track).order_by("-id").first()
    return parse_grid(newest.correction) if newest and newest.correction else None


def nudge(user: User, track: Track, *, shift_s: float = 0.0, beats: int = 0) -> None:
    """Move the grid later by seconds, or let its bars begin so many beats later. Raises UserError: too far."""
    with transaction.atomic():
        _lock(track)
        before = current(track) or GridCorrection()
        shift_s = round(before.shift_s + shift_s, 6)
        _store(user, track, replace(before, shift_s=shift_s, beat_shift=before.beat_shift + beats))


def set_grid(user: User, track: Track, values: Mapping[str, Any]) -> None:
    """Replace the correction by one given as JSON, as a recipe has it. Raises UserError: a value is not possible."""
    with recipe_errors.as_user_errors():
        correction = parse_grid(values)
    with transaction.atomic():
        _lock(track)
        _store(user, track, correction)


def reset(user: User, track: Track) -> None:
    """Return to the measured grid; this can be undone, too."""
    with transaction.atomic():
        _lock(track)
        if current(track):
            GridChange.objects.create(track=track, author=user, correction={})


def undo(track: Track) -> None:
    """Take the last change back. Raises UserError if there is none."""
    with transaction.atomic():
        _lock(track)
        newest = GridChange.objects.filter(track=track).order_by("-id").first()
        if newest is None:
            raise UserError(_("The bar grid was not changed, so there is nothing to undo."), code="nothing_selected")
        newest.delete()


def can_undo(track: Track) -> bool:
    return GridChange.objects.filter(track=track).exists()


def _lock(track: Track) -> None:
    Track.objects.select_for_update().only("pk").get(pk=track.pk)


def _store(user: User, track: Track, correction: GridCorrection) -> None:
    with recipe_errors.as_user_errors():
        parse_grid(asdict(correction))
    GridChange.objects.create(track=track, author=user, correction=asdict(correction))
    kept = GridChange.objects.filter(track=track).order_by("-id").values("pk")[:MAX_KEPT]
    GridChange.objects.filter(track=track).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
