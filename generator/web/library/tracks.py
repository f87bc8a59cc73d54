"""One track: its page, which is also the right pane of the workspace, and its actions."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.models import Generation, ProjectDefaults, Track, TrackCopy
from generator.models.track import TrackQuerySet
from generator.providers.base import ActionSpec, Field, ModelSpec
from generator.services.errors import UserError
from generator.services.generation import ingest, sketch
from generator.services.library import references
from generator.services.library import tracks as library_tracks
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults
from generator.translation import translate
from generator.web.finishing import finish, packs
from generator.web.generation.create_form import MAX_URL_CHARS
from generator.web.generation.reference_fields import behind_value
from generator.web.library import approvals, downloads, sharing, stems, variations, waveform_view
from generator.web.site.htmx import Request, back, client_event, wants_part
from generator.web.uploads import uploads

TABS = {"finish": gettext_lazy("Finish"), "review": gettext_lazy("Review"), "record": gettext_lazy("Details")}


def _track(request: Request, public_id: str, tracks: TrackQuerySet | None = None) -> Track:
    rows = permissions.tracks(request.user) if tracks is None else tracks
    related = (
        "project__approver",
        "author",
        "generation__project",
        "generation__model__provider",
        "generation__prompt",
        "generation__comparison",
        "generation__price",
        "generation__fallback__wanted",
    )
    return get_object_or_404(rows.select_related(*related).with_starred(request.user), public_id=public_id)


def _context(request: Request, track: Track, **extra: Any) -> dict[str, Any]:
    generation = track.generation
    spec = catalog.spec_for(generation.model)
    defaults = project_defaults.defaults_of(track.project)
    knows_generation = permissions.generations(request.user).filter(pk=generation.pk).exists()
    siblings = permissions.tracks(request.user).filter(generation=generation).kept().with_starred(request.user)
    approval_context = approvals.context(request, track)
    return {
        "track": track,
        "project": track.project,
        "tab": request.GET.get("tab") if request.GET.get("tab") in TABS else "finish",
        "tabs": [
            (key, title, len(approval_context["comments"]) if key == "review" else 0) for key, title in TABS.items()
        ],
        "generation": generation,
        "here": "studio",
        "siblings": siblings.order_by("take").defer("peaks", "measured"),
        "settings": _settings(spec, generation),
        "license": ingest.license_of(generation),
        # A moved track was made and paid for in another project, which the user may not know.
        "knows_run": knows_generation,
        "events": generation.events.select_related("actor") if knows_generation else (),
        "entries": generation.entries.order_by("id") if knows_generation else (),
        "origin": TrackCopy.objects.filter(track=track).select_related("copied_by").first(),
        "targets": permissions.editable_projects(request.user).exclude(pk=track.project_id),
        "may_edit": permissions.can_edit(request.user, track.project),
        "tags": track.tags.all(),
        "finish": _finish(track, defaults),
        "can_be_reference": references.first_use(catalog.models()) is not None,
        **approval_context,
        **downloads.menu_context(request.user, track.project),
        **sharing.context(request, track),
        **stems.context(request.user, track),
        **variations.context(request.user, track),
        **finish.track_context(request, track),
        **uploads.track_context(request.user, track),
        **packs.track_context(request, track),
        **extra,
    }


def _finish(track: Track, defaults: ProjectDefaults) -> tuple[ModelChoice, str] | None:
    """Return the paid model that can finish a sketch by the composer, and a link to the filled-in form; else None."""
    if track.model_key.partition("/")[0] not in catalog.local_keys():
        return None
    choice = sketch.paid(project_defaults.offered(defaults, catalog.models()))
    if choice is None:
        return None
    model, text = choice.spec.key, sketch.text_for(track, choice)
    filled = urlencode({"model": model, "text": text})
    if len(filled) > MAX_URL_CHARS:
        filled = urlencode({"model": model, "sketch": track.public_id})
    return choice, f"{reverse('studio', args=[track.project.public_id])}?{filled}"


def _settings(spec: ModelSpec | ActionSpec | None, generation: Generation) -> list[tuple[str, str]]:
    """Return the requested settings as (label, value); fields that the model no longer has keep their names."""
    fields = {field.name: field for field in spec.fields} if spec else {}
    rows = []
    for name, value in generation.prompt.settings.items():
        field = fields.get(name)
        if value is not False:
            text = f"{value:g}" if isinstance(value, float) else _("yes") if value is True else f"{value}"
            if spec and field and field.purpose:
                text = _reference(generation, spec, field, text)
            label = translate(field.label) if field else name.replace("_", " ").capitalize()
            rows.append((label, f"{text} {translate(field.unit) if field else ''}".strip()))
    return rows


def _reference(generation: Generation, spec: ModelSpec | ActionSpec, field: Field, value: str) -> str:
    """Return the title of the reference behind a value and what is followed of it; a pasted id is unchanged."""
    if not isinstance(spec, ModelSpec):
        return value
    referenced = behind_value(spec, generation.project, generation.model.provider_id, field, value)
    follows = references.follows(spec, value)
    text = ": ".join(part for part in (f"“{referenced.title}”" if referenced and follows else "", follows) if part)
    return text or (referenced.title if referenced else value)


@login_required
@require_GET
def track(request: Request, public_id: str) -> HttpResponse:
    """Show the full record of a track, as a page or in the right pane."""
    library_tracks.mark_heard(permissions.tracks(request.user).filter(public_id=public_id), request.user)
    if request.htmx.target == "detail" and not request.htmx.history_restore_request:
        return _pane(request, public_id)
    row = _track(request, public_id)
    return render(request, "tracks/track.html", _context(request, row) | waveform_view.context(row))


def _pane(request: Request, public_id: str) -> HttpResponse:
    """Show the short form of a track in the right pane of the workspace."""
    row = _track(request, public_id)
    context = {
        "track": row,
        "project": row.project,
        "generation": row.generation,
        "in_pane": True,
        "may_edit": permissions.can_edit(request.user, row.project),
        "can_be_reference": references.first_use(catalog.models()) is not None,
        **approvals.context(request, row),
        **downloads.menu_context(request.user, row.project),
        **variations.context(request.user, row),
        **waveform_view.context(row, is_small=True),
    }
    return render(request, "tracks/_pane.html", context)


def _rejected(request: Request, public_id: str, error: UserError) -> HttpResponse:
    """Show the unchanged track, with the entered values and the error."""
    page = "tracks/_track.html" if wants_part(request) else "tracks/track.html"
    row = _track(request, public_id)
    context = _context(request, row, error=error, typed=request.POST) | waveform_view.context(row)
    return render(request, page, context, status=422)


def _render_saved(request: Request, track: Track) -> HttpResponse:
    """Show the updated track; without htmx, redirect back."""
    if not wants_part(request):
        return redirect(back(request, f"{track.get_absolute_url()}?tab=record#organize"))
    row = _track(request, track.public_id)
    context = _context(request, row) | waveform_view.context(row)
    return client_event(render(request, "tracks/_track.html", context), "library-changed", toast=_("Saved."))


@login_required
@require_POST
def star(request: Request, public_id: str) -> HttpResponse:
    """Star a track for this user (on=1), or unstar it; viewers may do this too."""
    track = _track(request, public_id)
    on = request.POST.get("on") == "1"
    library_tracks.star(permissions.tracks(request.user).filter(pk=track.pk), request.user, on)
    if not wants_part(request):
        return redirect(back(request, track.get_absolute_url()))
    track.starred = on  # type: ignore[attr-defined]  # for the template
    return render(request, "parts/_star.html", {"track": track})


@login_required
@require_POST
def played(request: Request, public_id: str) -> HttpResponse:
    """Remove a track's mark as new for this person, after the player has played some of it."""
    track = get_object_or_404(permissions.tracks(request.user).only("pk"), public_id=public_id)
    library_tracks.mark_heard(permissions.tracks(request.user).filter(pk=track.pk), request.user)
    return HttpResponse(status=204)


@login_required
@require_POST
def edit(request: Request, public_id: str) -> HttpResponse:
    """Save the submitted title, notes and tag changes in one transaction."""
    track = _track(request, public_id, permissions.editable_tracks(request.user))
    selected = permissions.editable_tracks(request.user).filter(pk=track.pk)
    try:
        with transaction.atomic():
            _write(track, selected, {name: str(value) for name, value in request.POST.items()})
    except UserError as error:
        return _rejected(request, public_id, error)
    return _render_saved(request, track)


def _write(track: Track, selected: TrackQuerySet, values: Mapping[str, str]) -> None:
    if "title" in values:
        library_tracks.rename(track, values["title"])
    if "notes" in values:
        library_tracks.annotate(track, values["notes"].replace("\r\n", "\n"))
    if "isrc" in values:
        library_tracks.set_isrc(track, values["isrc"])
    if values.get("tag"):
        library_tracks.tag(selected, values["tag"])
    if values.get("untag"):
        library_tracks.untag(selected, values["untag"])


@login_required
@require_POST
def trash(request: Request, public_id: str) -> HttpResponse:
    track = _track(request, public_id, permissions.editable_tracks(request.user))
    library_tracks.trash_tracks(permissions.editable_tracks(request.user).filter(pk=track.pk), request.user)
    message = _("{title} moved to the trash.").format(title=track.display_title)
    if not wants_part(request):
        messages.info(request, message)
        return redirect("studio", track.project.public_id)
    reply = render(request, "parts/_toast.html", {"text": message, "undo": track})
    return client_event(reply, "library-changed")


@login_required
@require_POST
def restore(request: Request, public_id: str) -> HttpResponse:
    track = _track(request, public_id, permissions.editable_tracks(request.user))
    library_tracks.restore(permissions.editable_tracks(request.user).filter(pk=track.pk))
    if not wants_part(request):
        return redirect(back(request, track.get_absolute_url()))
    reply = render(request, "parts/_toast.html", {"text": _("{title} restored.").format(title=track.display_title)})
    return client_event(reply, "library-changed")
