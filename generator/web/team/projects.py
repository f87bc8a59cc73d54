"""Project pages: list, create, settings, archive and restore."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from generator import permissions
from generator.audio import FORMATS
from generator.models import AuditLogEntry, Project, User
from generator.models.project_defaults import FallbackMode
from generator.services import audit_log
from generator.services.billing.reports import spend
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog
from generator.services.team import project_cards, project_defaults
from generator.services.team import projects as team_projects
from generator.web.site.htmx import Request

MAX_LINES = 100


@login_required
@require_GET
def projects(request: Request) -> HttpResponse:
    """Show a card per project of the user, their invitations, and archived projects."""
    context = {
        "here": "projects",
        "cards": project_cards.cards(request.user),
        "month": spend.titled(spend.this_month()),
        "archived": permissions.archived_projects(request.user),
        "invited": permissions.received_invitations(request.user),
    }
    return render(request, "projects/projects.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_project(request: Request) -> HttpResponse:
    """Create a shared project owned by the user."""
    name, error, code = request.POST.get("name", ""), "", ""
    if request.method == "POST":
        try:
            return redirect("studio", team_projects.start(name, request.user).public_id)
        except UserError as rejection:
            error, code = rejection.sentence, rejection.code
    context = {"error": error, "code": code, "name": name, "here": "projects"}
    return render(request, "projects/new_project.html", context, status=422 if error else 200)


# --- project settings ---


@login_required
@require_GET
def settings(request: Request, public_id: str) -> HttpResponse:
    return page(request, get_object_or_404(permissions.projects(request.user), public_id=public_id))


def page(request: Request, project: Project, error: UserError | None = None) -> HttpResponse:
    """Render the settings of a project; members who do not manage it see them read-only."""
    may_manage = permissions.can_manage(request.user, project)
    context = {
        "project": project,
        "here": "project-settings",
        "may_manage": may_manage,
        "error": error,
        "typed": request.POST if error else {},
        "defaults": project_defaults.defaults_of(project),
        "models": catalog.models(),
        "fallbacks": _fallbacks(project),
        "fallback_modes": FallbackMode.choices,
        "formats": FORMATS.items(),
        "loudness": project_defaults.LOUDNESS.items(),
        "members": project.memberships.select_related("user").order_by("joined_at", "id"),
        "audit": _audit(request, project) if may_manage else (),
    }
    return render(request, "projects/settings.html", context, status=422 if error else 200)


def _fallbacks(project: Project) -> list[tuple[int, str]]:
    """Return the places of the fallback order: number, key of the model or an empty string."""
    order = project_defaults.defaults_of(project).fallback_models
    return list(enumerate([*order, *[""] * project_defaults.MAX_FALLBACKS][: project_defaults.MAX_FALLBACKS], start=1))


def _audit(request: Request, project: Project) -> list[AuditLogEntry]:
    rows = list(project.audit_log.project_changes().select_related("actor")[:MAX_LINES])
    for row in rows:
        row.text = audit_log.text_for(row, request.user)
    return rows


ProjectView = Callable[[Request, Project], HttpResponse]
Page = Callable[[Request, Project, UserError], HttpResponse]


def for_owners(show: Page) -> Callable[[ProjectView], Callable[[Request, str], HttpResponse]]:
    """Restrict a POST view that changes a project to its owners; `show` renders the page after a UserError."""

    def wrap(view: ProjectView) -> Callable[[Request, str], HttpResponse]:
        @login_required
        @require_POST
        @wraps(view)
        def wrapper(request: Request, public_id: str) -> HttpResponse:
            project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
            if not permissions.can_manage(request.user, project):
                return render(request, "403.html", status=403)
            try:
                return view(request, project)
            except UserError as error:
                return show(request, project, error)

        return wrapper

    return wrap


def member_of(project: Project, pk: str) -> User:
    """Return the member with this user id; raise Http404 if there is none."""
    number = int(pk) if pk.isdecimal() and len(pk) < 19 else 0
    return get_object_or_404(project.memberships.select_related("user"), user=number).user


def _render_saved(request: Request, project: Project) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("project-settings", project.public_id)


@for_owners(page)
def rename(request: Request, project: Project) -> HttpResponse:
    team_projects.rename(project, request.POST.get("name", ""), request.user)
    return _render_saved(request, project)


@for_owners(page)
def change_defaults(request: Request, project: Project) -> HttpResponse:
    """Change the project defaults: models, file format, loudness, prompt text."""
    values = {name: request.POST.get(name, "") for name in ("format", "lufs", "prompt_suffix", "excluded_terms")}
    project_defaults.change(project, request.user, allowed_models=request.POST.getlist("model"), **values)
    return _render_saved(request, project)


@for_owners(page)
def change_fallback(request: Request, project: Project) -> HttpResponse:
    """Change which models are taken when another is unavailable, and whether they are offered or used."""
    order, mode = request.POST.getlist("fallback_model"), request.POST.get("fallback_mode", "")
    project_defaults.set_fallback(project, request.user, models=order, mode=mode)
    return _render_saved(request, project)


@for_owners(page)
def approver(request: Request, project: Project) -> HttpResponse:
    """Set who approves tracks: one member, or the owners if none is chosen."""
    pk = request.POST.get("person", "")
    team_projects.name_approver(project, member_of(project, pk) if pk else None, request.user)
    return _render_saved(request, project)


@for_owners(page)
def archive(request: Request, project: Project) -> HttpResponse:
    team_projects.archive(project, request.user)
    messages.success(request, _("“{project}” was archived. You can restore it below.").format(project=project.name))
    return redirect("projects")


@login_required
@require_POST
def unarchive(request: Request, public_id: str) -> HttpResponse:
    project = get_object_or_404(permissions.archived_projects(request.user), public_id=public_id)
    team_projects.unarchive(project, request.user)
    messages.success(request, _("“{project}” was restored.").format(project=project.name))
    return redirect("studio", project.public_id)
