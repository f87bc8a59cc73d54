"""Delivery packs: the form, the list of a project, and the page of one pack."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generator import permissions
from generator.audio import disposition
from generator.audio.editing.destinations import DESTINATIONS
from generator.audio.filenames import file_name
from generator.durations import show_duration
from generator.http.file_responses import serve
from generator.models import Pack, PackItem, Project, Track, User
from generator.models.track import TrackQuerySet
from generator.services.errors import UserError
from generator.services.library import media
from generator.services.packs import contents as pack_contents
from generator.services.packs import pack_links, packs, planning
from generator.services.packs.contents import DEFAULT_CUTS_S, FORMATS, PIECES, PRESETS, Contents
from generator.translation import translate
from generator.web.site.htmx import Request, wants_part

MAX_LISTED = 50


def _pack(request: Request, public_id: str, *, to_change: bool = False) -> Pack:
    rows = permissions.editable_packs(request.user) if to_change else permissions.packs(request.user)
    return get_object_or_404(rows.select_related("project", "author", "shared_by"), public_id=public_id)


# --- the form and the list ---


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_packs(request: Request, public_id: str) -> HttpResponse:
    """Show the packs of a project and the form for another one; POST makes it.

    `track` in the address or the form names the tracks, one or more; without it, the pack is of the whole project.
    """
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if request.method != "POST":
        return render(request, "packs/packs.html", _form_context(request, project, request.GET))
    if not permissions.can_edit(request.user, project):
        return render(request, "403.html", status=403)
    try:
        preset, contents = _chosen(project, request.POST)
        tracks = _tracks(request.user, project, request.POST)
        pack = packs.create(request.user, project, tracks, preset, contents, request.POST.get("title", ""))
    except UserError as error:
        context = _form_context(request, project, request.POST) | {"error": error}
        return render(request, "packs/packs.html", context, status=error.status)
    return redirect("pack", pack.public_id)


def _tracks(user: User, project: Project, values: QueryDict) -> TrackQuerySet:
    rows = permissions.library(user, project).kept().order_by("-created_at", "-id")
    named = values.getlist("track")
    return rows.filter(public_id__in=named[: packs.MAX_TRACKS + 1]) if named else rows


def _chosen(project: Project, values: QueryDict) -> tuple[str, Contents]:
    """Return the preset and the contents of a form, of a preset's address, or those used last. Raises UserError."""
    if "preset" not in values:
        return pack_contents.last_used(project)
    preset = values.get("preset", "")
    return preset, pack_contents.choose(preset, _changes(values) if "chosen" in values else {})


def _changes(values: QueryDict) -> dict[str, Any]:
    lists = {name: values.getlist(field) for name, field in (("pieces", "piece"), ("formats", "format"))}
    try:
        cuts = [float(length) for length in values.getlist("cut")]
    except ValueError:
        raise UserError(_("A cut is a number of seconds."), "cuts", code="invalid_number") from None
    return {"destination": values.get("destination", ""), "cuts": cuts, **lists}


def _form_context(request: Request, project: Project, values: QueryDict) -> dict[str, Any]:
    try:
        preset, contents = _chosen(project, values)
    except UserError:
        preset, contents = pack_contents.last_used(project)
    tracks = _tracks(request.user, project, values)
    count = tracks.count()
    some = tracks.select_related("generation__comparison").prefetch_related("stems").defer("peaks", "measured")
    chosen = list(some[: packs.MAX_TRACKS])
    files, size = packs.estimate(chosen, contents)
    cuts = sorted({*DEFAULT_CUTS_S, *contents.cuts}, reverse=True)
    return {
        "project": project,
        "may_edit": permissions.can_edit(request.user, project),
        "preset": PRESETS[preset],
        "presets": PRESETS.values(),
        "contents": contents,
        "cuts": [(f"{cut:g}", show_duration(cut)) for cut in cuts],
        "chosen_cuts": [f"{cut:g}" for cut in contents.cuts],
        "pieces": PIECES.items(),
        "formats": [(key, _format_title(key)) for key in FORMATS],
        "destinations": [(key, _destination_title(key)) for key in DESTINATIONS],
        "tracks": chosen if values.getlist("track") else [],
        "count": count,
        "too_many": packs.MAX_TRACKS if count > packs.MAX_TRACKS else 0,
        "files": files,
        "size": size,
        "packs": _listed(request.user, project),
    }


def _format_title(key: str) -> str:
    return {"wav": "WAV 48 kHz / 24 bit", "mp3": "MP3 320", "ogg": "OGG Vorbis"}[key]


def _destination_title(key: str) -> str:
    destination = DESTINATIONS[key]
    title = translate(destination.title)
    return title if destination.lufs is None else f"{title}, {destination.lufs:g} LUFS".replace("-", "−")


def _listed(user: User, project: Project) -> list[Pack]:
    rows = permissions.packs(user).filter(project=project).select_related("author").order_by("-id")[:MAX_LISTED]
    return list(rows)


def track_context(request: Request, track: Track) -> dict[str, Any]:
    """Return what the track's page shows of packs: the presets, the one used last, and the packs that hold it."""
    if track.generation.is_blind:
        return {}
    rows = permissions.packs(request.user).filter(items__track=track).select_related("author").order_by("-id")
    preset, _contents = pack_contents.last_used(track.project)
    return {"pack_presets": PRESETS.values(), "pack_preset": PRESETS[preset], "packs": list(rows[:5])}


# --- one pack ---


@login_required
@require_safe
def pack(request: Request, public_id: str) -> HttpResponse:
    """Show a pack: its progress, contents, download and link; a waiting page polls this."""
    return _show(request, _pack(request, public_id))


def _show(request: Request, pack: Pack, error: UserError | None = None) -> HttpResponse:
    context = page_context(pack) | {
        "may_edit": permissions.can_edit(request.user, pack.project),
        "failure": packs.failure(pack),
        "is_over": packs.is_over(pack),
        "error": error,
        "link": request.build_absolute_uri(_link(pack)) if pack.share_key else "",
    }
    page = "packs/_pack.html" if wants_part(request) else "packs/pack.html"
    return render(request, page, context, status=error.status if error else 200)


def _link(pack: Pack) -> str:
    return reverse("shared-pack", args=[pack_links.address_of(pack)])


def page_context(pack: Pack) -> dict[str, Any]:
    """Return what the pack's page and its public page have in common."""
    contents = Contents.from_json(pack.contents)
    return {
        "pack": pack,
        "project": pack.project,
        "preset": PRESETS.get(pack.preset),
        "loudness": _destination_title(contents.destination),
        "format_titles": [_format_title(key) for key in contents.formats],
        "items": [_item(item) for item in pack.items.all()],
        "is_available": packs.is_available(pack),
        "kept_days": packs.KEPT_FOR.days,
    }


def _item(item: PackItem) -> dict[str, Any]:
    """Return a track of a pack: its pieces with the number of files, and what was left out with the reason."""
    pieces: dict[str, int] = {}
    stems = 0
    for entry in item.files:
        if entry["stem"]:
            stems += 1
        else:
            pieces[entry["piece"]] = pieces.get(entry["piece"], 0) + 1
    titles = [planning.piece_title(piece) for piece in pieces]
    missing = [(planning.piece_title(entry["piece"]), planning.reason(entry)) for entry in item.left_out]
    return {"item": item, "pieces": titles, "stems": stems, "left_out": missing}


@login_required
@require_POST
def cancel(request: Request, public_id: str) -> HttpResponse:
    row = _pack(request, public_id, to_change=True)
    packs.cancel(row)
    return _answer(request, row)


@login_required
@require_POST
def delete(request: Request, public_id: str) -> HttpResponse:
    """Delete a pack; it can be made again at no cost, so nothing is asked."""
    row = _pack(request, public_id, to_change=True)
    packs.delete(row)
    messages.info(request, _("“{title}” deleted.").format(title=row.title))
    return redirect("packs", row.project.public_id)


@login_required
@require_POST
def make_again(request: Request, public_id: str) -> HttpResponse:
    """Make a pack again from the tracks that are still there."""
    row = _pack(request, public_id, to_change=True)
    try:
        return redirect("pack", packs.make_again(request.user, row).public_id)
    except UserError as error:
        return _show(request, row, error)


@login_required
@require_POST
def share(request: Request, public_id: str) -> HttpResponse:
    row = _pack(request, public_id, to_change=True)
    try:
        pack_links.share(row, request.user)
    except UserError as error:
        return _show(request, row, error)
    return _answer(request, row)


@login_required
@require_POST
def unshare(request: Request, public_id: str) -> HttpResponse:
    row = _pack(request, public_id, to_change=True)
    pack_links.revoke(row, request.user)
    return _answer(request, row)


def _answer(request: Request, row: Pack) -> HttpResponse:
    if not wants_part(request):
        return redirect("pack", row.public_id)
    row.refresh_from_db()
    return _show(request, row)


@login_required
@require_safe
def download(request: Request, public_id: str) -> HttpResponseBase:
    row = _pack(request, public_id)
    if not packs.is_available(row):
        raise Http404
    return zip_of(request, row)


def zip_of(request: Request, row: Pack) -> HttpResponseBase:
    """Return the zip of a pack as a download, with ranges."""
    reply = serve(request, media.path(row.file), "application/zip", row.sha256)
    reply["Content-Disposition"] = disposition(file_name(f"{row.title} - {row.preset}", ext="zip"))
    return reply
