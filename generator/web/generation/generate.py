"""The create pane and what Generate does: the form as it is typed, one generation, or a comparison."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from generator import permissions
from generator.models import UPLOADED_TRACK, Batch, Comparison, Generation, Preset, Project, Track
from generator.services.briefs import batches
from generator.services.briefs.batches import Item
from generator.services.errors import KeyReused, UserError
from generator.services.generation import comparisons, sketch, submit
from generator.services.library import references
from generator.services.model_choice import fallback
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import sample_project
from generator.web.create import remembered
from generator.web.create.model_fields import lines, settings, whole
from generator.web.create.understood import apply_edits
from generator.web.generation import code_snippets
from generator.web.generation.checkout_request import checkout
from generator.web.generation.create_form import create_form
from generator.web.library import track_list
from generator.web.site.htmx import Request, client_event, wants_part

EXAMPLES = (
    "Warm lo-fi under a cooking video, 45 s",
    "Bright corporate opener for a product film, 30 s",
    "Calm ambient bed for a podcast, 2 min, no drums",
    "Rainy solo piano in A minor, 1:30",
    "Fast chiptune loop for a platform game, 40 s",
    "Hopeful strings for a charity film, 1 min",
)
MAX_EXAMPLES = 6
IDEAS = {
    gettext_lazy("Genre"): (
        "lo-fi",
        "ambient",
        "cinematic",
        "folk",
        "house",
        "jazz trio",
        "bossa nova",
        "synthwave",
        "funk",
    ),
    gettext_lazy("Mood"): (
        "warm",
        "calm",
        "hopeful",
        "upbeat",
        "dreamy",
        "dark",
        "energetic",
        "melancholic",
        "playful",
    ),
    gettext_lazy("Tempo"): ("slow", "relaxed", "mid-tempo", "driving", "fast", "70 BPM", "90 BPM", "120 BPM"),
    gettext_lazy("Sound"): (
        "soft piano",
        "acoustic guitar",
        "strings",
        "synth pads",
        "brass",
        "no drums",
        "seamless loop",
    ),
    gettext_lazy("Use"): (
        "cooking video",
        "podcast",
        "product film",
        "vlog",
        "game",
        "documentary",
        "intro",
        "under a voice",
    ),
}


def create_context(
    request: Request, project: Project, data: QueryDict, error: UserError | None = None
) -> dict[str, Any]:
    parent = _parent_of(request, data)
    if parent and "text" not in data:
        other_models = data.getlist("on")
        keeps_seed, with_suggestion = data.get("keep") == "seed", data.get("use") == "suggestion"
        data = remembered.of_generation(parent, with_seed=keeps_seed, with_suggestion=with_suggestion)
        data.setlist("on", other_models)
    data = remembered.with_preset(request.user, project, data)
    data = apply_edits(_fill_from_sketch(request, data))
    last_used = request.session.get("model", "")
    form = create_form(request.user, project, data, error, last_used)
    is_kit_model = [choice.spec.key for choice in form.chosen] == [batches.KIT_MODEL]
    return {
        "project": project,
        "here": "studio",
        "form": form,
        "calls": code_snippets.for_form(request, project, form),
        "may_edit": permissions.can_edit(request.user, project),
        "ideas": IDEAS,
        "examples": EXAMPLES,
        "heard_examples": _heard_examples(request),
        "kit": batches.kit_quote(request.user, project) if is_kit_model else None,
        "preset_name": data.get("preset_name", ""),  # typed while something else in the form changes
        "presets": permissions.presets(request.user).filter(Preset.usable_in(project)),
        "most_upload": references.MAX_UPLOAD_BYTES // 1_000_000,
    }


def _heard_examples(request: Request) -> list[Track]:
    """Return tracks of the sample project that the user may hear, one for each prompt."""
    rows = permissions.tracks(request.user).kept().filter(project__name=sample_project.NAME, take=1)
    rows = rows.filter(generation__parent=None, generation__comparison=None).exclude(model_key=UPLOADED_TRACK)
    first = rows.select_related("generation__prompt", "generation__model", "project").order_by("id")[:MAX_EXAMPLES]
    return list({track.generation.prompt.text: track for track in first}.values())


def _fill_from_sketch(request: Request, data: QueryDict) -> QueryDict:
    """Return form data filled with the text of a sketch for another model, if one is requested."""
    if "sketch" not in data or "text" in data:
        return data
    tracks = permissions.tracks(request.user).filter(generation__in=permissions.briefs(request.user))
    track = tracks.filter(public_id=data.get("sketch", "").replace("\x00", "")).first()
    choice = catalog.choice(data.get("model", ""))
    if track is None or choice is None:
        return data
    filled = data.copy()
    filled["text"] = sketch.text_for(track, choice)
    return filled


@login_required
@require_http_methods(["GET", "POST"])
def create_live(request: Request, public_id: str) -> HttpResponse:
    """Render the part of the create pane that depends on the input; for a plain form, the whole page.

    A preview changes nothing, but uses POST because a long text does not fit into a URL.
    """
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if request.method == "POST" and not wants_part(request):
        context = track_list.context(request, project) | create_context(request, project, request.POST)
        return render(request, "studio/studio.html", context)
    data = request.POST if request.method == "POST" else request.GET
    return render(request, "studio/_live.html", create_context(request, project, data))


@login_required
@require_POST
def generate(request: Request, public_id: str) -> HttpResponse:
    """Submit the form; after an error it keeps everything that was typed."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if not permissions.can_edit(request.user, project):
        return render(request, "403.html", {"project": project}, status=403)
    data = request.POST
    try:
        created = (
            _submit_many(request, project, data) if data.get("compare") == "on" else _submit(request, project, data)
        )
    except UserError as error:
        return render_rejected(request, project, error)
    if not wants_part(request):
        return (
            redirect("compare", created.public_id)
            if isinstance(created, Comparison)
            else redirect("studio", project.public_id)
        )
    reply = render(request, "studio/_live.html", create_context(request, project, with_new_key(data)))
    return client_event(reply, "running-changed")


def render_rejected(request: Request, project: Project, error: UserError) -> HttpResponse:
    """Render the form as it was submitted, with the error; for a plain form, the whole page."""
    data = with_new_key(request.POST) if isinstance(error, KeyReused) else request.POST
    context = create_context(request, project, data, error)
    if wants_part(request):
        return render(request, "studio/_live.html", context, status=error.status)
    page_context = track_list.context(request, project) | context
    return render(request, "studio/studio.html", page_context, status=error.status)


def with_new_key(data: QueryDict) -> QueryDict:
    renewed = data.copy()
    renewed["idempotency_key"] = ""
    return renewed


def _parent_of(request: Request, data: QueryDict) -> Generation | None:
    """Return the past generation to repeat, if the user may see its prompt."""
    public_id = data.get("again", "").replace("\x00", "")
    return permissions.briefs(request.user).filter(public_id=public_id).first() if public_id else None


def _readable(data: QueryDict) -> None:
    for name, values in data.lists():
        if any("\x00" in str(value) for value in values):
            sentence = gettext(
                "The text contains a character that cannot be stored. Remove it, or type the text again."
            )
            raise UserError(sentence, name, code="invalid_text")


def _submit(request: Request, project: Project, data: QueryDict) -> Generation | Batch:
    _readable(data)
    model_key, key, parent = data.get("model", ""), checkout(request), _parent_of(request, data)
    wanted = fallback.Wanted(
        user=request.user,
        project=project,
        text=lines(data.get("text", "")),
        takes=whole(data.get("takes", "")),
        format=data.get("format", ""),
        raw_for=lambda choice: _with_ids(request, project, choice, settings(data)),
        is_strict=True,
    )
    choice = catalog.choice(model_key)
    created: Generation | Batch
    if choice and choice.available and choice.spec.takes_max < wanted.takes <= choice.spec.calls_max:
        values = submit.clean_settings(choice.spec, wanted.raw_for(choice))
        item = Item(model_key, wanted.text, wanted.takes, wanted.format, values)
        created = batches.submit_batch(request.user, project, Batch.Kind.TAKES, [item], key, parent)
    else:
        created = fallback.submit_or_fall_back(wanted, model_key, key, parent=parent)
    if request.session.get("model") != model_key:
        request.session["model"] = model_key
    return created


def _submit_many(request: Request, project: Project, data: QueryDict) -> Comparison:
    _readable(data)
    specs = [choice.spec for key in data.getlist("model") if (choice := catalog.choice(key))]
    return comparisons.submit_many(
        user=request.user,
        project=project,
        model_keys=data.getlist("model"),
        text=lines(data.get("text", "")),
        takes=whole(data.get("takes", "")),
        format=data.get("format", ""),
        raw=references.choose_for_all(specs, permissions.project_references(request.user, project), settings(data)),
        idempotency_key=checkout(request),
        parent=_parent_of(request, data),
    )


def _with_ids(request: Request, project: Project, choice: ModelChoice, data: Mapping[str, str]) -> dict[str, str]:
    visible = permissions.project_references(request.user, project)
    return references.choose(choice.spec, visible, choice.model.provider_id, data)
