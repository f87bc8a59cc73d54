"""Edits of a track: what a person asks for, and the files that come of it.

    draft      made to be heard: the recipe is rendered as a preview; deleted after a day unless it is saved
    saved      has a title, and the files in the formats that were chosen; they are renditions, made again if missing

The same recipe of the same person over the same track is the same edit, so a repeated request makes nothing twice.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.audio.editing.recipe import VERSION, Duck, Format, Recipe, RecipeError, parse
from generator.audio.export import choose_settings
from generator.models import Edit, EditState, Rendition, Track, User
from generator.models.edit import EditQuerySet
from generator.services import throttling
from generator.services.background import job_queue
from generator.services.errors import UserError
from generator.services.finishing import edited_stems, grid_changes, recipe_errors, summaries
from generator.services.library import media, rendition_storage
from generator.services.text_input import one_line

RENDER_RATE_LIMIT = (120, 600)  # (recipes rendered, seconds) per person
MAX_SAVED_PER_TRACK = 100
MAX_FORMATS = 12
DRAFT_AGE = dt.timedelta(days=1)
TYPICAL_SOUND = (48_000, 2)  # Hz and channels: what a format can hold does not depend on the track
PREVIEW = Format(format="mp3", bit_rate=192_000)
_REQUEST_FIELDS = ("formats", "requested_by", "requested_at")


@dataclass(frozen=True)
class EditedFile:
    """A file of an edit; `path` is None until it is made."""

    format: Format
    path: Path | None
    size: int
    sha256: str


def preview(user: User, track: Track, steps: Mapping[str, Any], *, based_on: Edit | None = None) -> Edit:
    """Return the edit of a track by these steps, and have a worker render it unless it already is.

    Raises:
        UserError: the recipe is not valid, or the person has requested too many.
    """
    recipe = with_grid(track, _parse(steps))
    edit = Edit.objects.filter(track=track, author=user, recipe_hash=recipe.digest).first()
    if edit and edit.state in (EditState.READY, *EditState.active()):
        if edit.trashed_at:
            restore(edit)
        request_files(user, edit)  # the preview may have been deleted to save space
        edit.refresh_from_db()
        return edit
    _count(user)
    with transaction.atomic():
        edit, _is_new = Edit.objects.update_or_create(
            track=track,
            author=user,
            recipe_hash=recipe.digest,
            defaults={
                "state": EditState.QUEUED,
                "percent": 0,
                "error_code": "",
                "attempts": 0,
                "claim": None,
                "trashed_at": None,
                "due_at": timezone.now(),
                "requested_by": user,
                "requested_at": timezone.now(),
            },
            create_defaults={
                "recipe": recipe.to_json(),
                "voice_sha256": duck.voice if (duck := recipe.get(Duck)) else "",
                "based_on": based_on,
                "due_at": timezone.now(),
                "requested_by": user,
                "requested_at": timezone.now(),
            },
        )
        job_queue.start(job_queue.RENDER_EDIT)
    return edit


def save(user: User, edit: Edit, title: str, formats: Sequence[Mapping[str, Any]]) -> Edit:
    """Keep a draft under a title, by default what its recipe does, and request its files.

    Raises:
        UserError: a format is not offered, or the track has too many edits.
    """
    wanted = _parse_formats(formats)
    _check_stems(edit, wanted)
    if edit.is_draft and edit.track.edits.kept().count() >= MAX_SAVED_PER_TRACK:
        sentence = _("This track already has {count} edits. Delete one of them first.")
        raise UserError(sentence.format(count=MAX_SAVED_PER_TRACK), code="limit_reached")
    with transaction.atomic():
        edit = _lock(edit)
        wanted_title = one_line(title, "title") or edit.title or summaries.steps(edit.recipe)
        edit.title = _unused_title(edit, wanted_title[:120])
        edit.is_draft = False
        _add_formats(user, edit, wanted)
        edit.save(update_fields=["title", "is_draft", *_REQUEST_FIELDS])
        request_files(user, edit)
    return edit


def add_formats(user: User, edit: Edit, formats: Sequence[Mapping[str, Any]]) -> Edit:
    """Request files of a saved edit in more formats. Raises UserError as `save` does."""
    wanted = _parse_formats(formats)
    _check_stems(edit, wanted)
    with transaction.atomic():
        edit = _lock(edit)
        _add_formats(user, edit, wanted)
        edit.save(update_fields=_REQUEST_FIELDS)
        request_files(user, edit)
    return edit


def _unused_title(edit: Edit, title: str) -> str:
    """Return the title, or the first free "title 2" of the track's edits, so that no two files have the same name."""
    others = edit.track.edits.kept().exclude(pk=edit.pk).values_list("title", flat=True)
    used = {one.casefold() for one in others}
    numbered = (f"{title[:115]} {number}" for number in range(2, MAX_SAVED_PER_TRACK + 2))
    return next(one for one in (title, *numbered) if one.casefold() not in used)


def _lock(edit: Edit) -> Edit:
    """Return the edit as it is now, locked: a worker that is about to end sees the formats that are added."""
    current = Edit.objects.select_for_update().get(pk=edit.pk)
    current.track, current.author = edit.track, edit.author
    return current


def request_files(user: User, edit: Edit) -> None:
    """Have a worker make the files that are missing. Raises UserError if the person has requested too many."""
    if edit.is_active or not any(file.path is None for file in files(edit)):
        return
    _count(user)
    now = timezone.now()
    afresh = {"state": EditState.QUEUED, "percent": 0, "error_code": "", "attempts": 0, "due_at": now}
    with transaction.atomic():
        waiting = Edit.objects.filter(pk=edit.pk).exclude(state__in=EditState.active())
        if waiting.update(**afresh, requested_by=user, requested_at=now):
            job_queue.start(job_queue.RENDER_EDIT)
    edit.refresh_from_db()


def cancel(edit: Edit) -> bool:
    """Stop rendering; return whether there was something to stop. A worker notices before its next step."""
    return bool(Edit.objects.filter(pk=edit.pk).active().update(state=EditState.CANCELLED, due_at=None, claim=None))


def rename(edit: Edit, title: str) -> None:
    """Give an edit another title. Raises UserError if it is empty."""
    title = one_line(title, "title")[:120]
    if not title:
        raise UserError(_("Enter a title."), "title", code="required")
    edit.title = _unused_title(edit, title)
    edit.save(update_fields=["title"])


def trash(edit: Edit) -> None:
    """Move an edit to the trash; `restore` brings it back until the nightly clean-up."""
    cancel(edit)
    Edit.objects.filter(pk=edit.pk, trashed_at__isnull=True).update(trashed_at=timezone.now())


def restore(edit: Edit) -> None:
    Edit.objects.filter(pk=edit.pk).update(trashed_at=None)


def delete_expired() -> int:
    """Delete trashed edits and the drafts that nobody saved for a day, with their files; return their number."""
    before = timezone.now() - DRAFT_AGE
    old = Edit.objects.filter(Q(is_draft=True, created_at__lt=before) | Q(trashed_at__lt=before))
    count = 0
    for edit in old.exclude(state__in=EditState.active()).select_related("track").iterator():
        _delete(edit)
        count += 1
    return count


def _delete(edit: Edit) -> None:
    hashes = [_file_hash(edit, one) for one in _formats(edit)]
    with transaction.atomic():
        edit.delete()
        others = Edit.objects.filter(track=edit.track_id, recipe_hash=edit.recipe_hash)
        rows = Rendition.objects.filter(track=edit.track_id, recipe_hash__in=[] if others else hashes)
        names = list(rows.values_list("file", flat=True))
        rows.delete()
    media.discard(names)


def files(edit: Edit) -> list[EditedFile]:
    """Return the files of an edit, the preview first, in the order in which they were requested."""
    formats = _formats(edit)
    hashes = [_file_hash(edit, one) for one in formats]
    rows = {row.recipe_hash: row for row in edit.track.renditions.filter(recipe_hash__in=hashes)}
    return [_edited_file(one, rows.get(identity)) for one, identity in zip(formats, hashes, strict=True)]


def chosen_of(rows: EditQuerySet, public_ids: Sequence[str]) -> list[tuple[Edit, list[EditedFile]]]:
    """Return the saved edits among `rows` that are named, in the order in which they were made, each with its files.

    Without names, all of them. Raises LookupError: one is not there, or there are none.
    """
    saved = rows.kept().select_related("track__project", "author").order_by("id")
    found = list(saved.filter(public_id__in=public_ids) if public_ids else saved)
    if not found or {edit.public_id for edit in found} < set(public_ids):
        raise LookupError
    return [(edit, files(edit)) for edit in found]


def file_of(edit: Edit, number: int) -> EditedFile:
    """Return the file at a place of `files`, and record its use. Raises LookupError."""
    file = files(edit)[number]
    if file.path:
        rendition = edit.track.renditions.get(recipe_hash=_file_hash(edit, file.format))
        rendition_storage.used(rendition)
    return file


def keep_file(edit: Edit, format: Format, name: str, size: int) -> None:
    """Store the row of a finished file; for the worker."""
    Rendition.objects.update_or_create(
        track=edit.track,
        recipe_hash=_file_hash(edit, format),
        defaults={
            "recipe": {"format": extension_of(format), "edit": _with_format(edit, format).to_json()},
            "file": name,
            "size": size,
            "used_at": timezone.now(),
        },
    )


def extension_of(format: Format) -> str:
    """Return the ending of a file of an edit."""
    return "zip" if format.stems else format.format


def _edited_file(format: Format, row: Rendition | None) -> EditedFile:
    path = media.path(row.file) if row else None
    if row is None or path is None or not path.exists():
        return EditedFile(format, None, 0, "")
    return EditedFile(format, path, row.size, path.stem)


def _formats(edit: Edit) -> list[Format]:
    return [PREVIEW, *(_format(one) for one in edit.formats)]


def _with_format(edit: Edit, format: Format) -> Recipe:
    recipe = parse(edit.recipe)
    return replace(recipe, steps=(*recipe.steps, format))


def _file_hash(edit: Edit, format: Format) -> str:
    digest = _with_format(edit, format).digest
    if not format.stems:
        return digest
    return sha256(f"{digest} {edited_stems.identity(edit.track)}".encode()).hexdigest()


def _format(data: Mapping[str, Any]) -> Format:
    """Return a file format from its JSON. Raises RecipeError with the format's own field."""
    try:
        step = parse({"version": VERSION, "steps": [{**data, "step": Format.step}]}).steps[0]
    except RecipeError as error:
        raise RecipeError(error.code, error.field.removeprefix("steps[0]."), **error.values) from error
    return cast(Format, step)


def _parse(data: Mapping[str, Any]) -> Recipe:
    """Return a recipe without a file format. Raises UserError."""
    with recipe_errors.as_user_errors():
        recipe = parse(data)
    if recipe.get(Format):
        raise UserError(_("The recipe of an edit has no file format; formats are given beside it."), "steps")
    return recipe


def with_grid(track: Track, recipe: Recipe) -> Recipe:
    """Return the recipe with the track's corrected bar grid, if there is one and a step relies on it."""
    return replace(recipe, grid=grid_changes.current(track) if recipe.uses_grid else None)


def _parse_formats(formats: Iterable[Mapping[str, Any]]) -> list[Format]:
    with recipe_errors.as_user_errors():
        wanted = [_format(one) for one in formats]
        for one in wanted:
            choose_settings(one, *TYPICAL_SOUND)
    if not wanted:
        raise UserError(_("Choose at least one file format."), "formats", code="nothing_selected")
    return wanted


def _check_stems(edit: Edit, wanted: Iterable[Format]) -> None:
    if any(one.stems for one in wanted) and not edit.track.stems.exists():
        sentence = _("This track has no stems yet. Make, separate or add them on its page first.")
        raise UserError(sentence, "formats", code="no_stems")


def _add_formats(user: User, edit: Edit, wanted: Iterable[Format]) -> None:
    known = [_format(one) for one in edit.formats]
    together = [*known, *(one for one in wanted if one not in known)]
    if len(together) > MAX_FORMATS:
        sentence = _("An edit can have up to {count} files.").format(count=MAX_FORMATS)
        raise UserError(sentence, "formats", code="limit_reached")
    edit.formats = [asdict(one) for one in together]
    edit.requested_by, edit.requested_at = user, timezone.now()


def _count(user: User) -> None:
    throttling.count(
        f"edit/{user.pk}",
        *RENDER_RATE_LIMIT,
        _("You have requested too many files. Try again in a few minutes."),
    )
