"""Who else may hear a track: private or everyone's, and the links to it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from generator import access, workflow
from generator.models import Track
from generator.web.htmx import Request, client_event, wants_part
from generator.workflow.sharing import LASTS, USUAL


def context(request: Request, track: Track) -> dict:
    """What the track's page says about who hears it."""
    may_edit = access.can_edit(request.user, track.project)
    links = track.links.open().select_related("made_by") if may_edit else ()
    return {
        "is_private": workflow.sharing.is_private(track),
        "is_author": track.author_id == request.user.pk,
        "links": [(link, _address(request, link)) for link in links],
        "lasts": LASTS.items(),
        "usual": USUAL,
    }


def _address(request: Request, link) -> str:
    return request.build_absolute_uri(reverse("shared", args=[workflow.sharing.address_of(link)]))


def _mine(request: Request, ref: str) -> Track:
    rows = access.editable_tracks(request.user).select_related("project", "author", "generation__comparison")
    return get_object_or_404(rows, ref=ref)


def _part(request: Request, track: Track, said: str = "", refused: workflow.Refused | None = None) -> HttpResponse:
    """The part of the track's page anew; without htmx, the page. Of a blind candidate neither is shown."""
    if track.generation.is_blind:
        if refused:
            return render(request, "403.html", {"sentence": refused.sentence}, status=422)
        messages.success(request, said)
        return redirect("compare", track.generation.comparison.ref)  # type: ignore[union-attr]
    if not wants_part(request) and refused is None:
        messages.success(request, said)
        return redirect(f"{track.get_absolute_url()}#sharing")
    shown = {"track": track, "project": track.project, "may_edit": True, "refused_sharing": refused}
    shown |= context(request, track)
    page = "tracks/_sharing.html" if wants_part(request) else "tracks/sharing.html"
    reply = render(request, page, shown, status=422 if refused else 200)
    return reply if refused else client_event(reply, "library-changed", toast=said)


@login_required
@require_POST
def visibility(request: Request, ref: str) -> HttpResponse:
    """Private to its author (to=private), or for everyone in the project."""
    track = _mine(request, ref)
    try:
        if request.POST.get("to") == "private":
            workflow.sharing.keep_private(track, request.user)
            return _part(request, track, "Only you see it now. Links to it have stopped working.")
        workflow.sharing.show_project(track, request.user)
    except workflow.Refused as refused:
        return _part(request, track, refused=refused)
    return _part(request, track, f"Everyone in {track.project.name} sees it now.")


@login_required
@require_POST
def share(request: Request, ref: str) -> HttpResponse:
    """Make a link to hand out."""
    track, days = _mine(request, ref), request.POST.get("days", "")
    try:
        workflow.sharing.share(
            track,
            request.user,
            int(days) if days.isdecimal() and len(days) < 4 else 0,
            allow_download=request.POST.get("allow_download") == "on",
        )
    except workflow.Refused as refused:
        return _part(request, track, refused=refused)
    return _part(request, track, "The link is ready to be copied.")


@login_required
@require_POST
def revoke(request: Request, ref: str) -> HttpResponse:
    """Take a link back."""
    link = get_object_or_404(access.links(request.user).select_related("track__project", "track__author"), ref=ref)
    workflow.sharing.revoke(link, request.user)
    return _part(request, link.track, "The link has stopped working.")
