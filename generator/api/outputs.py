"""Finished files for programs: an address of their own that needs no key and ends after a week, as the vendors' do.

Who it was told to is signed into it (`told_to`), and asked at each request: it ends before that with their key, with
their access to the track and with the webhook that told it. Making a track private ends every address told before.
"""

import datetime as dt

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generator import access, workflow
from generator.audio import FORMATS, disposition
from generator.models import PrivateTrack, Track, User, Webhook
from generator.models.track import TrackQuerySet
from generator.web.files import name_of, serve
from generator.web.places import holder_of

LASTS = dt.timedelta(days=7)
AUTHOR = "a"  # told to nobody in particular: as long as the track's author hears it
SHARED, PRIVATE = "s", "p"  # what the track was when its address was told
_signer = Signer(salt="output-until", sep="~")


def base_url(request: HttpRequest | None = None) -> str:
    """The studio's own address, without a slash at its end: as it was set up, else as this request came."""
    if settings.STUDIO_URL or request is None:
        return str(settings.STUDIO_URL or "http://localhost:8000").rstrip("/")
    return f"{request.scheme}://{request.get_host()}"


def told_to(teller: User | Webhook | None) -> str:
    """Through whom an address is told: a key, a webhook, or else the track's author themselves."""
    if isinstance(teller, Webhook):
        return f"w{teller.ref}"
    return f"k{teller.acting_with.ref}" if teller and teller.acting_with else AUTHOR


def last_day() -> int:
    """The last day of an address that is told now; the same all day, so that two answers about a track are the same."""
    return (timezone.now() + LASTS).date().toordinal()


def _sign(track: Track, told: str) -> str:
    return _signer.sign("~".join((track.ref, told, seen_by(track), str(last_day()))))


def seen_by(track: Track) -> str:
    """What is signed into an address, so that the ones told before end when the track is made private."""
    private = getattr(track, "is_private", None)  # as it was loaded, if it was
    if private is None:
        private = PrivateTrack.objects.filter(track=track.pk).exists()
    return PRIVATE if private else SHARED


def audio_url(track: Track, base: str, told: str = AUTHOR) -> str:
    """An absolute address of a track's main file; track with its generation and prompt. `told`: from `told_to`."""
    ending = FORMATS[workflow.renditions.main_file(track).format].extension
    return base + reverse("api:output", args=[_sign(track, told), f"{track.ref}.{ending}"])


def cover_url(track: Track, base: str, told: str = AUTHOR) -> str:
    return base + reverse("api:output-cover", args=[_sign(track, told)])


def heard_by(told: str, author: User) -> tuple[TrackQuerySet, str]:
    """The tracks that an address told so may lead to now, and whose share of the seats their files take."""
    if told.startswith("w"):
        hook = Webhook.objects.filter(ref=told[1:]).first()
        return Track.objects.filter(project=hook.project if hook else None, privacy=None), f"webhook-{told[1:]}"
    person = workflow.keys.person_of(told[1:]) if told != AUTHOR else author
    if person is None or not person.is_active:
        return Track.objects.none(), ""
    return access.tracks(person), holder_of(person)


def _track(address: str) -> tuple[Track, str]:
    """The track an address leads to, and whose share of the seats its files take."""
    try:
        ref, told, was, day = _signer.unsign(address).split("~")
    except (BadSignature, ValueError):
        raise Http404("no such file") from None
    if timezone.now().date().toordinal() > int(day):
        raise Http404("this address has ended; ask for the prediction again")
    track = Track.objects.filter(ref=ref).select_related("author").first()
    tracks, holder = heard_by(told, track.author) if track else (Track.objects.none(), "")
    open_ones = tracks.kept().filter(ref=ref, project__archived_at=None)
    open_ones = open_ones.filter(privacy=None) if was == SHARED else open_ones
    found = open_ones.select_related("generation__comparison", "generation__prompt").first()
    if found is None:
        raise Http404("no such file")
    return found, holder


@require_safe
def audio(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """The main file, whole or by ranges, under a good name; a blind candidate's name is not told."""
    track, holder = _track(address)
    main = workflow.renditions.main_file(track)
    reply = serve(request, workflow.media.path(main.name), FORMATS[main.format].mime, main.sha256, holder)
    named = "" if track.generation.is_blind else disposition(name_of(track, main.format), inline=True)
    if named:
        reply["Content-Disposition"] = named
    return _asked_again(reply)


@require_safe
def cover(request: HttpRequest, address: str) -> HttpResponseBase:
    track, holder = _track(address)
    if track.generation.is_blind:
        raise Http404("no such file")
    file = workflow.media.path(track.cover)
    return _asked_again(serve(request, file, "image/webp", track.cover.rpartition("/")[2], holder))


def _asked_again(reply: HttpResponseBase) -> HttpResponseBase:
    """A copy kept for long would go on playing after the address has ended."""
    reply["Cache-Control"] = "private, no-cache"
    return reply
