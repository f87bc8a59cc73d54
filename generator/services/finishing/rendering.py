"""The worker's side of edits: take a due one, apply its recipe, write the files that are missing.

Everything that decodes or computes runs in the sandbox, a process with limits on memory and time.

What if the process dies here? The claim expires and the next worker starts the recipe again; files that were stored
before are found and not made again. After MAX_ATTEMPTS the edit has failed, and says so.
"""

import datetime as dt
import logging
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from generator.audio import NotAudio, sandbox
from generator.audio.edited_files import AppliedEdit
from generator.audio.editing.recipe import Format
from generator.models import Edit, EditState
from generator.services.background import claims, job_queue
from generator.services.finishing import edited_stems, edits, file_tags, structures, summaries, voice_overs
from generator.services.finishing.edited_stems import EditedMix
from generator.services.library import media, rendition_storage
from generator.services.team import notifications
from generator.services.webhooks import events

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
RETRY_AFTER = dt.timedelta(seconds=20)
STRUCTURE_PERCENT, APPLIED_PERCENT = 15, 60
_WHILE_RENDERING = ("title", "is_draft", "formats", "requested_by", "requested_at")  # what people may change meanwhile


class _Cannot(Exception):
    """The edit cannot be made; `code` says why (`recipe_errors.FAILURES`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def work() -> bool:
    """Render one due edit; return False if none was due. Wake a successor if more are due."""
    edit = _claim()
    if edit is None:
        return False
    rows = Edit.objects.filter(pk=edit.pk).active()
    try:
        with claims.renew_all(rows, edit.claim or 0) as claim:
            _render_claimed(edit, claim)
    except claims.ClaimLost:
        log.info("edit %s was cancelled, or another worker has it", edit.public_id)
    if Edit.objects.active().filter(due_at__lte=timezone.now()).exists():
        job_queue.start(job_queue.RENDER_EDIT)
    return True


def _claim() -> Edit | None:
    pk = claims.acquire_due(Edit.objects.active(), state=EditState.RUNNING)
    return pk and Edit.objects.select_related("track__generation__prompt", "track__project").get(pk=pk)


def _render_claimed(edit: Edit, claim: claims.Claim) -> None:
    try:
        if edit.attempts > MAX_ATTEMPTS:
            raise _Cannot("edit_failed")
        applied = _render(edit, claim)
    except _Cannot as error:
        _fail(edit, claim, error.code)
    except NotAudio:
        _fail(edit, claim, "source_unreadable")
    except FileNotFoundError:
        _fail(edit, claim, "source_gone")
    except (sandbox.Interrupted, OSError):
        log.exception("edit %s could not be rendered", edit.public_id)
        claim.release(due_at=timezone.now() + RETRY_AFTER)
    else:
        _finish(edit, claim, applied)
        rendition_storage.make_room(edit.track)


def _finish(edit: Edit, claim: claims.Claim, applied: AppliedEdit | None) -> None:
    """End the work, or go on if somebody has asked for more files meanwhile."""
    changes: dict[str, Any] = {"report": dict(applied.report)} if applied else {}
    with transaction.atomic():
        claim.lock()
        edit.refresh_from_db(fields=_WHILE_RENDERING)
        if any(file.path is None for file in edits.files(edit)):
            claim.release(state=EditState.QUEUED, due_at=timezone.now(), attempts=0, **changes)
        else:
            claim.release(state=EditState.READY, percent=100, due_at=None, **changes)
            _announce(edit, "")


def _fail(edit: Edit, claim: claims.Claim, code: str) -> None:
    with transaction.atomic():
        claim.lock()
        edit.refresh_from_db(fields=_WHILE_RENDERING)
        claim.release(state=EditState.FAILED, error_code=code, due_at=None)
        _announce(edit, code)


def _announce(edit: Edit, code: str) -> None:
    """Tell of the end of a saved edit; a draft is waited for in the page."""
    if not edit.is_draft:
        events.publish(edit.track.project, "edit.failed" if code else "edit.ready", edit=edit.public_id)
        notifications.edit_ended(edit, summaries.failure_of(code))


def _render(edit: Edit, claim: claims.Claim) -> AppliedEdit | None:
    """Make the missing files; return what the recipe did, or None if nothing was missing."""
    missing = [file.format for file in edits.files(edit) if file.path is None]
    if not missing:
        return None
    _check_voice(edit)
    structure = structures.measured(edit.track)  # the recipe has the correction of the grid
    claim.write(percent=STRUCTURE_PERCENT)
    with media.workshop() as folder:
        array = folder / "edited.npy"
        source = media.path(edit.track.file)
        plan = folder / "plan" if any(format.stems for format in missing) else None
        applied = sandbox.apply_recipe(source, array, edit.recipe, structure.to_json(), _voice(edit), plan)
        if applied.error_code:
            raise _Cannot(applied.error_code)
        claim.write(percent=APPLIED_PERCENT)
        tags, cover = file_tags.of_edit(edit, applied.report), file_tags.cover_of(edit.track)
        for number, format in enumerate((one for one in missing if not one.stems), start=1):
            target = folder / f"file.{format.format}"
            sandbox.export_file(array, target, applied, format, tags, cover)
            _keep(edit, format, target)
            claim.write(percent=APPLIED_PERCENT + (100 - APPLIED_PERCENT) * number // (len(missing) + 1))
        if plan:
            _make_stems(edit, missing, EditedMix(array, plan, applied, tags, cover), folder, claim)
    return applied


def _make_stems(edit: Edit, missing: list[Format], edited: EditedMix, folder: Path, claim: claims.Claim) -> None:
    if not edit.track.stems.exists():
        raise _Cannot("no_stems")
    formats = [format for format in missing if format.stems]
    for format, archive in edited_stems.make_zips(edit.track, edited, formats, folder, claim):
        _keep(edit, format, archive)


def _keep(edit: Edit, format: Format, target: Path) -> None:
    size = target.stat().st_size
    name, _digest = media.keep(target, edits.extension_of(format))
    edits.keep_file(edit, format, name, size)


def _check_voice(edit: Edit) -> None:
    """Find out what a voice-over is before it is used for the first time."""
    try:
        voice_overs.check(edit)
    except voice_overs.VoiceGone:
        raise _Cannot("voice_gone") from None
    except NotAudio:
        raise _Cannot("voice_unreadable") from None


def _voice(edit: Edit) -> Path | None:
    try:
        return voice_overs.path_for(edit)
    except voice_overs.VoiceGone:
        raise _Cannot("voice_gone") from None
