"""The part of the create form that shows what the project already has, before anything is paid for."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from generator import permissions
from generator.services.finishing import owned_tracks
from generator.web.site.htmx import Request


@login_required
@require_safe
def owned(request: Request, public_id: str) -> HttpResponse:
    """Show the tracks of a project that come close to the typed brief."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    text = request.GET.get("text", "")[:2000]
    found = owned_tracks.find(project, permissions.tracks(request.user), text)
    context = {"project": project, "owned": [one for one in found if not one.track.generation.is_blind]}
    return render(request, "finishing/_owned.html", context)
