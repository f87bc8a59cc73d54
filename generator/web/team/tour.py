"""The tour: a strip of four steps on the studio page of a new person, until they close it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.models import Project, Track, User
from generator.services.team import tour
from generator.web.generation.activity import activity_of
from generator.web.site.htmx import Request


def context(user: User, project: Project) -> dict[str, Any]:
    """Return the context of the strip for a project's studio page; empty if the person is not shown the tour."""
    progress = tour.progress_of(user) if activity_of(user, project).has_tour else None
    return {"tour": progress, "tour_steps": _steps(user, project, progress)} if progress else {}


def _steps(user: User, project: Project, progress: tour.Progress) -> list[tuple[str, str, bool, str]]:
    """Return (key, title, is done, address) of each step."""
    project_page = reverse("studio", args=[project.public_id])
    playable = _playable_project(user, project)
    library = f"{reverse('studio', args=[(playable or project).public_id])}#library"
    listen = ("listen", _("Listen to a sample") if playable else _("Listen to it"), progress.has_listened, library)
    title = _("Generate your own") if playable else _("Generate music")
    generate = ("generate", title, progress.has_generated, f"{project_page}#create")
    return [
        *((listen, generate) if playable else (generate, listen)),
        ("download", _("Download a track"), progress.has_downloaded, library),
        ("invite", _("Invite your team"), progress.has_invited, _invite_address(user, project)),
    ]


def _playable_project(user: User, project: Project) -> Project | None:
    """Return the project itself if it has tracks, or else any of the person's that has."""
    playable = permissions.tracks(user).kept()
    if playable.filter(project=project).exists():
        return project
    newest: Track | None = playable.select_related("project").order_by("-id").first()
    return newest.project if newest else None


def _invite_address(user: User, project: Project) -> str:
    if project.personal_to_id is None and permissions.can_manage(user, project):
        return f"{reverse('project-members', args=[project.public_id])}#invite"
    owned = permissions.managed_projects(user).order_by("-id").first()
    return f"{reverse('project-members', args=[owned.public_id])}#invite" if owned else reverse("new-project")


@login_required
@require_GET
def strip(request: Request) -> HttpResponse:
    """Return the strip alone, as of now; it is empty once the tour is closed."""
    projects = permissions.projects(request.user)
    project = projects.filter(public_id=request.session.get("project", "")).first() or projects.first()
    tour_context = context(request.user, project) if project else {}
    return render(request, "studio/_tour.html", tour_context)


@login_required
@require_POST
def dismiss(request: Request) -> HttpResponse:
    """Close the tour for good."""
    tour.dismiss(request.user)
    return HttpResponse() if request.htmx else redirect("home")
