"""The people of a project: who is a member and as what; for a key that manages also who is invited."""

import datetime as dt

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import access, workflow
from generator.api import outputs
from generator.api.v1.caller import caller, find_project
from generator.api.v1.problems import Problem
from generator.api.v1.reading import number
from generator.api.v1.schemas import Strict
from generator.models import Invitation, Membership, Project, Role, User
from generator.web.people import InvitationForm, join_path, mail

router = Router(tags=["Members"])


class MemberOut(Schema):
    id: str
    name: str
    email: str | None = Field(description="For a key that manages the project; null for others.")
    role: Role
    approves: bool = Field(description="Named by the project to approve tracks.")
    joined_at: dt.datetime


class MembersOut(Schema):
    items: list[MemberOut]


class RoleAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "viewer"}]})
    role: Role


class InvitationAsk(Strict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "grace@example.com", "role": "editor"}]}
    )
    email: str = Field(max_length=254)
    role: Role = Role.EDITOR


class InvitationOut(Schema):
    id: str
    email: str
    role: Role
    url: str | None = Field(
        description="Where the invited person joins, once. Told when the link is made; null afterwards."
    )
    invited_by: str
    expires_at: dt.datetime


class InvitationsOut(Schema):
    items: list[InvitationOut]


def managed(request: HttpRequest, ref: str) -> Project:
    """Raises Problem: none for this key, or not one that it manages."""
    project = find_project(request, ref)
    if not access.can_manage(caller(request), project):
        raise Problem(403, "Owners look after a project and its members, with a key that may manage.")
    return project


def _shown(row: Membership, project: Project, manages: bool) -> MemberOut:
    return MemberOut(
        id=str(row.user_id),
        name=row.user.label,
        email=row.user.email if manages else None,
        role=Role(row.role),
        approves=project.approver_id == row.user_id,
        joined_at=row.joined_at,
    )


def member(project: Project, ref: str) -> Membership:
    """Raises Problem: nobody of that id is in it."""
    found = project.memberships.select_related("user").filter(user=number(ref)).first()
    if found is None:
        raise Problem(404, "There is no such member in this project.")
    return found


@router.get("/projects/{project_id}/members", response=MembersOut, summary="Who is in a project, and as what")
def list_members(request: HttpRequest, project_id: str):
    project = find_project(request, project_id)
    manages = access.can_manage(caller(request), project)
    rows = project.memberships.select_related("user").order_by("joined_at", "id")
    return {"items": [_shown(row, project, manages) for row in rows]}


@router.get("/projects/{project_id}/members/{member_id}", response=MemberOut, summary="One member")
def get_member(request: HttpRequest, project_id: str, member_id: str):
    project = find_project(request, project_id)
    return _shown(member(project, member_id), project, access.can_manage(caller(request), project))


@router.patch("/projects/{project_id}/members/{member_id}", response=MemberOut, summary="Give another role")
def change_member(request: HttpRequest, project_id: str, member_id: str, ask: RoleAsk):
    """What of theirs in the project the new role does not carry ends: invitations, webhooks, keys, share links."""
    project = managed(request, project_id)
    workflow.members.change_role(project, member(project, member_id).user, ask.role, caller(request))
    return _shown(member(project, member_id), project, True)


@router.delete("/projects/{project_id}/members/{member_id}", response={204: None}, summary="Take out of the project")
def remove_member(
    request: HttpRequest,
    project_id: str,
    member_id: str,
    keep_links: bool = Query(False, description="Keep their share links going, as yours."),
):
    """Their tracks stay; only what was private to them goes with them.

    The invitations they sent, their webhooks, keys and requests in the project end, and so do their share links.
    """
    project = managed(request, project_id)
    person = member(project, member_id).user
    workflow.members.remove(project, person, caller(request), keep_links=keep_links)
    return Status(204, None)


# --- invitations ---


def _invitation(row: Invitation, base: str) -> InvitationOut:
    return InvitationOut(
        id=row.ref,
        email=row.email,
        role=Role(row.role),
        url=base + join_path(row) if row.token else None,
        invited_by=row.invited_by.label,
        expires_at=row.expires_at,
    )


@router.get("/projects/{project_id}/invitations", response=InvitationsOut, summary="Who is invited and has not come")
def list_invitations(request: HttpRequest, project_id: str):
    rows, base = workflow.people.pending(managed(request, project_id)), outputs.base_url(request)
    return {"items": [_invitation(row, base) for row in rows]}


@router.post("/projects/{project_id}/invitations", response={201: InvitationOut}, summary="Invite an address")
def create_invitation(request: HttpRequest, project_id: str, ask: InvitationAsk):
    """The link is mailed where a mail server is set up, and answered here to be handed on."""
    project, user = managed(request, project_id), caller(request)
    if project.personal_to_id:
        raise Problem(422, "Nobody is invited to a personal project. Start one to share.")
    made = workflow.people.invite(_address(user, project, ask), user, project, ask.role)
    shown = _invitation(made, outputs.base_url(request))
    mail(user, made, str(shown.url))
    return Status(201, shown)


def _address(user: User, project: Project, ask: InvitationAsk) -> str:
    """Raises Problem: no address, or nobody who could be invited."""
    form = InvitationForm(user, {"email": ask.email, "role": ask.role.value, "project": str(project.pk)})
    if not form.is_valid():
        raise Problem(422, " ".join(str(error) for errors in form.errors.values() for error in errors), "email")
    return form.cleaned_data["email"]


@router.post(
    "/projects/{project_id}/invitations/{invitation_id}/renew", response=InvitationOut, summary="Let one run anew"
)
def renew_invitation(request: HttpRequest, project_id: str, invitation_id: str):
    """A new link, good from today on, mailed where a mail server is set up; the one before it stops working."""
    found, user = _pending(request, project_id, invitation_id), caller(request)
    if not workflow.people.renew(found, user):
        raise Problem(409, "It was used in between.")
    shown = _invitation(found, outputs.base_url(request))
    mail(user, found, str(shown.url))
    return shown


@router.get("/projects/{project_id}/invitations/{invitation_id}", response=InvitationOut, summary="One invitation")
def get_invitation(request: HttpRequest, project_id: str, invitation_id: str):
    return _invitation(_pending(request, project_id, invitation_id), outputs.base_url(request))


@router.delete("/projects/{project_id}/invitations/{invitation_id}", response={204: None}, summary="Take one back")
def withdraw_invitation(request: HttpRequest, project_id: str, invitation_id: str):
    workflow.people.withdraw(_pending(request, project_id, invitation_id), caller(request))
    return Status(204, None)


def _pending(request: HttpRequest, project_id: str, invitation_id: str) -> Invitation:
    found = workflow.people.pending(managed(request, project_id)).filter(ref=invitation_id).first()
    if found is None:
        raise Problem(404, "There is no such invitation to this project.")
    return found
