"""Presets: save, rename, delete and restore the settings of the create form, for oneself or for a project."""

import datetime as dt
from collections.abc import Iterator, Mapping

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import Preset, Project, User
from generator.services.errors import UserError
from generator.services.generation.submit import check_delivery, choice_of, clean_settings
from generator.services.text_input import one_line

MAX_NAME_CHARS = 80  # characters
MAX_PRESETS = 100  # per person and per project


def save(
    user: User, project: Project | None, name: str, values: Mapping[str, object], text: str, takes: int, format: str
) -> Preset:
    """Save settings for a model (`values["model"]`) under a name; `project` None: for this person alone.

    Raises:
        UserError: the model would refuse the settings, or the name is taken or invalid; `field` names it.
    """
    spec = choice_of(str(values.get("model", ""))).spec
    check_delivery(spec, takes, format)
    if len(text) > spec.prompt_limit:
        sentence = _("{field}: use at most {limit} characters; this text has {count}.")
        sentence = sentence.format(field=_("Prompt"), limit=spec.prompt_limit, count=len(text))
        raise UserError(sentence, "text", code="too_long")
    settings = clean_settings(spec, values)
    defaults = {field.name: field.default for field in spec.fields}
    changed_values: dict[str, object] = {key: value for key, value in settings.items() if value != defaults[key]}
    changed_values |= {"model": spec.key, "takes": takes, "format": format} | (
        {"text": text.strip()} if text.strip() else {}
    )
    return _create(user, project, _name(name), changed_values)


def _create(user: User, project: Project | None, name: str, fields: Mapping[str, object]) -> Preset:
    _check_limit(user, project)
    try:
        with transaction.atomic():
            return Preset.objects.create(owner=user, project=project, name=name, fields=dict(fields))
    except IntegrityError:
        raise _taken(name) from None


def _check_limit(user: User, project: Project | None) -> None:
    if _alike(user, project).count() >= MAX_PRESETS:
        sentence = _("There are already {limit} presets. Delete one first.").format(limit=MAX_PRESETS)
        raise UserError(sentence, "preset_name", code="limit_reached")


def _alike(owner: User, project: Project | None) -> QuerySet[Preset]:
    """Return the presets whose names must differ: a project's, or a person's own."""
    rows = Preset.objects.filter(trashed_at=None)
    return rows.filter(project=project) if project else rows.filter(owner=owner, project=None)


def rename(preset: Preset, name: str) -> None:
    """Rename a preset.

    Raises:
        UserError: the name is taken or invalid.
    """
    preset.name = _name(name)
    try:
        with transaction.atomic():
            preset.save(update_fields=["name"])
    except IntegrityError:
        raise _taken(preset.name) from None


def delete(preset: Preset) -> None:
    """Delete a preset; it can be restored until the trash is emptied. Idempotent."""
    Preset.objects.filter(pk=preset.pk, trashed_at=None).update(trashed_at=timezone.now())


def restore(preset: Preset) -> None:
    """Undo a deletion; if the name was taken in the meantime, add a number to it. Idempotent.

    Raises:
        UserError: there are too many presets.
    """
    if preset.trashed_at is None:
        return
    _check_limit(preset.owner, preset.project)
    for name in _free_names(preset):
        try:
            with transaction.atomic():
                Preset.objects.filter(pk=preset.pk).update(trashed_at=None, name=name)
        except IntegrityError:  # somebody saved a preset with that name just now
            continue
        preset.trashed_at, preset.name = None, name
        return


def _free_names(preset: Preset) -> Iterator[str]:
    """Yield names for a restored preset that are not in use: its own, then "Bed 2"."""
    used_names = set(_alike(preset.owner, preset.project).values_list("name", flat=True))
    numbered = (f"{preset.name[: MAX_NAME_CHARS - 4]} {number}" for number in range(2, MAX_PRESETS + 2))
    return (name for name in (preset.name, *numbered) if name not in used_names)


def delete_trashed(before: dt.datetime) -> int:
    """Delete for good what was deleted before a time; return how many presets that were."""
    return Preset.objects.filter(trashed_at__lt=before).delete()[0]


def _name(text: str) -> str:
    name = one_line(text, "preset_name")
    if not name:
        raise UserError(_("Enter a name for the preset."), "preset_name", code="required")
    if len(name) > MAX_NAME_CHARS:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        raise UserError(sentence.format(limit=MAX_NAME_CHARS, count=len(name)), "preset_name", code="too_long")
    return name


def _taken(name: str) -> UserError:
    sentence = _("There is already a preset named “{name}”.").format(name=name)
    return UserError(sentence, "preset_name", code="already_exists")
