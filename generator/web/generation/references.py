"""Reference pages: upload from the create form, register, play, move to the trash. The form keeps what was typed."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generator import permissions
from generator.http.file_responses import serve
from generator.models import Project, Reference
from generator.providers.base import Field
from generator.services.errors import UserError
from generator.services.library import media
from generator.services.library import references as library_references
from generator.services.library.references import DEFAULT_CLIP_S, PICK
from generator.services.provider_jobs import catalog, provider_actions
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults
from generator.web.generation import reference_fields
from generator.web.generation.checkout_request import checkout
from generator.web.generation.generate import create_context
from generator.web.library import track_list
from generator.web.site.htmx import Request, back, client_event, wants_part

MAX_LISTED = 200


@login_required
@require_http_methods(["GET", "POST"])
def references(request: Request, public_id: str) -> HttpResponse:
    """GET: list the references. POST: upload a file for one field of the create form, and show the form again."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    may_edit = permissions.can_edit(request.user, project)
    if request.method == "POST":
        if not may_edit:
            return render(request, "403.html", {"project": project}, status=403)
        return _upload(request, project)
    rows = (
        permissions.project_references(request.user, project)
        .with_ids()
        .select_related("author", "track")
        .order_by("-created_at", "-id")
    )
    context = {
        "project": project,
        "here": "studio",
        "may_edit": may_edit,
        "references": rows.kept().filter(problem="")[:MAX_LISTED],
        "trashed": rows.filter(trashed_at__isnull=False, problem="")[:MAX_LISTED],
    }
    return render(request, "references/references.html", context)


def _upload(request: Request, project: Project) -> HttpResponse:
    data = request.POST.copy()
    name = data.get("upload", "")
    try:
        choice, field = _field(data, name)
        reference = _add(request, project, choice, field)
    except UserError as error:
        return _form(request, project, data, error)
    data[PICK + name] = reference.public_id
    return _form(request, project, data)


def _add(request: Request, project: Project, choice: ModelChoice, field: Field) -> Reference:
    file_field = f"file-{field.name}"
    if file_field in getattr(request, "too_large", ()):
        raise UserError(library_references.too_large(), field.name, code="too_large")
    file = request.FILES.get(file_field)
    if file is None:
        raise UserError(_("Choose a file first: MP3, M4A, WAV, FLAC, or OGG."), field.name, code="required")
    action = catalog.registering(choice.spec.provider)
    purpose = action.spec.purpose(field.purpose) if action else None
    return library_references.add(
        request.user,
        project,
        name=file.name or "",
        content=file.chunks(),
        start=reference_fields.start_of(request.POST.get(f"start-{field.name}", ""), field.name),
        max_s=purpose.max_s if purpose else DEFAULT_CLIP_S,
        field=field.name,
    )


def _field(data: QueryDict, name: str) -> tuple[ModelChoice, Field]:
    """Return the chosen model and its reference field that a button refers to; raise UserError if there is none."""
    for choice in filter(None, map(catalog.choice, data.getlist("model"))):
        if (field := choice.spec.field(name)) and field.purpose:
            return choice, field
    raise UserError(
        _("That model does not accept references. Choose another; everything you typed is still here."), "model"
    )


def _form(request: Request, project: Project, data: QueryDict, error: UserError | None = None) -> HttpResponse:
    """Render the create form with the submitted values; a reload repeats no action."""
    context = create_context(request, project, data, error)
    status = error.status if error else 200
    if wants_part(request):
        return render(request, "studio/_live.html", context, status=status)
    return render(request, "studio/studio.html", track_list.context(request, project) | context, status=status)


@login_required
@require_POST
def register(request: Request, public_id: str) -> HttpResponse:
    """Register this reference with the chosen model's provider, at the price on the button."""
    reference = get_object_or_404(
        permissions.editable_references(request.user).select_related("project"), public_id=public_id
    )
    data = request.POST.copy()
    name = data.get("register", "")
    try:
        choice, field = _field(data, name)
        provider_actions.register(
            user=request.user,
            reference=reference,
            provider_key=choice.spec.provider,
            purpose=field.purpose,
            idempotency_key=checkout(
                request, [name, choice.spec.provider], key=f"register-key-{name}", price=f"register-price-{name}"
            ),
        )
    except UserError as error:
        error.field = name if error.field in (None, "expected_price") else error.field
        return _form(request, reference.project, data, error)
    data[PICK + name] = reference.public_id
    return client_event(_form(request, reference.project, data), "running-changed")


@login_required
@require_POST
def from_track(request: Request, public_id: str) -> HttpResponse:
    """Make a reference from a track, and redirect to a form that can use it."""
    track = get_object_or_404(permissions.editable_tracks(request.user).select_related("project"), public_id=public_id)
    try:
        reference = library_references.from_track(request.user, track)
    except UserError as error:
        return render(request, "403.html", {"sentence": error.sentence, "code": error.code}, status=403)
    place = reverse("studio", args=[track.project.public_id])
    offered = project_defaults.offered(project_defaults.defaults_of(track.project), catalog.models())
    use = library_references.first_use(offered, request.session.get("model", ""))
    if use is None:
        return redirect("references", track.project.public_id)
    model, field = use
    return redirect(f"{place}?{urlencode({'on': model, PICK + field: reference.public_id})}")


@login_required
@require_POST
def trash(request: Request, public_id: str) -> HttpResponse:
    """Move a reference to the trash, or restore it with on=0."""
    reference = get_object_or_404(
        permissions.editable_references(request.user).select_related("project"), public_id=public_id
    )
    if request.POST.get("on") == "0":
        try:
            library_references.restore(reference)
        except UserError as error:
            return render(request, "errors/400.html", {"sentence": error.sentence, "code": error.code}, status=400)
    else:
        library_references.trash_reference(reference)
    return redirect(back(request, reverse("references", args=[reference.project.public_id])))


@login_required
@require_safe
def audio(request: Request, public_id: str) -> HttpResponseBase:
    """Return the stored audio of a reference, for the player."""
    reference = get_object_or_404(permissions.references(request.user).exclude(file=""), public_id=public_id)
    return serve(request, media.path(reference.file), "audio/mpeg", reference.sha256)


__all__ = ["audio", "from_track", "references", "register", "trash"]
