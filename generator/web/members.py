"""The people of a project: who is a member and as what, who is invited, and how one goes."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from generator import access, workflow
from generator.models import Project, Role, User
from generator.web.htmx import Request
from generator.web.people import ROLES_IN_WORDS, InvitationForm, link_of, send
from generator.web.projects import for_owners, member_of

_BY_ROLE = {Role.OWNER.value: 0, Role.EDITOR.value: 1, Role.VIEWER.value: 2}


@login_required
@require_GET
def people(request: Request, ref: str) -> HttpResponse:
    return _page(request, get_object_or_404(access.projects(request.user), ref=ref))


def _page(request: Request, project: Project, **more) -> HttpResponse:
    may_manage = access.can_manage(request.user, project)
    rows = project.memberships.select_related("user").order_by("joined_at", "id")
    found = {
        "project": project,
        "here": "project-people",
        "may_manage": may_manage,
        "members": sorted(rows, key=lambda row: _BY_ROLE[row.role]),
        "roles": Role.choices,
        "roles_in_words": ROLES_IN_WORDS,
        "invited": workflow.people.pending(project) if may_manage else (),
        "may_invite": may_manage and project.personal_to_id is None,
        **more,
    }
    return render(request, "projects/people.html", found, status=422 if more.get("refused") else 200)


def _refused(request: Request, project: Project, refused: workflow.Refused) -> HttpResponse:
    return _page(request, project, refused=refused, typed=request.POST)


def _asked_first(request: Request, project: Project, person: User, role: Role | None) -> HttpResponse | None:
    """The page that says what ends, where something does and the form asks to be told (`ask`)."""
    ending = workflow.offboarding.holdings(person, project, role)
    words = ending.in_words()
    if request.POST.get("ask") != "1" or not words:
        return None
    found = {
        "project": project,
        "here": "project-people",
        "person": person,
        "role": role,
        "ending": words,
        "has_links": ending.links.exists() and person != request.user,
    }
    return render(request, "projects/confirm_change.html", found)


@for_owners(_refused)
def change_role(request: Request, project: Project) -> HttpResponse:
    person, asked = member_of(project, request.POST.get("person", "")), request.POST.get("role", "")
    if asked not in Role.values:
        raise workflow.Refused("Choose one of the roles.")
    if page := _asked_first(request, project, person, Role(asked)):
        return page
    keep = request.POST.get("keep_links") == "on"
    workflow.members.change_role(project, person, Role(asked), request.user, keep_links=keep)
    messages.success(request, f"{person.label}: {Role(asked).label.lower()}.")
    return redirect("project-people", project.ref)


@for_owners(_refused)
def remove(request: Request, project: Project) -> HttpResponse:
    person = member_of(project, request.POST.get("person", ""))
    if page := _asked_first(request, project, person, None):
        return page
    workflow.members.remove(project, person, request.user, keep_links=request.POST.get("keep_links") == "on")
    messages.success(request, f"{person.label} is no longer a member. Their tracks stay.")
    return redirect("projects") if person == request.user else redirect("project-people", project.ref)


@for_owners(_refused)
def transfer(request: Request, project: Project) -> HttpResponse:
    person = member_of(project, request.POST.get("person", ""))
    workflow.members.transfer(project, person, request.user)
    messages.success(request, f"The project is {person.label}’s now. You are an editor of it.")
    return redirect("project-people", project.ref)


@for_owners(_refused)
def invite(request: Request, project: Project) -> HttpResponse:
    """Invite to this project; the link is shown once, to be copied, whether it could be mailed or not."""
    asked = request.POST.copy()
    asked["project"] = str(project.pk)
    form = InvitationForm(request.user, asked)
    if not form.is_valid():
        raise workflow.Refused(" ".join(str(error) for errors in form.errors.values() for error in errors))
    made = send(request, form.cleaned_data["email"], project, Role(form.cleaned_data["role"]))
    return _page(request, project, made=made, link=link_of(request, made))


@login_required
@require_http_methods(["GET", "POST"])
def leave(request: Request, ref: str) -> HttpResponse:
    """Ask first, saying what stays and what goes along."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    refused = None
    if request.method == "POST":
        try:
            workflow.members.remove(project, request.user, request.user)
            messages.success(request, f"You have left “{project.name}”.")
            return redirect("projects")
        except workflow.Refused as error:
            refused = error
    private = workflow.members.private_tracks(project, request.user).count()
    ending = workflow.offboarding.holdings(request.user, project, None).in_words()
    found = {"project": project, "here": "project-people", "private": private, "ending": ending, "refused": refused}
    return render(request, "projects/leave.html", found, status=422 if refused else 200)
