"""The bar grid in the finishing room: shown as soon as it is measured, nudged, tapped, and undone."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generator import permissions
from generator.durations import parse_duration, show_duration
from generator.models import Track, User
from generator.services.errors import UserError
from generator.services.finishing import grid_changes, structures, summaries
from generator.web.finishing import edit_form
from generator.web.finishing.lookup import find_track
from generator.web.library import waveform_view
from generator.web.site.htmx import Request, back, client_event, wants_part

NUDGE_S = 0.01
METERS = (3, 4, 2, 6)
_CHANGES: Mapping[str, Callable[[User, Track], None]] = {
    "earlier": lambda user, track: grid_changes.nudge(user, track, shift_s=-NUDGE_S),
    "later": lambda user, track: grid_changes.nudge(user, track, shift_s=NUDGE_S),
    "beat-earlier": lambda user, track: grid_changes.nudge(user, track, beats=-1),
    "beat-later": lambda user, track: grid_changes.nudge(user, track, beats=1),
    "reset": grid_changes.reset,
    "undo": lambda user, track: grid_changes.undo(track),
}


def context(request: Request, track: Track) -> dict[str, Any]:
    """Return the waveform and what is known of a track's structure, which is measured if nobody knows it yet."""
    structure = structures.known(track)
    if structure is None:
        structures.request_structure(track)
        return {"structure": None, "track": track, **waveform_view.context(track)}
    correction = grid_changes.current(track)
    shown = {
        "beats": structure.beats,
        "bars": structure.bars,
        "points": structure.cut_points,
        "loudest": structure.loudest_s,
    }
    return {
        "structure": structure,
        "track": track,
        "grid": json.dumps(shown, separators=(",", ":")),
        "correction": correction,
        "shift_ms": round(1000 * correction.shift_s) if correction else 0,
        "first_beat": show_duration(round(structure.bars[0], 3)) if structure.bars else "",
        "can_undo_grid": grid_changes.can_undo(track),
        "meters": METERS,
        "is_grid_open": request.GET.get("open") == "grid",
        "facts": summaries.structure_facts(structure),
        "description": summaries.description(structure),
        **waveform_view.context(track, structure=structure),
    }


@login_required
@require_safe
def grid(request: Request, public_id: str) -> HttpResponse:
    """Show the bar grid; a page that waits for the measurement polls this."""
    track = find_track(request, public_id)
    if not wants_part(request):
        return redirect("finish", track.public_id)
    return _show(request, track, is_new=True)


@login_required
@require_POST
def change_grid(request: Request, public_id: str) -> HttpResponse:
    """Change the bar grid: `do` says how, `bpm`, `first_beat` and `beats_per_bar` are a tapped tempo."""
    track, error = find_track(request, public_id, to_change=True), None
    action = request.POST.get("do", "")
    try:
        if change := _CHANGES.get(action):
            change(request.user, track)
        else:
            grid_changes.set_grid(request.user, track, _tempo(request.POST))
    except UserError as refused:
        error = edit_form.in_words_of_the_form(refused)
    if not wants_part(request):
        if error:
            messages.warning(request, error.sentence, extra_tags=error.code)
        return redirect(_room_before(request, track))
    reply = _show(request, track, error)
    return reply if error else client_event(reply, "grid-changed")


def _room_before(request: Request, track: Track) -> str:
    """Return the address of the room as it was shown, with its edit or its fields, at the open form of the grid."""
    page = reverse("finish", args=[track.public_id])
    previous = urlsplit(back(request, page))
    query = QueryDict(previous.query if previous.path == page else "", mutable=True)
    query["open"] = "grid"
    return f"{page}?{query.urlencode()}#edit-grid"


def _show(request: Request, track: Track, error: UserError | None = None, *, is_new: bool = False) -> HttpResponse:
    """Show the bar grid; a new one together with the waveform, which has its sections."""
    shown: dict[str, Any] = {"may_edit": permissions.can_edit(request.user, track.project), "grid_error": error}
    shown |= context(request, track)
    shown["is_out_of_band"] = is_new and shown["structure"] is not None
    return render(request, "finishing/_grid.html", shown, status=error.status if error else 200)


def _tempo(form: Mapping[str, str]) -> dict[str, Any]:
    """Return a correction from the fields of a tapped tempo. Raises UserError: a field cannot be read."""
    try:
        bpm = float(form.get("bpm", "").replace(",", "."))
        beats = int(form.get("beats_per_bar") or 4)
    except ValueError:
        raise UserError(_("Enter the beats per minute, such as 92."), "bpm", code="invalid_number") from None
    try:
        first_s = parse_duration(form.get("first_beat") or "0")
    except ValueError:
        sentence = _("Enter where a bar begins, such as 0:00.4.")
        raise UserError(sentence, "first_beat", code="invalid_duration") from None
    return {"bpm": bpm, "first_beat_s": first_s, "beats_per_bar": beats}
