"""WaveSpeed requests: a model's path and fields, the body made from a request, and an operator's corrections to both.

If a vendor's page could not be found or has changed, the operator corrects the model in the admin, without a code
change: `Corrections` lists what can be set, and `corrected` returns the spec for form, validation and price.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers.base import ActionSpec, Field, Kind, ModelSpec, Request
from generator.providers.errors import Cause, OperatorMustAct, Rejected
from generator.providers.sanitize import plain
from generator.providers.wavespeed.catalog_entry import NotUsable
from generator.providers.wavespeed.catalog_model import CatalogModel
from generator.providers.wavespeed.models import ACTIONS, FORMATS, MODELS, REGISTER, STEMS
from generator.providers.wavespeed.protocol import FREE


@dataclass(frozen=True)
class Recipe:
    """How a request becomes the body of one model. `own`: settings that are sent under their own names."""

    path: str
    prompt_limit: int = 0  # 0: the model takes no prompt
    takes_max: int = 0  # 0: the model makes one and has no count field
    formats: tuple[str, ...] = ()  # empty: no format field
    own: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()  # required settings among `own`


RECIPES: Mapping[str, Recipe] = {
    "wavespeed/mureka-v7.6-bgm": Recipe("mureka-ai/mureka-v7.6/generate-bgm", 1024, 3, FORMATS, ("instrumental_id",)),
    "wavespeed/mureka-v8-bgm": Recipe("mureka-ai/mureka-v8/generate-bgm", 1024, 3, FORMATS, ("instrumental_id",)),
    "wavespeed/mureka-v9-bgm": Recipe("mureka-ai/mureka-v9/generate-bgm", 1024, 3, FORMATS, ("instrumental_id",)),
    "wavespeed/mureka-v9.5-bgm": Recipe("mureka-ai/mureka-v9.5/generate-bgm", 1024, 0, FORMATS),
    "wavespeed/mureka-v7.6-song": Recipe(
        "mureka-ai/mureka-v7.6/generate-song",
        1024,
        3,
        FORMATS,
        ("lyrics", "reference_id", "vocal_id", "melody_id"),
        ("lyrics",),
    ),
    REGISTER.key: Recipe("mureka-ai/create-upload-id", own=("audio", "purpose"), needed=("audio",)),
    STEMS.key: Recipe("mureka-ai/stem-song", own=("audio", "model"), needed=("audio",)),
}


# --- request body ---

_UNUSABLE_ENTRY = _(
    "The studio can no longer use WaveSpeed’s description of this model. You were not charged. Choose another model."
)
_NO_LYRICS, _NO_AUDIO = _("Enter the lyrics."), _("Choose the audio to process.")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,120}")


def recipe_of(request: Request) -> Recipe:
    """Return the model's recipe with the operator's corrections.

    Raises:
        OperatorMustAct: there is none.
    """
    recipe = RECIPES.get(request.model)
    if recipe is None:
        raise OperatorMustAct(
            _("The studio has no WaveSpeed request format for this model. You were not charged. Choose another model.")
        )
    return corrected_recipe(recipe, read(request.corrections)) if request.corrections else recipe


def path_of(request: Request) -> str:
    """Return the path of a request's model. Raises OperatorMustAct: the studio does not know it."""
    return CatalogModel(request.entry).path if request.entry else recipe_of(request).path


def body_of(request: Request) -> dict[str, Any]:
    """Build the body of a submit: only fields the model has, because an unknown one may be rejected.

    Raises:
        Rejected: it could not be accepted; raised here, before anything is spent.
    """
    if request.entry:
        try:
            return CatalogModel(request.entry).body(request)
        except NotUsable as error:  # accepted by an older release
            raise OperatorMustAct(_UNUSABLE_ENTRY, words=error.sentence, cause=Cause.MISCONFIGURED) from None
    recipe = recipe_of(request)
    body: dict[str, Any] = {}
    if recipe.prompt_limit:
        body["prompt"] = _prompt(request.prompt, recipe.prompt_limit)
    if recipe.takes_max:
        if not 1 <= request.takes <= recipe.takes_max:
            raise Rejected(join_texts(Message("Choose 1 to {most} takes for this model.", most=recipe.takes_max), FREE))
        body["number_of_songs"] = request.takes
    if recipe.formats:
        if request.format not in recipe.formats:
            raise Rejected(
                join_texts(
                    Message("Choose a format that WaveSpeed delivers: {formats}.", formats=", ".join(recipe.formats)),
                    FREE,
                )
            )
        body["output_format"] = request.format
    for name in recipe.own:
        value = str(request.settings.get(name) or "").strip()
        if name.endswith("_id") and value and not _ID.fullmatch(value):
            raise Rejected(join_texts(Message("“{id}” is not a WaveSpeed or Mureka id.", id=value[:40]), FREE))
        if name in recipe.needed and not value:
            raise Rejected(join_texts(_NO_LYRICS if name == "lyrics" else _NO_AUDIO, FREE))
        if value:
            body[name] = value
    return body


def _prompt(text: str, limit: int) -> str:
    prompt = plain(text).strip()
    if not prompt:
        raise Rejected(join_texts(_("Describe in a few words what the music is for."), FREE))
    if len(prompt) > limit:
        raise Rejected(
            join_texts(
                Message(
                    "The prompt is {over:,} characters over the limit of {limit:,}.",
                    over=len(prompt) - limit,
                    limit=limit,
                ),
                FREE,
            )
        )
    return prompt


def same_request(body: Mapping[str, Any], listed_inputs: Mapping[str, Any]) -> bool:
    """Return whether a listed job is our request: a text or audio must be listed, all other fields must not differ."""
    telling = ("prompt", "audio", *(name for name, value in body.items() if isinstance(value, str) and len(value) > 20))
    if not any(name in listed_inputs for name in telling):
        return False
    return all(name not in listed_inputs or _is_same(listed_inputs[name], value) for name, value in body.items())


def _is_same(listed: Any, value: Any) -> bool:
    if isinstance(listed, int | float) and isinstance(value, int | float):
        return bool(listed == value)
    return str(listed).strip() == str(value)


# --- corrections ---


@dataclass(frozen=True)
class Corrections:
    """The operator's changes to a model's built-in contract, entered in the admin; omitted fields stay unchanged.

    `takes_max` 0: the model makes one take and has no count field. `formats` []: no format field; MP3 is expected.
    `fields`: the body's other fields by their vendor names. `checked`: the date of comparison with the vendor's page.
    """

    path: str | None = None
    prompt_limit: int | None = None
    takes_max: int | None = None
    formats: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None
    needed: tuple[str, ...] | None = None
    checked: str | None = None


CORRECTABLE = tuple(field.name for field in dataclasses.fields(Corrections))
FORM_FIELDS = frozenset(("prompt", "number_of_songs", "output_format"))  # set by the form itself
_PATH = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,4}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_name_list(value: object, is_fine: Callable[[str], object]) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and is_fine(name) for name in value)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


_CHECKS: Mapping[str, tuple[Callable[[Any], object], str]] = {
    "path": (
        lambda value: isinstance(value, str) and len(value) <= 200 and _PATH.fullmatch(value),
        "a model’s path, such as mureka-ai/mureka-v9/generate-bgm",
    ),
    "prompt_limit": (lambda value: _is_whole(value, 1, 20_000), "a number of characters from 1 to 20000"),
    "takes_max": (lambda value: _is_whole(value, 0, 10), "a number from 0 to 10"),
    "formats": (lambda value: _is_name_list(value, FORMATS.__contains__), f"a list of {', '.join(FORMATS)}"),
    "fields": (
        lambda value: _is_name_list(value, _NAME.fullmatch) and not FORM_FIELDS & set(value),
        f"a list of names; {', '.join(sorted(FORM_FIELDS))} are sent anyway",
    ),
    "needed": (lambda value: _is_name_list(value, _NAME.fullmatch), "a list of names among the fields"),
    "checked": (_is_day, "a day such as 2026-11-21"),
}


def read(entered: object) -> Corrections:
    """Parse corrections; raises ValueError with a sentence for the operator if they are invalid."""
    if not isinstance(entered, Mapping):
        raise ValueError('Enter corrections as names and values, such as {"takes_max": 3}.')
    for name, value in entered.items():
        if name not in _CHECKS:
            raise ValueError(f"{name}: unknown. Possible corrections: {', '.join(_CHECKS)}.")
        is_fine, expectation = _CHECKS[name]
        if not is_fine(value):
            raise ValueError(f"{name}: {expectation}.")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entered.items()
    }
    return Corrections(**values)


def corrected_recipe(recipe: Recipe, corrections: Corrections) -> Recipe:
    own = recipe.own if corrections.fields is None else corrections.fields
    needed = recipe.needed if corrections.needed is None else corrections.needed
    return Recipe(
        path=corrections.path or recipe.path,
        prompt_limit=corrections.prompt_limit or recipe.prompt_limit,
        takes_max=recipe.takes_max if corrections.takes_max is None else corrections.takes_max,
        formats=recipe.formats if corrections.formats is None else corrections.formats,
        own=own,
        needed=tuple(name for name in needed if name in own),
    )


def corrected(key: str, corrections: Mapping[str, Any]) -> ModelSpec | ActionSpec:
    """Return the spec of a model or an action with an operator's corrections; see `Corrections`.

    Raises:
        ValueError: they are invalid; the message is for the operator.
        KeyError: no such model.
    """
    spec = next((candidate for candidate in (*MODELS, *ACTIONS) if candidate.key == key), None)
    if spec is None:
        raise KeyError(key)
    changes = read(corrections)
    recipe = corrected_recipe(RECIPES[key], changes)
    if unknown := set(changes.needed or ()) - set(recipe.own):
        raise ValueError(f"needed: {', '.join(sorted(unknown))} is not one of the fields.")
    facts: dict[str, Any] = {"unverified": "", "checked": changes.checked} if changes.checked else {}
    if isinstance(spec, ActionSpec):
        if changes.prompt_limit or changes.takes_max or changes.formats:
            raise ValueError("An action has no prompt, takes or formats.")
        return replace(spec, fields=tuple(_field(name) for name in recipe.own if name != "audio"), **facts)
    facts |= {"prompt_limit": recipe.prompt_limit, "takes_max": recipe.takes_max or 1}
    facts |= {"formats": recipe.formats or ("mp3",), "fields": tuple(_field(name) for name in recipe.own)}
    return replace(spec, **facts)


def _field(name: str) -> Field:
    """Return a field by the vendor's name: as an existing model defines it, else a short text."""
    everywhere = (field for spec in (*MODELS, *ACTIONS) for field in spec.fields)
    field = next((field for field in everywhere if field.name == name), None)
    return field or Field(name, Kind.WORDS, name.replace("_", " ").capitalize(), maximum=1000, advanced=True)
