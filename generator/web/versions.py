"""Another version of a track: one press or three exact numbers, and the family it belongs to."""

import secrets
from dataclasses import replace
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from generator import access, workflow
from generator.models import Track, User
from generator.web.checkout import checkout
from generator.web.htmx import Request, client_event, wants_part
from generator.workflow import CheckoutRequest

LEVEL, MOST_LEVEL = "level-", 150  # of the mixer's fields: a stem's ref after it, per cent in it
_RELATED = ("project", "generation__prompt", "generation__model__provider", "generation__comparison")


def context(user: User, track: Track) -> dict[str, Any]:
    """What the track's page says about its versions; nothing for what cannot have any."""
    if not workflow.versions.can(track):
        return {}
    spec = workflow.catalogue.spec_of(track.generation.model.key)
    keys = spec.field("key") if spec else None
    return {
        "family": workflow.versions.family(track, access.tracks(user)),
        "version_choices": workflow.versions.CHOICES,
        "version_keys": [name for name, _ in keys.choices] if keys else [],
        "version_key": secrets.token_urlsafe(18),
    }


@login_required
@require_POST
def make(request: Request, ref: str) -> HttpResponse:
    """Ask for one version; a refusal is a sentence beside the buttons."""
    track = get_object_or_404(access.editable_tracks(request.user).select_related(*_RELATED), ref=ref)
    try:
        words = request.POST.get("change") or exactly(request.POST)
        workflow.versions.make(request.user, track, words, _checkout(request, track, words))
    except workflow.Refused as refused:
        return _part(request, track, refused)
    if not wants_part(request):
        return redirect(track.get_absolute_url())
    return client_event(_part(request, track), "running-changed")


@login_required
@require_POST
def keep_balance(request: Request, ref: str) -> HttpResponse:
    """Keep what was set in the mixer: each player's level in per cent, 0 for whoever is not heard."""
    track = get_object_or_404(access.editable_tracks(request.user).select_related(*_RELATED), ref=ref)
    levels = {
        name.removeprefix(LEVEL): _level(str(sent)) for name, sent in request.POST.items() if name.startswith(LEVEL)
    }
    try:
        version = workflow.versions.rebalance(
            request.user, track, levels, _checkout(request, track, sorted(levels.items()))
        )
    except workflow.Refused as refused:
        return client_event(_part(request, track, refused), toast=refused.sentence)
    if not wants_part(request):
        return redirect(track.get_absolute_url())
    said = workflow.versions.in_words(workflow.versions.changes_of(version))
    return client_event(_part(request, track), "running-changed", toast=f"Being made: {said}.")


def _checkout(request: Request, track: Track, what: object) -> CheckoutRequest:
    """One press of one button: the page has one key for all of them."""
    sent = checkout(request)
    key = sha256(f"{sent.key}/{track.ref}/{what}".encode()).hexdigest()[:40] if sent.key else ""
    return replace(sent, key=key, request_hash="")


def _level(percent: str) -> float:
    return min(int(percent), MOST_LEVEL) / 100 if percent.isdecimal() and len(percent) < 4 else 1.0


def exactly(sent: QueryDict) -> str:
    """The small form in the composer's words: "80 s, 96 BPM, in A minor".

    Raises:
        Refused: a length or a tempo is not a number.
    """
    said = []
    if typed := sent.get("length", "").strip():
        said.append(f"{_exact(workflow.clean_duration(typed, 'Length', 'length'))} s")
    if typed := sent.get("bpm", "").strip():
        try:
            said.append(f"{_exact(float(typed.replace(',', '.')))} BPM")
        except ValueError:
            raise workflow.Refused(f"Tempo: “{typed[:20]}” is not a number.", "bpm") from None
    if key := sent.get("key", "").strip():
        said.append(f"in {key}")
    return ", ".join(said)


def _exact(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


@login_required
@require_safe
def versions(request: Request, ref: str) -> HttpResponse:
    """The family as it stands, for a page that waits for a version."""
    track = get_object_or_404(access.tracks(request.user).select_related(*_RELATED), ref=ref)
    return _part(request, track)


def _part(request: Request, track: Track, refused: workflow.Refused | None = None) -> HttpResponse:
    shown = {"track": track, "project": track.project, "may_edit": access.can_edit(request.user, track.project)}
    shown |= {"refused_version": refused, "typed": request.POST} | context(request.user, track)
    page = "tracks/_versions.html" if wants_part(request) else "tracks/versions.html"
    return render(request, page, shown, status=refused.status if refused else 200)
