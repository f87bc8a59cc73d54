"""Stem pages: request stems of a track, play and download them."""

import secrets
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generator import permissions
from generator.audio import FORMATS, disposition, file_name
from generator.http.file_responses import serve
from generator.models import UPLOADED_STEMS, State, Stem, Track, User
from generator.services.downloads import stem_archive
from generator.services.errors import UserError
from generator.services.generation import submit, variations
from generator.services.library import composer_stems, media
from generator.services.provider_jobs import catalog, provider_actions
from generator.services.uploads import adding, stem_sets
from generator.translation import translate
from generator.web.generation.checkout_request import checkout
from generator.web.generation.reference_fields import Shown
from generator.web.library import downloads
from generator.web.site.htmx import Request, client_event, wants_part


def context(user: User, track: Track) -> dict[str, Any]:
    """Return the context of a track's stems, and of the provider actions that can make them."""
    separation = provider_actions.last_separation(track)
    offers = [
        {
            "choice": choice,
            "price": submit.price_line(quote),
            "quote": quote,
            "key": secrets.token_urlsafe(18),
            "fields": [Shown(field, field.default, "") for field in choice.spec.fields],
        }
        for choice in catalog.splitting()
        for quote in [provider_actions.quote(user, track.project, choice)]
    ]
    notes = composer_stems.notes(track)
    outlook = composer_stems.outlook(track)
    return {
        "stems": track.stems.none() if outlook.waits else track.stems.all(),
        "notes": notes,
        "can_part": notes is None and not outlook.waits and composer_stems.has_free_stems(track),
        "parts": outlook,
        "outdated": "" if notes else translate(composer_stems.outdated_reason(track)),
        "archive_formats": stem_archive.ARCHIVE_FORMATS,
        "can_balance": variations.can_mix(track),
        "balance_key": secrets.token_urlsafe(18),
        "offers": offers,
        "split": separation,
        "mixed": _mixed(track),
        **_uploads(user, track),
        "is_splitting": bool(separation and separation.state not in State.ended()),
    }


def _uploads(user: User, track: Track) -> dict[str, Any]:
    """Return the uploaded stems that are not read yet, those refused, and how far the set is from the mix."""
    rows = permissions.uploads(user).filter(track=track, is_stem=True)
    return {
        "stem_uploads": rows.filter(due_at__isnull=False).order_by("id"),
        "refused_stems": rows.exclude(problem="").order_by("id"),
        "stem_difference": stem_sets.difference_of(track),
        "stem_limits": adding.limits(),
        "stem_accept": ",".join(f".{ending}" for ending in adding.ENDINGS),
    }


def _mixed(track: Track) -> int | None:
    """Return the generation whose stems are mixed in the browser: those of the composer, else the newest upload."""
    if composer_stems.notes(track):
        return track.generation_id
    uploaded = track.stems.filter(generation__model__key=UPLOADED_STEMS).order_by("-generation_id")
    return uploaded.values_list("generation_id", flat=True).first()


@login_required
@require_POST
def separate(request: Request, public_id: str) -> HttpResponse:
    """Request a stem separation from a provider; an error is shown on the track's page."""
    track = get_object_or_404(permissions.editable_tracks(request.user).select_related("project"), public_id=public_id)
    try:
        provider_actions.separate_stems(
            user=request.user,
            track=track,
            action_key=request.POST.get("action", ""),
            settings=request.POST,
            idempotency_key=checkout(request),
        )
    except UserError as error:
        return show(request, track, error)
    if not wants_part(request):
        return redirect(track.get_absolute_url())
    return client_event(show(request, track), "running-changed")


@login_required
@require_POST
def render_stems(request: Request, public_id: str) -> HttpResponse:
    """Render the free stems of a composed track; the page waits for them."""
    track = get_object_or_404(permissions.editable_tracks(request.user).select_related("project"), public_id=public_id)
    try:
        composer_stems.request_stems(track, request.user)
    except UserError as error:
        return show(request, track, error)
    return show(request, track) if wants_part(request) else redirect("stems", track.public_id)


def show(request: Request, track: Track, error: UserError | None = None) -> HttpResponse:
    """Show the stems of a track, as a part of its page or as a page of their own."""
    page_context = {"track": track, "may_edit": permissions.can_edit(request.user, track.project), "stems_error": error}
    page_context |= context(request.user, track)
    page = "tracks/_stems.html" if wants_part(request) else "tracks/stems.html"
    return render(request, page, page_context | {"project": track.project}, status=error.status if error else 200)


@login_required
@require_safe
def stems(request: Request, public_id: str) -> HttpResponse:
    """Show the stems of a track; a waiting page polls this."""
    track = get_object_or_404(permissions.tracks(request.user).select_related("project"), public_id=public_id)
    return show(request, track)


def _stem(request: Request, public_id: str) -> Stem:
    return get_object_or_404(permissions.stems(request.user).select_related("track"), public_id=public_id)


@login_required
@require_safe
def audio(request: Request, public_id: str) -> HttpResponseBase:
    stem = _stem(request, public_id)
    return serve(request, media.path(stem.file), FORMATS[stem.extension].mime, stem.sha256)


@login_required
@require_safe
def download(request: Request, public_id: str) -> HttpResponseBase:
    """Return a stem as a download."""
    stem = _stem(request, public_id)
    reply = serve(request, media.path(stem.file), FORMATS[stem.extension].mime, stem.sha256)
    name = file_name(f"{stem.track.title} - {stem.title}", bpm=None, key="", take=None, ext=stem.extension)
    reply["Content-Disposition"] = disposition(name)
    return reply


@login_required
@require_safe
def download_all(request: Request, public_id: str, format: str) -> HttpResponseBase:
    """Return all stems of a track as one zip, or 202 with a page that waits while it is made."""
    track = get_object_or_404(permissions.tracks(request.user).select_related("project"), public_id=public_id)
    try:
        file = stem_archive.ready(track, format)
        if file is None:
            stem_archive.request_archive(track, format, request.user)
    except UserError as error:
        return render(request, "errors/404.html", {"sentence": error.sentence, "code": error.code}, status=404)
    if file is None:
        return downloads.preparing(
            request, track, _("stems in {format}").format(format=translate(FORMATS[format].title))
        )
    reply = serve(request, file, "application/zip", file.stem)
    reply["Content-Disposition"] = disposition(stem_archive.archive_name(track, format))
    return reply


@login_required
@require_safe
def midi(request: Request, public_id: str) -> HttpResponseBase:
    """Return the MIDI file of a composed track as a download."""
    track = get_object_or_404(permissions.tracks(request.user), public_id=public_id)
    notes_file = composer_stems.notes(track)
    if notes_file is None:
        raise Http404
    file = media.path(notes_file.file)
    reply = serve(request, file, "audio/midi", file.stem)
    name = file_name(track.title, bpm=track.bpm, key=track.musical_key, ext="mid")
    reply["Content-Disposition"] = disposition(name)
    return reply
