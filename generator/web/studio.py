"""The main screen of a project: create on the left, the library in the middle, one track on the right."""

from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import push_url, replace_url

from generator import access, workflow
from generator.models import Comparison, Generation, Project
from generator.web import calls, library
from generator.web.checkout import checkout
from generator.web.create import CreateForm, lines, settings, whole
from generator.web.filters import LibraryFilter
from generator.web.htmx import Request, client_event, wants_part
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


def _remembered(generation: Generation) -> QueryDict:
    """Everything a past generation was asked with, as the form would send it."""
    asked = generation.prompt.settings.items()
    typed = {name: "on" if value is True else _typed(value) for name, value in asked if value is not False}
    typed.pop("seed", None)  # the same brief, but new music; the seed is on the track's page for those who want it
    remembered = QueryDict(mutable=True)
    remembered.update(typed | {"text": generation.prompt.text, "model": generation.model.key, "again": generation.ref})
    return remembered


def _typed(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@login_required
@require_GET
def home(request: Request) -> HttpResponse:
    """Send a person to the project they were in last, else where they last asked for music or were invited."""
    last = access.projects(request.user).filter(ref=request.session.get("project", "")).first()
    if last is None:
        asked = access.generations(request.user).filter(author=request.user).order_by("-id").first()
        last = asked.project if asked else _invited_to(request)
    if last is None and access.received_invitations(request.user).exists():
        return redirect("projects")
    return redirect("studio", (last or Project.objects.personal_for(request.user)).ref)


def _invited_to(request: Request) -> Project | None:
    """The shared project whose invitation the person accepted last."""
    invited = {"invitations__email": request.user.email.lower(), "invitations__accepted_at__isnull": False}
    return access.projects(request.user).filter(**invited).order_by("-invitations__accepted_at").first()


@login_required
@require_GET
def studio(request: Request, ref: str) -> HttpResponse:
    """The page itself; the library alone when htmx asks for it."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    if request.session.get("project") != project.ref:
        request.session["project"] = project.ref
    if request.htmx.target == "library-list" and not request.htmx.history_restore_request:
        context = library.list_alone(request, project)
        reply = render(request, "studio/_library_list.html", context)
        return address(request, reply, project, context["filter"])
    context = library.context(request, project) | create_context(request, project, request.GET)
    return render(request, "studio/studio.html", context)


def create_context(request: Request, project: Project, data: QueryDict, refused=None) -> dict:
    past = _again(request, data)
    if past and "text" not in data:
        other = data.getlist("on")
        data = _remembered(past)
        data.setlist("on", other)
    data = _sketched(request, data)
    last_used = request.session.get("model", "")
    form = CreateForm(request.user, project, data, refused, last_used)
    return {
        "project": project,
        "here": "studio",
        "form": form,
        "calls": calls.for_form(request, project, form),
        "may_edit": access.can_edit(request.user, project),
        "ideas": IDEAS,
        "examples": EXAMPLES,
        "most_upload": workflow.references.MOST_UPLOAD // 1_000_000,
    }


def _sketched(request: Request, data: QueryDict) -> QueryDict:
    """With the text of a sketch of the composer's that is to be sent to another model."""
    if "sketch" not in data or "text" in data:
        return data
    mine = access.tracks(request.user).filter(generation__in=access.briefs(request.user))
    track = mine.filter(ref=data.get("sketch", "").replace("\x00", "")).first()
    choice = workflow.catalogue.choice(data.get("model", ""))
    if track is None or choice is None:
        return data
    filled = data.copy()
    filled["text"] = workflow.sketch.text_for(track, choice)
    return filled


@login_required
@require_http_methods(["GET", "POST"])
def create_live(request: Request, ref: str) -> HttpResponse:
    """The part of the create pane that follows what is typed and chosen; sent by a plain form, the whole page.

    A preview changes nothing, but is a POST all the same: a long text does not fit into an address.
    """
    project = get_object_or_404(access.projects(request.user), ref=ref)
    if request.method == "POST" and not wants_part(request):
        context = library.context(request, project) | create_context(request, project, request.POST)
        return render(request, "studio/studio.html", context)
    data = request.POST if request.method == "POST" else request.GET
    return render(request, "studio/_live.html", create_context(request, project, data))


@login_required
@require_POST
def generate(request: Request, ref: str) -> HttpResponse:
    """Submit the form; a refusal keeps everything that was typed."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    if not access.can_edit(request.user, project):
        return render(request, "403.html", {"project": project}, status=403)
    data = request.POST
    try:
        made = _submit_many(request, project, data) if data.get("compare") == "on" else _submit(request, project, data)
    except workflow.Refused as refused:
        kept = _with_new_key(data) if isinstance(refused, workflow.KeyReused) else data
        context = create_context(request, project, kept, refused)
        if wants_part(request):
            return render(request, "studio/_live.html", context, status=refused.status)
        shown = library.context(request, project) | context
        return render(request, "studio/studio.html", shown, status=refused.status)
    if not wants_part(request):
        return redirect("compare", made.ref) if isinstance(made, Comparison) else redirect("studio", project.ref)
    reply = render(request, "studio/_live.html", create_context(request, project, _with_new_key(data)))
    return client_event(reply, "running-changed")


def _with_new_key(data: QueryDict) -> QueryDict:
    renewed = data.copy()
    renewed["idempotency_key"] = ""
    return renewed


def _again(request: Request, data) -> Generation | None:
    """The past generation that this one is to be like, if the person may see it."""
    ref = data.get("again", "").replace("\x00", "")
    return access.briefs(request.user).filter(ref=ref).first() if ref else None


def _readable(data: QueryDict) -> None:
    for name, values in data.lists():
        if any("\x00" in str(value) for value in values):
            raise workflow.Refused("There is a character that cannot be stored. Type it again by hand.", name)


def _submit(request: Request, project: Project, data: QueryDict) -> Generation:
    _readable(data)
    choice = workflow.catalogue.choice(data.get("model", ""))
    if choice is None:
        raise workflow.Refused("That model is no longer offered. Choose another; your text is still here.", "model")
    generation = workflow.submit(
        user=request.user,
        project=project,
        model_key=choice.spec.key,
        text=lines(data.get("text", "")),
        takes=whole(data.get("takes", "")),
        format=data.get("format", ""),
        settings=workflow.clean_settings(choice.spec, _with_ids(request, project, choice, settings(data))),
        idempotency_key=checkout(request),
        again_of=_again(request, data),
    )
    if request.session.get("model") != choice.spec.key:
        request.session["model"] = choice.spec.key
    return generation


def _submit_many(request: Request, project: Project, data: QueryDict) -> Comparison:
    _readable(data)
    specs = [choice.spec for key in data.getlist("model") if (choice := workflow.catalogue.choice(key))]
    return workflow.submit_many(
        user=request.user,
        project=project,
        model_keys=data.getlist("model"),
        text=lines(data.get("text", "")),
        takes=whole(data.get("takes", "")),
        format=data.get("format", ""),
        raw=workflow.references.choose_for_all(specs, access.project_references(request.user, project), settings(data)),
        idempotency_key=checkout(request),
        again_of=_again(request, data),
    )


def _with_ids(request: Request, project: Project, choice: ModelChoice, data: Mapping[str, str]) -> dict[str, str]:
    heard = access.project_references(request.user, project)
    return workflow.references.choose(choice.spec, heard, choice.model.provider_id, data)


def address(request: Request, reply: HttpResponse, project: Project, wanted: LibraryFilter) -> HttpResponse:
    """Put the filter into the address bar: a new step to go back to, except while a search is being typed."""
    url = reverse("studio", args=[project.ref])
    url = f"{url}?{wanted.query()}" if wanted.query() else url
    before = request.htmx.current_url_abs_path or ""
    if before == url:
        return reply
    typing = request.htmx.trigger == "search-form" and "q=" in before
    return replace_url(reply, url) if typing else push_url(reply, url)
