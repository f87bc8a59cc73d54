"""The parts of a track: asked for at a price, played, downloaded."""

import secrets

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from generator import access, workflow
from generator.audio import FORMATS, disposition, file_name
from generator.models import State, Stem, Track, User
from generator.web import files
from generator.web.checkout import checkout
from generator.web.htmx import Request, client_event, wants_part
from generator.web.picking import Shown


def context(user: User, track: Track) -> dict:
    """What the track's page says about its parts, and the actions that would make them."""
    last = workflow.actions.last_split(track)
    offers = [
        {
            "choice": choice,
            "price": workflow.price_line(quote),
            "quote": quote,
            "key": secrets.token_urlsafe(18),
            "fields": [Shown(field, field.default, "") for field in choice.spec.fields],
        }
        for choice in workflow.catalogue.splitting()
        for quote in [workflow.actions.quote(user, track.project, choice)]
    ]
    notes = workflow.parts.notes(track)
    outlook = workflow.parts.outlook(track)
    return {
        "stems": track.stems.none() if outlook.waits else track.stems.all(),
        "notes": notes,
        "can_part": notes is None and not outlook.waits and workflow.parts.can(track),
        "parts": outlook,
        "can_balance": workflow.versions.can_balance(track),
        "balance_key": secrets.token_urlsafe(18),
        "offers": offers,
        "split": last,
        "is_splitting": bool(last and last.state not in State.ended()),
    }


@login_required
@require_POST
def split(request: Request, ref: str) -> HttpResponse:
    """Ask for the parts of a track; a refusal is shown on its page."""
    track = get_object_or_404(access.editable_tracks(request.user).select_related("project"), ref=ref)
    try:
        workflow.actions.split(
            user=request.user,
            track=track,
            action_key=request.POST.get("action", ""),
            settings=request.POST,
            idempotency_key=checkout(request),
        )
    except workflow.Refused as refused:
        return _part(request, track, refused)
    if not wants_part(request):
        return redirect(track.get_absolute_url())
    return client_event(_part(request, track), "running-changed")


@login_required
@require_POST
def parts(request: Request, ref: str) -> HttpResponse:
    """Have a composed track made again in its parts; the page waits for them."""
    track = get_object_or_404(access.editable_tracks(request.user).select_related("project"), ref=ref)
    if not workflow.parts.can(track):
        return _part(request, track, workflow.Refused("Only what the built-in composer made comes apart for nothing."))
    workflow.parts.ask(track, request.user)
    return _part(request, track) if wants_part(request) else redirect("stems", track.ref)


def _part(request: Request, track: Track, refused: workflow.Refused | None = None) -> HttpResponse:
    shown = {"track": track, "may_edit": access.can_edit(request.user, track.project), "refused_split": refused}
    shown |= context(request.user, track)
    page = "tracks/_stems.html" if wants_part(request) else "tracks/stems.html"
    return render(request, page, shown | {"project": track.project}, status=refused.status if refused else 200)


@login_required
@require_safe
def stems(request: Request, ref: str) -> HttpResponse:
    """The parts as they stand, for a page that waits for them."""
    track = get_object_or_404(access.tracks(request.user).select_related("project"), ref=ref)
    return _part(request, track)


def _stem(request: Request, ref: str) -> Stem:
    return get_object_or_404(access.stems(request.user).select_related("track"), ref=ref)


@login_required
@require_safe
def audio(request: Request, ref: str) -> HttpResponseBase:
    stem = _stem(request, ref)
    return files.serve(request, workflow.media.path(stem.file), FORMATS[stem.extension].mime, stem.sha256)


@login_required
@require_safe
def download(request: Request, ref: str) -> HttpResponseBase:
    """One part under a good name."""
    stem = _stem(request, ref)
    reply = files.serve(request, workflow.media.path(stem.file), FORMATS[stem.extension].mime, stem.sha256)
    name = file_name(f"{stem.track.title} {stem.title}", bpm=None, key="", take=None, ext=stem.extension)
    reply["Content-Disposition"] = disposition(name)
    return reply


@login_required
@require_safe
def midi(request: Request, ref: str) -> HttpResponseBase:
    """The notes of a composed track, under a good name."""
    track = get_object_or_404(access.tracks(request.user), ref=ref)
    found = workflow.parts.notes(track)
    if found is None:
        raise Http404
    file = workflow.media.path(found.file)
    reply = files.serve(request, file, "audio/midi", file.stem)
    name = file_name(track.title, bpm=track.bpm, key=track.musical_key, ext="mid")
    reply["Content-Disposition"] = disposition(name)
    return reply
