"""The main screen of a project: create on the left, the library in the middle, one track on the right."""

import secrets
from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url, replace_url

from generator import access, workflow
from generator.models import Generation, Project
from generator.providers.base import ModelSpec
from generator.web import library
from generator.web.filters import LibraryFilter
from generator.web.htmx import Request, client_event, wants_part
from generator.web.picking import Shown, picked_for, pickers
from generator.workflow.catalogue import ModelChoice

EXAMPLES = (
    "Warm lo-fi under a cooking video, 45 s",
    "Bright corporate opener for a product film, 30 s",
    "Calm ambient bed for a podcast, 2 min, no drums",
    "Rainy solo piano in A minor, 1:30",
    "Fast chiptune loop for a platform game, 40 s",
    "Hopeful strings for a charity film, 1 min",
)
IDEAS = {
    "Genre": ("lo-fi", "ambient", "cinematic", "folk", "house", "jazz trio", "bossa nova", "synthwave", "funk"),
    "Mood": ("warm", "calm", "hopeful", "upbeat", "dreamy", "dark", "energetic", "melancholic", "playful"),
    "Tempo": ("slow", "relaxed", "mid-tempo", "driving", "fast", "70 BPM", "90 BPM", "120 BPM"),
    "Sound": ("soft piano", "acoustic guitar", "strings", "synth pads", "brass", "no drums", "seamless loop"),
    "Use": ("cooking video", "podcast", "product film", "vlog", "game", "documentary", "intro", "under a voice"),
}


class CreateForm:
    """What the create pane shows: made from the chosen model's spec and whatever was typed, sent or remembered."""

    def __init__(
        self, user, project: Project, data: Mapping[str, str], refused: workflow.Refused | None = None
    ) -> None:
        self.choices = workflow.catalogue.models()
        usable = [choice for choice in self.choices if choice.available] or self.choices
        named = next((choice for choice in self.choices if choice.spec.key == data.get("model")), None)
        self.gone = bool(data.get("model")) and named is None
        self.choice = named or picked_for(usable, data) or (usable[0] if usable else None)
        self.refused = refused
        self.key = data.get("idempotency_key") or secrets.token_urlsafe(18)
        text = _lines(data.get("text", ""))
        self.text = f"{text}, {data['add']}" if text and data.get("add") else text or data.get("add", "")
        self.again = data.get("again", "")
        if self.choice:
            self._fill(user, project, self.choice, data)

    def _fill(self, user, project: Project, choice: ModelChoice, data: Mapping[str, str]) -> None:
        spec = choice.spec
        asked = data.get("takes", "")
        self.takes = min(_whole(asked), spec.takes_max) or spec.takes_default
        self.format = data["format"] if data.get("format") in spec.formats else spec.formats[0]
        about, sentence = (self.refused.field, self.refused.sentence) if self.refused else (None, "")
        shown = [
            Shown(field, data.get(field.name, field.default), sentence if about == field.name else "")
            for field in spec.fields
            if not field.purpose
        ]
        self.fields = [one for one in shown if not one.field.advanced]
        self.advanced = [one for one in shown if one.field.advanced]
        self.pickers = pickers(user, project, choice, data, about, sentence)
        self.quote = workflow.quote(user, project, spec.key, self.takes)
        self.price = workflow.price_line(self.quote)
        self.heard, self.heard_problem = _heard(spec, self.text, data)

    @property
    def has_picked(self) -> bool:
        """Whether a reference field has anything in it that the person should see."""
        return any(one.picked or one.error for one in self.pickers)

    @property
    def takes_range(self) -> range:
        return range(1, (self.choice.spec.takes_max if self.choice else 1) + 1)

    @property
    def general_error(self) -> str:
        """The refusal, when it is not about one of the model's own fields."""
        shown = [*self.fields, *self.advanced] if self.choice else []
        own = {one.field.name for one in shown} | {one.field.name for one in (self.pickers if self.choice else [])}
        return self.refused.sentence if self.refused and self.refused.field not in own else ""


def _lines(text: str) -> str:
    """Undo what browsers do to line ends, so that a line counts here as it counts beside the text."""
    return text.replace("\r\n", "\n")


def _whole(text: str) -> int:
    """Read a small whole number; anything else is 0."""
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _heard(spec: ModelSpec, text: str, data: Mapping[str, str]) -> tuple[str, str]:
    if not text.strip():
        return "", ""
    try:
        return workflow.heard(spec, text, workflow.clean_settings(spec, data)), ""
    except workflow.Refused as refused:
        return "", refused.sentence


def _remembered(generation: Generation) -> dict[str, str]:
    """Everything a past generation was asked with, as the form would send it."""
    asked = generation.prompt.settings.items()
    settings = {name: "on" if value is True else _typed(value) for name, value in asked if value is not False}
    settings.pop("seed", None)  # the same brief, but new music; the seed is on the track's page for those who want it
    return settings | {"text": generation.prompt.text, "model": generation.model.key, "again": generation.ref}


def _typed(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@login_required
@require_GET
def home(request: Request) -> HttpResponse:
    """Send a person to the project they were in last, or to their own."""
    mine = access.projects(request.user)
    last = mine.filter(ref=request.session.get("project", "")).first() or mine.first()
    if last is None:
        last = Project.objects.personal_for(request.user)
    return redirect("studio", last.ref)


@login_required
@require_GET
def studio(request: Request, ref: str) -> HttpResponse:
    """The page itself; the library alone when htmx asks for it."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    if request.session.get("project") != project.ref:
        request.session["project"] = project.ref
    context = library.context(request, project)
    if request.htmx.target == "library-list" and not request.htmx.history_restore_request:
        reply = render(request, "studio/_library_list.html", context)
        return address(request, reply, project, context["filter"])
    return render(request, "studio/studio.html", context | create_context(request, project, request.GET))


def create_context(request: Request, project: Project, data, refused=None) -> dict:
    past = _again(request, data)
    if past and "text" not in data:
        data = _remembered(past)
    return {
        "project": project,
        "here": "studio",
        "form": CreateForm(request.user, project, data, refused),
        "may_edit": access.can_edit(request.user, project),
        "ideas": IDEAS,
        "examples": EXAMPLES,
        "most_upload": workflow.references.MOST_UPLOAD // 1_000_000,
    }


@login_required
@require_GET
def create_live(request: Request, ref: str) -> HttpResponse:
    """The part of the create pane that follows what is typed and chosen."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    return render(request, "studio/_live.html", create_context(request, project, request.GET))


@login_required
@require_POST
def generate(request: Request, ref: str) -> HttpResponse:
    """Submit the form; a refusal keeps everything that was typed."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    if not access.can_edit(request.user, project):
        return render(request, "403.html", {"project": project}, status=403)
    data = request.POST
    try:
        _submit(request, project, data)
    except workflow.Refused as refused:
        context = create_context(request, project, data, refused)
        if wants_part(request):
            return render(request, "studio/_live.html", context, status=422)
        return render(request, "studio/studio.html", library.context(request, project) | context, status=422)
    if not wants_part(request):
        return redirect("studio", project.ref)
    renewed = data.copy()
    renewed["idempotency_key"] = ""
    reply = render(request, "studio/_live.html", create_context(request, project, renewed))
    return client_event(reply, "running-changed")


def _again(request: Request, data) -> Generation | None:
    """The past generation that this one is to be like, if the person may see it."""
    return access.generations(request.user).filter(ref=data.get("again", "").replace("\x00", "")).first()


def _submit(request: Request, project: Project, data) -> Generation:
    for name, value in data.items():
        if "\x00" in value:
            raise workflow.Refused("There is a character that cannot be stored. Type it again by hand.", name)
    choice = workflow.catalogue.choice(data.get("model", ""))
    if choice is None:
        raise workflow.Refused("That model is no longer offered. Choose another; your text is still here.", "model")
    return workflow.submit(
        user=request.user,
        project=project,
        model_key=choice.spec.key,
        text=_lines(data.get("text", "")),
        takes=_whole(data.get("takes", "")),
        format=data.get("format", ""),
        settings=workflow.clean_settings(choice.spec, _with_ids(project, choice, data)),
        idempotency_key=data.get("idempotency_key", ""),
        again_of=_again(request, data),
    )


def _with_ids(project: Project, choice: ModelChoice, data: Mapping[str, str]) -> dict[str, str]:
    return workflow.references.choose(choice.spec, project, choice.model.provider_id, data)


def address(request: Request, reply: HttpResponse, project: Project, wanted: LibraryFilter) -> HttpResponse:
    """Put the filter into the address bar: a new step to go back to, except while a search is being typed."""
    url = reverse("studio", args=[project.ref])
    url = f"{url}?{wanted.query()}" if wanted.query() else url
    before = request.htmx.current_url_abs_path or ""
    if before == url:
        return reply
    typing = request.htmx.trigger == "search-form" and "q=" in before
    return replace_url(reply, url) if typing else push_url(reply, url)
