"""Finished files for programs: an address of their own that needs no key and ends after a week, as the vendors' do."""

import datetime as dt

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generator import workflow
from generator.audio import FORMATS, disposition
from generator.models import Track
from generator.web.files import name_of, serve

LASTS = dt.timedelta(days=7)
_signer = Signer(salt="output-until", sep="~")


def base_url(request: HttpRequest | None = None) -> str:
    """The studio's own address, without a slash at its end: as it was set up, else as this request came."""
    if settings.STUDIO_URL or request is None:
        return str(settings.STUDIO_URL or "http://localhost:8000").rstrip("/")
    return f"{request.scheme}://{request.get_host()}"


def _sign(ref: str) -> str:
    """A ref and its last day; the same all day long, so that two answers about one prediction are the same."""
    return _signer.sign(f"{ref}~{(timezone.now() + LASTS).date().toordinal()}")


def audio_url(track: Track, base: str) -> str:
    """An absolute address of a track's main file; track with its generation and prompt."""
    ending = FORMATS[workflow.renditions.main_file(track).format].extension
    return base + reverse("api:output", args=[_sign(track.ref), f"{track.ref}.{ending}"])


def cover_url(track: Track, base: str) -> str:
    return base + reverse("api:output-cover", args=[_sign(track.ref)])


def _track(address: str) -> Track:
    try:
        ref, _, last_day = _signer.unsign(address).rpartition("~")
    except BadSignature:
        raise Http404("no such file") from None
    if timezone.now().date().toordinal() > int(last_day):
        raise Http404("this address has ended; ask for the prediction again")
    found = Track.objects.kept().filter(ref=ref, project__archived_at=None).select_related("generation__prompt").first()
    if found is None:
        raise Http404("no such file")
    return found


@require_safe
def audio(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """The main file, whole or by ranges, under a good name."""
    track = _track(address)
    main = workflow.renditions.main_file(track)
    reply = serve(request, workflow.media.path(main.name), FORMATS[main.format].mime, main.sha256)
    named = disposition(name_of(track, main.format), inline=True)
    if named:
        reply["Content-Disposition"] = named
    return reply


@require_safe
def cover(request: HttpRequest, address: str) -> HttpResponseBase:
    track = _track(address)
    return serve(request, workflow.media.path(track.cover), "image/webp", track.cover.rpartition("/")[2])
