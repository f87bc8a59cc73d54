"""Packs of tracks: requested by a person, made by a worker, kept for a week, then deleted and offered again."""

import datetime as dt
import shutil
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generator import permissions
from generator.models import Pack, PackItem, PackState, Project, Track, User
from generator.models.track import TrackQuerySet
from generator.services import throttling
from generator.services.background import job_queue
from generator.services.errors import UserError
from generator.services.finishing import edited_stems
from generator.services.library import media
from generator.services.packs import planning, staging
from generator.services.packs.contents import Contents
from generator.services.text_input import one_line

KEPT_FOR = dt.timedelta(days=7)
RECORD_AGE = dt.timedelta(days=30)  # after which an expired pack is no longer listed
RATE_LIMIT = (30, 600)  # (packs, seconds) per person
MAX_TRACKS = 100
MAX_ACTIVE = 5  # per person
MAX_BYTES = 20_000_000_000
MIN_FREE_BYTES = 1_000_000_000  # left on the disk beside the pack and its files
FAILURES: dict[str, Promise] = {
    "nothing_made": gettext_lazy("None of the tracks could be packed. The reasons are listed below."),
    "pack_failed": gettext_lazy(
        "The studio could not make this pack; the reason is in the administrator’s log. Make it again."
    ),
}


def create(user: User, project: Project, tracks: TrackQuerySet, preset: str, contents: Contents, title: str) -> Pack:
    """Request a pack of tracks that the person may see; the same request while it is being made is the same pack.

    Raises:
        UserError: there are no tracks, or too many; it would be too large; or the person has too many packs.
    """
    related = ("generation__comparison", "generation__prompt", "project")
    count = tracks.count()
    if count > MAX_TRACKS:
        sentence = _("A pack can hold up to {count} tracks. Select fewer.")
        raise UserError(sentence.format(count=MAX_TRACKS), "tracks", code="limit_reached")
    chosen = list(tracks.select_related(*related).prefetch_related("stems").defer("peaks", "measured"))
    if not chosen:
        raise UserError(_("There are no tracks to pack."), "tracks", code="nothing_selected")
    if all(track.generation.is_blind for track in chosen):
        sentence = _("These tracks are candidates in a blind comparison. Pick a take or reveal the models first.")
        raise UserError(sentence, "tracks", code="blind_comparison")
    title = one_line(title, "title")[:120] or _default_title(project, chosen)
    if same := _under_way(user, project, chosen, contents):
        return same
    items = [_item(number, track, contents) for number, track in enumerate(chosen, start=1)]
    _check_size(sum(size for _item, size in items))
    _count(user)
    with transaction.atomic():
        pack = Pack.objects.create(
            project=project,
            author=user,
            title=title,
            preset=preset,
            contents=contents.to_json(),
            files_total=sum(item.planned_files for item, _size in items),
            due_at=timezone.now(),
        )
        for item, _size in items:
            item.pack = pack
        PackItem.objects.bulk_create([item for item, _size in items])
        job_queue.start(job_queue.MAKE_PACK)
    return pack


def _default_title(project: Project, tracks: Sequence[Track]) -> str:
    if len(tracks) == 1:
        return tracks[0].title
    text = ngettext("{project}: {count} track", "{project}: {count} tracks", len(tracks))
    return text.format(project=project.name, count=len(tracks))[:120]


def _under_way(user: User, project: Project, tracks: Sequence[Track], contents: Contents) -> Pack | None:
    wanted = [track.pk for track in tracks]
    for pack in Pack.objects.active().filter(project=project, author=user, contents=contents.to_json()):
        if list(pack.items.values_list("track", flat=True)) == wanted:
            return pack
    return None


def _item(number: int, track: Track, contents: Contents) -> tuple[PackItem, int]:
    """Return the row of a track, and about how large its files will be."""
    if track.generation.is_blind:
        missing = [planning.left_out("all", "blind_comparison")]
        return PackItem(track=track, number=number, title=track.display_title, left_out=missing, is_done=True), 0
    stems = edited_stems.stems_of(track)
    planned, missing = planning.plan(track, stems, contents)
    files = planning.count_files(planned, stems)
    item = PackItem(track=track, number=number, title=track.title, planned_files=files, left_out=missing)
    return item, planning.estimate_bytes(track, planned, stems)


def estimate(tracks: Sequence[Track], contents: Contents) -> tuple[int, int]:
    """Return about how many files a pack would have, and about how many bytes."""
    items = [_item(number, track, contents) for number, track in enumerate(tracks)]
    return sum(item.planned_files for item, _size in items), sum(size for _item, size in items)


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        sentence = _("This pack would have about {size} GB; {most} GB is the limit. Choose fewer tracks or pieces.")
        values = {"size": f"{size / 1e9:.0f}", "most": f"{MAX_BYTES / 1e9:.0f}"}
        raise UserError(sentence.format(**values), "tracks", code="too_large")
    root = media.path("")
    root.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(root).free < 2 * size + MIN_FREE_BYTES:  # the files, and the zip of them
        sentence = _("There is not enough space on the studio’s disk. Choose fewer tracks, or ask an administrator.")
        raise UserError(sentence, "tracks", code="too_large")


def _count(user: User) -> None:
    if Pack.objects.active().filter(author=user).count() >= MAX_ACTIVE:
        sentence = _("{count} of your packs are being made. Wait for one of them, or cancel it.")
        raise UserError(sentence.format(count=MAX_ACTIVE), code="limit_reached")
    sentence = _("You have requested too many packs. Try again in a few minutes.")
    throttling.count(f"pack/{user.pk}", *RATE_LIMIT, sentence)


def make_again(user: User, pack: Pack) -> Pack:
    """Request a pack with the same contents from the tracks that are still there. Raises UserError as `create`."""
    tracks = permissions.library(user, pack.project).kept().filter(pack_items__pack=pack).order_by("pack_items__number")
    return create(user, pack.project, tracks, pack.preset, Contents.from_json(pack.contents), pack.title)


def cancel(pack: Pack) -> bool:
    """Stop making a pack; return whether there was something to stop. A worker notices before its next file."""
    rows = Pack.objects.filter(pk=pack.pk).active()
    is_stopped = bool(rows.update(state=PackState.CANCELLED, due_at=None, claim=None))
    if is_stopped:
        staging.clear(pack)
    return is_stopped


def delete(pack: Pack) -> None:
    """Delete a pack and its zip; the tracks and their other files stay."""
    cancel(pack)
    with transaction.atomic():
        files = list(Pack.objects.filter(pk=pack.pk).values_list("file", flat=True))
        Pack.objects.filter(pk=pack.pk).delete()
        transaction.on_commit(lambda: media.discard(files))


def is_available(pack: Pack) -> bool:
    """Return whether the zip can be downloaded now: after its week, or a restored backup, there is none."""
    is_kept = pack.state == PackState.READY and pack.expires_at is not None and pack.expires_at > timezone.now()
    return is_kept and bool(pack.file) and media.path(pack.file).is_file()


def is_over(pack: Pack) -> bool:
    """Return whether a finished pack has lost its zip, and can only be made again."""
    return pack.state == PackState.EXPIRED or (pack.state == PackState.READY and not is_available(pack))


def failure(pack: Pack) -> str:
    """Return why a pack could not be made; empty if it was, or is being made."""
    return failure_of(pack.error_code)


def failure_of(code: str) -> str:
    """Return the sentence of an error code; empty for an empty one."""
    return str(FAILURES.get(code, FAILURES["pack_failed"])) if code else ""


def delete_expired() -> int:
    """Delete the zips whose week is over, the records a month later, and what stopped workers left; return a count."""
    now = timezone.now()
    expired = Pack.objects.filter(state=PackState.READY, expires_at__lte=now)
    names = list(expired.values_list("file", flat=True))
    count = expired.update(state=PackState.EXPIRED, file="", share_key="", shared_by=None)
    media.discard(names)
    over = (PackState.EXPIRED, PackState.FAILED, PackState.CANCELLED)
    Pack.objects.filter(state__in=over, created_at__lt=now - KEPT_FOR - RECORD_AGE).delete()
    staging.delete_stale(set(Pack.objects.active().values_list("public_id", flat=True)))
    return count
