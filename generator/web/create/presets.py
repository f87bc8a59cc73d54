"""Presets: the menu of the create pane and the page that lists them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generator import permissions
from generator.models import Preset, Project, User
from generator.services.briefs import presets
from generator.services.errors import UserError
from generator.services.library import references
from generator.services.provider_jobs import catalog
from generator.web.create.model_fields import lines, settings, whole
from generator.web.generation.generate import create_context
from generator.web.library import track_list
from generator.web.site.htmx import Request, client_event, wants_part


@login_required
@require_http_methods(["GET", "POST"])
def presets_page(request: Request, public_id: str) -> HttpResponse:
    """List the presets; POST: save the settings of the create form as one."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if request.method == "POST":
        return _save_and_render(request, project)
    context = _list_context(request, project)
    if request.htmx.target == "preset-list":
        return render(request, "studio/_preset_list.html", context)
    deleted = request.GET.get("deleted", "")
    restorable = permissions.presets_to_restore(request.user).filter(trashed_at__isnull=False, public_id=deleted)
    return render(request, "studio/presets.html", context | {"deleted": restorable.first() if deleted else None})


def _list_context(request: Request, project: Project) -> dict[str, Any]:
    usable = permissions.presets(request.user).filter(Preset.usable_in(project))
    listed_presets = usable.select_related("owner").order_by("name", "id")
    return {
        "project": project,
        "here": "presets",
        "may_edit": permissions.can_edit(request.user, project),
        "groups": [
            (_("Yours"), [preset for preset in listed_presets if preset.project_id is None]),
            (_("Shared in this project"), [preset for preset in listed_presets if preset.project_id]),
        ],
    }


def _save_and_render(request: Request, project: Project) -> HttpResponse:
    if not permissions.can_edit(request.user, project):
        return render(request, "403.html", {"project": project}, status=403)
    data: QueryDict = request.POST.copy()
    failure: UserError | None = None
    try:
        preset = _save_preset(request.user, project, data)
    except UserError as error:
        failure = error
    if failure is None:
        data["preset_name"] = ""
    context = create_context(request, project, data, failure) | {
        "presets_changed": True,
        "preset_name": data.get("preset_name", ""),
    }
    if not wants_part(request):
        if failure is None:
            messages.success(request, _("“{name}” was saved.").format(name=preset.name))
            return redirect("presets", project.public_id)
        return render(request, "studio/studio.html", track_list.context(request, project) | context, status=422)
    reply = render(request, "studio/_live.html", context, status=422 if failure else 200)
    return reply if failure else client_event(reply, toast=_("“{name}” was saved.").format(name=preset.name))


def _save_preset(user: User, project: Project, data: QueryDict) -> Preset:
    choice = catalog.choice(data.get("model", ""))
    values = settings(data)
    if choice:
        own_references = permissions.project_references(user, project)
        values = references.choose(choice.spec, own_references, choice.model.provider_id, values)
    return presets.save(
        user,
        project if data.get("preset_scope") == "project" else None,
        data.get("preset_name", ""),
        {**values, "model": data.get("model", "")},
        lines(data.get("text", "")) if data.get("preset_text") else "",
        whole(data.get("takes", "")),
        data.get("format", ""),
    )


def _get_own_preset(request: Request, public_id: str) -> Preset:
    return get_object_or_404(permissions.editable_presets(request.user), public_id=public_id)


def _redirect_to_list(request: Request, preset: Preset, query: str = "") -> HttpResponse:
    """Return to the list that the form was on: a personal preset is listed in every project."""
    listed_project = permissions.projects(request.user).filter(public_id=request.POST.get("project", "")).first()
    project = listed_project or preset.project
    return redirect(f"{reverse('presets', args=[project.public_id])}{query}") if project else redirect("home")


@login_required
@require_POST
def rename(request: Request, public_id: str) -> HttpResponse:
    preset = _get_own_preset(request, public_id)
    try:
        presets.rename(preset, request.POST.get("name", ""))
    except UserError as error:
        messages.warning(request, error.sentence, extra_tags=error.code)
    return _redirect_to_list(request, preset)


@login_required
@require_POST
def delete(request: Request, public_id: str) -> HttpResponse:
    """Delete a preset, and offer to undo it: in a toast, or on the list without script."""
    preset = _get_own_preset(request, public_id)
    presets.delete(preset)
    if not wants_part(request):
        return _redirect_to_list(request, preset, f"?deleted={preset.public_id}")
    toast = {"text": _("“{name}” was deleted.").format(name=preset.name), "undo_preset": preset}
    return client_event(render(request, "parts/_toast.html", toast), "presets-changed")


@login_required
@require_POST
def restore(request: Request, public_id: str) -> HttpResponse:
    preset = get_object_or_404(permissions.presets_to_restore(request.user), public_id=public_id)
    text, code = "", ""
    try:
        presets.restore(preset)
        text = _("“{name}” was restored.").format(name=preset.name)
    except UserError as error:
        text, code = error.sentence, error.code
    if not wants_part(request):
        messages.info(request, text, extra_tags=code)
        return _redirect_to_list(request, preset)
    reply = render(request, "parts/_toast.html", {"text": text, "code": code}, status=422 if code else 200)
    return client_event(reply, "presets-changed")
