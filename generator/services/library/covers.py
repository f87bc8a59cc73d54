"""Replacement of a track's cover by an uploaded picture, and the way back to its own.

Only the picture in the studio changes. The cover inside the audio files stays: the original file is named by its
SHA-256 on the certificate and is never written again, and every rendition is made from it.
"""

from collections.abc import Iterable
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.audio import sandbox
from generator.models import AuditLogEntry, PrivateTrack, ReplacedCover, Track, User
from generator.services import throttling
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.library import media

MAX_COVER_BYTES = 10_000_000
COVER_RATE_LIMIT = (30, 600)  # (pictures, seconds) per person
KIND = AuditLogEntry.Action.TRACKS


def replace_cover(track: Track, content: Iterable[bytes], actor: User) -> None:
    """Show an uploaded picture as a track's cover, cut square and without its metadata.

    Raises:
        UserError: the file is no picture or too large, the track is a blind candidate, or there were too many uploads.
    """
    _check_not_blind(track)
    throttling.count(
        f"cover/{actor.pk}", *COVER_RATE_LIMIT, _("You have replaced too many covers. Try again in a few minutes.")
    )
    name = _store_picture(content)
    with transaction.atomic():
        before = Track.objects.select_for_update().get(pk=track.pk).cover
        ReplacedCover.objects.update_or_create(
            track=track,
            defaults={"replaced_by": actor, "replaced_at": timezone.now()},
            create_defaults={"original": before, "replaced_by": actor},
        )
        Track.objects.filter(pk=track.pk).update(cover=name)
        record(actor, KIND, f"Replaced the cover of {_quoted_title(track)}", project=track.project)
    media.discard([before])
    track.cover = name


def restore_cover(track: Track, actor: User) -> None:
    """Show a track's own cover again; idempotent."""
    with transaction.atomic():
        replaced = ReplacedCover.objects.select_for_update().filter(track=track).first()
        if replaced is None:
            return
        before = Track.objects.get(pk=track.pk).cover
        Track.objects.filter(pk=track.pk).update(cover=replaced.original)
        replaced.delete()
        record(actor, KIND, f"Restored the cover of {_quoted_title(track)}", project=track.project)
    media.discard([before])
    track.cover = replaced.original


def too_large() -> str:
    sentence = _("That image is larger than {limit} MB. Choose a smaller one.")
    return sentence.format(limit=MAX_COVER_BYTES // 1_000_000)


def _check_not_blind(track: Track) -> None:
    if track.generation.is_blind:
        sentence = _("This track is part of a blind comparison. Pick a take or reveal the models first.")
        raise UserError(sentence, code="blind_comparison")


def _quoted_title(track: Track) -> str:
    is_private = PrivateTrack.objects.filter(track=track).exists()
    return "a private track" if is_private else f"“{track.title}”"


def _store_picture(content: Iterable[bytes]) -> str:
    """Store an uploaded picture as a square WebP; return its name."""
    with media.workshop() as folder:
        uploaded, target = folder / "uploaded", folder / "cover.webp"
        _write(content, uploaded)
        try:
            sandbox.picture(uploaded, target, square=True)
        except ValueError as error:
            sentence = _("That file cannot be used as a cover. Choose a JPEG, PNG, or WebP image.")
            raise UserError(sentence, "picture", code="unreadable_picture") from error
        except sandbox.Interrupted as interrupted:
            sentence = _("The image could not be read. Try again in a moment.")
            raise UserError(sentence, "picture", code="interrupted") from interrupted
        return media.keep(target, "webp")[0]


def _write(content: Iterable[bytes], target: Path) -> None:
    size = 0
    with target.open("wb") as out:
        for chunk in content:
            size += len(chunk)
            if size > MAX_COVER_BYTES:
                raise UserError(too_large(), "picture", code="too_large")
            out.write(chunk)
