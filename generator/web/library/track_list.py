"""The library: the track list, bulk actions, and the trash."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Exists, OuterRef, Sum
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.audio import FORMATS
from generator.http import cursor_pagination
from generator.http.library_query import SORTS, LibraryFilter
from generator.models import Approval, Comparison, Generation, PrivateTrack, Project, State, Track, User
from generator.models.track import TrackQuerySet
from generator.services.errors import UserError
from generator.services.library import tracks as library_tracks
from generator.services.library import transfer
from generator.services.packs import packs
from generator.web.generation import arrivals, running
from generator.web.generation.activity import activity_of
from generator.web.library import downloads
from generator.web.site.htmx import Request, back, client_event, wants_part

MAX_SELECTED = 500
MAX_HELD = 50  # runs whose places a page keeps
TRASH_PAGE_SIZE = 60


_PRIVATE = Exists(PrivateTrack.objects.filter(track=OuterRef("pk")))
_APPROVED = Exists(Approval.objects.filter(track=OuterRef("pk"), withdrawn_at=None))


def with_row_data(tracks: TrackQuerySet, user: User) -> TrackQuerySet:
    """Return tracks with everything that a row needs, in one query."""
    related = ("author", "generation__model", "generation__prompt", "generation__comparison")
    return (
        tracks.select_related(*related)
        .with_starred(user)
        .with_new(user)
        .annotate(is_private=_PRIVATE, is_approved=_APPROVED)
        .defer("peaks", "measured", "search_text")
    )


def context(request: Request, project: Project) -> dict[str, Any]:
    """Return the context of the middle pane for this URL."""
    return listed(request, project) | running.context(request.user, project)


def list_alone(request: Request, project: Project) -> dict[str, Any]:
    """Return the context of the list for a search; running work is loaded only if no track matches."""
    context = listed(request, project)
    return context if context["page"].tracks else context | running.context(request.user, project)


def listed(request: Request, project: Project) -> dict[str, Any]:
    """Return the context of the list for this URL."""
    tracks = permissions.library(request.user, project).kept()
    # With a prompt text, the URL's values belong to the create form: its model must not filter the library.
    library_filter = LibraryFilter(QueryDict() if "text" in request.GET else request.GET, request.user)
    facets, total = library_filter.count(tracks)
    page = library_filter.page(tracks, with_row_data(Track.objects.all(), request.user))
    has_places = library_filter.is_plain and library_filter.sort == "newest" and not library_filter.after
    held_ids = request.GET.get("held", "").split(",")[:MAX_HELD]
    has_runs = has_places and activity_of(request.user, project).has_runs
    places = arrivals.places(request.user, project, held_ids) if has_runs else []
    above, below = arrivals.arrange(places, page.tracks, is_last_page=not page.next_query)
    return {
        "project": project,
        "filter": library_filter,
        "page": page,
        "has_places": has_places,
        "places": above,
        "places_below": below,
        "failures": [place for place in places if place.tells_failure and place.run.state == State.FAILED],
        "held": ",".join(dict.fromkeys(place.run.public_id for place in places if place.is_held)),
        "facets": facets,
        "sorts": [(key, title) for key, (title, *_) in SORTS.items()],
        "total": total,
        "may_edit": permissions.can_edit(request.user, project),
        "formats": FORMATS.items(),
        "targets": permissions.other_editable_projects(request.user, project),
    }


@login_required
@require_GET
def more(request: Request, public_id: str) -> HttpResponse:
    """Return the next page of rows, which replaces the link that requested it."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    library_filter = LibraryFilter(request.GET, request.user)
    page = library_filter.page(
        permissions.library(request.user, project).kept(), with_row_data(Track.objects.all(), request.user)
    )
    arrivals.tie(page.tracks, _run_before(library_filter))
    may_edit = permissions.can_edit(request.user, project)
    rows = {"project": project, "page": page, "may_edit": may_edit, "formats": FORMATS.items()}
    return render(request, "studio/_rows.html", rows)


def _run_before(library_filter: LibraryFilter) -> Generation | None:
    """Return the run of the last row of the page before, from the cursor."""
    cursor = cursor_pagination.read(library_filter.after, SORTS[library_filter.sort][1])
    return Generation.objects.filter(tracks=cursor[1]).select_related("comparison").first() if cursor else None


# --- bulk actions ---


def _picked(request: Request, project: Project) -> TrackQuerySet:
    public_ids = request.POST.getlist("track")[:MAX_SELECTED]
    return permissions.tracks(request.user).filter(project=project, public_id__in=public_ids)


@login_required
@require_POST
def bulk(request: Request, public_id: str) -> HttpResponseBase:
    """Apply one action to every selected track."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    tracks, action = _picked(request, project), request.POST.get("action", "")
    if len(request.POST.getlist("track")) > MAX_SELECTED:
        return _done(
            request, project, _("Select at most {count} tracks at a time.").format(count=MAX_SELECTED), status=422
        )
    if action == "zip":
        return _zip(request, project, tracks)
    if action == "pack":
        return _to_pack(request, project, tracks)
    if action not in _ACTIONS:
        sentence = _("That action is not available for tracks. Nothing was changed.")
        return render(request, "errors/400.html", {"sentence": sentence}, status=400)
    if action in _EDITING_ACTIONS and not permissions.can_edit(request.user, project):
        return render(request, "403.html", status=403)
    undo = list(tracks.kept().values_list("public_id", flat=True)) if action == "bin" else []
    try:
        toast = _ACTIONS[action](request, tracks)
    except UserError as error:
        return _done(request, project, error.sentence, status=422, code=error.code)
    return _done(request, project, toast, undo)


def _zip(request: Request, project: Project, picked: TrackQuerySet) -> HttpResponseBase:
    """Return the selected tracks as a zip, with a text file about what is left out."""
    tracks = picked.kept()
    if not tracks.exists():
        return _done(request, project, _("Select the tracks to download first."), status=422)
    blind = tracks.filter(generation__comparison__in=Comparison.objects.blind().values("pk"))
    left_out = []
    if sealed := blind.count():  # their names and files would reveal the models
        sentence = ngettext(
            "{count} track is a candidate in a blind comparison: reveal its model before you download it.",
            "{count} tracks are candidates in a blind comparison: reveal their models before you download them.",
            sealed,
        )
        left_out.append(sentence.format(count=sealed))
    if missing := len(set(request.POST.getlist("track"))) - tracks.count():
        sentence = ngettext("{count} track is no longer available.", "{count} tracks are no longer available.", missing)
        left_out.append(sentence.format(count=missing))
    try:
        return downloads.zipped(request, tracks.exclude(pk__in=blind.values("pk")), project, left_out)
    except UserError as error:
        return _done(request, project, error.sentence, status=422, code=error.code)


def _to_pack(request: Request, project: Project, picked: TrackQuerySet) -> HttpResponse:
    """Lead to the form of a pack of the selected tracks."""
    names = list(picked.kept().values_list("public_id", flat=True)[: packs.MAX_TRACKS + 1])
    if not names or len(names) > packs.MAX_TRACKS:
        sentence = _("A pack can hold 1 to {count} tracks. Select them first.").format(count=packs.MAX_TRACKS)
        return _done(request, project, sentence, status=422, code="limit_reached" if names else "nothing_selected")
    return redirect(f"{reverse('packs', args=[project.public_id])}?{urlencode({'track': names}, doseq=True)}")


def _done(
    request: Request, project: Project, toast: str, undo: Sequence[str] = (), status: int = 200, code: str = ""
) -> HttpResponse:
    """Answer htmx with a toast and an event that refreshes the list; otherwise redirect back."""
    if not wants_part(request):
        messages.info(request, toast, extra_tags=code)
        return redirect(back(request, reverse("studio", args=[project.public_id])))
    context = {"text": toast, "code": code, "undo_many": undo, "project": project}
    return client_event(render(request, "parts/_toast.html", context, status=status), "library-changed")


def _star(request: Request, tracks: TrackQuerySet) -> str:
    library_tracks.star(tracks, request.user, True)
    count = tracks.count()
    return ngettext("{count} track starred.", "{count} tracks starred.", count).format(count=count)


def _unstar(request: Request, tracks: TrackQuerySet) -> str:
    library_tracks.star(tracks, request.user, False)
    count = tracks.count()
    return ngettext("{count} track unstarred.", "{count} tracks unstarred.", count).format(count=count)


def _mark_heard(request: Request, tracks: TrackQuerySet) -> str:
    library_tracks.mark_heard(tracks, request.user)
    count = tracks.count()
    return ngettext("{count} track marked as heard.", "{count} tracks marked as heard.", count).format(count=count)


def _tag(request: Request, tracks: TrackQuerySet) -> str:
    library_tracks.tag(tracks, request.POST.get("tag", ""))
    count = tracks.count()
    return ngettext("{count} track tagged.", "{count} tracks tagged.", count).format(count=count)


def _trash(request: Request, tracks: TrackQuerySet) -> str:
    count = library_tracks.trash_tracks(tracks, request.user)
    message = ngettext("{count} track moved to the trash.", "{count} tracks moved to the trash.", count)
    return message.format(count=count)


def _restore(request: Request, tracks: TrackQuerySet) -> str:
    count = library_tracks.restore(tracks)
    return ngettext("{count} track restored.", "{count} tracks restored.", count).format(count=count)


def _target(request: Request) -> Project:
    project = permissions.editable_projects(request.user).filter(public_id=request.POST.get("to", "")).first()
    if project is None:
        raise UserError(_("Choose a project where you are an editor or owner."), code="invalid_choice")
    return project


def _move(request: Request, tracks: TrackQuerySet) -> str:
    target = _target(request)
    count = transfer.move(tracks, target, request.user)
    message = ngettext(
        "{count} track moved to {project}. Its cost stays with this project.",
        "{count} tracks moved to {project}. Their cost stays with this project.",
        count,
    )
    return message.format(count=count, project=target.name)


def _copy(request: Request, tracks: TrackQuerySet) -> str:
    target = _target(request)
    count = transfer.copy(tracks, target, request.user)
    message = ngettext(
        "{count} track copied to {project}. Copies are free.",
        "{count} tracks copied to {project}. Copies are free.",
        count,
    )
    return message.format(count=count, project=target.name)


_ACTIONS = {
    "star": _star,
    "unstar": _unstar,
    "hear": _mark_heard,
    "tag": _tag,
    "bin": _trash,
    "restore": _restore,
    "move": _move,
    "copy": _copy,
}
_EDITING_ACTIONS = ("tag", "bin", "restore", "move", "copy")


# --- the trash ---


@login_required
@require_GET
def trash(request: Request, public_id: str) -> HttpResponse:
    """Show the tracks in the trash, and until when they can be restored."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    trashed = permissions.library(request.user, project).trashed()
    tracks, following = _trash_page(trashed, request)
    rows = {"project": project, "tracks": tracks, "following": following}
    if wants_part(request):
        return render(request, "studio/_trash_rows.html", rows)
    context = rows | {
        "here": "studio",
        "is_first": "after" not in request.GET,
        **trashed.aggregate(total=Count("pk"), size=Sum("size", default=0)),
        "days": settings.STUDIO_TRASH_DAYS,
        "may_edit": permissions.can_edit(request.user, project),
        "may_manage": permissions.can_manage(request.user, project),
    }
    return render(request, "studio/trash.html", context)


def _trash_page(trashed: TrackQuerySet, request: Request) -> tuple[list[Track], str]:
    """Return one page of the trash, most recently deleted first, and the cursor of the next page."""
    tracks = with_row_data(trashed, request.user).select_related("trashed_by").order_by("-trashed_at", "-id")
    if key := cursor_pagination.read(request.GET.get("after", ""), "trashed_at"):
        tracks = tracks.filter(cursor_pagination.after_cursor("trashed_at", True, *key))
    rows = list(tracks[: TRASH_PAGE_SIZE + 1])
    last = rows[TRASH_PAGE_SIZE - 1] if len(rows) > TRASH_PAGE_SIZE else None
    return rows[:TRASH_PAGE_SIZE], cursor_pagination.write(last.trashed_at, last.pk) if last else ""


@login_required
@require_POST
def delete_for_good(request: Request, public_id: str) -> HttpResponse:
    """Permanently delete the selected tracks in the trash, or all of them, after a confirmation page."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if not permissions.can_manage(request.user, project):
        return render(request, "403.html", status=403)
    everything = request.POST.get("everything") == "1"
    tracks = permissions.library(request.user, project).trashed() if everything else _picked(request, project).trashed()
    if request.POST.get("sure") == "1":
        library_tracks.delete_for_good(tracks)
        return redirect("trash", project.public_id)
    context = {"project": project, "tracks": tracks[:MAX_SELECTED], "total": tracks.count(), "everything": everything}
    return render(request, "studio/delete.html", context)
