"""Caps of a shared project and its members, asking for more than one leaves, and the owner's answer: as on the page."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import access, workflow
from generator.api.v1 import shown
from generator.api.v1.caller import caller, find_project
from generator.api.v1.members import managed
from generator.api.v1.pages import Page, Wanted, page
from generator.api.v1.problems import Problem
from generator.api.v1.reading import number
from generator.api.v1.schemas import Ref, Strict, Usd
from generator.models import Budget, Project, Raise, User
from generator.web.budgets import members_of, rooms_in
from generator.workflow.amounts import parse_amount
from generator.workflow.caps import Room
from generator.workflow.days import end_of_day
from generator.workflow.raising import MOST_WORDS

router = Router(tags=["Money"])
WHOLE = "project"  # instead of a member's id: everybody together
# What the workflow calls a part of a form, and what it is called here.
_FIELDS = {"cap": "cap_usd", "amount": "amount_usd", "answer": "note"}
Amount = Annotated[str, Field(max_length=24, examples=["12.50"], description="US dollars.")]
Words = Annotated[str, Field(max_length=MOST_WORDS)]


class RoomOut(Schema):
    id: str = Field(description="“project”, or a member's id.")
    name: str
    cap_usd: Usd | None = Field(description="A calendar month; null: no cap.")
    granted_usd: Usd = Field(description="On top of it, for a while.")
    granted_until: dt.datetime | None = Field(description="When the first of the grants ends.")
    used_usd: Usd = Field(description="Spent this month and held now.")
    left_usd: Usd | None = Field(description="Of the cap and the grants; null: no cap.")


class RoomsOut(Schema):
    items: list[RoomOut] = Field(description="The project's own, then each member's inside it.")


class CapAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"cap_usd": "12.50"}]})
    cap_usd: Amount | None = Field(description="A calendar month; null: no cap.")


class RequestAsk(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"on": "project", "amount_usd": "5", "reason": "Three versions by Friday"}]},
    )
    on: str = Field(
        WHOLE,
        min_length=1,
        max_length=50,
        description="Which cap. project: everybody's there; member: yours there; person: yours in every project; "
        "or the name of a provider, such as wavespeed.",
    )
    amount_usd: Amount
    reason: Words


class GrantAsk(Strict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"amount_usd": "5", "until": "2026-11-30", "note": "Go on"}]}
    )
    amount_usd: Amount
    until: dt.date = Field(description="The last day it holds, in the studio's zone.")
    note: Words = ""


class DeclineAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "Next month"}]})
    note: Words


class RequestOut(Schema):
    id: str
    on: str = Field(description="What the cap is on, as in `GET /spend`.")
    project: Ref | None = Field(description="null: a cap on a person or a provider; the studio's staff answer.")
    asked_usd: Usd
    reason: str
    asked_by: str
    asked_at: dt.datetime
    state: Raise.State
    granted_usd: Usd | None
    granted_until: dt.datetime | None
    note: str = Field(description="The answer in words.")
    answered_by: str | None
    answered_at: dt.datetime | None


class Requests(Wanted):
    state: Raise.State | None = Field(None, description="Only those that stand so.")


@contextmanager
def _our_names() -> Iterator[None]:
    """Have a refusal name the field as it is called here.

    Raises:
        Problem: what was refused.
    """
    try:
        yield
    except workflow.Refused as refused:
        raise Problem(422, refused.sentence, _FIELDS.get(refused.field or "", refused.field)) from refused


# --- caps ---


def _managed(request: HttpRequest, ref: str) -> Project:
    """A shared project whose caps this key may set.

    Raises:
        Problem: there is none for this key, it may not manage it, or it is somebody's personal one.
    """
    project = managed(request, ref)
    if project.personal_to_id:
        raise Problem(422, "The owners of a shared project set its caps. This one is personal.")
    return project


def _room(project: Project, member: User | None, room: Room | None) -> RoomOut:
    about = Budget(project=project, user=member)
    return RoomOut(
        id=str(member.pk) if member else WHOLE,
        name=member.label if member else project.name,
        cap_usd=shown.usd(room.budget.cap) if room else None,
        granted_usd=shown.usd(room.granted if room else 0),
        granted_until=room.until if room else None,
        used_usd=shown.usd(room.used if room else workflow.caps.used(about)),
        left_usd=shown.usd(room.left) if room else None,
    )


@router.get("/projects/{project_id}/caps", response=RoomsOut, summary="The caps of a project and of its members")
def list_caps(request: HttpRequest, project_id: str):
    project = _managed(request, project_id)
    rooms = rooms_in(project)
    people = [_room(project, person, rooms.get(person.pk)) for person in members_of(project)]
    return {"items": [_room(project, None, rooms.get(None)), *people]}


@router.get("/projects/{project_id}/caps/{who}", response=RoomOut, summary="One of them")
def get_cap(request: HttpRequest, project_id: str, who: str):
    """`who`: “project”, or a member's id."""
    project = _managed(request, project_id)
    member = None if who == WHOLE else _member(project, who)
    return _room(project, member, rooms_in(project).get(member.pk if member else None))


@router.put("/projects/{project_id}/caps/{who}", response=RoomOut, summary="Set a cap, or lift it")
def set_cap(request: HttpRequest, project_id: str, who: str, ask: CapAsk):
    """`who`: “project”, or a member's id. Lowering a cap stops nothing that was asked for already."""
    project = _managed(request, project_id)
    member = None if who == WHOLE else _member(project, who)
    with _our_names():
        cap = None if ask.cap_usd is None else parse_amount(ask.cap_usd, "cap")
        workflow.raising.set_cap(project, cap, caller(request), member)
    return _room(project, member, rooms_in(project).get(member.pk if member else None))


def _member(project: Project, who: str) -> User:
    found = next((person for person in members_of(project) if str(person.pk) == who), None)
    if found is None:
        raise Problem(404, "There is no such member in this project.")
    return found


# --- asking for more ---


def _request(row: Raise) -> RequestOut:
    granted = row.state == Raise.State.GRANTED
    return RequestOut(
        id=str(row.pk),
        on=row.budget.target,
        project=row.budget.project.ref if row.budget.project else None,
        asked_usd=shown.usd(row.asked),
        reason=row.reason,
        asked_by=row.asked_by.label,
        asked_at=row.asked_at,
        state=Raise.State(row.state),
        granted_usd=shown.usd(row.granted) if granted else None,
        granted_until=row.expires_at,
        note=row.answer,
        answered_by=row.answered_by.label if row.answered_by else None,
        answered_at=row.answered_at,
    )


@router.get("/projects/{project_id}/requests", response=Page[RequestOut], summary="Who asked for more, and the answers")
def list_requests(request: HttpRequest, project_id: str, wanted: Query[Requests]):
    """Those this key may answer, and its person's own: about the project, and about what caps them everywhere."""
    project = find_project(request, project_id)
    rows = access.requests(caller(request)).filter(Q(budget__project=project) | Q(budget__project=None))
    return page(rows.filter(state=wanted.state) if wanted.state else rows, wanted, _request)


@router.post("/projects/{project_id}/requests", response={201: RequestOut}, summary="Ask for more than a cap leaves")
def create_request(request: HttpRequest, project_id: str, ask: RequestAsk):
    """Whoever may grant it is told. Of each person one request about a cap is open at a time."""
    user = caller(request)
    cap = _cap(user, find_project(request, project_id), ask.on)
    with _our_names():
        made = workflow.raising.ask_for_more(cap, user, parse_amount(ask.amount_usd, "amount"), ask.reason)
    return Status(201, _request(made))


def _cap(user: User, project: Project, on: str) -> Budget:
    """Raises Problem: nothing caps this person so."""
    words = {
        WHOLE: Q(project=project, user=None),
        "member": Q(project=project, user=user),
        "person": Q(project=None, user=user),
    }
    found = access.budgets(user).filter(words.get(on, Q(provider_key=on))).first()
    if found is None:
        raise Problem(422, "There is no such cap, so there is nothing to ask for.", "on")
    return found


@router.get("/requests/{request_id}", response=RequestOut, summary="One request")
def get_request(request: HttpRequest, request_id: str):
    found = access.requests(caller(request)).filter(pk=number(request_id)).first()
    if found is None:
        raise Problem(404, "There is no such request for this key.")
    return _request(found)


# --- answering ---


def _answerable(request: HttpRequest, ref: str) -> Raise:
    found = access.answerable_requests(caller(request)).filter(pk=number(ref)).first()
    if found is None:
        raise Problem(404, "There is no such request for this key to answer. Owners do, with a key that may manage.")
    return found


@router.post("/requests/{request_id}/grant", response=RequestOut, summary="Widen the cap, for a while")
def grant_request(request: HttpRequest, request_id: str, ask: GrantAsk):
    asked = _answerable(request, request_id)
    with _our_names():
        granted, until = parse_amount(ask.amount_usd, "amount"), end_of_day(ask.until.isoformat())
        workflow.raising.grant(asked, caller(request), granted, until, ask.note)
    return _request(asked)


@router.post("/requests/{request_id}/decline", response=RequestOut, summary="Say no, with a reason")
def decline_request(request: HttpRequest, request_id: str, ask: DeclineAsk):
    asked = _answerable(request, request_id)
    with _our_names():
        workflow.raising.decline(asked, caller(request), ask.note)
    return _request(asked)
