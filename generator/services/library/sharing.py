"""Visibility of tracks: to the whole project, to the author alone, or to anyone with a share link.

A link's address is its row's public ID, signed with SECRET_KEY. To guess one means to guess 256 bits. A copy of the
database alone gives no access. Members who may share the track can copy the address again at any time.
"""

import datetime as dt
from collections.abc import Mapping

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.models import AuditLogEntry, PrivateTrack, ShareLink, Track, User
from generator.services.audit_log import record
from generator.services.errors import UserError

KIND = AuditLogEntry.Action.VISIBILITY
LIFETIMES: Mapping[int, Promise] = {
    1: gettext_lazy("1 day"),
    7: gettext_lazy("1 week"),
    30: gettext_lazy("30 days"),
    90: gettext_lazy("90 days"),
    365: gettext_lazy("1 year"),
}
DEFAULT_DAYS = 7
MAX_OPEN_LINKS = 20


# --- privacy ---


def is_private(track: Track) -> bool:
    return PrivateTrack.objects.filter(track=track).exists()


def keep_private(track: Track, actor: User) -> None:
    """Make a track visible to its author alone and revoke its links; idempotent.

    Raises:
        UserError: the actor is not the author, or the track is approved for use.
    """
    _check_author(track, actor)
    with transaction.atomic():
        Track.objects.select_for_update().get(pk=track.pk)
        if track.approvals.filter(withdrawn_at=None).exists():
            sentence = _("This track is approved for use. Withdraw the approval first.")
            raise UserError(sentence, code="approved")
        _row, is_new = PrivateTrack.objects.get_or_create(track=track, defaults={"author": actor})
        if is_new:
            track.share_links.open().update(revoked_at=timezone.now(), revoked_by=actor)
            record(
                actor, KIND, "Made one of their tracks private", project=track.project
            )  # not by title: it is private


def show_project(track: Track, actor: User) -> None:
    """Make a private track visible to the project again.

    Raises:
        UserError: the actor is not the author.
    """
    _check_author(track, actor)
    with transaction.atomic():
        is_changed = PrivateTrack.objects.filter(track=track).delete()[0]
        if is_changed:
            record(actor, KIND, f"Made {_named(track)} visible to the project", project=track.project)


def _check_author(track: Track, actor: User) -> None:
    if track.author_id != actor.pk:
        sentence = _("Only {person}, who made this track, can change whether it is private.")
        raise UserError(sentence.format(person=track.author.label), code="not_permitted")


# --- links ---


def share(track: Track, actor: User, days: int, *, allow_download: bool) -> ShareLink:
    """Create a share link that plays a track for a number of days.

    Raises:
        UserError: the duration is not offered, the track is in the trash or a blind candidate, or has too many links.
    """
    if days not in LIFETIMES:
        raise UserError(_("Choose how long the link is valid."), code="invalid_choice")
    if track.trashed_at:
        raise UserError(_("This track is in the trash. Restore it first."), code="in_trash")
    if track.generation.is_blind:
        sentence = _("This track is part of a blind comparison. Pick a take or reveal the models first.")
        raise UserError(sentence, code="blind_comparison")
    if track.share_links.open().count() >= MAX_OPEN_LINKS:
        sentence = _("This track already has {count} share links, the maximum. Revoke one first.")
        raise UserError(sentence.format(count=MAX_OPEN_LINKS), code="limit_reached")
    with transaction.atomic():
        until = timezone.now() + dt.timedelta(days=days)
        link = ShareLink.objects.create(track=track, made_by=actor, expires_at=until, allow_download=allow_download)
        access = "with download" if allow_download else "without download"
        lasts = "1 day" if days == 1 else f"{days} days"
        record(actor, KIND, f"Created a share link to {_named(track)}, {access}, for {lasts}", project=track.project)
    return link


def revoke(link: ShareLink, actor: User) -> None:
    """Revoke a link at once; idempotent."""
    with transaction.atomic():
        row = ShareLink.objects.filter(pk=link.pk, revoked_at=None)
        if row.update(revoked_at=timezone.now(), revoked_by=actor):
            record(actor, KIND, f"Revoked a share link to {_named(link.track)}", project=link.track.project)


def _named(track: Track) -> str:
    if track.generation.is_blind:
        return "a candidate of a blind comparison"
    return "a private track" if is_private(track) else f"“{track.title}”"


def _signer() -> Signer:
    return Signer(salt="generator.workflow.sharing", sep=".")  # never rename: existing links would stop working


def address_of(link: ShareLink) -> str:
    """Return the signed part of a link's address."""
    return _signer().sign(link.public_id)


def behind(address: str) -> ShareLink | None:
    """Return the link of a signed address, working or not; None if the signature is invalid."""
    try:
        public_id = _signer().unsign(address)
    except BadSignature:
        return None
    return (
        ShareLink.objects.filter(public_id=public_id)
        .select_related("track__project", "track__author", "made_by")
        .first()
    )


def works(link: ShareLink) -> bool:
    track = link.track
    is_shown = track.trashed_at is None and track.project.archived_at is None
    return link.is_open and is_shown and not track.generation.is_blind


def count(link: ShareLink, column: str) -> None:
    """Increment one of a link's `visits`, `plays` or `downloads`."""
    ShareLink.objects.filter(pk=link.pk).update(**{column: F(column) + 1, "last_used_at": timezone.now()})
