"""Projects: create, rename, defaults, approver; archive, transfer, leave."""

import datetime as dt
from typing import Literal, cast

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import find_project, user_of
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.parsing import field_names
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.api.v1.team.members import find_member, managed_project
from generator.models import AuditLogEntry, Project, User
from generator.services import audit_log
from generator.services.team import members, project_defaults, projects

router = Router(tags=["Projects"])
# Field names of the services, and their names in this API.
_FIELDS = {"models": "allowed_models"}
FallbackModeName = Literal["offer", "use"]


class ProjectDefaultsOut(Schema):
    allowed_models: list[str] = Field(description="The only models that can be used; empty: all.")
    fallback_models: list[str] = Field(description="Taken in this order when another model is unavailable.")
    fallback_mode: FallbackModeName = Field(
        description="offer: the next one is offered; use: it is used, unless it costs more than was confirmed."
    )
    format: str = Field(description="Preselected where the model supports it; empty: the model's default.")
    lufs: float | None = Field(description="Loudness for downloads; null: unchanged.")
    prompt_suffix: str = Field(description="Added to every prompt, after a comma.")
    excluded_terms: str = Field(description="Refused in prompts, and excluded by models that support it.")


class ProjectSettingsOut(Schema):
    name: str
    approver: str | None = Field(description="The member who approves tracks; null: the owners.")
    defaults: ProjectDefaultsOut


class AuditLogEntryOut(Schema):
    created_at: dt.datetime
    actor: str
    message: str


class ProjectIn(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Kitchen stories"}]})
    name: str = Field(max_length=200)


class ProjectDefaultsIn(Strict):
    allowed_models: list[str] = Field([], max_length=100, description="An empty list allows all.")
    fallback_models: list[str] = Field(
        [], max_length=project_defaults.MAX_FALLBACKS, description="An empty list: no order."
    )
    fallback_mode: FallbackModeName = "offer"
    format: str = Field("", max_length=8, description="mp3, wav, flac; empty: the model's default.")
    lufs: float | None = Field(
        None, description="One of " + ", ".join(project_defaults.LOUDNESS) + "; null: unchanged."
    )
    prompt_suffix: str = Field("", max_length=400)
    excluded_terms: str = Field("", max_length=400)


class ProjectSettingsPatch(Strict):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"defaults": {"prompt_suffix": "warm", "lufs": -16}}]}
    )
    name: str | None = Field(None, max_length=200)
    approver: str | None = Field(None, max_length=20, description="A member's id; empty: the owners.")
    defaults: ProjectDefaultsIn | None = None


class ProjectTransferIn(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"member": "7"}]})
    member: str = Field(max_length=20, description="A member's id.")


def _settings(project: Project) -> ProjectSettingsOut:
    stored = project_defaults.defaults_of(project)
    defaults = ProjectDefaultsOut(
        allowed_models=stored.allowed_models,
        fallback_models=stored.fallback_models,
        fallback_mode=cast(FallbackModeName, stored.fallback_mode),
        format=stored.format,
        lufs=stored.lufs,
        prompt_suffix=stored.prompt_suffix,
        excluded_terms=stored.excluded_terms,
    )
    approver = str(project.approver_id) if project.approver_id else None
    return ProjectSettingsOut(name=project.name, approver=approver, defaults=defaults)


@router.get("/projects", response=Page[schemas.ProjectOut], summary="List projects, newest first")
def list_projects(request: HttpRequest, query: Query[PageQuery]) -> PageContent[schemas.ProjectOut]:
    user = user_of(request)
    return page(permissions.projects(user), query, lambda row: serializers.project(row, user))


@router.get("/projects/{project_id}", response=schemas.ProjectOut, summary="Get a project")
def get_project(request: HttpRequest, project_id: str) -> schemas.ProjectOut:
    return serializers.project(find_project(request, project_id), user_of(request))


@router.post("/projects", response={201: schemas.ProjectOut}, summary="Create a shared project")
def create_project(request: HttpRequest, ask: ProjectIn) -> Status[schemas.ProjectOut]:
    """Requires a key of scope `manage` for all projects."""
    user = user_of(request)
    if not permissions.can_start(user):
        raise Problem(403, "Creating a project requires a key of scope “manage” for all projects.")
    return Status(201, serializers.project(projects.start(ask.name, user), user))


@router.get("/projects/{project_id}/settings", response=ProjectSettingsOut, summary="Get the settings of a project")
def get_project_settings(request: HttpRequest, project_id: str) -> ProjectSettingsOut:
    return _settings(find_project(request, project_id))


@router.patch(
    "/projects/{project_id}/settings", response=ProjectSettingsOut, summary="Update the settings of a project"
)
def update_project_settings(request: HttpRequest, project_id: str, ask: ProjectSettingsPatch) -> ProjectSettingsOut:
    """All of the changes are made, or none."""
    project, user = managed_project(request, project_id), user_of(request)
    with transaction.atomic():
        if ask.name is not None:
            projects.rename(project, ask.name, user)
        if ask.approver is not None:
            approver = find_member(project, ask.approver).user if ask.approver else None
            projects.name_approver(project, approver, user)
        if ask.defaults is not None:
            with field_names(_FIELDS):
                _change_defaults(project, user, ask.defaults)
    return _settings(project)


def _change_defaults(project: Project, user: User, ask: ProjectDefaultsIn) -> None:
    """Change the fields that were sent; the rest stays."""
    changed = _settings(project).defaults.model_copy(update=ask.model_dump(exclude_unset=True))
    lufs = "" if changed.lufs is None else f"{changed.lufs:g}"
    text_fields = {name: getattr(changed, name) for name in ("format", "prompt_suffix", "excluded_terms")}
    project_defaults.change(project, user, allowed_models=changed.allowed_models, lufs=lufs, **text_fields)
    project_defaults.set_fallback(project, user, models=changed.fallback_models, mode=changed.fallback_mode)


@router.get(
    "/projects/{project_id}/audit-log", response=Page[AuditLogEntryOut], summary="List the audit log, newest first"
)
def list_audit_log(request: HttpRequest, project_id: str, query: Query[PageQuery]) -> PageContent[AuditLogEntryOut]:
    rows, user = (
        managed_project(request, project_id).audit_log.project_changes().select_related("actor"),
        user_of(request),
    )
    return page(rows, query, lambda row: _audit_log_entry(row, user))


def _audit_log_entry(row: AuditLogEntry, user: User) -> AuditLogEntryOut:
    return AuditLogEntryOut(
        created_at=row.at, actor=row.actor.label if row.actor else "", message=audit_log.text_for(row, user)
    )


@router.post("/projects/{project_id}/archive", response={204: None}, summary="Archive a project")
def archive_project(request: HttpRequest, project_id: str) -> Status[None]:
    """It is hidden from everyone until an owner restores it. Work in progress is finished first."""
    projects.archive(managed_project(request, project_id), user_of(request))
    return Status(204, None)


@router.post("/projects/{project_id}/unarchive", response=schemas.ProjectOut, summary="Restore an archived project")
def unarchive_project(request: HttpRequest, project_id: str) -> schemas.ProjectOut:
    user = user_of(request)
    project = permissions.archived_projects(user).filter(public_id=project_id).first()
    if project is None:
        raise Problem(404, "Archived project not found, or not accessible with this key.")
    projects.unarchive(project, user)
    return serializers.project(find_project(request, project_id), user)


@router.post("/projects/{project_id}/transfer", response={204: None}, summary="Transfer a project to another member")
def transfer_project(request: HttpRequest, project_id: str, ask: ProjectTransferIn) -> Status[None]:
    """The member becomes the owner, and the creator of this key an editor."""
    project = managed_project(request, project_id)
    members.transfer(project, find_member(project, ask.member).user, user_of(request))
    return Status(204, None)


@router.post("/projects/{project_id}/leave", response={204: None}, summary="Leave a project")
def leave_project(request: HttpRequest, project_id: str) -> Status[None]:
    """The creator of this key leaves the project. Their tracks stay, except for private ones, which go with them."""
    project, user = find_project(request, project_id), user_of(request)
    if not permissions.can_leave(user):
        raise Problem(403, "Leaving a project requires a key of scope “manage”.")
    members.remove(project, user, user)
    return Status(204, None)
