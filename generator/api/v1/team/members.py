"""Members of a project and their roles; for a key that manages it, also the invitations."""

import datetime as dt

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api import signed_files
from generator.api.v1.auth import find_project, user_of
from generator.api.v1.parsing import number
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.http.invitations import InvitationForm, join_path, mail
from generator.models import Invitation, Membership, Project, Role, User
from generator.services.team import invitations, members

router = Router(tags=["Members"])


NO_MEMBER = "There is no such member in this project."


class MemberOut(Schema):
    id: str
    name: str
    email: str | None = Field(description="null unless the key can manage the project.")
    role: Role
    is_approver: bool = Field(description="Chosen by the project to approve tracks.")
    joined_at: dt.datetime


class MembersOut(Schema):
    items: list[MemberOut]


class MemberPatch(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "viewer"}]})
    role: Role
    keep_share_links: bool = Field(False, description="Keep their share links active, as yours.")


class InvitationIn(Strict):
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
        description="The link with which the invited person joins. Returned only when it is created."
    )
    invited_by: str
    expires_at: dt.datetime


class InvitationsOut(Schema):
    items: list[InvitationOut]


def managed_project(request: HttpRequest, public_id: str) -> Project:
    """Return a project; raise Problem if this key has none or does not manage it."""
    project = find_project(request, public_id)
    if not permissions.can_manage(user_of(request), project):
        raise Problem(403, "Only owners can manage a project and its members, with a key of scope “manage”.")
    return project


def _member_out(row: Membership, project: Project, manages: bool) -> MemberOut:
    return MemberOut(
        id=str(row.user_id),
        name=row.user.label,
        email=row.user.email if manages else None,
        role=Role(row.role),
        is_approver=project.approver_id == row.user_id,
        joined_at=row.joined_at,
    )


def find_member(project: Project, public_id: str) -> Membership:
    """Return a member; raise Problem if the project has none with that id."""
    membership = project.memberships.select_related("user").filter(user=number(public_id)).first()
    if membership is None:
        raise Problem(404, NO_MEMBER)
    return membership


@router.get("/projects/{project_id}/members", response=MembersOut, summary="List the members of a project")
def list_members(request: HttpRequest, project_id: str) -> dict[str, list[MemberOut]]:
    project = find_project(request, project_id)
    manages = permissions.can_manage(user_of(request), project)
    rows = project.memberships.select_related("user").order_by("joined_at", "id")
    return {"items": [_member_out(row, project, manages) for row in rows]}


@router.get("/projects/{project_id}/members/{member_id}", response=MemberOut, summary="Get a member")
def get_member(request: HttpRequest, project_id: str, member_id: str) -> MemberOut:
    project = find_project(request, project_id)
    return _member_out(find_member(project, member_id), project, permissions.can_manage(user_of(request), project))


@router.patch("/projects/{project_id}/members/{member_id}", response=MemberOut, summary="Change the role of a member")
def update_member(request: HttpRequest, project_id: str, member_id: str, ask: MemberPatch) -> MemberOut:
    """Whatever the new role does not allow is revoked: invitations, webhooks, API keys, share links."""
    project = managed_project(request, project_id)
    members.change_role(
        project, find_member(project, member_id).user, ask.role, user_of(request), keep_links=ask.keep_share_links
    )
    return _member_out(find_member(project, member_id), project, True)


@router.delete("/projects/{project_id}/members/{member_id}", response={204: None}, summary="Remove a member")
def remove_member(
    request: HttpRequest,
    project_id: str,
    member_id: str,
    keep_share_links: bool = Query(False, description="Keep their share links active, as yours."),
) -> Status[None]:
    """Their tracks stay, except for private ones, which go with them.

    Their invitations, webhooks, API keys, budget requests and share links in the project are revoked.
    """
    project = managed_project(request, project_id)
    person = find_member(project, member_id).user
    members.remove(project, person, user_of(request), keep_links=keep_share_links)
    return Status(204, None)


# --- invitations ---


def _invitation_out(row: Invitation, base: str) -> InvitationOut:
    return InvitationOut(
        id=row.public_id,
        email=row.email,
        role=Role(row.role),
        url=base + join_path(row) if row.token else None,
        invited_by=row.invited_by.label,
        expires_at=row.expires_at,
    )


@router.get("/projects/{project_id}/invitations", response=InvitationsOut, summary="List pending invitations")
def list_invitations(request: HttpRequest, project_id: str) -> dict[str, list[InvitationOut]]:
    rows, base = invitations.pending(managed_project(request, project_id)), signed_files.base_url(request)
    return {"items": [_invitation_out(row, base) for row in rows]}


@router.post("/projects/{project_id}/invitations", response={201: InvitationOut}, summary="Invite someone by email")
def create_invitation(request: HttpRequest, project_id: str, ask: InvitationIn) -> Status[InvitationOut]:
    """The link is emailed if a mail server is configured, and returned so that you can pass it on."""
    project, user = managed_project(request, project_id), user_of(request)
    if project.personal_to_id:
        raise Problem(422, "A personal project cannot have other members. Create a shared project.")
    invitation = invitations.invite(_address(user, project, ask), user, project, ask.role)
    body = _invitation_out(invitation, signed_files.base_url(request))
    mail(user, invitation, str(body.url))
    return Status(201, body)


def _address(user: User, project: Project, ask: InvitationIn) -> str:
    """Return the address; raise Problem if it is invalid or cannot be invited."""
    form = InvitationForm(user, {"email": ask.email, "role": ask.role.value, "project": str(project.pk)})
    if not form.is_valid():
        raise Problem(422, " ".join(str(error) for errors in form.errors.values() for error in errors), "email")
    return str(form.cleaned_data["email"])


@router.post(
    "/projects/{project_id}/invitations/{invitation_id}/renew", response=InvitationOut, summary="Renew an invitation"
)
def renew_invitation(request: HttpRequest, project_id: str, invitation_id: str) -> InvitationOut:
    """Create a new link, which is emailed if a mail server is configured; the previous link stops working."""
    invitation, user = _pending(request, project_id, invitation_id), user_of(request)
    if not invitations.renew(invitation, user):
        raise Problem(409, "The invitation has been accepted in the meantime.")
    body = _invitation_out(invitation, signed_files.base_url(request))
    mail(user, invitation, str(body.url))
    return body


@router.get("/projects/{project_id}/invitations/{invitation_id}", response=InvitationOut, summary="Get an invitation")
def get_invitation(request: HttpRequest, project_id: str, invitation_id: str) -> InvitationOut:
    return _invitation_out(_pending(request, project_id, invitation_id), signed_files.base_url(request))


@router.delete(
    "/projects/{project_id}/invitations/{invitation_id}", response={204: None}, summary="Revoke an invitation"
)
def withdraw_invitation(request: HttpRequest, project_id: str, invitation_id: str) -> Status[None]:
    invitations.withdraw(_pending(request, project_id, invitation_id), user_of(request))
    return Status(204, None)


def _pending(request: HttpRequest, project_id: str, invitation_id: str) -> Invitation:
    invitation = invitations.pending(managed_project(request, project_id)).filter(public_id=invitation_id).first()
    if invitation is None:
        raise Problem(404, "There is no such invitation to this project.")
    return invitation
