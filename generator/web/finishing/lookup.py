"""The tracks and edits that somebody may see or change in the finishing room."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from generator import permissions
from generator.models import Edit, Track
from generator.web.site.htmx import Request

_RELATED = ("project", "author", "generation__model", "generation__prompt", "generation__comparison")


def find_track(request: Request, public_id: str, *, to_change: bool = False) -> Track:
    """Return a track that is not a candidate of a blind comparison. Raises Http404."""
    rows = permissions.editable_tracks(request.user) if to_change else permissions.tracks(request.user)
    track = get_object_or_404(rows.kept().select_related(*_RELATED), public_id=public_id)
    if track.generation.is_blind:
        raise Http404
    return track


def find_edit(request: Request, public_id: str, *, to_change: bool = False) -> Edit:
    """Return an edit. Raises Http404."""
    rows = permissions.editable_edits(request.user) if to_change else permissions.edits(request.user)
    related = [f"track__{name}" for name in _RELATED]
    return get_object_or_404(rows.select_related(*related), public_id=public_id)
