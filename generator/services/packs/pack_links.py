"""Links to packs: anyone who has the address can download the zip, until it expires or the link is revoked.

The address is the pack's public ID with a key, signed with SECRET_KEY: a copy of the database alone does not open it.
Without a key in its row, a pack is not shared; a new link has a new key, so that a revoked one never works again.
"""

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from generator.models import AuditLogEntry, Comparison, Pack, PrivateTrack, User
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.packs import packs

KIND = AuditLogEntry.Action.VISIBILITY
KEY_CHARS = 16


def share(pack: Pack, actor: User) -> None:
    """Make a link to a pack that lasts as long as the pack; idempotent.

    Raises:
        UserError: the pack is not ready, or holds a track that is private, deleted or moved.
    """
    if not packs.is_available(pack):
        raise UserError(_("Only a finished pack can be shared."), code="not_finished")
    if not _holds_shared_tracks_alone(pack):
        sentence = _("A track of this pack is private, deleted or in another project. Make the pack again without it.")
        raise UserError(sentence, code="private_track")
    with transaction.atomic():
        row = Pack.objects.filter(pk=pack.pk, share_key="")
        if row.update(share_key=get_random_string(KEY_CHARS), shared_by=actor, downloads=0):
            record(actor, KIND, "Created a link to a delivery pack", project=pack.project)
    pack.refresh_from_db(fields=["share_key", "shared_by", "downloads"])


def revoke(pack: Pack, actor: User) -> None:
    """Revoke the link to a pack at once; idempotent."""
    with transaction.atomic():
        if Pack.objects.filter(pk=pack.pk).exclude(share_key="").update(share_key="", shared_by=None):
            record(actor, KIND, "Revoked the link to a delivery pack", project=pack.project)
    pack.refresh_from_db(fields=["share_key", "shared_by"])


def _signer() -> Signer:
    return Signer(salt="generator.packs.links", sep=".")  # never rename: existing links would stop working


def address_of(pack: Pack) -> str:
    """Return the signed part of the address of a shared pack."""
    return _signer().sign(pack.public_id + pack.share_key)


def behind(address: str) -> Pack | None:
    """Return the pack of a signed address, downloadable or not; None if the signature or the key is not valid."""
    try:
        name = _signer().unsign(address)
    except BadSignature:
        return None
    rows = Pack.objects.select_related("project", "author", "shared_by")
    pack = rows.filter(public_id=name[:-KEY_CHARS]).first()
    if pack is None or (pack.share_key != name[-KEY_CHARS:] and not packs.is_over(pack)):
        return None
    return pack


def works(pack: Pack) -> bool:
    is_shown = bool(pack.share_key) and packs.is_available(pack) and pack.project.archived_at is None
    return is_shown and _holds_shared_tracks_alone(pack)


def _holds_shared_tracks_alone(pack: Pack) -> bool:
    """Return whether every track in the zip is still in the project, out of the trash, and visible to all its members.

    Items without files are not in the zip.
    """
    blind = Comparison.objects.blind().values("pk")
    withheld = Q(track=None) | Q(track__trashed_at__isnull=False) | ~Q(track__project=pack.project_id)
    withheld |= Q(track__in=PrivateTrack.objects.values("track")) | Q(track__generation__comparison__in=blind)
    return not pack.items.exclude(files=[]).filter(withheld).exists()


def count_download(pack: Pack) -> None:
    Pack.objects.filter(pk=pack.pk).update(downloads=F("downloads") + 1)
