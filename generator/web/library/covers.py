"""The cover of a track: its page, where another picture can be uploaded."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from generator import permissions
from generator.models import ReplacedCover, Track
from generator.services.errors import UserError
from generator.services.library import covers
from generator.web.site.htmx import Request

FIELD = "picture"


@login_required
@require_http_methods(["GET", "POST"])
def cover_page(request: Request, public_id: str) -> HttpResponse:
    """GET: show the cover. POST: replace it with an upload, or with `own=1` go back to the track's own."""
    tracks = permissions.editable_tracks(request.user).select_related("project", "generation__comparison")
    track = get_object_or_404(tracks.defer("peaks", "measured"), public_id=public_id)
    if request.method == "GET":
        return _page(request, track)
    try:
        _change(request, track)
    except UserError as error:
        return _page(request, track, error)
    return redirect("change-cover", track.public_id)


def _change(request: Request, track: Track) -> None:
    if request.POST.get("own") == "1":
        covers.restore_cover(track, request.user)
        return
    if FIELD in getattr(request, "too_large", ()):
        raise UserError(covers.too_large(), FIELD, code="too_large")
    file = request.FILES.get(FIELD)
    if file is None:
        raise UserError(_("Choose an image first."), FIELD, code="required")
    covers.replace_cover(track, file.chunks(), request.user)


def _page(request: Request, track: Track, error: UserError | None = None) -> HttpResponse:
    context = {
        "track": track,
        "project": track.project,
        "here": "studio",
        "error": error,
        "is_blind": track.generation.is_blind,
        "replaced": ReplacedCover.objects.filter(track=track).select_related("replaced_by").first(),
        "most_megabytes": covers.MAX_COVER_BYTES // 1_000_000,
    }
    return render(request, "covers/cover.html", context, status=error.status if error else 200)
