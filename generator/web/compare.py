"""One brief on several models: heard side by side, blind and equally loud, until somebody picks a take or looks."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.views.decorators.http import require_GET, require_POST

from generator import access, workflow
from generator.models import Comparison, Generation, Track
from generator.web.htmx import Request, answered, wants_part

LEVEL = -16.0  # LUFS, as everywhere in the player
FAINT = -40.0  # a take below this is as good as silent; levelled to it, nothing would be heard


@dataclass(frozen=True)
class Candidate:
    generation: Generation
    tracks: Sequence[Track]

    @property
    def letter(self) -> str:
        return self.generation.letter


def level(tracks: Sequence[Track]) -> float:
    """The loudness at which all of them are played: that of the quietest, for nothing is ever turned up."""
    loudness = [track.played_lufs for track in tracks]
    return round(min([LEVEL, *(lufs for lufs in loudness if lufs is not None and lufs > FAINT)]), 2)


def _context(request: Request, comparison: Comparison) -> dict:
    known = access.generations(request.user).filter(comparison=comparison)
    runs = workflow.comparing.candidates(comparison, known)
    tracks = access.tracks(request.user).filter(generation__in=runs).with_starred(request.user).order_by("take")
    found = list(tracks.select_related("generation__model").defer("peaks", "measured", "search_text"))
    by_run = {run.pk: [track for track in found if track.generation_id == run.pk] for run in runs}
    kept = [track for track in found if track.binned_at is None]
    return {
        "comparison": comparison,
        "project": comparison.project,
        "here": "studio",
        "candidates": [Candidate(run, by_run[run.pk]) for run in runs],
        "level": level(kept),
        "others": [track for track in kept if comparison.picked_id and track.pk != comparison.picked_id],
        "is_moving": any(run.is_active for run in runs),
        "may_edit": access.can_edit(request.user, comparison.project),
    }


def _page(request: Request, comparison: Comparison, status: int = 200) -> HttpResponse:
    part = wants_part(request) and not request.htmx.history_restore_request
    page = "compare/_candidates.html" if part else "compare/compare.html"
    return render(request, page, _context(request, comparison), status=status)


@login_required
@require_GET
def compare(request: Request, ref: str) -> HttpResponse:
    """The candidates as they stand; asked again and again until all have arrived."""
    rows = access.comparisons(request.user).select_related("project", "author", "picked__generation__model")
    return _page(request, get_object_or_404(rows, ref=ref))


def _mine(request: Request, ref: str) -> Comparison:
    return get_object_or_404(access.editable_comparisons(request.user).select_related("project", "author"), ref=ref)


def _changed(request: Request, comparison: Comparison, toast: str = "") -> HttpResponse:
    comparison.refresh_from_db()
    return answered(request, toast, resolve_url("compare", comparison.ref), lambda: _page(request, comparison))


@login_required
@require_POST
def pick(request: Request, ref: str) -> HttpResponse:
    """Choose the take to keep, which shows which model each candidate is."""
    comparison, toast = _mine(request, ref), ""
    tracks = access.editable_tracks(request.user).select_related("generation")
    track = tracks.filter(ref=request.POST.get("track", "")).first()
    try:
        workflow.comparing.pick(comparison, track, request.user)
    except workflow.Refused as refused:
        toast = refused.sentence
    return _changed(request, comparison, toast)


@login_required
@require_POST
def reveal(request: Request, ref: str) -> HttpResponse:
    """Show which is which without picking."""
    comparison = _mine(request, ref)
    workflow.comparing.reveal(comparison)
    return _changed(request, comparison)
