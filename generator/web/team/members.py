"""Member pages of a project: members, roles, open invitations, removal, leaving."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from generator import permissions
from generator.http.invitations import MAX_AT_ONCE, MAX_TEXT_CHARS, ROLES_IN_WORDS, InvitationsForm
from generator.models import Project, Role, User
from generator.services.errors import UserError
from generator.services.team import invitations, members, offboarding
from generator.web.site.htmx import Request
from generator.web.team.invitations import invite_people, refused_text
from generator.web.team.projects import for_owners, member_of

_BY_ROLE = {Role.OWNER.value: 0, Role.EDITOR.value: 1, Role.VIEWER.value: 2}


@login_required
@require_GET
def members_page(request: Request, public_id: str) -> HttpResponse:
    return _page(request, get_object_or_404(permissions.projects(request.user), public_id=public_id))


def _page(request: Request, project: Project, **extra: Any) -> HttpResponse:
    may_manage = permissions.can_manage(request.user, project)
    rows = project.memberships.select_related("user").order_by("joined_at", "id")
    context = {
        "project": project,
        "here": "project-members",
        "may_manage": may_manage,
        "members": sorted(rows, key=lambda row: _BY_ROLE[row.role]),
        "roles": Role.choices,
        "roles_in_words": ROLES_IN_WORDS,
        "invited": invitations.pending(project) if may_manage else (),
        "most_at_once": MAX_AT_ONCE,
        "most_text": MAX_TEXT_CHARS,
        "may_invite": may_manage and project.personal_to_id is None,
        **extra,
    }
    return render(request, "projects/members.html", context, status=422 if extra.get("error") else 200)


def _rejected(request: Request, project: Project, error: UserError) -> HttpResponse:
    return _page(request, project, error=error, typed=request.POST)


def _confirmation_page(request: Request, project: Project, person: User, role: Role | None) -> HttpResponse | None:
    """Return a confirmation page if the change ends something and the form requests it (`ask`)."""
    ending = offboarding.holdings(person, project, role)
    phrases = ending.in_words()
    if request.POST.get("ask") != "1" or not phrases:
        return None
    context = {
        "project": project,
        "here": "project-members",
        "person": person,
        "role": role,
        "ending": phrases,
        "has_links": ending.links.exists() and person != request.user,
    }
    return render(request, "projects/confirm_change.html", context)


@for_owners(_rejected)
def change_role(request: Request, project: Project) -> HttpResponse:
    person, role = member_of(project, request.POST.get("person", "")), request.POST.get("role", "")
    if role not in Role.values:
        raise UserError(_("Choose a role."), code="invalid_choice")
    if page := _confirmation_page(request, project, person, Role(role)):
        return page
    keep = request.POST.get("keep_links") == "on"
    members.change_role(project, person, Role(role), request.user, keep_links=keep)
    messages.success(
        request, _("{person}’s new role: {role}.").format(person=person.label, role=str(Role(role).label).lower())
    )
    return redirect("project-members", project.public_id)


@for_owners(_rejected)
def remove(request: Request, project: Project) -> HttpResponse:
    person = member_of(project, request.POST.get("person", ""))
    if page := _confirmation_page(request, project, person, None):
        return page
    members.remove(project, person, request.user, keep_links=request.POST.get("keep_links") == "on")
    messages.success(
        request, _("{person} is no longer a member. Their tracks stay in the project.").format(person=person.label)
    )
    return redirect("projects") if person == request.user else redirect("project-members", project.public_id)


@for_owners(_rejected)
def transfer(request: Request, project: Project) -> HttpResponse:
    person = member_of(project, request.POST.get("person", ""))
    if request.POST.get("ask") == "1":
        ending = offboarding.holdings(request.user, project, Role.EDITOR).in_words()
        context = {"project": project, "here": "project-members", "person": request.user, "role": Role.EDITOR}
        return render(request, "projects/confirm_change.html", {**context, "heir": person, "ending": ending})
    members.transfer(project, person, request.user)
    messages.success(
        request, _("{person} is now an owner of the project, and you are an editor.").format(person=person.label)
    )
    return redirect("project-members", project.public_id)


@for_owners(_rejected)
def invite(request: Request, project: Project) -> HttpResponse:
    """Invite people to this project; their links are shown once, whether or not they were emailed."""
    data = request.POST.copy()
    data["project"] = str(project.pk)
    form = InvitationsForm(request.user, data)
    if not form.is_valid():
        raise UserError(" ".join(str(error) for errors in form.errors.values() for error in errors))
    invited = invite_people(request, form)
    errors = [person.error for person in invited if person.error]
    if errors and len(errors) == len(invited):
        sentences = " ".join(error.sentence for error in errors)
        raise UserError(sentences, "email", code=errors[0].code)
    typed = {"email": refused_text(invited), "role": form.cleaned_data["role"]}
    return _page(request, project, results=invited, typed=typed)


@login_required
@require_http_methods(["GET", "POST"])
def leave(request: Request, public_id: str) -> HttpResponse:
    """Leave a project, after a page that says what stays and what ends."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    error = None
    if request.method == "POST":
        try:
            members.remove(project, request.user, request.user)
            messages.success(request, _("You have left “{project}”.").format(project=project.name))
            return redirect("projects")
        except UserError as caught:
            error = caught
    private = members.private_tracks(project, request.user).count()
    ending = offboarding.holdings(request.user, project, None).in_words()
    context = {"project": project, "here": "project-members", "private": private, "ending": ending, "error": error}
    return render(request, "projects/leave.html", context, status=422 if error else 200)
