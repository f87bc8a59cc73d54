"""Public pages of share links: one track, without an account."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generator.audio import FORMATS, disposition
from generator.http.file_responses import name_of, serve
from generator.models import ShareLink
from generator.services.library import media, renditions, sharing
from generator.web.site.htmx import Request
from generator.web.site.public_links import by_link

on_link = by_link(sharing.behind, sharing.works, "shared/over.html")


@require_safe
@on_link
def page(request: Request, link: ShareLink) -> HttpResponse:
    if request.method == "GET":
        sharing.count(link, "visits")
    main = renditions.main_file(link.track)
    context = {"link": link, "track": link.track, "main": main, "address": request.path}
    return render(request, "shared/shared.html", context)


@require_safe
@on_link
def audio(request: Request, link: ShareLink) -> HttpResponseBase:
    track = link.track
    if request.method == "GET" and _begins(request.headers.get("range", "")):
        sharing.count(link, "plays")
    return serve(request, media.path(track.file), FORMATS[track.format].mime, track.sha256)


def _begins(range_: str) -> bool:
    """Return whether a request starts playback: seeks request later ranges, and some players probe two bytes first."""
    value = range_.strip()
    return not value or (value.startswith("bytes=0-") and value != "bytes=0-1")


@require_safe
@on_link
def cover(request: Request, link: ShareLink) -> HttpResponseBase:
    name = link.track.cover
    return serve(request, media.path(name), "image/webp", name.rpartition("/")[2].partition(".")[0])


@require_safe
@on_link
def download(request: Request, link: ShareLink) -> HttpResponseBase:
    """Return the main file as a download, if the link allows it."""
    track = link.track
    if not link.allow_download:
        sentence = _("This link is for listening only. Ask the person who sent it for one that allows downloads.")
        return render(request, "403.html", {"sentence": sentence}, status=403)
    main = renditions.main_file(track)
    reply = serve(request, media.path(main.name), FORMATS[main.format].mime, main.sha256)
    reply["Content-Disposition"] = disposition(name_of(track, main.format))
    if request.method == "GET" and _begins(request.headers.get("range", "")):
        sharing.count(link, "downloads")
    return reply
