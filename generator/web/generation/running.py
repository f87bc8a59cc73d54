"""Cards of running generations and comparisons above the library, and their actions."""

import secrets
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Case, Count, Prefetch, Q, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.models import Batch, Comparison, Generation, Project, ProjectDefaults, State, User
from generator.models.generation import GenerationQuerySet
from generator.models.track import TrackQuerySet
from generator.page_memory import remembering
from generator.services.briefs import batches
from generator.services.briefs.batches import BatchProgress
from generator.services.errors import UserError, states_cost
from generator.services.generation import cancellation, eta
from generator.services.model_choice import fallback
from generator.services.provider_jobs import catalog, provider_actions, waiting_reasons
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults, sample_project
from generator.web.create import batch_cards
from generator.web.create.batch_cards import EndedBatch
from generator.web.generation import arrivals
from generator.web.generation.activity import UNFINISHED, activity_of
from generator.web.generation.checkout_request import checkout
from generator.web.site.htmx import Request, answered, client_event

MAX_CARDS = 30
MAX_WAITING = 3  # finished comparisons shown; others are reachable from their tracks
_HEAVY = ("peaks", "measured", "search_text")


def context(user: User, project: Project, shown_ids: Iterable[str] = ()) -> dict[str, Any]:
    """Return the context of the cards: running generations, failed or in-doubt ones until dismissed, and ready ones.

    `shown` are the public IDs of the generations that the page shows already.
    """
    found, shown_ids = activity_of(user, project), [public_id for public_id in shown_ids if public_id]
    batch_lines, ended_batches = batch_cards.load(user, project, shown_ids) if found.has_batches else ([], [])
    runs = _listed_runs(user, project) if found.has_runs else []
    # Samples have a place in the list, and no card: nobody requested them.
    samples = [run for run in runs if run.is_active and sample_project.is_sample_run(project, run)]
    jobs = [_card(run) for run in runs if run not in samples]
    ended = [job for job in jobs if not job["generation"].is_active]
    ready = arrivals.ready(user, project, shown_ids) if found.has_ready_runs or shown_ids else None
    arrived = [_card(row) | {"has_arrived": True} for row in _with_card_data(ready, user)] if ready is not None else []
    stuck = [job for job in jobs if job["generation"].state == State.QUEUED and job["progress"].wait]
    offered = bool(ended or stuck)
    choices = project_defaults.offered(project_defaults.defaults_of(project), catalog.models()) if offered else []
    _offer_others(ended, choices, project_defaults.defaults_of(project))
    _offer_next(stuck, choices, user)
    _price_again(ended)
    comparing = _comparing(user, project) if found.has_blind_comparisons else []
    jobs = _in_order(jobs, arrived)
    moving = [job["progress"].percent for job in jobs if job["generation"].is_active]
    moving += [line.percent for line in batch_lines] + [run.percent for run in samples]
    moving += [run.percent for card in comparing for run in card["runs"] if run.is_active]
    return {
        "jobs": jobs,
        "comparing": comparing,
        "batches": batch_lines,
        "ended_batches": ended_batches,
        "down": ",".join(choice.spec.key for choice in choices if not choice.available),
        "is_moving": bool(moving),
        "is_unclear": any(job["generation"].state == State.IN_DOUBT for job in jobs),
        "percent": round(sum(moving) / len(moving)) if moving else None,
        "newest": found.newest_track or "",
        "cards": ",".join(_card_ids(jobs, [*batch_lines, *ended_batches])),
        "coming": _count_coming(user, project) if moving else 0,
    }


def _listed_runs(user: User, project: Project) -> list[Generation]:
    """Return the runs under way that have a card of their own, and those that ended without success, not dismissed."""
    states = (*State.active(), *UNFINISHED)  # explicit, so that the index is used
    is_listed = Q(state__in=states) | Q(state=State.READY, cancel_requested_at__isnull=False)  # canceled too late
    rows = permissions.project_generations(user, project).filter(is_listed, dismissed_at=None)
    rows = rows.exclude(batch_cards.without_own_card())
    rows = rows.exclude(comparison__isnull=False, comparison__revealed_at=None, state__in=State.active())
    under_way_first = Case(When(state__in=State.active(), then=0), default=1)
    return list(_with_card_data(rows, user).order_by(under_way_first, "-id")[:MAX_CARDS])


def _in_order(jobs: list[dict[str, Any]], arrived: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one card for each run, also for a run that became ready between the two queries; newest first.

    A card keeps its place when it changes.
    """
    newest_state = {job["generation"].pk: job for job in (*jobs, *arrived)}
    return [job for _, job in sorted(newest_state.items(), reverse=True)]


def _with_card_data(rows: GenerationQuerySet, user: User) -> GenerationQuerySet:
    """Return generations with everything that a card needs."""
    related = ("model__provider", "prompt", "author", "price", "comparison", "project", "fallback__wanted")
    return rows.select_related(*related).prefetch_related("entries", _takes(user))


def _card_ids(jobs: list[dict[str, Any]], batch_lines: Iterable[BatchProgress | EndedBatch]) -> list[str]:
    """Return the public IDs of the cards that stay on the page when they are ready and heard."""
    shown_jobs = [job["generation"].public_id for job in jobs if job["generation"].state != State.FAILED]
    return shown_jobs + [line.batch.public_id for line in batch_lines]


def _count_coming(user: User, project: Project) -> int:
    """Return how many takes are still to arrive, each of which has a place in the list."""
    runs = permissions.project_generations(user, project).active().filter(model__is_action=False)
    counts = runs.order_by().annotate(arrived=Count("tracks")).values_list("takes_requested", "arrived")
    return sum(requested - arrived for requested, arrived in counts)


def _card(generation: Generation) -> dict[str, Any]:
    generation.refresh_key = secrets.token_urlsafe(12)  # type: ignore[attr-defined]  # for the template
    return {
        "generation": generation,
        "progress": eta.progress(generation),
        "next_look": _next_poll(generation),
        "charged": _charged(generation),
        "is_cost_stated": not generation.is_blind and states_cost(generation.error_message),
        "may_still_cost": cancellation.may_still_cost(generation),
        "is_asked_to_stop": bool(generation.cancel_requested_at and catalog.canceled_job(generation)),
        "tracks": generation.tracks.all(),
    }


def _next_poll(generation: Generation) -> str:
    """Return when an in-doubt generation is checked next; empty if it is not."""
    is_polled = generation.state == State.IN_DOUBT and generation.due_at
    return waiting_reasons.retry_time(generation.due_at) if is_polled and generation.due_at else ""


def _takes(user: User) -> "Prefetch[str, TrackQuerySet, str]":
    """Return a prefetch of the takes that the user may see; tracks since made private or moved are excluded."""
    return Prefetch("tracks", permissions.tracks(user).kept().with_new(user).order_by("take").defer(*_HEAVY))


def _comparing(user: User, project: Project) -> list[dict[str, Any]]:
    """Return a card per blind comparison: all running ones, and the newest finished ones."""
    generations = (
        permissions.project_generations(user, project)
        .order_by("id")
        .select_related("model__provider")
        .prefetch_related(_takes(user))
    )
    rows = (
        permissions.comparisons(user)
        .filter(project=project)
        .blind()
        .order_by("-id")
        .prefetch_related(Prefetch("generations", generations))
    )
    cards = [_comparison_card(row) for row in rows[:MAX_CARDS]]
    waiting = [
        card for card in cards if not card["is_moving"] and any(generation.tracks.all() for generation in card["runs"])
    ]
    return [card for card in cards if card["is_moving"] or card in waiting[:MAX_WAITING]]


def _comparison_card(comparison: Comparison) -> dict[str, Any]:
    newest = {generation.letter: generation for generation in comparison.generations.all()}
    generations = [newest[letter] for letter in sorted(newest)]
    return {
        "comparison": comparison,
        "runs": generations,
        "held": sum(generation.price_total for generation in generations),
        "may_still_cost": any(map(cancellation.may_still_cost, generations)),
        "is_moving": any(generation.is_active for generation in generations),
        "is_waiting": any(
            generation.state == State.QUEUED and waiting_reasons.reason_for(generation) for generation in generations
        ),
    }


def _offer_others(jobs: list[dict[str, Any]], choices: list[ModelChoice], defaults: ProjectDefaults) -> None:
    """Add other usable models to failed generations: the project's order, the free composer, the rest."""
    usable = catalog.usable(choices)
    for job in jobs:
        generation = job["generation"]
        others = [*fallback.next_choices(defaults, generation.model.key), *usable]
        job["others"] = [choice for choice in dict.fromkeys(others) if choice.model.pk != generation.model_id]


def _offer_next(jobs: list[dict[str, Any]], choices: list[ModelChoice], user: User) -> None:
    """Offer the project's next model, or the free composer, on generations that wait for their provider."""
    composer = next((choice for choice in choices if choice.available and choice.is_local), None)
    for job in jobs:
        generation = job["generation"]
        job["next"] = fallback.offer_for(generation, user)
        job["meanwhile"] = None if generation.model.is_action or job["next"] else composer


def _price_again(jobs: list[dict[str, Any]]) -> None:
    """Set the current price of a retry: the price shown on the button and charged."""
    for job in jobs:
        generation = job["generation"]
        find_choice = catalog.action if generation.model.is_action else catalog.choice
        choice = find_choice(generation.model.key)
        job["price_again"] = choice.total_again(generation) if choice else None


def _charged(generation: Generation) -> int:
    return sum(entry.amount for entry in generation.entries.all() if entry.kind == "charge")


@login_required
@require_GET
def running(request: Request, public_id: str) -> HttpResponse:
    """Render the cards; trigger client events if tracks or model availability changed since the last poll."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    shown_ids = request.GET.get("cards", "").split(",")[:MAX_CARDS]
    with remembering():
        cards = context(request.user, project, shown_ids) | {
            "project": project,
            "may_edit": permissions.can_edit(request.user, project),
        }
        reply = render(request, "studio/_running.html", cards)
    changed = ["library-changed"] if request.GET.get("known") != cards["newest"] else []
    if not changed and request.GET.get("coming", str(cards["coming"])) != str(cards["coming"]):
        changed = ["places-changed"]
    changed += ["models-changed"] if request.GET.get("down", "") != cards["down"] else []
    return client_event(reply, *changed) if changed else reply


def _get_generation(request: Request, public_id: str) -> Generation:
    rows = permissions.editable_generations(request.user).select_related(
        "model__provider", "project", "author", "price", "prompt"
    )
    return get_object_or_404(rows, public_id=public_id)


def _render_cards(request: Request, generation: Generation, error: UserError | None = None) -> HttpResponse:
    def cards() -> HttpResponse:
        card_context = context(request.user, generation.project) | {"project": generation.project, "may_edit": True}
        return render(request, "studio/_running.html", card_context)

    return answered(request, error, resolve_url("studio", generation.project.public_id), cards)


@login_required
@require_POST
def cancel(request: Request, public_id: str) -> HttpResponse:
    generation = _get_generation(request, public_id)
    error: UserError | None = None
    try:
        cancellation.cancel(generation, request.user)
    except UserError as caught:
        error = caught
    return _render_cards(request, generation, error)


def _get_batch(request: Request, public_id: str) -> Batch:
    rows = Batch.objects.filter(project__in=permissions.editable_projects(request.user)).select_related("project")
    return get_object_or_404(rows, public_id=public_id)


def _render_project_cards(request: Request, project: Project) -> HttpResponse:
    def cards() -> HttpResponse:
        card_context = context(request.user, project) | {"project": project, "may_edit": True}
        return render(request, "studio/_running.html", card_context)

    return answered(request, None, resolve_url("studio", project.public_id), cards)


@login_required
@require_POST
def cancel_batch(request: Request, public_id: str) -> HttpResponse:
    batch = _get_batch(request, public_id)
    batches.cancel_batch(batch, request.user)
    return _render_project_cards(request, batch.project)


@login_required
@require_POST
def dismiss_batch(request: Request, public_id: str) -> HttpResponse:
    batch = _get_batch(request, public_id)
    batches.dismiss_batch(batch)
    return _render_project_cards(request, batch.project)


@login_required
@require_POST
def retry(request: Request, public_id: str) -> HttpResponse:
    generation = _get_generation(request, public_id)
    error: UserError | None = None
    try:
        provider_actions.retry(generation, request.user, checkout(request))
    except UserError as caught:
        error = caught
    return _render_cards(request, generation, error)


@login_required
@require_POST
def use_next(request: Request, public_id: str) -> HttpResponse:
    """Let the model on the button take the place of a generation that waits for its provider."""
    generation = _get_generation(request, public_id)
    error: UserError | None = None
    try:
        fallback.use_next(generation, request.user, checkout(request), model_key=request.POST.get("model", ""))
    except UserError as caught:
        error = caught
    return _render_cards(request, generation, error)


@login_required
@require_POST
def dismiss(request: Request, public_id: str) -> HttpResponse:
    generation = _get_generation(request, public_id)
    cancellation.dismiss(generation)
    return _render_cards(request, generation)
