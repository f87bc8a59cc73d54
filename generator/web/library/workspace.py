"""The workspace of a project: create pane on the left, library in the middle, one track on the right."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django_htmx.http import push_url, replace_url

from generator import page_memory, permissions
from generator.http.library_query import LibraryFilter
from generator.models import Project
from generator.web.generation.generate import create_context
from generator.web.library import track_list
from generator.web.site.htmx import Request
from generator.web.team import tour


@login_required
@require_GET
def home(request: Request) -> HttpResponse:
    """Redirect to the project that the user last visited, or else last generated in or was invited to."""
    project = permissions.projects(request.user).filter(public_id=request.session.get("project", "")).first()
    if project is None:
        generation = permissions.generations(request.user).filter(author=request.user).order_by("-id").first()
        project = generation.project if generation else _invited_to(request)
    if project is None and permissions.received_invitations(request.user).exists():
        return redirect("projects")
    return redirect("studio", (project or Project.objects.personal_for(request.user)).public_id)


def _invited_to(request: Request) -> Project | None:
    """Return the project whose invitation the user accepted last."""
    invited = {"invitations__email": request.user.email.lower(), "invitations__accepted_at__isnull": False}
    return permissions.projects(request.user).filter(**invited).order_by("-invitations__accepted_at").first()


@login_required
@require_GET
def studio(request: Request, public_id: str) -> HttpResponse:
    """Show the workspace, or only the library list if htmx requests it."""
    with page_memory.remembering():
        project = next((own for own in permissions.own_projects(request.user) if own.public_id == public_id), None)
        if project is None:
            raise Http404
        if request.session.get("project") != project.public_id:
            request.session["project"] = project.public_id
        if request.htmx.target == "library-list" and not request.htmx.history_restore_request:
            context = track_list.list_alone(request, project)
            reply = render(request, "studio/_library_list.html", context)
            return address(request, reply, project, context["filter"])
        context = track_list.context(request, project) | create_context(request, project, request.GET)
        return render(request, "studio/studio.html", context | tour.context(request.user, project))


def address(request: Request, reply: HttpResponse, project: Project, library_filter: LibraryFilter) -> HttpResponse:
    """Put the filter into the address bar, as a new history entry except while a search is being typed."""
    url = reverse("studio", args=[project.public_id])
    url = f"{url}?{library_filter.query()}" if library_filter.query() else url
    current = request.htmx.current_url_abs_path or ""
    if current == url:
        return reply
    typing = request.htmx.trigger == "search-form" and "q=" in current
    return replace_url(reply, url) if typing else push_url(reply, url)
