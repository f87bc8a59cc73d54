"""The finishing room of a track: the form, its preview, and the files made of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generator import permissions
from generator.audio import disposition
from generator.audio.editing import keyframes_csv
from generator.http.file_responses import serve, serve_made
from generator.http.uploads import temporary_folder
from generator.models import Edit, Track
from generator.services.errors import UserError
from generator.services.finishing import delivery_files, edits, summaries, voice_overs
from generator.services.library.references import too_large
from generator.web.finishing import bar_grid, edit_form, file_choices, shown_edit
from generator.web.finishing.lookup import find_edit, find_track
from generator.web.library import downloads
from generator.web.site.htmx import Request, client_event, wants_part


@login_required
@require_safe
def finish(request: Request, public_id: str) -> HttpResponse:
    """Show the finishing room; `edit` in the address is the edit to go on from, `job` a job that fills in the form."""
    track = find_track(request, public_id)
    edit = permissions.edits(request.user).filter(track=track, public_id=request.GET.get("edit", "")).first()
    values = edit_form.typed_of(edit.recipe) if edit else edit_form.typed(request.GET)
    context = _context(request, track, values, edit) | {"is_prefilled": edit is None and any(values.values())}
    return render(request, "finishing/finish.html", context)


@login_required
@require_POST
def preview(request: Request, public_id: str) -> HttpResponse:
    """Have the typed recipe rendered, and show its preview as soon as there is one."""
    track = find_track(request, public_id, to_change=True)
    # htmx sends the name of the button pressed last with later requests of the form, too.
    is_room = request.htmx.target == "room"
    values = edit_form.typed(request.POST, with_job=is_room or not wants_part(request))
    based_on = _based_on(request, track)
    part = "finishing/_room.html" if is_room else "finishing/_preview.html"
    return _show_preview(request, track, values, part, based_on)


@login_required
@require_POST
def add_voice(request: Request, public_id: str) -> HttpResponse:
    """Keep an uploaded voice-over for a day, and show a preview of the track under it."""
    track, values, error = find_track(request, public_id, to_change=True), edit_form.typed(request.POST), None
    based_on = _based_on(request, track)
    if based_on and not wants_part(request):  # without script the fields of the form are not sent with the file
        values = edit_form.typed_of(based_on.recipe)
    try:
        values["voice"] = _stored_voice(request, track)
    except UserError as refused:
        error = refused
    return _show_preview(request, track, values, "finishing/_room.html", error=error)


def _based_on(request: Request, track: Track) -> Edit | None:
    """Return the edit that the form was filled in from."""
    return permissions.edits(request.user).filter(track=track, public_id=request.POST.get("based_on", "")).first()


def _show_preview(
    request: Request,
    track: Track,
    values: dict[str, str],
    part: str,
    based_on: Edit | None = None,
    error: UserError | None = None,
) -> HttpResponse:
    """Have the recipe of the fields rendered, unless there is an error already, and show what there is."""
    edit = None
    if error is None:
        try:
            recipe = edit_form.recipe_of(values, track.length_ms / 1000)
            edit = edits.preview(request.user, track, recipe, based_on=based_on)
        except UserError as refused:
            error = edit_form.in_words_of_the_form(refused)
    if edit and not wants_part(request):
        return redirect(f"{reverse('finish', args=[track.public_id])}?edit={edit.public_id}")
    context = _context(request, track, values, edit) | {"error": error}
    page = part if wants_part(request) else "finishing/finish.html"
    return render(request, page, context, status=error.status if error else 200)


def _stored_voice(request: Request, track: Track) -> str:
    """Store the uploaded file; return its SHA-256. Raises UserError."""
    if voice_overs.FIELD in getattr(request, "too_large", ()):
        raise UserError(too_large(), voice_overs.FIELD, code="too_large")
    upload = request.FILES.get(voice_overs.FIELD)
    if not isinstance(upload, UploadedFile):
        raise UserError(_("Choose a file first."), voice_overs.FIELD, code="required")
    return voice_overs.store(request.user, track.project, upload.name or "", upload.chunks()).sha256


def _context(request: Request, track: Track, values: dict[str, str], edit: Edit | None) -> dict[str, Any]:
    return {
        "track": track,
        "project": track.project,
        "may_edit": permissions.can_edit(request.user, track.project),
        "values": values,
        "first_jobs": edit_form.FIRST_JOBS,
        "more_jobs": edit_form.MORE_JOBS,
        "snaps": edit_form.SNAPS.items(),
        "curves": edit_form.CURVES.items(),
        "beds": edit_form.BEDS.items(),
        "destinations": edit_form.destinations(track.channels or 2),
        "depths": edit_form.DEPTHS.items(),
        "outputs": edit_form.OUTPUTS.items(),
        "voice": voice_overs.find(track.project, values["voice"]) if values.get("voice") else None,
        "file_choices": file_choices.CHOICES,
        "made": _made(request, track),
        **bar_grid.context(request, track),
        **shown_edit.context(edit),
    }


def track_context(request: Request, track: Track) -> dict[str, Any]:
    """Return what the track's page shows of the finishing room: the common jobs, and the edits made so far."""
    if track.generation.is_blind:
        return {}
    return {"first_jobs": edit_form.FIRST_JOBS, "more_jobs": edit_form.MORE_JOBS, "made": _made(request, track)}


def _made(request: Request, track: Track) -> list[dict[str, Any]]:
    rows = permissions.edits(request.user).kept().filter(track=track).select_related("author").order_by("-id")
    for row in rows:
        row.track = track
    return [shown_edit.context(row) for row in rows]


@login_required
@require_safe
def edit_part(request: Request, public_id: str) -> HttpResponse:
    """Show the state of an edit, as the preview or as a row of the list; a waiting page polls this."""
    edit = find_edit(request, public_id)
    context = {"track": edit.track, "project": edit.track.project, "file_choices": file_choices.CHOICES}
    context |= {"may_edit": permissions.can_edit(request.user, edit.track.project), **shown_edit.context(edit)}
    return render(request, "finishing/_made_row.html" if "row" in request.GET else "finishing/_preview.html", context)


@login_required
@require_POST
def save(request: Request, public_id: str) -> HttpResponse:
    """Keep an edit under its title and make its files."""
    edit = find_edit(request, public_id, to_change=True)
    try:
        formats = file_choices.chosen(request.POST)
        edits.save(request.user, edit, request.POST.get("title", ""), formats)
        if "both" in request.POST:
            other = edits.preview(request.user, edit.track, _other_output(edit), based_on=edit)
            edits.save(request.user, other, request.POST.get("title", ""), formats)
    except UserError as error:
        return _answer(request, edit, error)
    return _answer(request, edit)


def _other_output(edit: Edit) -> dict[str, Any]:
    """Return the recipe of an edit under a voice with its other output: the music alone, or with the voice."""
    others = {"bed": "mix", "mix": "bed"}
    steps = [one | {"output": others[one["output"]]} if one["step"] == "duck" else one for one in edit.recipe["steps"]]
    return {"version": edit.recipe["version"], "steps": steps}


@login_required
@require_POST
def cancel(request: Request, public_id: str) -> HttpResponse:
    edit = find_edit(request, public_id, to_change=True)
    edits.cancel(edit)
    return _answer(request, edit)


@login_required
@require_POST
def rename(request: Request, public_id: str) -> HttpResponse:
    edit = find_edit(request, public_id, to_change=True)
    try:
        edits.rename(edit, request.POST.get("title", ""))
    except UserError as error:
        return _answer(request, edit, error)
    return _answer(request, edit)


@login_required
@require_POST
def delete(request: Request, public_id: str) -> HttpResponse:
    edit = find_edit(request, public_id, to_change=True)
    edits.trash(edit)
    return _answer(request, edit, deleted=edit)


@login_required
@require_POST
def restore(request: Request, public_id: str) -> HttpResponse:
    edit = find_edit(request, public_id, to_change=True)
    edits.restore(edit)
    return _answer(request, edit)


def _answer(
    request: Request, edit: Edit, error: UserError | None = None, *, deleted: Edit | None = None
) -> HttpResponse:
    """Show the list of what is made again, or return to the room."""
    if not wants_part(request):
        if error:
            messages.warning(request, error.sentence, extra_tags=error.code)
        page = reverse("finish", args=[edit.track.public_id])
        return redirect(page if deleted else f"{page}?edit={edit.public_id}")
    context = {
        "track": edit.track,
        "project": edit.track.project,
        "may_edit": True,
        "made": _made(request, edit.track),
        "deleted": deleted,
    }
    part = render(request, "finishing/_made.html", context, status=error.status if error else 200)
    return client_event(part, toast=error.sentence, code=error.code) if error else part


@login_required
@require_safe
def audio(request: Request, public_id: str) -> HttpResponseBase:
    """Return the preview of an edit for the player."""
    file = edits.file_of(find_edit(request, public_id), 0)
    if file.path is None:
        raise Http404
    return serve(request, file.path, "audio/mpeg", file.sha256)


@login_required
@require_safe
def download(request: Request, public_id: str, number: int) -> HttpResponseBase:
    """Return a file of an edit as a download, or 202 with a page that waits while it is made again."""
    edit = find_edit(request, public_id)
    try:
        file = edits.file_of(edit, number)
    except LookupError:
        raise Http404 from None
    if file.path is None:
        return _wait(request, edit, summaries.format_title(file.format))
    reply = serve(request, file.path, delivery_files.mime_of(file.format), file.sha256)
    name = delivery_files.names_of(edit, edits.files(edit))[number]
    reply["Content-Disposition"] = disposition(name)
    return reply


@login_required
@require_safe
def download_all(request: Request, public_id: str) -> HttpResponseBase:
    """Return the files of an edit in one zip, or 202 with a page that waits while one is made again."""
    edit = find_edit(request, public_id)
    files = edits.files(edit)
    if not files[1:]:
        raise Http404
    if any(file.path is None for file in files[1:]):
        return _wait(request, edit, "ZIP")
    name = delivery_files.archive_name(edit)
    archive = delivery_files.archive([(edit, files)], temporary_folder())
    return serve_made(request, archive, "application/zip", name)


@login_required
@require_safe
def download_edits(request: Request, public_id: str) -> HttpResponseBase:
    """Return the files of the edits that `edit` names, or of all, in one zip; 202 while they are made."""
    track = find_track(request, public_id)
    try:
        chosen = edits.chosen_of(permissions.edits(request.user).filter(track=track), request.GET.getlist("edit"))
        delivery_files.check_size(chosen)
    except LookupError:
        raise Http404 from None
    except UserError as error:
        return render(request, "errors/404.html", {"sentence": error.sentence, "code": error.code}, status=404)
    incomplete = [edit for edit, files in chosen if any(file.path is None for file in files[1:])]
    if incomplete:
        waits = [_wait(request, edit, "ZIP") for edit in incomplete]
        return next((wait for wait in waits if wait.status_code != 202), waits[0])
    archive = delivery_files.archive(chosen, temporary_folder())
    return serve_made(request, archive, "application/zip", delivery_files.archive_name_of_track(track))


@login_required
@require_safe
def gain_curve(request: Request, public_id: str) -> HttpResponse:
    """Return how the music is turned down under a voice, as a table for editing programs."""
    edit = find_edit(request, public_id)
    keyframes = tuple((time_s, gain_db) for time_s, gain_db in edit.report.get("keyframes", ()))
    if not keyframes:
        raise Http404
    name = disposition(delivery_files.gain_curve_name(edit))
    return HttpResponse(keyframes_csv(keyframes), "text/csv; charset=utf-8", headers={"Content-Disposition": name})


def _wait(request: Request, edit: Edit, format: str) -> HttpResponse:
    """Have the missing files made, and show the page that waits for them."""
    try:
        edits.request_files(request.user, edit)
    except UserError as error:
        return render(request, "errors/404.html", {"sentence": error.sentence, "code": error.code}, status=404)
    if failure := summaries.failure(edit):
        return render(request, "errors/404.html", {"sentence": failure, "code": edit.error_code}, status=404)
    return downloads.preparing(request, edit.track, format)
