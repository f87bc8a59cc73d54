"""Finished files for programs: addresses that need no key and expire after a week, as the vendors' do.

The recipient is signed into the address (`recipient_of`) and checked at each request. The address ends earlier with
their key, their access to the track, or the webhook that sent it. Making a track private ends all its earlier
addresses.
"""

import datetime as dt

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generator import permissions
from generator.audio import FORMATS, disposition
from generator.http.connection_slots import holder_of
from generator.http.file_responses import name_of, serve
from generator.models import PrivateTrack, Track, User, Webhook
from generator.models.track import TrackQuerySet
from generator.services.library import media, renditions
from generator.services.team import api_keys

URL_LIFETIME = dt.timedelta(days=7)
AUTHOR_RECIPIENT = "a"  # no particular recipient: valid as long as the author may hear the track
SHARED, PRIVATE = "s", "p"  # what the track was when its address was created
_signer = Signer(salt="output-until", sep="~")


def base_url(request: HttpRequest | None = None) -> str:
    """Return the studio's address without a trailing slash: as configured, else as this request reached it."""
    if settings.STUDIO_URL or request is None:
        return str(settings.STUDIO_URL or "http://localhost:8000").rstrip("/")
    return f"{request.scheme}://{request.get_host()}"


def recipient_of(receiver: User | Webhook | None) -> str:
    """Return through whom an address is given out: a key, a webhook, or else the track's author."""
    if isinstance(receiver, Webhook):
        return f"w{receiver.public_id}"
    return f"k{receiver.api_key.public_id}" if receiver and receiver.api_key else AUTHOR_RECIPIENT


def last_day() -> int:
    """Return the last valid day of an address created now; constant all day, so that two answers are the same."""
    return (timezone.now() + URL_LIFETIME).date().toordinal()


def _sign(track: Track, recipient: str) -> str:
    return _signer.sign("~".join((track.public_id, recipient, visibility_of(track), str(last_day()))))


def visibility_of(track: Track) -> str:
    """Return the visibility that is signed into an address, so that earlier ones end when the track is made private."""
    is_private = getattr(track, "is_private", None)  # from the query, if annotated
    if is_private is None:
        is_private = PrivateTrack.objects.filter(track=track.pk).exists()
    return PRIVATE if is_private else SHARED


def audio_url(track: Track, base: str, recipient: str = AUTHOR_RECIPIENT) -> str:
    """Return the absolute address of a track's main file; load its generation and prompt. See `recipient_of`."""
    extension = FORMATS[renditions.main_file(track).format].extension
    return base + reverse("api:output", args=[_sign(track, recipient), f"{track.public_id}.{extension}"])


def cover_url(track: Track, base: str, recipient: str = AUTHOR_RECIPIENT) -> str:
    return base + reverse("api:output-cover", args=[_sign(track, recipient)])


def tracks_for(recipient: str, author: User) -> tuple[TrackQuerySet, str]:
    """Return the tracks that an address may open now, and whose slots their files count against."""
    if recipient.startswith("w"):
        webhook = Webhook.objects.filter(public_id=recipient[1:]).first()
        return Track.objects.filter(
            project=webhook.project if webhook else None, privacy=None
        ), f"webhook-{recipient[1:]}"
    person = api_keys.user_for_key(recipient[1:]) if recipient != AUTHOR_RECIPIENT else author
    if person is None or not person.is_active:
        return Track.objects.none(), ""
    return permissions.tracks(person), holder_of(person)


def _track(address: str) -> tuple[Track, str]:
    """Return the track behind an address, and whose slots its files count against."""
    try:
        public_id, recipient, visibility, day = _signer.unsign(address).split("~")
    except (BadSignature, ValueError):
        raise Http404("no such file") from None
    if timezone.now().date().toordinal() > int(day):
        raise Http404("this URL has expired; request the prediction again")
    track = Track.objects.filter(public_id=public_id).select_related("author").first()
    tracks, holder = tracks_for(recipient, track.author) if track else (Track.objects.none(), "")
    accessible = tracks.kept().filter(public_id=public_id, project__archived_at=None)
    accessible = accessible.filter(privacy=None) if visibility == SHARED else accessible
    accessible_track = accessible.select_related("generation__comparison", "generation__prompt").first()
    if accessible_track is None:
        raise Http404("no such file")
    return accessible_track, holder


@require_safe
def audio(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """Serve the main file, whole or by ranges, with a readable file name; a blind candidate's name is hidden."""
    track, holder = _track(address)
    main_file = renditions.main_file(track)
    reply = serve(request, media.path(main_file.name), FORMATS[main_file.format].mime, main_file.sha256, holder)
    content_disposition = (
        "" if track.generation.is_blind else disposition(name_of(track, main_file.format), inline=True)
    )
    if content_disposition:
        reply["Content-Disposition"] = content_disposition
    return _revalidated(reply)


@require_safe
def cover(request: HttpRequest, address: str) -> HttpResponseBase:
    track, holder = _track(address)
    if track.generation.is_blind:
        raise Http404("no such file")
    file = media.path(track.cover)
    return _revalidated(serve(request, file, "image/webp", track.cover.rpartition("/")[2], holder))


def _revalidated(reply: HttpResponseBase) -> HttpResponseBase:
    """Make caches revalidate: a stored copy would keep playing after the address has expired."""
    reply["Cache-Control"] = "private, no-cache"
    return reply
