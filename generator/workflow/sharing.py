"""Who else may hear a track: everyone in the project, its author alone, or whoever holds the address of a link.

The address of a link is its row's name, signed with SECRET_KEY: guessing one is guessing 256 bits, a copy of the
database alone opens nothing, and whoever may share the track can copy the address again at any time.
"""

import datetime as dt

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generator.models import AuditLine, PrivateTrack, ShareLink, Track, User
from generator.workflow.audit import record
from generator.workflow.refused import Refused

KIND = AuditLine.Kind.VISIBILITY
LASTS = {1: "1 day", 7: "1 week", 30: "30 days", 90: "90 days", 365: "1 year"}
USUAL = 7
MOST_OPEN = 20


# --- private, or everyone's ---


def is_private(track: Track) -> bool:
    return PrivateTrack.objects.filter(track=track).exists()


def keep_private(track: Track, actor: User) -> None:
    """Keep a track to its author; links to it stop working. Doing it twice is doing it once.

    Raises:
        Refused: somebody else's track, or one that is approved for use.
    """
    _check_author(track, actor)
    with transaction.atomic():
        Track.objects.select_for_update().get(pk=track.pk)
        if track.approvals.filter(withdrawn_at=None).exists():
            raise Refused("It is approved for use. Withdraw the approval first.")
        _, is_new = PrivateTrack.objects.get_or_create(track=track, defaults={"author": actor})
        if is_new:
            track.links.open().update(revoked_at=timezone.now(), revoked_by=actor)
            record(track.project, actor, KIND, "Made a track of theirs private")  # its title is nobody else's business


def show_project(track: Track, actor: User) -> None:
    """Let everyone in the project see a track again.

    Raises:
        Refused: somebody else's track.
    """
    _check_author(track, actor)
    with transaction.atomic():
        gone, _ = PrivateTrack.objects.filter(track=track).delete()
        if gone:
            record(track.project, actor, KIND, f"Made {_named(track)} visible to the project")


def _check_author(track: Track, actor: User) -> None:
    if track.author_id != actor.pk:
        raise Refused(f"Only {track.author.label}, who made it, decides whether it is private.")


# --- links ---


def share(track: Track, actor: User, days: int, *, allow_download: bool) -> ShareLink:
    """Make a link that plays a track to whoever has it, for some days.

    Raises:
        Refused: no such time, the track is in the bin, or there are links enough.
    """
    if days not in LASTS:
        raise Refused("Choose how long the link is to work.")
    if track.binned_at:
        raise Refused("It is in the bin. Restore it first.")
    if track.generation.is_blind:
        raise Refused("It is part of a blind comparison. Pick there first, or have it shown which is which.")
    if track.links.open().count() >= MOST_OPEN:
        raise Refused(f"There are {MOST_OPEN} links to it already. Take one back first.")
    with transaction.atomic():
        until = timezone.now() + dt.timedelta(days=days)
        link = ShareLink.objects.create(track=track, made_by=actor, expires_at=until, allow_download=allow_download)
        what = "with download" if allow_download else "to listen"
        record(track.project, actor, KIND, f"Shared {_named(track)} by a link {what}, for {LASTS[days]}")
    return link


def revoke(link: ShareLink, actor: User) -> None:
    """Take a link back: it stops working at once. Doing it twice is doing it once."""
    with transaction.atomic():
        mine = ShareLink.objects.filter(pk=link.pk, revoked_at=None)
        if mine.update(revoked_at=timezone.now(), revoked_by=actor):
            record(link.track.project, actor, KIND, f"Took back a link to {_named(link.track)}")


def _named(track: Track) -> str:
    if track.generation.is_blind:
        return "a candidate of a blind comparison"
    return "a private track" if is_private(track) else f"“{track.title}”"


def _signer() -> Signer:
    return Signer(salt="generator.workflow.sharing", sep=".")


def address_of(link: ShareLink) -> str:
    """The part of the address that opens the link."""
    return _signer().sign(link.ref)


def behind(address: str) -> ShareLink | None:
    """The link an address is signed for, whether it still works or not; None for anything made up."""
    try:
        ref = _signer().unsign(address)
    except BadSignature:
        return None
    return ShareLink.objects.filter(ref=ref).select_related("track__project", "track__author", "made_by").first()


def works(link: ShareLink) -> bool:
    track = link.track
    is_shown = track.binned_at is None and track.project.archived_at is None
    return link.is_open and is_shown and not track.generation.is_blind


def count(link: ShareLink, what: str) -> None:
    """Count one of the `visits`, `plays` or `downloads` of a link."""
    ShareLink.objects.filter(pk=link.pk).update(**{what: F(what) + 1, "last_used_at": timezone.now()})
