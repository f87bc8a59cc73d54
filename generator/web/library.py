"""The library: what the list shows, what can be done to many tracks at once, and the bin."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Exists, OuterRef, Sum
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from generator import access, workflow
from generator.audio import FORMATS
from generator.models import Approval, Comparison, PrivateTrack, Project, Track
from generator.models.track import TrackQuerySet
from generator.web import files, jobs, keyset
from generator.web.filters import SORTS, LibraryFilter
from generator.web.htmx import Request, back, client_event, wants_part

MOST_PICKED = 500
BIN_PAGE = 60


_PRIVATE = Exists(PrivateTrack.objects.filter(track=OuterRef("pk")))
_APPROVED = Exists(Approval.objects.filter(track=OuterRef("pk"), withdrawn_at=None))


def shown(tracks: TrackQuerySet, user) -> TrackQuerySet:
    """Tracks with all that a row needs, in one query."""
    related = ("author", "generation__model", "generation__prompt", "generation__comparison")
    return (
        tracks.select_related(*related)
        .with_starred(user)
        .annotate(is_private=_PRIVATE, is_approved=_APPROVED)
        .defer("peaks", "measured", "search_text")
    )


def context(request: Request, project: Project) -> dict:
    """Everything the middle pane shows for this URL."""
    return listed(request, project) | jobs.context(request.user, project)


def list_alone(request: Request, project: Project) -> dict:
    """The list as a search asks for it: what runs is only looked at where nothing is there to be shown."""
    found = listed(request, project)
    return found if found["page"].tracks else found | jobs.context(request.user, project)


def listed(request: Request, project: Project) -> dict:
    """What the list itself shows for this URL."""
    kept = access.library(request.user, project).kept()
    # A brief in the address is the form's; its model is not what the library is to be narrowed to.
    wanted = LibraryFilter(QueryDict() if "text" in request.GET else request.GET, request.user)
    facets, total = wanted.count(kept)
    return {
        "project": project,
        "filter": wanted,
        "page": wanted.page(kept, shown(Track.objects.all(), request.user)),
        "facets": facets,
        "sorts": [(key, title) for key, (title, *_) in SORTS.items()],
        "total": total,
        "may_edit": access.can_edit(request.user, project),
        "formats": FORMATS.items(),
        "targets": access.editable_projects(request.user).exclude(pk=project.pk),
    }


@login_required
@require_GET
def more(request: Request, ref: str) -> HttpResponse:
    """The next page of rows, to be put in place of the link that asked for it."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    wanted = LibraryFilter(request.GET, request.user)
    page = wanted.page(access.library(request.user, project).kept(), shown(Track.objects.all(), request.user))
    may_edit = access.can_edit(request.user, project)
    rows = {"project": project, "page": page, "may_edit": may_edit, "formats": FORMATS.items()}
    return render(request, "studio/_rows.html", rows)


# --- many at once ---


def _picked(request: Request, project: Project) -> TrackQuerySet:
    refs = request.POST.getlist("track")[:MOST_PICKED]
    return access.tracks(request.user).filter(project=project, ref__in=refs)


@login_required
@require_POST
def bulk(request: Request, ref: str) -> HttpResponseBase:
    """Do one thing to every picked track."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    tracks, action = _picked(request, project), request.POST.get("action", "")
    if len(request.POST.getlist("track")) > MOST_PICKED:
        return _done(request, project, f"At most {MOST_PICKED} tracks at a time; select fewer.", status=422)
    if action == "zip":
        return _zip(request, project, tracks)
    if action not in _ACTIONS:
        return render(request, "errors/400.html", {"sentence": "That is not something to do with tracks."}, status=400)
    if action in _EDITS and not access.can_edit(request.user, project):
        return render(request, "403.html", status=403)
    undo = list(tracks.kept().values_list("ref", flat=True)) if action == "bin" else []
    try:
        toast = _ACTIONS[action](request, tracks)
    except workflow.Refused as refused:
        return _done(request, project, refused.sentence, status=422)
    return _done(request, project, toast, undo)


def _zip(request: Request, project: Project, picked: TrackQuerySet) -> HttpResponseBase:
    """What was picked as a zip, with a text on what cannot be in it."""
    kept = picked.kept()
    if not kept.exists():
        return _done(request, project, "Select the tracks to put into the zip first.", status=422)
    blind = kept.filter(generation__comparison__in=Comparison.objects.blind().values("pk"))
    left_out = []
    if sealed := blind.count():  # their names and files would tell who made them
        left_out.append(f"{_count(sealed, 'candidate')} of a blind comparison: revealed first, then downloaded.")
    if gone := len(set(request.POST.getlist("track"))) - kept.count():
        left_out.append(f"{_count(gone)} cannot be found here any more.")
    try:
        return files.zipped(kept.exclude(pk__in=blind.values("pk")), project, left_out)
    except workflow.Refused as refused:
        return _done(request, project, refused.sentence, status=422)


def _done(request: Request, project: Project, toast: str, undo: Sequence[str] = (), status: int = 200) -> HttpResponse:
    """Answer htmx with a message and an event that refreshes the list; others go back to where they were."""
    if not wants_part(request):
        messages.info(request, toast)
        return redirect(back(request, reverse("studio", args=[project.ref])))
    said = {"text": toast, "undo_many": undo, "project": project}
    return client_event(render(request, "parts/_toast.html", said, status=status), "library-changed")


def _count(number: int, what: str = "track") -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _star(request: Request, tracks: TrackQuerySet) -> str:
    workflow.library.star(tracks, request.user, True)
    return f"{_count(tracks.count())} starred."


def _unstar(request: Request, tracks: TrackQuerySet) -> str:
    workflow.library.star(tracks, request.user, False)
    return f"{_count(tracks.count())} no longer starred."


def _tag(request: Request, tracks: TrackQuerySet) -> str:
    workflow.library.tag(tracks, request.POST.get("tag", ""))
    return f"{_count(tracks.count())} tagged."


def _bin(request: Request, tracks: TrackQuerySet) -> str:
    return f"{_count(workflow.library.bin_tracks(tracks, request.user))} moved to the bin."


def _restore(request: Request, tracks: TrackQuerySet) -> str:
    return f"{_count(workflow.library.restore(tracks))} restored."


def _target(request: Request) -> Project:
    found = access.editable_projects(request.user).filter(ref=request.POST.get("to", "")).first()
    if found is None:
        raise workflow.Refused("Choose a project that you may make music in.")
    return found


def _move(request: Request, tracks: TrackQuerySet) -> str:
    target = _target(request)
    moved = workflow.moving.move(tracks, target, request.user)
    return f"{_count(moved)} moved to {target.name}. What {_they(moved)} cost stays with this project."


def _copy(request: Request, tracks: TrackQuerySet) -> str:
    target = _target(request)
    copied = workflow.moving.copy(tracks, target, request.user)
    return f"{_count(copied)} copied to {target.name}. Copies cost nothing."


def _they(number: int) -> str:
    return "it" if number == 1 else "they"


_ACTIONS = {
    "star": _star,
    "unstar": _unstar,
    "tag": _tag,
    "bin": _bin,
    "restore": _restore,
    "move": _move,
    "copy": _copy,
}
_EDITS = ("tag", "bin", "restore", "move", "copy")


# --- the bin ---


@login_required
@require_GET
def bin(request: Request, ref: str) -> HttpResponse:
    """What was thrown away, and until when it can come back."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    binned = access.library(request.user, project).binned()
    tracks, following = _thrown_away(binned, request)
    rows = {"project": project, "tracks": tracks, "following": following}
    if wants_part(request):
        return render(request, "studio/_bin_rows.html", rows)
    found = rows | {
        "here": "studio",
        "is_first": "after" not in request.GET,
        **binned.aggregate(total=Count("pk"), size=Sum("size", default=0)),
        "days": settings.STUDIO_BIN_DAYS,
        "may_edit": access.can_edit(request.user, project),
        "may_manage": access.can_manage(request.user, project),
    }
    return render(request, "studio/bin.html", found)


def _thrown_away(binned: TrackQuerySet, request: Request) -> tuple[list[Track], str]:
    """One page of the bin by key, last thrown away first, and where the next one begins."""
    tracks = shown(binned, request.user).select_related("binned_by").order_by("-binned_at", "-id")
    if key := keyset.read(request.GET.get("after", ""), "binned_at"):
        tracks = tracks.filter(keyset.beyond("binned_at", True, *key))
    found = list(tracks[: BIN_PAGE + 1])
    last = found[BIN_PAGE - 1] if len(found) > BIN_PAGE else None
    return found[:BIN_PAGE], keyset.write(last.binned_at, last.pk) if last else ""


@login_required
@require_POST
def delete_for_good(request: Request, ref: str) -> HttpResponse:
    """Delete the picked binned tracks, or all of them, once the person has confirmed it."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    if not access.can_manage(request.user, project):
        return render(request, "403.html", status=403)
    everything = request.POST.get("everything") == "1"
    tracks = access.library(request.user, project).binned() if everything else _picked(request, project).binned()
    if request.POST.get("sure") == "1":
        workflow.library.delete_for_good(tracks)
        return redirect("bin", project.ref)
    found = {"project": project, "tracks": tracks[:MOST_PICKED], "total": tracks.count(), "everything": everything}
    return render(request, "studio/delete.html", found)
