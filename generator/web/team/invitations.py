"""Invitation pages: invite by email address, withdraw, renew."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generator import permissions
from generator.http.invitations import InvitationsForm, Invitee, join_path, mail
from generator.models import Invitation, Project, Role, User
from generator.services.errors import UserError
from generator.services.team import invitations
from generator.web.site.htmx import Request, back

MAX_LISTED = 100


def may_invite(user: User) -> bool:
    return user.is_staff or permissions.managed_projects(user).exists()


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: Request) -> HttpResponse:
    """Invite an email address; show the link once, and email it if a mail server is configured."""
    if not may_invite(request.user):
        raise PermissionDenied(_("Only project owners and administrators can invite people."))
    form = InvitationsForm(request.user, request.POST or None, initial={"project": _requested_project(request)})
    invited: list[Invited] = []
    if request.method == "POST" and form.is_valid():
        invited = invite_people(request, form)
        errors = [person.error for person in invited if person.error]
        if len(errors) == len(invited):
            form.add_error("email", [ValidationError(error.sentence, error.code) for error in errors])
        else:
            form = InvitationsForm(request.user, initial=form.cleaned_data | {"email": refused_text(invited)})
    context = {"form": form, "invited": invited, "rows": form.open[:MAX_LISTED], "here": "account"}
    return render(request, "invitations/invite.html", context, status=422 if form.errors else 200)


def _requested_project(request: Request) -> Project | None:
    return permissions.managed_projects(request.user).filter(public_id=request.GET.get("project", "")).first()


@dataclass(frozen=True)
class Invited:
    """What came of one person on the form: an invitation with its link, or a refusal."""

    invitee: Invitee
    invitation: Invitation | None = None
    link: str = ""
    error: UserError | None = None


def invite_people(request: Request, form: InvitationsForm) -> list[Invited]:
    """Invite everyone on a valid form whom nothing prevents, and email their links if a mail server is configured."""
    return [_invite_one(request, form, invitee) for invitee in form.cleaned_data["email"]]


def _invite_one(request: Request, form: InvitationsForm, invitee: Invitee) -> Invited:
    project, role = form.cleaned_data["project"], Role(form.cleaned_data["role"])
    try:
        if objection := form.objection_to(invitee, project):
            raise UserError(objection, "email", code="invalid_email")
        invitation = invitations.invite(invitee.email, request.user, project, role, invitee.name)
    except UserError as error:
        return Invited(invitee, error=error)
    link = link_of(request, invitation)
    mail(request.user, invitation, link)
    return Invited(invitee, invitation, link)


def refused_text(invited: list[Invited]) -> str:
    """Return the people who were not invited, as they are typed, to be corrected."""
    return "\n".join(str(person.invitee) for person in invited if person.error)


def link_of(request: Request, invitation: Invitation) -> str:
    return request.build_absolute_uri(join_path(invitation))


@login_required
@require_POST
def withdraw(request: Request, public_id: str) -> HttpResponse:
    """Withdraw an open invitation; its link stops working."""
    invitation = get_object_or_404(permissions.managed_invitations(request.user), public_id=public_id)
    invitations.withdraw(invitation, request.user)
    messages.success(request, _("The invitation for {email} was withdrawn.").format(email=invitation.email))
    return redirect(back(request, reverse("invite")))


@login_required
@require_POST
def resend(request: Request, public_id: str) -> HttpResponse:
    """Give an unused invitation a new link; show it once, and email it if possible."""
    invitation = get_object_or_404(permissions.managed_invitations(request.user), public_id=public_id)
    try:
        if not invitations.renew(invitation, request.user):
            return redirect(back(request, reverse("invite")))
    except UserError as error:
        messages.error(request, error.sentence, extra_tags=error.code)
        return redirect(back(request, reverse("invite")))
    link = link_of(request, invitation)
    mail(request.user, invitation, link)
    context = {
        "invitation": invitation,
        "link": link,
        "project": invitation.project,
        "back": back(request, reverse("invite")),
    }
    return render(request, "invitations/new_link.html", context)
