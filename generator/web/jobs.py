"""Running work: the cards on top of the library, and what can be done to them."""

import secrets

from django.contrib.auth.decorators import login_required
from django.db.models import Case, Prefetch, Q, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.views.decorators.http import require_GET, require_POST

from generator import access, workflow
from generator.models import Comparison, Generation, Project, State
from generator.web.checkout import checkout
from generator.web.htmx import Request, answered, client_event
from generator.workflow.catalogue import ModelChoice

MOST_CARDS = 30
MOST_WAITING = 3  # comparisons that are complete; the others are found by their tracks
_HEAVY = ("peaks", "measured", "search_text")


def context(user, project: Project) -> dict:
    """The cards to show: everything under way, and what failed or is unclear until it is dismissed."""
    shown = (*State.active(), State.IN_DOUBT, State.FAILED, State.CANCELLED)  # named, so that the index is used
    told = Q(state__in=shown) | Q(state=State.READY, cancel_asked_at__isnull=False)  # a cancel that came too late
    rows = access.project_generations(user, project).filter(told, dismissed_at=None)
    rows = rows.select_related("model__provider", "prompt", "author", "price", "comparison")
    rows = rows.exclude(comparison__isnull=False, comparison__revealed_at=None, state__in=State.active())
    rows = rows.prefetch_related("entries", _takes(user))
    under_way_first = Case(When(state__in=State.active(), then=0), default=1)
    jobs = [_card(row) for row in rows.order_by(under_way_first, "-id")[:MOST_CARDS]]
    ended = [job for job in jobs if not job["generation"].is_active]
    stuck = [job for job in jobs if job["generation"].state == State.QUEUED and job["progress"].wait]
    offered = bool(ended or stuck)
    choices = workflow.house.offered(workflow.house.style_of(project), workflow.catalogue.models()) if offered else []
    _offer_others(ended, choices)
    _offer_the_composer(stuck, choices)
    _price_again(ended)
    comparing = _comparing(user, project)
    moving = [job["progress"].percent for job in jobs if job["generation"].is_active]
    moving += [run.percent for one in comparing for run in one["runs"] if run.is_active]
    return {
        "jobs": jobs,
        "comparing": comparing,
        "down": ",".join(choice.spec.key for choice in choices if not choice.available),
        "is_moving": bool(moving),
        "is_unclear": any(job["generation"].state == State.IN_DOUBT for job in jobs),
        "percent": round(sum(moving) / len(moving)) if moving else None,
        "newest": _newest(user, project),
    }


def _card(generation: Generation) -> dict:
    generation.refresh_key = secrets.token_urlsafe(12)  # type: ignore[attr-defined]
    return {
        "generation": generation,
        "progress": workflow.progress(generation),
        "next_look": _next_look(generation),
        "charged": _charged(generation),
        "may_still_cost": workflow.may_still_cost(generation),
        "tracks": generation.tracks.all(),
    }


def _next_look(generation: Generation) -> str:
    """When the studio looks again for what is unclear; empty when it does not."""
    looks = generation.state == State.IN_DOUBT and generation.due_at
    return workflow.waiting.soon(generation.due_at) if looks and generation.due_at else ""


def _newest(user, project: Project) -> str | None:
    kept = access.library(user, project).kept()
    return kept.order_by("-created_at", "-id").values_list("ref", flat=True).first()


def _takes(user) -> Prefetch:
    """The takes of a run that this person sees: not what was made private or carried elsewhere since."""
    return Prefetch("tracks", access.tracks(user).kept().order_by("take").defer(*_HEAVY))


def _comparing(user, project: Project) -> list[dict]:
    """A card for each blind comparison: all that are under way, and the last that wait to be heard."""
    if not project.comparisons.blind().exists():
        return []
    runs = (
        access.project_generations(user, project)
        .order_by("id")
        .select_related("model__provider")
        .prefetch_related(_takes(user))
    )
    rows = (
        access.comparisons(user)
        .filter(project=project)
        .blind()
        .order_by("-id")
        .prefetch_related(Prefetch("generations", runs))
    )
    cards = [_comparison_card(row) for row in rows[:MOST_CARDS]]
    waiting = [card for card in cards if not card["is_moving"] and any(run.tracks.all() for run in card["runs"])]
    return [card for card in cards if card["is_moving"] or card in waiting[:MOST_WAITING]]


def _comparison_card(comparison: Comparison) -> dict:
    newest = {run.letter: run for run in comparison.generations.all()}
    runs = [newest[letter] for letter in sorted(newest)]
    return {
        "comparison": comparison,
        "runs": runs,
        "held": sum(run.held for run in runs),
        "may_still_cost": any(map(workflow.may_still_cost, runs)),
        "is_moving": any(run.is_active for run in runs),
        "is_waiting": any(run.state == State.QUEUED and workflow.waiting.of(run) for run in runs),
    }


def _offer_others(jobs: list[dict], choices: list[ModelChoice]) -> None:
    """Beside what ended badly: the other models that can be used now, the free composer first."""
    usable = workflow.catalogue.usable(choices)
    for job in jobs:
        job["others"] = [choice for choice in usable if choice.model.pk != job["generation"].model_id]


def _offer_the_composer(jobs: list[dict], choices: list[ModelChoice]) -> None:
    """Beside what waits for its provider: what can be made on this machine meanwhile."""
    local = next((choice for choice in choices if choice.available and choice.is_local), None)
    for job in jobs:
        job["meanwhile"] = None if job["generation"].model.is_action else local


def _price_again(jobs: list[dict]) -> None:
    """What trying again costs by now: the price on the button, and the one that is charged."""
    for job in jobs:
        asked = job["generation"]
        find = workflow.catalogue.action if asked.model.is_action else workflow.catalogue.choice
        choice = find(asked.model.key)
        job["price_again"] = choice.price.per_take * asked.takes_asked if choice else None


def _charged(generation: Generation) -> int:
    return sum(entry.amount for entry in generation.entries.all() if entry.kind == "charge")


@login_required
@require_GET
def running(request: Request, ref: str) -> HttpResponse:
    """The cards as they stand; tells the page when tracks have come or models have gone since it last asked."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    cards = context(request.user, project) | {"project": project, "may_edit": access.can_edit(request.user, project)}
    reply = render(request, "studio/_running.html", cards)
    news = ["library-changed"] if request.GET.get("known") != (cards["newest"] or "") else []
    news += ["models-changed"] if request.GET.get("down", "") != cards["down"] else []
    return client_event(reply, *news) if news else reply


def _mine(request: Request, ref: str) -> Generation:
    rows = access.editable_generations(request.user).select_related(
        "model__provider", "project", "author", "price", "prompt"
    )
    return get_object_or_404(rows, ref=ref)


def _answer(request: Request, generation: Generation, toast: str = "") -> HttpResponse:
    def cards() -> HttpResponse:
        shown = context(request.user, generation.project) | {"project": generation.project, "may_edit": True}
        return render(request, "studio/_running.html", shown)

    return answered(request, toast, resolve_url("studio", generation.project.ref), cards)


@login_required
@require_POST
def cancel(request: Request, ref: str) -> HttpResponse:
    generation = _mine(request, ref)
    toast = ""
    try:
        workflow.cancel(generation, request.user)
    except workflow.Refused as refused:
        toast = refused.sentence
    return _answer(request, generation, toast)


@login_required
@require_POST
def retry(request: Request, ref: str) -> HttpResponse:
    generation = _mine(request, ref)
    toast = ""
    try:
        workflow.retry(generation, request.user, checkout(request))
    except workflow.Refused as refused:
        toast = refused.sentence
    return _answer(request, generation, toast)


@login_required
@require_POST
def dismiss(request: Request, ref: str) -> HttpResponse:
    generation = _mine(request, ref)
    workflow.dismiss(generation)
    return _answer(request, generation)
