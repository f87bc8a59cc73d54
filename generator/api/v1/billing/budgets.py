"""Budgets of a shared project and its members, budget requests, and the owners' answers: as on the page."""

import datetime as dt
from typing import Annotated, Literal, cast

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api.v1 import serializers
from generator.api.v1.auth import find_project, user_of
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.parsing import field_names, number
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict, Usd
from generator.api.v1.team.members import NO_MEMBER, managed_project
from generator.models import Budget, BudgetIncrease, Project, User
from generator.services.amount_confirmation import parse_amount
from generator.services.billing import budget_requests, budgets
from generator.services.billing.budget_requests import MAX_REASON_CHARS
from generator.services.billing.budgets import BudgetStatus
from generator.services.date_input import end_of_billing_day

router = Router(tags=["Billing"])
PROJECT_BUDGET = "project"  # instead of a member's id: the project as a whole
# Field names of the services, and their names in this API.
_FIELDS = {"cap": "amount_usd", "amount": "amount_usd", "answer": "note"}
BudgetRequestState = Literal["open", "granted", "declined"]
Amount = Annotated[str, Field(max_length=24, examples=["12.50"], description="US dollars.")]
Words = Annotated[str, Field(max_length=MAX_REASON_CHARS)]


class BudgetOut(Schema):
    id: str = Field(description="“project”, or a member's id.")
    name: str
    amount_usd: Usd | None = Field(description="Per calendar month; null: no budget.")
    granted_usd: Usd = Field(description="Temporary increases on top of it.")
    granted_until: dt.datetime | None = Field(description="When the first increase expires.")
    used_usd: Usd = Field(description="Spent this month and currently held.")
    remaining_usd: Usd | None = Field(description="Of the budget and its increases; null: no budget.")


class BudgetsOut(Schema):
    items: list[BudgetOut] = Field(description="The budget of the project, then that of each member in it.")


class BudgetIn(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount_usd": "12.50"}]})
    amount_usd: Amount | None = Field(description="Per calendar month; null: no budget.")


class BudgetRequestIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"target": "project", "amount_usd": "5", "reason": "Three versions by Friday"}]
        },
    )
    target: str = Field(
        PROJECT_BUDGET,
        min_length=1,
        max_length=50,
        description=(
            "The budget to raise. project: the project's; member: yours in the project; user: yours in all projects; "
            "or a provider, such as wavespeed."
        ),
    )
    amount_usd: Amount
    reason: Words


class GrantIn(Strict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"amount_usd": "5", "until": "2026-11-30", "note": "Go on"}]}
    )
    amount_usd: Amount
    until: dt.date = Field(description="The last day of the increase, in the studio's time zone.")
    note: Words = ""


class DeclineIn(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "Next month"}]})
    note: Words


class BudgetRequestOut(Schema):
    id: str
    target: str = Field(description="What the budget applies to, as in `GET /spend`.")
    project: Ref | None = Field(description="null: the budget of a user or a provider; the studio's staff answer.")
    requested_usd: Usd
    reason: str
    requested_by: str
    requested_at: dt.datetime
    state: BudgetRequestState
    granted_usd: Usd | None
    granted_until: dt.datetime | None
    note: str = Field(description="The explanation of the answer.")
    answered_by: str | None
    answered_at: dt.datetime | None


class BudgetRequestFilter(PageQuery):
    state: BudgetRequestState | None = Field(None, description="Only requests in this state.")


# --- budgets ---


def _managed_project(request: HttpRequest, public_id: str) -> Project:
    """Return a shared project whose budgets this key may set.

    Raises:
        Problem: this key has no such project or may not manage it, or it is a personal one.
    """
    project = managed_project(request, public_id)
    if project.personal_to_id:
        raise Problem(422, "Only shared projects have budgets. This one is personal.")
    return project


def _budget_out(project: Project, member: User | None, status: BudgetStatus | None) -> BudgetOut:
    budget = Budget(project=project, user=member)
    return BudgetOut(
        id=str(member.pk) if member else PROJECT_BUDGET,
        name=member.label if member else project.name,
        amount_usd=serializers.usd(status.budget.cap) if status else None,
        granted_usd=serializers.usd(status.granted if status else 0),
        granted_until=status.until if status else None,
        used_usd=serializers.usd(status.used if status else budgets.used(budget)),
        remaining_usd=serializers.usd(status.left) if status else None,
    )


@router.get(
    "/projects/{project_id}/budgets", response=BudgetsOut, summary="List the budgets of a project and its members"
)
def list_budgets(request: HttpRequest, project_id: str) -> dict[str, list[BudgetOut]]:
    project = _managed_project(request, project_id)
    statuses = budgets.statuses_in(project)
    member_budgets = [_budget_out(project, person, statuses.get(person.pk)) for person in budgets.members_of(project)]
    return {"items": [_budget_out(project, None, statuses.get(None)), *member_budgets]}


@router.get("/projects/{project_id}/budgets/{budget_id}", response=BudgetOut, summary="Get a budget")
def get_budget(request: HttpRequest, project_id: str, budget_id: str) -> BudgetOut:
    """`budget_id`: “project”, or a member's id."""
    project = _managed_project(request, project_id)
    member = None if budget_id == PROJECT_BUDGET else _member(project, budget_id)
    return _budget_out(project, member, budgets.statuses_in(project).get(member.pk if member else None))


@router.put("/projects/{project_id}/budgets/{budget_id}", response=BudgetOut, summary="Set or remove a budget")
def set_budget(request: HttpRequest, project_id: str, budget_id: str, ask: BudgetIn) -> BudgetOut:
    """`budget_id`: “project”, or a member's id. A lower budget does not stop work that was already requested."""
    project = _managed_project(request, project_id)
    member = None if budget_id == PROJECT_BUDGET else _member(project, budget_id)
    with field_names(_FIELDS):
        cap = None if ask.amount_usd is None else parse_amount(ask.amount_usd, "cap")
        budget_requests.set_budget(project, cap, user_of(request), member)
    return _budget_out(project, member, budgets.statuses_in(project).get(member.pk if member else None))


def _member(project: Project, public_id: str) -> User:
    member = next((person for person in budgets.members_of(project) if str(person.pk) == public_id), None)
    if member is None:
        raise Problem(404, NO_MEMBER)
    return member


# --- budget requests ---


def _budget_request_out(row: BudgetIncrease) -> BudgetRequestOut:
    granted = row.state == BudgetIncrease.State.GRANTED
    return BudgetRequestOut(
        id=str(row.pk),
        target=row.budget.target,
        project=row.budget.project.public_id if row.budget.project else None,
        requested_usd=serializers.usd(row.requested),
        reason=row.reason,
        requested_by=row.requested_by.label,
        requested_at=row.requested_at,
        state=cast(BudgetRequestState, row.state),
        granted_usd=serializers.usd(row.granted) if granted else None,
        granted_until=row.expires_at,
        note=row.answer,
        answered_by=row.answered_by.label if row.answered_by else None,
        answered_at=row.answered_at,
    )


@router.get(
    "/projects/{project_id}/budget-requests",
    response=Page[BudgetRequestOut],
    summary="List budget requests, newest first",
)
def list_budget_requests(
    request: HttpRequest, project_id: str, query: Query[BudgetRequestFilter]
) -> PageContent[BudgetRequestOut]:
    """The requests that this key may answer, and its owner's own: for budgets of this project and across projects."""
    project = find_project(request, project_id)
    rows = permissions.requests(user_of(request)).filter(Q(budget__project=project) | Q(budget__project=None))
    return page(rows.filter(state=query.state) if query.state else rows, query, _budget_request_out)


@router.post(
    "/projects/{project_id}/budget-requests", response={201: BudgetRequestOut}, summary="Request a larger budget"
)
def create_budget_request(request: HttpRequest, project_id: str, ask: BudgetRequestIn) -> Status[BudgetRequestOut]:
    """The people who can grant it are notified. Each person can have one open request per budget."""
    user = user_of(request)
    budget = _find_budget(user, find_project(request, project_id), ask.target)
    with field_names(_FIELDS):
        increase = budget_requests.request_increase(budget, user, parse_amount(ask.amount_usd, "amount"), ask.reason)
    return Status(201, _budget_request_out(increase))


def _find_budget(user: User, project: Project, target: str) -> Budget:
    """Return a budget; raise Problem if no such budget applies to this person."""
    targets = {
        PROJECT_BUDGET: Q(project=project, user=None),
        "member": Q(project=project, user=user),
        "user": Q(project=None, user=user),
    }
    budget = permissions.budgets(user).filter(targets.get(target, Q(provider_key=target))).first()
    if budget is None:
        raise Problem(422, "There is no such budget, so it cannot be raised.", "target")
    return budget


@router.get("/budget-requests/{request_id}", response=BudgetRequestOut, summary="Get a budget request")
def get_budget_request(request: HttpRequest, request_id: str) -> BudgetRequestOut:
    increase = permissions.requests(user_of(request)).filter(pk=number(request_id)).first()
    if increase is None:
        raise Problem(404, "Budget request not found, or not accessible with this key.")
    return _budget_request_out(increase)


# --- answers ---


def _answerable(request: HttpRequest, public_id: str) -> BudgetIncrease:
    increase = permissions.answerable_requests(user_of(request)).filter(pk=number(public_id)).first()
    if increase is None:
        raise Problem(404, "Budget request not found. Owners can answer it, with a key of scope “manage”.")
    return increase


@router.post("/budget-requests/{request_id}/grant", response=BudgetRequestOut, summary="Grant a budget request")
def grant_budget_request(request: HttpRequest, request_id: str, ask: GrantIn) -> BudgetRequestOut:
    increase = _answerable(request, request_id)
    with field_names(_FIELDS):
        granted, until = parse_amount(ask.amount_usd, "amount"), end_of_billing_day(ask.until.isoformat())
        budget_requests.grant(increase, user_of(request), granted, until, ask.note)
    return _budget_request_out(increase)


@router.post("/budget-requests/{request_id}/decline", response=BudgetRequestOut, summary="Decline a budget request")
def decline_budget_request(request: HttpRequest, request_id: str, ask: DeclineIn) -> BudgetRequestOut:
    increase = _answerable(request, request_id)
    with field_names(_FIELDS):
        budget_requests.decline(increase, user_of(request), ask.note)
    return _budget_request_out(increase)
