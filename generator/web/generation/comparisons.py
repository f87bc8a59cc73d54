"""Comparison pages: one prompt on several models, heard blind at equal loudness until one is picked or revealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.models import Comparison, Generation, Track
from generator.services.errors import UserError
from generator.services.generation import comparisons
from generator.web.site.htmx import Request, answered, wants_part

LEVEL_LUFS = -16.0  # the player's target loudness
MIN_LEVEL_LUFS = -40.0  # a take below this is nearly silent, and must not set the common level


@dataclass(frozen=True)
class Candidate:
    generation: Generation
    tracks: Sequence[Track]

    @property
    def letter(self) -> str:
        return self.generation.letter


def level(tracks: Sequence[Track]) -> float:
    """Return the common playback loudness in LUFS: that of the quietest track, because nothing is turned up."""
    loudness = [track.played_lufs for track in tracks]
    return round(min([LEVEL_LUFS, *(lufs for lufs in loudness if lufs is not None and lufs > MIN_LEVEL_LUFS)]), 2)


def _context(request: Request, comparison: Comparison) -> dict[str, Any]:
    visible = permissions.generations(request.user).filter(comparison=comparison)
    generations = comparisons.candidates(comparison, visible)
    rows = permissions.tracks(request.user).filter(generation__in=generations)
    rows = rows.with_starred(request.user).with_new(request.user).order_by("take")
    tracks = list(rows.select_related("generation__model").defer("peaks", "measured", "search_text"))
    tracks_by_generation = {
        generation.pk: [track for track in tracks if track.generation_id == generation.pk] for generation in generations
    }
    kept_tracks = [track for track in tracks if track.trashed_at is None]
    return {
        "comparison": comparison,
        "project": comparison.project,
        "here": "studio",
        "candidates": [Candidate(generation, tracks_by_generation[generation.pk]) for generation in generations],
        "level": level(kept_tracks),
        "others": [track for track in kept_tracks if comparison.picked_id and track.pk != comparison.picked_id],
        "is_moving": any(generation.is_active for generation in generations),
        "may_edit": permissions.can_edit(request.user, comparison.project),
    }


def _page(request: Request, comparison: Comparison, status: int = 200) -> HttpResponse:
    part = wants_part(request) and not request.htmx.history_restore_request
    page = "compare/_candidates.html" if part else "compare/compare.html"
    return render(request, page, _context(request, comparison), status=status)


@login_required
@require_GET
def compare(request: Request, public_id: str) -> HttpResponse:
    """Show the candidates; the page polls this until all have finished."""
    rows = permissions.comparisons(request.user).select_related("project", "author", "picked__generation__model")
    return _page(request, get_object_or_404(rows, public_id=public_id))


def _get_comparison(request: Request, public_id: str) -> Comparison:
    return get_object_or_404(
        permissions.editable_comparisons(request.user).select_related("project", "author"), public_id=public_id
    )


def _changed(request: Request, comparison: Comparison, error: UserError | None = None) -> HttpResponse:
    comparison.refresh_from_db()
    return answered(request, error, resolve_url("compare", comparison.public_id), lambda: _page(request, comparison))


@login_required
@require_POST
def pick(request: Request, public_id: str) -> HttpResponse:
    """Pick a take, which reveals the model of each candidate."""
    comparison = _get_comparison(request, public_id)
    error: UserError | None = None
    tracks = permissions.editable_tracks(request.user).select_related("generation")
    track = tracks.filter(public_id=request.POST.get("track", "")).first()
    try:
        comparisons.pick(comparison, track, request.user)
    except UserError as caught:
        error = caught
    return _changed(request, comparison, error)


@login_required
@require_POST
def reveal(request: Request, public_id: str) -> HttpResponse:
    """Reveal the models without picking a take."""
    comparison = _get_comparison(request, public_id)
    comparisons.reveal(comparison)
    return _changed(request, comparison)
