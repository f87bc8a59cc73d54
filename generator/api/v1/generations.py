"""Making music: asked for, followed, cancelled, tried again; and one brief for several models."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.http import HttpRequest
from ninja import Header, Query, Router, Status
from pydantic import Field

from generator import access, workflow
from generator.api import door, outputs
from generator.api.holding import Full, at_desk, hold
from generator.api.v1 import schemas, shown
from generator.api.v1.caller import caller, must_edit, project_of
from generator.api.v1.pages import Page, Wanted, page
from generator.api.v1.picking import picked, picked_for_all
from generator.api.v1.problems import Problem
from generator.api.v1.reading import once, turn
from generator.models import Comparison, Generation, State, User
from generator.workflow.amounts import parse_amount

router = Router(tags=["Making music"])
Placed = TypeVar("Placed", Generation, Comparison)
LONGEST_WAIT = 100  # seconds a `Prefer: wait` is heeded for
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])", re.IGNORECASE)
Once = Header(
    None, alias="Idempotency-Key", description="The same key with the same request answers with the first result."
)
Prefer = Header(
    None,
    alias="Prefer",
    max_length=200,
    description=f"`wait=N`: answer once it has ended, after N seconds at most (up to {LONGEST_WAIT}).",
)


PRICE = "expected_price_usd"


class Runs(Wanted):
    project: str = Field("", max_length=16)
    state: State | None = Field(None, description="Only those in this state.")


def find(request: HttpRequest, ref: str) -> Generation:
    """A generation this key sees, with everything that is shown of it.

    Raises:
        Problem: there is none.
    """
    user = caller(request)
    found = shown.runs_with_all(access.generations(user), user).filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such generation for this key.")
    return found


def answer(request: HttpRequest, ask: Callable[[], Generation], prefer: str | None = None) -> schemas.GenerationOut:
    """The generation that is asked for as it stands, or once it has ended where the request would rather wait.

    A wish to wait is a wish: where no place is left to wait in, the answer comes at once.
    """
    wish = _WAIT.search(prefer or "")
    if not wish or not int(wish[1]):
        return show(request, ask())
    try:
        with hold(ask, min(int(wish[1]), LONGEST_WAIT), quiet=None, user=caller(request)) as held:
            for _ in held:
                pass
    except Full:
        return show(request, ask())
    with at_desk():
        return show(request, held.generation)


def show(request: HttpRequest, row: Generation) -> schemas.GenerationOut:
    return shown.generation(find(request, row.ref), outputs.base_url(request))


@router.get("/generations", response=Page[schemas.GenerationOut], summary="Runs, the newest first")
def list_generations(request: HttpRequest, wanted: Query[Runs]):
    user, base = caller(request), outputs.base_url(request)
    rows = access.generations(user)
    rows = rows.filter(project=project_of(user, wanted.project)) if wanted.project else rows
    rows = rows.filter(state=wanted.state) if wanted.state else rows
    return page(shown.runs_with_all(rows, user), wanted, lambda row: shown.generation(row, base))


@router.post("/generations", response={201: schemas.GenerationOut}, summary="Make music")
def create_generation(
    request: HttpRequest, ask: schemas.Ask, idempotency_key: str | None = Once, prefer: str | None = Prefer
):
    """Queue music to be made. It is priced and set aside at once; nothing is paid twice with an Idempotency-Key."""
    user = caller(request)
    project = project_of(user, ask.project)
    must_edit(user, project)

    def submit(key: str) -> Generation:
        fields = {**ask.settings, **picked(user, project, ask.model, ask.references)}
        return door.ask(
            user,
            project,
            ask.model,
            ask.text,
            priced(key, ask.expected_price_usd),
            takes=ask.takes,
            format=ask.format,
            fields=fields,
        )

    about = ["make", content(ask)]
    return Status(201, answer(request, lambda: place(user, idempotency_key, about, submit), prefer))


def content(ask: schemas.Priced) -> dict[str, Any]:
    """What is asked for, without the price: the same again at another price is the same again."""
    return ask.model_dump(exclude={"expected_price_usd"})


def priced(key: str, price: str | None) -> workflow.CheckoutRequest:
    """Raises Refused: the price that was sent is no amount."""
    return workflow.CheckoutRequest(key, "", None if price is None else parse_amount(price, PRICE))


@contextmanager
def price_named() -> Iterator[None]:
    """Have a refusal about the price name the field as it is called here."""
    try:
        yield
    except workflow.PriceChanged as refused:
        refused.field = PRICE
        raise


def place(user: User, header: str | None, about: list[Any], submit: Callable[[str], Placed]) -> Placed:
    """Submit; two requests with one Idempotency-Key take turns, under the lock of the API key's row.

    `about`: what makes two requests the same one. `submit` gets the key that goes with the generation or comparison.
    """
    token = once(user, header, about)
    with price_named(), turn(user, header, token):
        return submit(token)


@router.get("/generations/{generation_id}", response=schemas.GenerationOut, summary="How one is getting on")
def get_generation(request: HttpRequest, generation_id: str, prefer: str | None = Prefer):
    return answer(request, lambda: find(request, generation_id), prefer)


@router.post("/generations/{generation_id}/cancel", response=schemas.GenerationOut, summary="Stop one")
def cancel_generation(request: HttpRequest, generation_id: str):
    """Free while it waits its turn. Once it was sent to a provider it may go on and cost; what arrives is kept."""
    row = find(request, generation_id)
    must_edit(caller(request), row.project)
    try:
        workflow.cancel(row, caller(request))
    except workflow.Refused as refused:
        raise Problem(409, refused.sentence) from refused
    return show(request, row)


@router.post("/generations/{generation_id}/dismiss", response=schemas.GenerationOut, summary="Out of sight")
def dismiss_generation(request: HttpRequest, generation_id: str):
    """Take what has ended off the running list of the pages. It stays here, with its history and its tracks."""
    row = find(request, generation_id)
    must_edit(caller(request), row.project)
    if row.state not in State.ended():
        raise Problem(409, "It has not ended yet. It can be dismissed once it has.")
    workflow.dismiss(row)
    return show(request, row)


@router.post(
    "/generations/{generation_id}/retry", response={201: schemas.GenerationOut}, summary="Ask for the same again"
)
def retry_generation(
    request: HttpRequest,
    generation_id: str,
    expected_price_usd: str | None = Query(None, max_length=24, description=schemas.EXPECTED_PRICE),
    idempotency_key: str | None = Once,
    prefer: str | None = Prefer,
):
    """A new generation with a price of its own, that of now; for one that has ended."""
    user, row = caller(request), find(request, generation_id)
    must_edit(user, row.project)
    if row.state not in State.ended():
        raise Problem(409, "It has not ended yet. It can be tried again once it has.")

    def again(key: str) -> Generation:
        return workflow.retry(row, user, priced(key, expected_price_usd))

    return Status(201, answer(request, lambda: place(user, idempotency_key, ["retry", row.ref], again), prefer))


# --- several models ---


@router.post("/comparisons", response={201: schemas.ComparisonOut}, summary="One brief for several models")
def create_comparison(request: HttpRequest, ask: schemas.CompareAsk, idempotency_key: str | None = Once):
    """All of them are priced and set aside together, or none. Until somebody picks, nothing says who made what."""
    user = caller(request)
    project = project_of(user, ask.project)
    must_edit(user, project)

    def submit(key: str) -> Comparison:
        return workflow.submit_many(
            user=user,
            project=project,
            model_keys=ask.models,
            text=ask.text,
            takes=ask.takes,
            format=ask.format,
            raw={**ask.settings, **picked_for_all(user, project, ask.models, ask.references)},
            idempotency_key=priced(key, ask.expected_price_usd),
        )

    made = place(user, idempotency_key, ["compare", content(ask)], submit)
    return Status(201, _comparison(request, made.ref))


@router.get("/comparisons/{comparison_id}", response=schemas.ComparisonOut, summary="A comparison")
def get_comparison(request: HttpRequest, comparison_id: str):
    return _comparison(request, comparison_id)


@router.post(
    "/comparisons/{comparison_id}/pick", response=schemas.ComparisonOut, summary="Keep one take, for everybody"
)
def pick(request: HttpRequest, comparison_id: str, ask: schemas.PickAsk):
    user, row = caller(request), _row(request, comparison_id)
    must_edit(user, row.project)
    workflow.comparing.pick(row, access.tracks(user).filter(ref=ask.track).first(), user)
    return _comparison(request, comparison_id)


@router.post("/comparisons/{comparison_id}/reveal", response=schemas.ComparisonOut, summary="Show who made what")
def reveal(request: HttpRequest, comparison_id: str):
    row = _row(request, comparison_id)
    must_edit(caller(request), row.project)
    workflow.comparing.reveal(row)
    return _comparison(request, comparison_id)


def _row(request: HttpRequest, ref: str) -> Comparison:
    found = access.comparisons(caller(request)).select_related("project", "picked").filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such comparison for this key.")
    return found


def _comparison(request: HttpRequest, ref: str) -> schemas.ComparisonOut:
    user, row = caller(request), _row(request, ref)
    runs = shown.runs_with_all(access.generations(user).filter(comparison=row), user).order_by("id")
    return shown.comparison(row, list(runs), outputs.base_url(request))
