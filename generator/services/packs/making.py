"""The worker's side of packs: one track at a time, then the zip.

A task makes the files of one track and ends, so that packs take turns with each other and with everything else; one
task at a time does so. Files are linked into a folder (`staging`), the rows of finished tracks say what is there.

What if the process dies here? The claim expires and the next task goes on with the track that is not done; files that
were stored before are found and not made again. After MAX_ATTEMPTS at one track, it is left out with the reason. The
zip appears in the library complete; until its row names it, it is an orphan, which the nightly sweep deletes.
"""

import datetime as dt
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from generator.audio import NotAudio, sandbox, unused_name
from generator.audio.filenames import file_name
from generator.models import Pack, PackItem, PackState, Track
from generator.services.background import claims, job_queue, local_slots
from generator.services.library import media, rendition_storage
from generator.services.packs import documents, packs, planning, staging, track_files
from generator.services.packs.contents import Contents
from generator.services.team import notifications
from generator.services.webhooks import events

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
MAX_FOLDER_CHARS = 60  # Windows allows 260 characters in a whole path
RETRY_AFTER = dt.timedelta(seconds=20)
_RELATED = (
    *("project", "author", "generation__model__provider", "generation__prompt", "generation__price"),
    *("generation__license", "generation__author", "generation__comparison"),
)


def work() -> None:
    """Do the next step of the pack that has waited longest; wake a successor if more is due."""
    with local_slots.place(local_slots.PACK) as has_slot:
        if not has_slot:
            return
        if pack := _claim():
            rows = Pack.objects.filter(pk=pack.pk).active()
            try:
                with claims.renew_all(rows, pack.claim or 0) as claim:
                    _do_step(pack, claim)
            except claims.ClaimLost:
                log.info("pack %s was cancelled, or another worker has it", pack.public_id)
                _clear_if_over(pack)
    if Pack.objects.active().filter(due_at__lte=timezone.now()).exists():
        job_queue.start(job_queue.MAKE_PACK)


def _claim() -> Pack | None:
    pk = claims.acquire_due(Pack.objects.active(), state=PackState.RUNNING)
    return pk and Pack.objects.select_related("project", "author").get(pk=pk)


def _clear_if_over(pack: Pack) -> None:
    if not Pack.objects.active().filter(pk=pack.pk).exists():
        staging.clear(pack)


def _do_step(pack: Pack, claim: claims.Claim) -> None:
    item = pack.items.filter(is_done=False).first()
    try:
        if item is None:
            _finish(pack, claim)
        else:
            _make_track(pack, item, claim)
    except (sandbox.Interrupted, OSError):
        log.exception("pack %s was interrupted", pack.public_id)
        claim.release(due_at=timezone.now() + RETRY_AFTER)


# --- one track ---


def _make_track(pack: Pack, item: PackItem, claim: claims.Claim) -> None:
    item.pack = pack
    rows = Track.objects.filter(pack_items=item).select_related(*_RELATED).prefetch_related("stems")
    track = rows.first()
    if track is None:
        return _end_track(item, claim, _nothing(item, "deleted"))
    if pack.attempts > MAX_ATTEMPTS:
        return _end_track(item, claim, _nothing(item, "failed"))
    done = _files_done(pack)

    def show_progress(count: int) -> None:
        claim.write(files_done=done + count)

    try:
        target = staging.begin(item)
        made = track_files.make(item, track, Contents.from_json(pack.contents), target, show_progress)
        item.facts = documents.facts_of(track)
        documents.write_track_documents(track, target)
    except NotAudio:
        made = _nothing(item, "source_unreadable")
    except FileNotFoundError:
        made = _nothing(item, "source_gone")
    _end_track(item, claim, made)
    rendition_storage.make_room(track)


def _nothing(item: PackItem, code: str) -> track_files.Made:
    return track_files.Made(left_out=[planning.left_out("all", code)])


def _files_done(pack: Pack) -> int:
    return sum(pack.items.filter(is_done=True).values_list("planned_files", flat=True))


def _end_track(item: PackItem, claim: claims.Claim, made: track_files.Made) -> None:
    """Store what a track got, and let the next step begin."""
    item.files, item.left_out = made.files, made.left_out
    item.planned_files, item.is_done = len(made.files), True
    with transaction.atomic():
        claim.lock()
        item.save(update_fields=["files", "left_out", "planned_files", "is_done", "facts"])
        total = sum(item.pack.items.values_list("planned_files", flat=True))
        now = timezone.now()
        claim.release(due_at=now, attempts=0, files_done=_files_done(item.pack), files_total=total)


# --- the zip ---


def _finish(pack: Pack, claim: claims.Claim) -> None:
    items = list(pack.items.all())
    code = "pack_failed" if pack.attempts > MAX_ATTEMPTS else ""
    code = code if any(item.files for item in items) else "nothing_made"
    if code:
        _end(pack, claim, state=PackState.FAILED, error_code=code)
        staging.clear(pack)
        return
    with media.workshop() as folder:
        target = folder / "pack.zip"
        _write_zip(pack, items, target, claim)
        size = target.stat().st_size
        name, digest = media.keep(target, "zip")
    values = {"file": name, "sha256": digest, "size": size, "expires_at": timezone.now() + packs.KEPT_FOR}
    if _end(pack, claim, state=PackState.READY, **values):
        staging.clear(pack)
    else:
        media.discard([name])
        raise claims.ClaimLost


def _end(pack: Pack, claim: claims.Claim, **values: Any) -> bool:
    """Write how a pack ended and announce it, in one transaction; return False if the claim was lost."""
    with transaction.atomic():
        if not claim.release(due_at=None, **values):
            return False
        failure = packs.failure_of(values.get("error_code", ""))
        events.publish(pack.project, "pack.failed" if failure else "pack.ready", pack=pack.public_id)
        notifications.pack_ended(pack, failure)
    return True


def _write_zip(pack: Pack, items: Sequence[PackItem], target: Path, claim: claims.Claim) -> None:
    """Write the zip from the folder: documents compressed, sound as it is; only one block of a file is in memory."""
    folders = _folders(items)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for name, text in documents.pack_documents(pack, items, folders).items():
            out.writestr(name, text, zipfile.ZIP_DEFLATED)
        for item in items:
            source = staging.folder(pack) / str(item.number)
            for entry in item.files:
                out.write(source / entry["staged"], f"{folders[item.number]}/{entry['name']}")
                claim.alive()
            for document in documents.track_documents(source) if item.files else ():
                out.write(document, f"{folders[item.number]}/{document.name}", zipfile.ZIP_DEFLATED)


def _folders(items: Sequence[PackItem]) -> dict[int, str]:
    """Return a folder name for every track, no two alike."""
    names: set[str] = set()
    folders = {}
    for item in items:
        name = unused_name(file_name(item.title[:MAX_FOLDER_CHARS], ext="d"), names)
        names.add(name)
        folders[item.number] = name.removesuffix(".d")
    return folders
