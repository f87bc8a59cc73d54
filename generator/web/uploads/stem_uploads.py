"""Upload of stems for a track: the form among its stems."""

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from generator import permissions
from generator.http.uploads import too_large
from generator.services.errors import UserError
from generator.services.uploads import adding
from generator.services.uploads.adding import FIELD, Arrived
from generator.web.library import stems
from generator.web.site.htmx import Request, wants_part


@login_required
@require_POST
def add_stems(request: Request, public_id: str) -> HttpResponse:
    """Take the files of a set; the stems of the track show what becomes of them."""
    track = get_object_or_404(
        permissions.editable_tracks(request.user).select_related("project", "generation__comparison"),
        public_id=public_id,
    )
    error = None
    try:
        if FIELD in getattr(request, "too_large", ()):
            raise UserError(too_large(request), FIELD, code="too_large")
        files = [file for file in request.FILES.getlist(FIELD) if isinstance(file, UploadedFile)]
        adding.add_stems(request.user, track, [Arrived(file.name or "", file.chunks()) for file in files])
    except UserError as refused:
        error = refused
    if error is None and not wants_part(request):
        return redirect("stems", track.public_id)
    return stems.show(request, track, error)
