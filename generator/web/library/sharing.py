"""Sharing of tracks: visibility within the project, and share links."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from generator import permissions
from generator.models import ShareLink, Track
from generator.services.errors import UserError
from generator.services.library import sharing
from generator.services.library.sharing import DEFAULT_DAYS, LIFETIMES
from generator.web.site.htmx import Request, client_event, wants_part


def context(request: Request, track: Track) -> dict[str, Any]:
    """Return the context of a track's visibility and share links."""
    may_edit = permissions.can_edit(request.user, track.project)
    links = track.share_links.open().select_related("made_by") if may_edit else ()
    return {
        "is_private": sharing.is_private(track),
        "is_author": track.author_id == request.user.pk,
        "links": [(link, _address(request, link)) for link in links],
        "lasts": LIFETIMES.items(),
        "usual": DEFAULT_DAYS,
    }


def _address(request: Request, link: ShareLink) -> str:
    return request.build_absolute_uri(reverse("shared", args=[sharing.address_of(link)]))


def _get_track(request: Request, public_id: str) -> Track:
    rows = permissions.editable_tracks(request.user).select_related("project", "author", "generation__comparison")
    return get_object_or_404(rows, public_id=public_id)


def _part(request: Request, track: Track, message: str = "", error: UserError | None = None) -> HttpResponse:
    """Render the sharing fragment, or redirect to the track's page; a blind candidate shows neither."""
    comparison = track.generation.comparison
    if comparison is not None and comparison.is_blind:
        if error:
            return render(request, "403.html", {"sentence": error.sentence, "code": error.code}, status=422)
        messages.success(request, message)
        return redirect("compare", comparison.public_id)
    if not wants_part(request) and error is None:
        messages.success(request, message)
        return redirect(f"{track.get_absolute_url()}?tab=review#sharing")
    page_context = {"track": track, "project": track.project, "may_edit": True, "sharing_error": error}
    page_context |= context(request, track)
    page = "tracks/_sharing.html" if wants_part(request) else "tracks/sharing.html"
    reply = render(request, page, page_context, status=422 if error else 200)
    return reply if error else client_event(reply, "library-changed", toast=message)


@login_required
@require_POST
def visibility(request: Request, public_id: str) -> HttpResponse:
    """Make a track private to its author (to=private), or visible to the project."""
    track = _get_track(request, public_id)
    try:
        if request.POST.get("to") == "private":
            sharing.keep_private(track, request.user)
            return _part(request, track, _("Only you can see this track now. Its share links no longer work."))
        sharing.show_project(track, request.user)
    except UserError as error:
        return _part(request, track, error=error)
    return _part(request, track, _("Everyone in {project} can see this track now.").format(project=track.project.name))


@login_required
@require_POST
def share(request: Request, public_id: str) -> HttpResponse:
    """Create a share link."""
    track, days = _get_track(request, public_id), request.POST.get("days", "")
    try:
        sharing.share(
            track,
            request.user,
            int(days) if days.isdecimal() and len(days) < 4 else 0,
            allow_download=request.POST.get("allow_download") == "on",
        )
    except UserError as error:
        return _part(request, track, error=error)
    return _part(request, track, _("Your link is ready to copy."))


@login_required
@require_POST
def revoke(request: Request, public_id: str) -> HttpResponse:
    """Revoke a share link."""
    link = get_object_or_404(
        permissions.links(request.user).select_related("track__project", "track__author"), public_id=public_id
    )
    sharing.revoke(link, request.user)
    return _part(request, link.track, _("The link was revoked."))
