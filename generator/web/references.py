"""References: taken in beside the form, registered for a price, listened to, binned. Nothing typed is ever lost."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generator import access, workflow
from generator.models import Project, Reference
from generator.providers.base import Field
from generator.web import files, library, picking
from generator.web.checkout import checkout
from generator.web.htmx import Request, back, client_event, wants_part
from generator.web.studio import create_context
from generator.workflow.catalogue import ModelChoice
from generator.workflow.references import PICK, USUAL_SECONDS

MOST_LISTED = 200


@login_required
@require_http_methods(["GET", "POST"])
def references(request: Request, ref: str) -> HttpResponse:
    """GET: the list. POST: take in a file for one field of the create form, and show the form as it was."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    may_edit = access.can_edit(request.user, project)
    if request.method == "POST":
        if not may_edit:
            return render(request, "403.html", {"project": project}, status=403)
        return _take_in(request, project)
    rows = (
        access.project_references(request.user, project)
        .with_ids()
        .select_related("author", "track")
        .order_by("-created_at", "-id")
    )
    shown = {
        "project": project,
        "here": "studio",
        "may_edit": may_edit,
        "references": rows.kept().filter(problem="")[:MOST_LISTED],
        "binned": rows.filter(binned_at__isnull=False, problem="")[:MOST_LISTED],
    }
    return render(request, "references/references.html", shown)


def _take_in(request: Request, project: Project) -> HttpResponse:
    data = request.POST.copy()
    name = data.get("upload", "")
    try:
        choice, field = _field(data, name)
        new = _add(request, project, choice, field)
    except workflow.Refused as refused:
        return _form(request, project, data, refused)
    data[PICK + name] = new.ref
    return _form(request, project, data)


def _add(request: Request, project: Project, choice: ModelChoice, field: Field) -> Reference:
    sent = f"file-{field.name}"
    if sent in getattr(request, "too_large", ()):
        raise workflow.Refused(workflow.references.too_large(), field.name)
    file = request.FILES.get(sent)
    if file is None:
        raise workflow.Refused("Choose a file first: MP3, M4A, WAV, FLAC or OGG.", field.name)
    action = workflow.catalogue.registering(choice.spec.provider)
    purpose = action.spec.purpose(field.purpose) if action else None
    return workflow.references.add(
        request.user,
        project,
        name=file.name or "",
        content=file.chunks(),
        start=picking.start_of(request.POST.get(f"start-{field.name}", ""), field.name),
        most=purpose.most if purpose else USUAL_SECONDS,
        field=field.name,
    )


def _field(data: QueryDict, name: str) -> tuple[ModelChoice, Field]:
    """The reference field of a chosen model that a button was about."""
    for choice in filter(None, map(workflow.catalogue.choice, data.getlist("model"))):
        if (field := choice.spec.field(name)) and field.purpose:
            return choice, field
    raise workflow.Refused(
        "That model takes no reference. Choose another; everything you typed is still here.", "model"
    )


def _form(request: Request, project: Project, data: QueryDict, refused: workflow.Refused | None = None) -> HttpResponse:
    """The create form as it was, with what has changed; nothing here is done twice by a reload."""
    context = create_context(request, project, data, refused)
    status = refused.status if refused else 200
    if wants_part(request):
        return render(request, "studio/_live.html", context, status=status)
    return render(request, "studio/studio.html", library.context(request, project) | context, status=status)


@login_required
@require_POST
def register(request: Request, ref: str) -> HttpResponse:
    """Ask the chosen model's provider for an id of this reference, at the price on the button."""
    reference = get_object_or_404(access.editable_references(request.user).select_related("project"), ref=ref)
    data = request.POST.copy()
    name = data.get("register", "")
    try:
        choice, field = _field(data, name)
        workflow.actions.register(
            user=request.user,
            reference=reference,
            provider_key=choice.spec.provider,
            purpose=field.purpose,
            idempotency_key=checkout(
                request,
                [name, choice.spec.provider],
                key=f"register-key-{name}",
                price=f"register-price-{name}",
            ),
        )
    except workflow.Refused as refused:
        refused.field = name if refused.field in (None, "expected_price") else refused.field
        return _form(request, reference.project, data, refused)
    data[PICK + name] = reference.ref
    return client_event(_form(request, reference.project, data), "running-changed")


@login_required
@require_POST
def from_track(request: Request, ref: str) -> HttpResponse:
    """Take a finished track as a reference and go where it can be used."""
    track = get_object_or_404(access.editable_tracks(request.user).select_related("project"), ref=ref)
    try:
        reference = workflow.references.from_track(request.user, track)
    except workflow.Refused as refused:
        return render(request, "403.html", {"sentence": refused.sentence}, status=403)
    place = reverse("studio", args=[track.project.ref])
    offered = workflow.house.offered(workflow.house.style_of(track.project), workflow.catalogue.models())
    found = workflow.references.first_use(offered, request.session.get("model", ""))
    if found is None:
        return redirect("references", track.project.ref)
    model, field = found
    return redirect(f"{place}?{urlencode({'on': model, PICK + field: reference.ref})}")


@login_required
@require_POST
def to_bin(request: Request, ref: str) -> HttpResponse:
    """Off the list (or, with on=0, back onto it)."""
    reference = get_object_or_404(access.editable_references(request.user).select_related("project"), ref=ref)
    if request.POST.get("on") == "0":
        try:
            workflow.references.restore(reference)
        except workflow.Refused as refused:
            return render(request, "errors/400.html", {"sentence": refused.sentence}, status=400)
    else:
        workflow.references.bin_reference(reference)
    return redirect(back(request, reverse("references", args=[reference.project.ref])))


@login_required
@require_safe
def audio(request: Request, ref: str) -> HttpResponseBase:
    """What is kept of a reference, for the player."""
    reference = get_object_or_404(access.references(request.user).exclude(file=""), ref=ref)
    return files.serve(request, workflow.media.path(reference.file), "audio/mpeg", reference.sha256)


__all__ = ["audio", "from_track", "references", "register", "to_bin"]
