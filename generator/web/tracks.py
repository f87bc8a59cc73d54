"""One track: its page (and the studio's right pane), and what can be done to it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from generator import access, workflow
from generator.audio import FORMATS
from generator.models import Generation, Track, TrackCopy
from generator.models.track import TrackQuerySet
from generator.providers.base import ActionSpec, Field, ModelSpec
from generator.web import review, sharing, stems, versions
from generator.web.create import MAX_URL_CHARS
from generator.web.htmx import Request, back, client_event, wants_part
from generator.web.picking import behind_value
from generator.workflow.catalogue import ModelChoice


def _track(request: Request, ref: str, tracks=None) -> Track:
    rows = access.tracks(request.user) if tracks is None else tracks
    related = (
        "project__approver",
        "author",
        "generation__project",
        "generation__model__provider",
        "generation__prompt",
        "generation__comparison",
        "generation__price",
    )
    return get_object_or_404(rows.select_related(*related).with_starred(request.user), ref=ref)


def _context(request: Request, track: Track, **more) -> dict:
    generation = track.generation
    spec = workflow.catalogue.spec_for(generation.model)
    style = workflow.house.style_of(track.project)
    knows_run = access.generations(request.user).filter(pk=generation.pk).exists()
    siblings = access.tracks(request.user).filter(generation=generation).kept().with_starred(request.user)
    return {
        "track": track,
        "project": track.project,
        "generation": generation,
        "here": "studio",
        "siblings": siblings.order_by("take").defer("peaks", "measured"),
        "settings": _settings(spec, generation),
        "licence": workflow.ingest.licence_of(generation),
        "formats": [(key, kind, workflow.renditions.ready(track, key) is not None) for key, kind in FORMATS.items()],
        # What was moved here was made, and paid for, in a project this person need not know.
        "knows_run": knows_run,
        "events": generation.events.select_related("actor") if knows_run else (),
        "entries": generation.entries.order_by("id") if knows_run else (),
        "origin": TrackCopy.objects.filter(track=track).select_related("copied_by").first(),
        "targets": access.editable_projects(request.user).exclude(pk=track.project_id),
        "levelled": workflow.renditions.levelled(track, style.lufs) if style.lufs is not None else None,
        "may_edit": access.can_edit(request.user, track.project),
        "tags": track.tags.all(),
        "finish": _finish(track, style),
        "can_be_reference": workflow.references.first_use(workflow.catalogue.models()) is not None,
        **review.context(request, track),
        **sharing.context(request, track),
        **stems.context(request.user, track),
        **versions.context(request.user, track),
        **more,
    }


def _finish(track: Track, style) -> tuple[ModelChoice, str] | None:
    """For a sketch of the composer's: the paid model to go on with, and the form filled in with what was settled."""
    if track.model_key.partition("/")[0] not in workflow.catalogue.local_keys():
        return None
    choice = workflow.sketch.paid(workflow.house.offered(style, workflow.catalogue.models()))
    if choice is None:
        return None
    model, text = choice.spec.key, workflow.sketch.text_for(track, choice)
    filled = urlencode({"model": model, "text": text})
    if len(filled) > MAX_URL_CHARS:
        filled = urlencode({"model": model, "sketch": track.ref})
    return choice, f"{reverse('studio', args=[track.project.ref])}?{filled}"


def _settings(spec: ModelSpec | ActionSpec | None, generation: Generation) -> list[tuple[str, str]]:
    """What was asked, with the form's own labels; fields the model no longer has keep their names."""
    fields = {field.name: field for field in spec.fields} if spec else {}
    shown = []
    for name, value in generation.prompt.settings.items():
        field = fields.get(name)
        if value is not False:
            plain = f"{value:g}" if isinstance(value, float) else "yes" if value is True else f"{value}"
            if spec and field and field.purpose:
                plain = _reference(generation, spec, field, plain)
            label = field.label if field else name.replace("_", " ").capitalize()
            shown.append((label, f"{plain} {field.unit if field else ''}".strip()))
    return shown


def _reference(generation: Generation, spec: ModelSpec | ActionSpec, field: Field, value: str) -> str:
    """The title of the project's reference behind a value, and what is followed of it; an id that was pasted stays."""
    if not isinstance(spec, ModelSpec):
        return value
    known = behind_value(spec, generation.project, generation.model.provider_id, field, value)
    follows = workflow.references.follows(spec, value)
    said = ": ".join(part for part in (f"“{known.title}”" if known and follows else "", follows) if part)
    return said or (known.title if known else value)


@login_required
@require_GET
def track(request: Request, ref: str) -> HttpResponse:
    """The full record of a track."""
    found = _context(request, _track(request, ref))
    if request.htmx.target == "detail" and not request.htmx.history_restore_request:
        return render(request, "tracks/_track.html", found | {"in_pane": True})
    return render(request, "tracks/track.html", found)


def _refused(request: Request, ref: str, refused: workflow.Refused) -> HttpResponse:
    """Show the track as it was, with what was typed and why it cannot be kept."""
    page = "tracks/_track.html" if wants_part(request) else "tracks/track.html"
    more = {"refused": refused, "typed": request.POST, "in_pane": request.htmx.target == "detail"}
    return render(request, page, _context(request, _track(request, ref), **more), status=422)


def _saved(request: Request, track: Track) -> HttpResponse:
    """Show the track anew; without htmx, go back to where the person was."""
    if not wants_part(request):
        return redirect(back(request, track.get_absolute_url()))
    found = _context(request, _track(request, track.ref), in_pane=request.htmx.target == "detail")
    return client_event(render(request, "tracks/_track.html", found), "library-changed", toast="Saved.")


@login_required
@require_POST
def star(request: Request, ref: str) -> HttpResponse:
    """Star (on=1) or unstar for the person who asks; viewers may too."""
    found = _track(request, ref)
    on = request.POST.get("on") == "1"
    workflow.library.star(access.tracks(request.user).filter(pk=found.pk), request.user, on)
    if not wants_part(request):
        return redirect(back(request, found.get_absolute_url()))
    found.starred = on  # type: ignore[attr-defined]
    return render(request, "parts/_star.html", {"track": found})


@login_required
@require_POST
def edit(request: Request, ref: str) -> HttpResponse:
    """Rename, note, tag and untag, whichever of them the form has; all of it or nothing."""
    found = _track(request, ref, access.editable_tracks(request.user))
    one = access.editable_tracks(request.user).filter(pk=found.pk)
    try:
        with transaction.atomic():
            _write(found, one, {name: str(value) for name, value in request.POST.items()})
    except workflow.Refused as refused:
        return _refused(request, ref, refused)
    return _saved(request, found)


def _write(track: Track, one: TrackQuerySet, typed: Mapping[str, str]) -> None:
    if "title" in typed:
        workflow.library.rename(track, typed["title"])
    if "notes" in typed:
        workflow.library.annotate(track, typed["notes"].replace("\r\n", "\n"))
    if typed.get("tag"):
        workflow.library.tag(one, typed["tag"])
    if typed.get("untag"):
        workflow.library.untag(one, typed["untag"])


@login_required
@require_POST
def to_bin(request: Request, ref: str) -> HttpResponse:
    found = _track(request, ref, access.editable_tracks(request.user))
    workflow.library.bin_tracks(access.editable_tracks(request.user).filter(pk=found.pk), request.user)
    done = f"{found.told_title} is in the bin."
    if not wants_part(request):
        messages.info(request, done)
        return redirect("studio", found.project.ref)
    reply = render(request, "parts/_toast.html", {"text": done, "undo": found})
    return client_event(reply, "library-changed")


@login_required
@require_POST
def restore(request: Request, ref: str) -> HttpResponse:
    found = _track(request, ref, access.editable_tracks(request.user))
    workflow.library.restore(access.editable_tracks(request.user).filter(pk=found.pk))
    if not wants_part(request):
        return redirect(back(request, found.get_absolute_url()))
    reply = render(request, "parts/_toast.html", {"text": f"{found.told_title} is back."})
    return client_event(reply, "library-changed")
