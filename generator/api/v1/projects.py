"""A project itself: started, renamed, its house style, who approves; put away, handed over, left."""

import datetime as dt

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import access, workflow
from generator.api.v1 import schemas, shown
from generator.api.v1.caller import caller, find_project
from generator.api.v1.members import managed, member
from generator.api.v1.pages import Page, Wanted, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.models import Project, User

router = Router(tags=["Projects"])


class HouseOut(Schema):
    models: list[str] = Field(description="Only these may be asked; none: all.")
    format: str = Field(description="Chosen where the model delivers it; empty: as the model has it.")
    lufs: float | None = Field(description="Downloads can be levelled to it; null: as made.")
    words: str = Field(description="Added to every prompt, with commas between them.")
    avoid: str = Field(description="Refused in prompts, and left out where the model can be told to.")


class SettingsOut(Schema):
    name: str
    approver: str | None = Field(description="The member who approves tracks; null: the owners.")
    house: HouseOut


class AuditOut(Schema):
    at: dt.datetime
    who: str
    text: str


class StartAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Kitchen stories"}]})
    name: str = Field(max_length=200)


class HouseAsk(Strict):
    models: list[str] = Field([], max_length=100, description="An empty list allows all.")
    format: str = Field("", max_length=8, description="mp3, wav, flac; empty: as the model has it.")
    lufs: float | None = Field(None, description="One of " + ", ".join(workflow.house.LOUDNESS) + "; null: as made.")
    words: str = Field("", max_length=400)
    avoid: str = Field("", max_length=400)


class SettingsAsk(Strict):
    """What is not named stays as it is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"house": {"words": "warm", "lufs": -16}}]}
    )
    name: str | None = Field(None, max_length=200)
    approver: str | None = Field(None, max_length=20, description="A member's id; empty: the owners.")
    house: HouseAsk | None = None


class HeirAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"member": "7"}]})
    member: str = Field(max_length=20, description="A member's id.")


def _settings(project: Project) -> SettingsOut:
    style = workflow.house.style_of(project)
    house = HouseOut(models=style.allowed, format=style.format, lufs=style.lufs, words=style.words, avoid=style.avoid)
    approver = str(project.approver_id) if project.approver_id else None
    return SettingsOut(name=project.name, approver=approver, house=house)


@router.get("/projects", response=Page[schemas.ProjectOut], summary="Projects this key opens")
def list_projects(request: HttpRequest, wanted: Query[Wanted]):
    user = caller(request)
    return page(access.projects(user), wanted, lambda row: shown.project(row, user))


@router.get("/projects/{project_id}", response=schemas.ProjectOut, summary="One project")
def get_project(request: HttpRequest, project_id: str):
    return shown.project(find_project(request, project_id), caller(request))


@router.post("/projects", response={201: schemas.ProjectOut}, summary="Start a project to share")
def create_project(request: HttpRequest, ask: StartAsk):
    """With a key for all projects that may manage."""
    user = caller(request)
    if not access.can_start(user):
        raise Problem(403, "A project is started with a key that may manage and is not bound to another project.")
    return Status(201, shown.project(workflow.projects.start(ask.name, user), user))


@router.get("/projects/{project_id}/settings", response=SettingsOut, summary="Its house style, and who approves")
def get_settings(request: HttpRequest, project_id: str):
    return _settings(find_project(request, project_id))


@router.patch("/projects/{project_id}/settings", response=SettingsOut, summary="Rename, house style, who approves")
def change_settings(request: HttpRequest, project_id: str, ask: SettingsAsk):
    """All of it or, where a part is refused, nothing."""
    project, user = managed(request, project_id), caller(request)
    with transaction.atomic():
        if ask.name is not None:
            workflow.projects.rename(project, ask.name, user)
        if ask.approver is not None:
            chosen = member(project, ask.approver).user if ask.approver else None
            workflow.projects.name_approver(project, chosen, user)
        if ask.house is not None:
            _change_house(project, user, ask.house)
    return _settings(project)


def _change_house(project: Project, user: User, ask: HouseAsk) -> None:
    """What is named in it is new, the rest stays."""
    now = _settings(project).house.model_copy(update=ask.model_dump(exclude_unset=True))
    lufs = "" if now.lufs is None else f"{now.lufs:g}"
    kept = {"format": now.format, "words": now.words, "avoid": now.avoid}
    workflow.house.change(project, user, allowed=now.models, lufs=lufs, **kept)


@router.get("/projects/{project_id}/audit", response=Page[AuditOut], summary="Who changed what about it")
def list_audit(request: HttpRequest, project_id: str, wanted: Query[Wanted]):
    rows, user = managed(request, project_id).audit.select_related("actor"), caller(request)
    return page(rows, wanted, lambda row: AuditOut(at=row.at, who=row.actor.label, text=workflow.audit.told(row, user)))


@router.post("/projects/{project_id}/archive", response={204: None}, summary="Put away, with all that is in it")
def archive_project(request: HttpRequest, project_id: str):
    """Nobody sees it until an owner fetches it back; work under way is finished first."""
    workflow.projects.archive(managed(request, project_id), caller(request))
    return Status(204, None)


@router.post("/projects/{project_id}/unarchive", response=schemas.ProjectOut, summary="Fetch back")
def unarchive_project(request: HttpRequest, project_id: str):
    user = caller(request)
    project = access.archived_projects(user).filter(ref=project_id).first()
    if project is None:
        raise Problem(404, "There is no such archived project for this key.")
    workflow.projects.unarchive(project, user)
    return shown.project(find_project(request, project_id), user)


@router.post("/projects/{project_id}/transfer", response={204: None}, summary="Hand over to another member")
def transfer_project(request: HttpRequest, project_id: str, ask: HeirAsk):
    """They become its owner, this key's maker an editor."""
    project = managed(request, project_id)
    workflow.members.transfer(project, member(project, ask.member).user, caller(request))
    return Status(204, None)


@router.post("/projects/{project_id}/leave", response={204: None}, summary="Leave it")
def leave_project(request: HttpRequest, project_id: str):
    """The maker of this key, for good. Their tracks stay; only what was private to them goes along."""
    project, user = find_project(request, project_id), caller(request)
    if not access.can_leave(user):
        raise Problem(403, "Leaving a project takes a key that may manage.")
    workflow.members.remove(project, user, user)
    return Status(204, None)
