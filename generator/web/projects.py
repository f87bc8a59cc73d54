"""Projects: the list of them, starting one, its name, putting it away and fetching it back."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from generator import access, workflow
from generator.audio import FORMATS
from generator.models import AuditLine, Membership, Project, Role, User
from generator.web.htmx import Request

LINES = 100


@login_required
@require_GET
def projects(request: Request) -> HttpResponse:
    """Every project of a person, what they are there, what they are invited to, and what was put away."""
    found = {
        "here": "projects",
        "rows": _counted(request, access.projects(request.user)),
        "archived": access.archived_projects(request.user),
        "invited": access.received_invitations(request.user),
    }
    return render(request, "projects/projects.html", found)


def _counted(request: Request, rows: QuerySet[Project]) -> list[tuple[Project, Role]]:
    mine = Membership.objects.filter(project=OuterRef("pk"), user=request.user).values("role")[:1]
    people = Membership.objects.filter(project=OuterRef("pk")).values("project").annotate(n=Count("pk")).values("n")
    counted = rows.annotate(my_role=Subquery(mine), people=Subquery(people))
    return [(row, Role(row.my_role)) for row in counted]


@login_required
@require_http_methods(["GET", "POST"])
def new_project(request: Request) -> HttpResponse:
    """Start a project of one's own to share."""
    name, error = request.POST.get("name", ""), ""
    if request.method == "POST":
        try:
            return redirect("studio", workflow.projects.start(name, request.user).ref)
        except workflow.Refused as refused:
            error = refused.sentence
    found = {"error": error, "name": name, "here": "projects"}
    return render(request, "people/new_project.html", found, status=422 if error else 200)


# --- the settings of one ---


@login_required
@require_GET
def settings(request: Request, ref: str) -> HttpResponse:
    return page(request, get_object_or_404(access.projects(request.user), ref=ref))


def page(request: Request, project: Project, refused: workflow.Refused | None = None) -> HttpResponse:
    """The settings of a project; members who do not manage it may read them."""
    may_manage = access.can_manage(request.user, project)
    found = {
        "project": project,
        "here": "project-settings",
        "may_manage": may_manage,
        "refused": refused,
        "typed": request.POST if refused else {},
        "style": workflow.house.style_of(project),
        "models": workflow.catalogue.models(),
        "formats": FORMATS.items(),
        "loudness": workflow.house.LOUDNESS.items(),
        "members": project.memberships.select_related("user").order_by("joined_at", "id"),
        "audit": _audit(request, project) if may_manage else (),
    }
    return render(request, "projects/settings.html", found, status=422 if refused else 200)


def _audit(request: Request, project: Project) -> list[AuditLine]:
    rows = list(project.audit.select_related("actor")[:LINES])
    for row in rows:
        row.text = workflow.audit.told(row, request.user)
    return rows


Door = Callable[[Request, Project], HttpResponse]
Page = Callable[[Request, Project, workflow.Refused], HttpResponse]


def for_owners(show: Page) -> Callable[[Door], Callable[[Request, str], HttpResponse]]:
    """Hand a door that changes a project to its owners alone; a refusal is shown on the page it came from."""

    def wrap(door: Door) -> Callable[[Request, str], HttpResponse]:
        @login_required
        @require_POST
        @wraps(door)
        def asked(request: Request, ref: str) -> HttpResponse:
            project = get_object_or_404(access.projects(request.user), ref=ref)
            if not access.can_manage(request.user, project):
                return render(request, "403.html", status=403)
            try:
                return door(request, project)
            except workflow.Refused as refused:
                return show(request, project, refused)

        return asked

    return wrap


def member_of(project: Project, pk: str) -> User:
    """The member a form names."""
    number = int(pk) if pk.isdecimal() and len(pk) < 19 else 0
    return get_object_or_404(project.memberships.select_related("user"), user=number).user


def _saved(request: Request, project: Project) -> HttpResponse:
    messages.success(request, "Saved.")
    return redirect("project-settings", project.ref)


@for_owners(page)
def rename(request: Request, project: Project) -> HttpResponse:
    workflow.projects.rename(project, request.POST.get("name", ""), request.user)
    return _saved(request, project)


@for_owners(page)
def house(request: Request, project: Project) -> HttpResponse:
    """The house style: models, file, loudness, words."""
    typed = {name: request.POST.get(name, "") for name in ("format", "lufs", "words", "avoid")}
    workflow.house.change(project, request.user, allowed=request.POST.getlist("model"), **typed)
    return _saved(request, project)


@for_owners(page)
def approver(request: Request, project: Project) -> HttpResponse:
    """Who approves tracks for use: one member, or nobody named and so the owners."""
    pk = request.POST.get("person", "")
    workflow.projects.name_approver(project, member_of(project, pk) if pk else None, request.user)
    return _saved(request, project)


@for_owners(page)
def archive(request: Request, project: Project) -> HttpResponse:
    workflow.projects.archive(project, request.user)
    messages.success(request, f"“{project.name}” is archived. You can fetch it back below.")
    return redirect("projects")


@login_required
@require_POST
def unarchive(request: Request, ref: str) -> HttpResponse:
    project = get_object_or_404(access.archived_projects(request.user), ref=ref)
    workflow.projects.unarchive(project, request.user)
    messages.success(request, f"“{project.name}” is back.")
    return redirect("studio", project.ref)
