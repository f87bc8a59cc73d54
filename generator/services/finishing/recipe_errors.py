"""Sentences for what can be wrong with a recipe, and for why an edit could not be made."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.audio.editing import RecipeError
from generator.audio.export import ExportError
from generator.services.errors import UserError

# Why a worker could not make an edit, by the code in its row.
FAILURES: dict[str, Promise] = {
    "edit_failed": gettext_lazy(
        "The studio could not make this edit; the reason is in the administrator’s log. The track is unchanged."
    ),
    "source_unreadable": gettext_lazy("The track’s file cannot be read, so it cannot be edited."),
    "source_gone": gettext_lazy("The track’s file is missing from the studio’s disk."),
    "no_plan": gettext_lazy(
        "This track cannot be brought to that length without a bad join. Try a length nearer to its own."
    ),
    "beyond_end": gettext_lazy("The cut or the fades are longer than the track. Choose shorter ones."),
    "no_loop": gettext_lazy("No loop of this length was found. Allow a wider range of lengths."),
    "missing_voice": gettext_lazy("Choose a voice-over first."),
    "no_stems": gettext_lazy("This track has no stems anymore. Make, separate or add them on its page first."),
    "voice_unreadable": gettext_lazy("The studio cannot read this voice-over. Choose another file."),
    "voice_gone": gettext_lazy("The voice-over has been deleted; it is kept for 24 hours. Upload it again."),
}
_SENTENCES: dict[str, Promise] = {
    "unknown_key": gettext_lazy("“{field}” is not part of a recipe."),
    "unknown_step": gettext_lazy("{field}: there is no such step. Use one of {choices}."),
    "unknown_choice": gettext_lazy("{field}: choose one of {choices}."),
    "missing_key": gettext_lazy("{field} is missing."),
    "wrong_type": gettext_lazy("{field} must be a {expected}."),
    "out_of_range": gettext_lazy("{field} must be from {low} to {high}."),
    "repeated_step": gettext_lazy("{field}: each step can be used once."),
    "out_of_order": gettext_lazy("{field}: the steps must be in this order: {order}."),
    "too_many": gettext_lazy("{field} can have at most {most} entries."),
    "bad_region": gettext_lazy("{field}: a region must end after it starts."),
    "unsupported_version": gettext_lazy("Only version {supported} of recipes is supported."),
}
_CODES = {"out_of_range": "out_of_range", "unknown_choice": "invalid_choice", "missing_key": "required"}
CONFLICTS: dict[str, Promise] = {
    "loop": gettext_lazy("A loop cannot have fades at its ends. Remove the fades or the loop."),
    "bit_rate": gettext_lazy("Choose either a bit rate or a variable bit rate."),
    "id3": gettext_lazy("Only MP3, WAV and AIFF files have ID3 tags."),
    "timeline": gettext_lazy("Only WAV files have a place in a timeline."),
}


@contextmanager
def as_user_errors() -> Iterator[None]:
    """Turn a RecipeError or ExportError in the block into a UserError that names the field."""
    try:
        yield
    except RecipeError as error:
        raise UserError(sentence_of(error), error.field, code=_CODES.get(error.code, "invalid")) from error
    except ExportError as error:
        choices = ", ".join(str(choice) for choice in error.choices)
        sentence = (
            _("{format} files cannot have this {field}. Possible: {choices}.")
            if choices
            else _("{format} files have no {field}.")
        )
        sentence = sentence.format(format=error.format.upper(), field=error.field, choices=choices)
        raise UserError(sentence, error.field, code="invalid_choice") from error


def sentence_of(error: RecipeError) -> str:
    """Return what is wrong with a recipe, in words."""
    if error.code == "conflict":
        return str(CONFLICTS.get(str(error.values.get("other")), _("Two steps of this recipe contradict each other.")))
    template = _SENTENCES.get(error.code)
    if template is None:
        return _("This is not a recipe: {detail}.").format(detail=error)
    values = {name: _listed(value) for name, value in error.values.items()}
    return str(template).format(**{"field": error.field, "choices": "", "order": "", **values})


def _listed(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
