"""Variations of a track, by button or by exact length, tempo and key; and its other versions."""

import secrets
from dataclasses import replace
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generator import permissions
from generator.models import Track, User
from generator.services.errors import UserError
from generator.services.generation import submit, variations
from generator.services.generation.checkout import CheckoutRequest
from generator.services.library import composer_stems, version_history
from generator.services.provider_jobs import catalog
from generator.translation import translate
from generator.web.generation.checkout_request import checkout
from generator.web.library import downloads
from generator.web.site.htmx import Request, client_event, wants_part

LEVEL_FIELD, MAX_LEVEL_PERCENT = "level-", 150  # mixer fields: LEVEL_FIELD + a stem's public id; values in percent
_RELATED = ("project", "generation__prompt", "generation__model__provider", "generation__comparison")


def context(user: User, track: Track) -> dict[str, Any]:
    """Return the context of a track's versions; empty if it cannot have any."""
    if not variations.has_variations(track):
        return {}
    spec = catalog.spec_of(track.generation.model.key)
    keys = spec.field("key") if spec else None
    return {
        "family": variations.family(track, permissions.tracks(user)),
        "outdated": translate(composer_stems.outdated_reason(track)),
        "version_lengths": variations.LENGTHS,
        "version_choices": variations.CHOICES,
        "version_keys": [name for name, _ in keys.choices] if keys else [],
        "version_key": secrets.token_urlsafe(18),
        **downloads.menu_context(user, track.project),
    }


@login_required
@require_POST
def make(request: Request, public_id: str) -> HttpResponse:
    """Request a variation; an error is shown next to the buttons."""
    track = get_object_or_404(permissions.editable_tracks(request.user).select_related(*_RELATED), public_id=public_id)
    try:
        change = request.POST.get("change") or exactly(request.POST)
        variations.make_variation(request.user, track, change, _checkout(request, track, change))
    except UserError as error:
        return _part(request, track, error)
    if not wants_part(request):
        return redirect(track.get_absolute_url())
    return client_event(_part(request, track), "running-changed")


@login_required
@require_POST
def save_mix(request: Request, public_id: str) -> HttpResponse:
    """Save the mixer levels as a new version: percent per player, 0 for a silent one."""
    track = get_object_or_404(permissions.editable_tracks(request.user).select_related(*_RELATED), public_id=public_id)
    levels = {
        name.removeprefix(LEVEL_FIELD): _level(str(value))
        for name, value in request.POST.items()
        if name.startswith(LEVEL_FIELD)
    }
    try:
        version = variations.save_mix(request.user, track, levels, _checkout(request, track, sorted(levels.items())))
    except UserError as error:
        return client_event(_part(request, track, error), toast=error.sentence, code=error.code)
    if not wants_part(request):
        return redirect(track.get_absolute_url())
    description = variations.describe(version_history.changes_of(version))
    return client_event(
        _part(request, track), "running-changed", toast=_("Generating: {change}.").format(change=description)
    )


def _checkout(request: Request, track: Track, content: object) -> CheckoutRequest:
    """Return the checkout request of one button: the key is derived, because all buttons share one key."""
    request_checkout = checkout(request)
    key = (
        sha256(f"{request_checkout.key}/{track.public_id}/{content}".encode()).hexdigest()[:40]
        if request_checkout.key
        else ""
    )
    return replace(request_checkout, key=key, request_hash="")


def _level(percent: str) -> float:
    return min(int(percent), MAX_LEVEL_PERCENT) / 100 if percent.isdecimal() and len(percent) < 4 else 1.0


def exactly(form: QueryDict) -> str:
    """Return the exact values as text for the composer: "80 s, 96 BPM, in A minor".

    Raises:
        UserError: a length or a tempo is not a number.
    """
    parts = []
    if text := form.get("length", "").strip():
        parts.append(f"{_exact(submit.clean_duration(text, _('Length'), 'length'))} s")
    if text := form.get("bpm", "").strip():
        try:
            parts.append(f"{_exact(float(text.replace(',', '.')))} BPM")
        except ValueError:
            raise UserError(
                _("Tempo: “{text}” is not a number.").format(text=text[:20]), "bpm", code="invalid_number"
            ) from None
    if key := form.get("key", "").strip():
        parts.append(f"in {key}")
    return ", ".join(parts)


def _exact(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


@login_required
@require_safe
def versions(request: Request, public_id: str) -> HttpResponse:
    """Show the versions of a track; a waiting page polls this."""
    track = get_object_or_404(permissions.tracks(request.user).select_related(*_RELATED), public_id=public_id)
    return _part(request, track)


def _part(request: Request, track: Track, error: UserError | None = None) -> HttpResponse:
    page_context = {
        "track": track,
        "project": track.project,
        "may_edit": permissions.can_edit(request.user, track.project),
    }
    page_context |= {"version_error": error, "typed": request.POST} | context(request.user, track)
    page = "tracks/_versions.html" if wants_part(request) else "tracks/versions.html"
    return render(request, page, page_context, status=error.status if error else 200)
