"""Uploads into the library: the page that takes files, what became of them, and the file as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generator import currency, permissions
from generator.audio import disposition
from generator.http.file_responses import serve
from generator.http.uploads import too_large
from generator.models import Project, Track, TrackUpload, UploadSource, User
from generator.services.amount_confirmation import as_understood, confirmed_amount
from generator.services.errors import UserError
from generator.services.uploads import adding, corrections, facts, intake, stated_costs
from generator.services.uploads.adding import FIELD, Arrived, Duplicate
from generator.web.site.htmx import Request, back, wants_part

MAX_LISTED = 50


@dataclass(frozen=True)
class RefusedFile:
    """A file that was not taken, why, and the track that is the same."""

    name: str
    error: UserError

    @property
    def track(self) -> Track | None:
        return self.error.track if isinstance(self.error, Duplicate) else None


@login_required
@require_http_methods(["GET", "POST"])
def uploads(request: Request, public_id: str) -> HttpResponse:
    """GET: show the form and what was added lately. POST: take files, each of which a worker reads."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    may_edit = permissions.can_edit(request.user, project)
    if request.method != "POST":
        return render(request, "uploads/uploads.html", _context(request, project, may_edit=may_edit))
    if not may_edit:
        return render(request, "403.html", {"project": project}, status=403)
    refused: list[RefusedFile] = []
    error = None
    try:
        refused = _add_all(request, project)
    except UserError as unusable:
        error = unusable
    status = error.status if error else 422 if refused else 200
    context = _context(request, project, may_edit=True, refused=refused, error=error)
    if wants_part(request):
        return render(request, "uploads/_answer.html", context, status=status)
    if status == 200:
        return redirect("uploads", project.public_id)
    return render(request, "uploads/uploads.html", context, status=status)


def _add_all(request: Request, project: Project) -> list[RefusedFile]:
    """Take every file of the form; return those that were refused. Raises UserError about the form itself."""
    if FIELD in getattr(request, "too_large", ()):
        raise UserError(too_large(request), FIELD, code="too_large")
    stated = facts.read_facts(request.POST, confirmed_amount)
    files = [file for file in request.FILES.getlist(FIELD) if isinstance(file, UploadedFile)]
    if not files:
        raise UserError(_("Choose a file first."), FIELD, code="required")
    if len(files) > 1:
        stated = replace(stated, title="")  # each is named after its file
    refused = []
    for file in files:
        try:
            adding.add_track(request.user, project, Arrived(file.name or "", file.chunks()), stated)
        except UserError as error:
            refused.append(RefusedFile(file.name or "", error))
    return refused


def _context(
    request: Request,
    project: Project,
    *,
    may_edit: bool,
    refused: list[RefusedFile] | None = None,
    error: UserError | None = None,
) -> dict[str, Any]:
    typed = {name: request.POST.get(name, "") for name in facts.FIELDS}
    typed["cost"] = as_understood(typed["cost"]) if typed["cost"] else ""
    return {
        "project": project,
        "here": "studio",
        "may_edit": may_edit,
        "sources": UploadSource.choices,
        "limits": adding.limits(),
        "accept": ",".join(f".{ending}" for ending in adding.ENDINGS),
        "typed": typed,
        "refused": refused or [],
        "error": error,
        **list_context(request.user, project),
    }


def list_context(user: User, project: Project) -> dict[str, Any]:
    """Return the newest uploads of a project, as far as a person may see them, and whether some are not read yet."""
    rows = permissions.uploads(user).filter(project=project, is_stem=False).select_related("track", "author")
    listed = [row for row in rows.order_by("-id")[:MAX_LISTED] if row.track is None or row.track.trashed_at is None]
    return {"uploads": listed, "is_reading": any(row.due_at for row in listed)}


@login_required
@require_safe
def upload_list(request: Request, public_id: str) -> HttpResponse:
    """Show what became of the uploads of a project; a waiting page polls this."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    context = {"project": project, "may_edit": permissions.can_edit(request.user, project)}
    return render(request, "uploads/_list.html", context | list_context(request.user, project))


@login_required
@require_POST
def cancel(request: Request, public_id: str) -> HttpResponse:
    """Cancel an upload that is not read yet, or remove a refused one from the list."""
    upload = get_object_or_404(permissions.cancellable_uploads(request.user), public_id=public_id)
    project = upload.project
    adding.cancel(upload)
    if upload.is_stem and upload.track:
        return redirect(back(request, upload.track.get_absolute_url()))
    if not wants_part(request):
        return redirect("uploads", project.public_id)
    context = {"project": project, "may_edit": True, **list_context(request.user, project)}
    return render(request, "uploads/_list.html", context)


@login_required
@require_safe
def original(request: Request, public_id: str) -> HttpResponseBase:
    """Return the file that an uploaded track was made from, as it came."""
    track = get_object_or_404(permissions.tracks(request.user), public_id=public_id)
    found = intake.original_of(track)
    if found is None:
        raise Http404
    upload, path = found
    reply = serve(request, path, "application/octet-stream", upload.sha256)
    reply["Content-Disposition"] = disposition(upload.name)
    return reply


@login_required
@require_POST
def correct_cost(request: Request, public_id: str) -> HttpResponse:
    """State another cost of an uploaded track; the difference is a new entry in the ledger."""
    related = ("project", "generation__project", "generation__author", "generation__model")
    track = get_object_or_404(permissions.editable_tracks(request.user).select_related(*related), public_id=public_id)
    page = f"{track.get_absolute_url()}?tab=record#upload"
    try:
        cost = facts.read_cost(request.POST.get("cost", ""), confirmed_amount)
        if cost is None:
            raise UserError(_("Enter an amount."), "cost", code="required")
        payers = set(permissions.editable_projects(request.user))
        stated_costs.correct_cost(track, cost, request.POST.get("reason", ""), request.user, payers)
    except UserError as error:
        messages.warning(request, error.sentence, extra_tags=error.code)
        return redirect(page)
    messages.info(request, _("Saved."))
    return redirect(page)


@login_required
@require_POST
def correct_facts(request: Request, public_id: str) -> HttpResponse:
    """State another source, license, credit or date of an uploaded track; the history keeps the earlier one."""
    track = get_object_or_404(permissions.editable_tracks(request.user), public_id=public_id)
    upload = get_object_or_404(TrackUpload, track=track, is_stem=False)
    try:
        corrections.correct(request.user, upload, request.POST.dict())
    except UserError as error:
        messages.warning(request, error.sentence, extra_tags=error.code)
    else:
        messages.info(request, _("Saved. Packs that are ready stay as they are; make them again where it matters."))
    return redirect(f"{track.get_absolute_url()}?tab=record#upload")


def track_context(user: User, track: Track) -> Mapping[str, Any]:
    """Return what the page of a track shows of its upload; empty for a track that was made here."""
    upload = stated_costs.upload_of(track)
    if upload is None:
        return {"upload": None}
    may_correct = not hasattr(track, "origin") and permissions.can_edit(user, track.generation.project)
    typed = "" if upload.cost is None else currency.as_typed(upload.cost)
    return {
        "upload": upload,
        "may_correct_cost": may_correct,
        "typed_cost": typed,
        "stated": corrections.typed(upload),
        "sources": UploadSource.choices,
    }
