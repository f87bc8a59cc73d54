"""What the holder of a link sees and hears: one track, no account needed. Every byte asks the link again."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generator import workflow
from generator.audio import FORMATS, disposition
from generator.models import ShareLink
from generator.web import files
from generator.web.htmx import Request

Door = Callable[[Request, ShareLink], HttpResponseBase]


def by_link(door: Door) -> Callable[[Request, str], HttpResponseBase]:
    """Hand a door the link behind an address: 404 for a made-up one, 410 for one that has ended; nothing is indexed."""

    @wraps(door)
    def asked(request: Request, address: str) -> HttpResponseBase:
        link = workflow.sharing.behind(address)
        if link is None:
            raise Http404("no such link")
        works = workflow.sharing.works(link)
        reply = door(request, link) if works else render(request, "shared/over.html", {"link": link}, status=410)
        reply["X-Robots-Tag"] = "noindex, nofollow"
        # A copy kept for long would go on playing after the link is taken back.
        reply["Cache-Control"] = "private, no-cache"
        return reply

    return asked


@require_safe
@by_link
def page(request: Request, link: ShareLink) -> HttpResponse:
    if request.method == "GET":
        workflow.sharing.count(link, "visits")
    main = workflow.renditions.main_file(link.track)
    found = {"link": link, "track": link.track, "main": main, "address": request.path}
    return render(request, "shared/shared.html", found)


@require_safe
@by_link
def audio(request: Request, link: ShareLink) -> HttpResponseBase:
    track = link.track
    if request.method == "GET" and _begins(request.headers.get("range", "")):
        workflow.sharing.count(link, "plays")
    return files.serve(request, workflow.media.path(track.file), FORMATS[track.format].mime, track.sha256)


def _begins(range_: str) -> bool:
    """Whether a request starts the track: seeking asks for a later piece, and some players ask for two bytes first."""
    asked = range_.strip()
    return not asked or (asked.startswith("bytes=0-") and asked != "bytes=0-1")


@require_safe
@by_link
def cover(request: Request, link: ShareLink) -> HttpResponseBase:
    name = link.track.cover
    return files.serve(request, workflow.media.path(name), "image/webp", name.rpartition("/")[2].partition(".")[0])


@require_safe
@by_link
def download(request: Request, link: ShareLink) -> HttpResponseBase:
    """The main file under a good name, where the link allows it."""
    track = link.track
    if not link.allow_download:
        sentence = "This link is for listening. Ask whoever sent it for one that may be downloaded."
        return render(request, "403.html", {"sentence": sentence}, status=403)
    main = workflow.renditions.main_file(track)
    reply = files.serve(request, workflow.media.path(main.name), FORMATS[main.format].mime, main.sha256)
    reply["Content-Disposition"] = disposition(files.name_of(track, main.format))
    if request.method == "GET" and _begins(request.headers.get("range", "")):
        workflow.sharing.count(link, "downloads")
    return reply
