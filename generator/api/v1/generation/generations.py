"""Generations: create, follow, cancel and retry them, and compare models with one prompt."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.http import HttpRequest
from ninja import Header, Query, Router, Status
from pydantic import Field

from generator import permissions
from generator.api import auth, idempotency, signed_files
from generator.api.long_polling import AccessEnded, NoFreeSlot, open_connection, worker_slot
from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.generation.reference_inputs import resolve_common_references, resolve_references
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.problems import Problem
from generator.models import Batch, Comparison, Generation, State, User
from generator.services.amount_confirmation import parse_amount
from generator.services.errors import PriceChanged, UserError
from generator.services.generation import cancellation, comparisons
from generator.services.generation.checkout import CheckoutRequest
from generator.services.model_choice import fallback
from generator.services.provider_jobs import provider_actions

router = Router(tags=["Generations"])
Placed = TypeVar("Placed", Generation, Comparison, Batch)
MAX_WAIT_S = 100  # seconds for which a `Prefer: wait` is honored
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])", re.IGNORECASE)
IdempotencyKey = Header(
    None, alias="Idempotency-Key", description="A repeated request with the same key returns the first result."
)
PreferHeader = Header(
    None,
    alias="Prefer",
    max_length=200,
    description=f"`wait=N`: respond once it has ended, after at most N seconds (up to {MAX_WAIT_S}).",
)


PRICE_FIELD = "expected_price_usd"
NO_GENERATION = "Generation not found, or not accessible with this key."


class GenerationFilter(PageQuery):
    project: str = Field("", max_length=16)
    state: schemas.GenerationState | None = Field(None, description="Only generations in this state.")


def find(request: HttpRequest, public_id: str) -> Generation:
    """Return a generation that this key may see, with everything that is shown of it.

    Raises:
        Problem: there is none.
    """
    user = user_of(request)
    generation = (
        serializers.load_generation_details(permissions.generations(user), user).filter(public_id=public_id).first()
    )
    if generation is None:
        raise Problem(404, NO_GENERATION)
    return generation


def respond(request: HttpRequest, submit: Callable[[], Generation], prefer: str | None = None) -> schemas.GenerationOut:
    """Return the generation as it is, or once it has ended if the request prefers to wait.

    Waiting is optional: if no wait slot is free, the response comes at once.
    """
    wait_match = _WAIT.search(prefer or "")
    if not wait_match or not int(wait_match[1]):
        return show(request, submit())
    try:
        with open_connection(
            submit, min(int(wait_match[1]), MAX_WAIT_S), keepalive_s=None, user=user_of(request)
        ) as connection:
            for _ in connection:
                pass
    except NoFreeSlot:
        return show(request, submit())
    except AccessEnded:
        raise Problem(404, NO_GENERATION) from None
    with worker_slot():
        return show(request, connection.generation)


def show(request: HttpRequest, row: Generation) -> schemas.GenerationOut:
    return serializers.generation(find(request, row.public_id), signed_files.base_url(request))


@router.get("/generations", response=Page[schemas.GenerationOut], summary="List generations, newest first")
def list_generations(request: HttpRequest, query: Query[GenerationFilter]) -> PageContent[schemas.GenerationOut]:
    user, base = user_of(request), signed_files.base_url(request)
    rows = permissions.generations(user)
    rows = rows.filter(project=project_of(user, query.project)) if query.project else rows
    rows = rows.filter(state=query.state.stored) if query.state else rows
    return page(serializers.load_generation_details(rows, user), query, lambda row: serializers.generation(row, base))


@router.post("/generations", response={201: schemas.GenerationOut}, summary="Create a generation")
def create_generation(
    request: HttpRequest,
    ask: schemas.GenerationIn,
    idempotency_key: str | None = IdempotencyKey,
    prefer: str | None = PreferHeader,
) -> Status[schemas.GenerationOut]:
    """Queue a generation. Its price is reserved at once; with an Idempotency-Key it is never charged twice."""
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)

    def submit(key: str) -> Generation:
        spec = fallback.choice_of(project, ask.model).spec
        fields = {**ask.settings, **resolve_references(user, project, ask.model, ask.references)}
        others = fallback.without_references(spec, fields)
        wanted = fallback.Wanted(
            user=user,
            project=project,
            text=ask.text,
            takes=spec.takes_default if ask.takes is None else ask.takes,
            format=ask.format or spec.formats[0],
            raw_for=lambda choice: fields if choice.spec.key == ask.model else others,
        )
        request = checkout_request(key, ask.expected_price_usd)
        return fallback.submit_or_fall_back(wanted, ask.model, request, clean=auth.clean_named_settings)

    content = ["make", content_without_price(ask)]
    return Status(201, respond(request, lambda: submit_once(user, idempotency_key, content, submit), prefer))


def content_without_price(ask: schemas.Priced) -> dict[str, Any]:
    """Return a request without its price: the same request at another price counts as the same."""
    return ask.model_dump(exclude={"expected_price_usd"})


def checkout_request(key: str, price: str | None) -> CheckoutRequest:
    """Return the checkout request; raise UserError if the price that was sent is not an amount."""
    return CheckoutRequest(key, "", None if price is None else parse_amount(price, PRICE_FIELD))


@contextmanager
def name_price_field() -> Iterator[None]:
    """Make a refusal of the price name the field as this API calls it."""
    try:
        yield
    except PriceChanged as error:
        error.field = PRICE_FIELD
        raise


def submit_once(user: User, header: str | None, content: list[Any], submit: Callable[[str], Placed]) -> Placed:
    """Submit; requests with the same Idempotency-Key are serialized by the lock of the API key's row.

    `content`: what makes two requests the same. `submit` gets the key to store with the generation or comparison.
    """
    token = idempotency.token_of(user, header, content)
    with name_price_field(), idempotency.lock_key(user, header, token):
        return submit(token)


@router.get("/generations/{generation_id}", response=schemas.GenerationOut, summary="Get a generation")
def get_generation(
    request: HttpRequest, generation_id: str, prefer: str | None = PreferHeader
) -> schemas.GenerationOut:
    return respond(request, lambda: find(request, generation_id), prefer)


@router.post("/generations/{generation_id}/cancel", response=schemas.GenerationOut, summary="Cancel a generation")
def cancel_generation(request: HttpRequest, generation_id: str) -> schemas.GenerationOut:
    """Free while it is queued. Once sent to a provider, it may continue there and be charged; what arrives is kept."""
    row = find(request, generation_id)
    must_edit(user_of(request), row.project)
    try:
        cancellation.cancel(row, user_of(request))
    except UserError as error:
        raise Problem(409, error.sentence) from error
    return show(request, row)


@router.post(
    "/generations/{generation_id}/dismiss",
    response=schemas.GenerationOut,
    summary="Remove an ended generation from the running list",
)
def dismiss_generation(request: HttpRequest, generation_id: str) -> schemas.GenerationOut:
    """It disappears from the running list of the pages, but stays available here with its history and tracks."""
    row = find(request, generation_id)
    must_edit(user_of(request), row.project)
    if row.state not in State.ended():
        raise Problem(409, "This generation has not ended yet. Dismiss it after it has ended.")
    cancellation.dismiss(row)
    return show(request, row)


@router.post("/generations/{generation_id}/retry", response={201: schemas.GenerationOut}, summary="Retry a generation")
def retry_generation(
    request: HttpRequest,
    generation_id: str,
    expected_price_usd: str | None = Query(None, max_length=24, description=schemas.EXPECTED_PRICE),
    idempotency_key: str | None = IdempotencyKey,
    prefer: str | None = PreferHeader,
) -> Status[schemas.GenerationOut]:
    """Create a new generation like one that has ended, at the current price."""
    user, row = user_of(request), find(request, generation_id)
    must_edit(user, row.project)
    if row.state not in State.ended():
        raise Problem(409, "This generation has not ended yet. Retry it after it has ended.")

    def submit(key: str) -> Generation:
        return provider_actions.retry(row, user, checkout_request(key, expected_price_usd))

    return Status(
        201, respond(request, lambda: submit_once(user, idempotency_key, ["retry", row.public_id], submit), prefer)
    )


@router.post(
    "/generations/{generation_id}/use-next",
    response={201: schemas.GenerationOut},
    summary="Use the project's next model for a generation that waits for its provider",
)
def use_next_model(
    request: HttpRequest,
    generation_id: str,
    expected_price_usd: str | None = Query(None, max_length=24, description=schemas.EXPECTED_PRICE),
    idempotency_key: str | None = IdempotencyKey,
    prefer: str | None = PreferHeader,
) -> Status[schemas.GenerationOut]:
    """The waiting generation ends free of charge, and the next model of the project's order takes its place."""
    user, row = user_of(request), find(request, generation_id)
    must_edit(user, row.project)

    def submit(key: str) -> Generation:
        return fallback.use_next(row, user, checkout_request(key, expected_price_usd))

    return Status(
        201, respond(request, lambda: submit_once(user, idempotency_key, ["next", row.public_id], submit), prefer)
    )


# --- several models ---


@router.post("/comparisons", response={201: schemas.ComparisonOut}, summary="Create a comparison of several models")
def create_comparison(
    request: HttpRequest, ask: schemas.ComparisonIn, idempotency_key: str | None = IdempotencyKey
) -> Status[schemas.ComparisonOut]:
    """All of them are priced and reserved together, or none. The models stay hidden until a take is picked."""
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)

    def submit(key: str) -> Comparison:
        return comparisons.submit_many(
            user=user,
            project=project,
            model_keys=ask.models,
            text=ask.text,
            takes=ask.takes,
            format=ask.format,
            raw={**ask.settings, **resolve_common_references(user, project, ask.models, ask.references)},
            idempotency_key=checkout_request(key, ask.expected_price_usd),
        )

    comparison = submit_once(user, idempotency_key, ["compare", content_without_price(ask)], submit)
    return Status(201, _comparison(request, comparison.public_id))


@router.get("/comparisons/{comparison_id}", response=schemas.ComparisonOut, summary="Get a comparison")
def get_comparison(request: HttpRequest, comparison_id: str) -> schemas.ComparisonOut:
    return _comparison(request, comparison_id)


@router.post(
    "/comparisons/{comparison_id}/pick", response=schemas.ComparisonOut, summary="Pick a take and reveal the models"
)
def pick(request: HttpRequest, comparison_id: str, ask: schemas.PickIn) -> schemas.ComparisonOut:
    user, row = user_of(request), _find_comparison(request, comparison_id)
    must_edit(user, row.project)
    comparisons.pick(row, permissions.tracks(user).filter(public_id=ask.track).first(), user)
    return _comparison(request, comparison_id)


@router.post(
    "/comparisons/{comparison_id}/reveal", response=schemas.ComparisonOut, summary="Reveal the models without picking"
)
def reveal(request: HttpRequest, comparison_id: str) -> schemas.ComparisonOut:
    row = _find_comparison(request, comparison_id)
    must_edit(user_of(request), row.project)
    comparisons.reveal(row)
    return _comparison(request, comparison_id)


def _find_comparison(request: HttpRequest, public_id: str) -> Comparison:
    comparison = (
        permissions.comparisons(user_of(request))
        .select_related("project", "picked")
        .filter(public_id=public_id)
        .first()
    )
    if comparison is None:
        raise Problem(404, "Comparison not found, or not accessible with this key.")
    return comparison


def _comparison(request: HttpRequest, public_id: str) -> schemas.ComparisonOut:
    user, row = user_of(request), _find_comparison(request, public_id)
    runs = serializers.load_generation_details(permissions.generations(user).filter(comparison=row), user).order_by(
        "id"
    )
    return serializers.comparison(row, list(runs), signed_files.base_url(request))
