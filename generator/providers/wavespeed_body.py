"""How WaveSpeed is asked: a model's path and fields, the body made of a request, and an operator's corrections to both.

A page that could not be found, or that has changed since, is a setting of the model in the admin, not a change of the
code: `Corrections` says what can be set, and `corrected` gives the spec that form, checks and price are made from.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator.providers.base import ActionSpec, Field, Kind, ModelSpec, Request
from generator.providers.errors import OperatorMustAct, Rejected
from generator.providers.outside import plain
from generator.providers.wavespeed_models import ACTIONS, FORMATS, MODELS, REGISTER, STEMS
from generator.providers.wavespeed_wire import FREE


@dataclass(frozen=True)
class Recipe:
    """How a request becomes the body of one model. `own`: settings that are sent under their own names."""

    path: str
    prompt_limit: int = 0  # 0: the model takes no prompt
    takes_max: int = 0  # 0: the model makes one and has no field for the count
    formats: tuple[str, ...] = ()  # empty: no such field
    own: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()  # of `own`, those it cannot do without


RECIPES: Mapping[str, Recipe] = {
    "wavespeed/mureka-v7.6-bgm": Recipe("mureka-ai/mureka-v7.6/generate-bgm", 1024, 3, FORMATS, ("instrumental_id",)),
    "wavespeed/mureka-v8-bgm": Recipe("mureka-ai/mureka-v8/generate-bgm", 1024, 3, FORMATS, ("instrumental_id",)),
    "wavespeed/mureka-v9-bgm": Recipe("mureka-ai/mureka-v9/generate-bgm", 1024, 0, FORMATS),
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


# --- a request as a body ---

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,120}")


def recipe_of(request: Request) -> Recipe:
    """The model's recipe, as the operator has corrected it.

    Raises:
        OperatorMustAct: there is none.
    """
    recipe = RECIPES.get(request.model)
    if recipe is None:
        raise OperatorMustAct("The studio does not know how to ask WaveSpeed for this model. It cost nothing.")
    return corrected_recipe(recipe, read(request.corrections)) if request.corrections else recipe


def body_of(request: Request) -> dict[str, Any]:
    """The body of a submit: only fields the model has, because an unknown one may be refused.

    Raises:
        Rejected: it could not be accepted; said here, before anything is spent.
    """
    recipe = recipe_of(request)
    body: dict[str, Any] = {}
    if recipe.prompt_limit:
        body["prompt"] = _prompt(request.prompt, recipe.prompt_limit)
    if recipe.takes_max:
        if not 1 <= request.takes <= recipe.takes_max:
            raise Rejected(f"This model makes 1 to {recipe.takes_max} takes at a time. {FREE}")
        body["number_of_songs"] = request.takes
    if recipe.formats:
        if request.format not in recipe.formats:
            raise Rejected(f"WaveSpeed delivers {', '.join(recipe.formats)}. {FREE}")
        body["output_format"] = request.format
    for name in recipe.own:
        value = str(request.settings.get(name) or "").strip()
        if name.endswith("_id") and value and not _ID.fullmatch(value):
            raise Rejected(f"“{value[:40]}” is not an id from WaveSpeed or Mureka. {FREE}")
        if name in recipe.needed and not value:
            raise Rejected(f"This needs {'the ' + name if name == 'lyrics' else 'a sound to work on'}. {FREE}")
        if value:
            body[name] = value
    return body


def _prompt(text: str, limit: int) -> str:
    prompt = plain(text).strip()
    if not prompt:
        raise Rejected(f"Say in a few words what the music is for. {FREE}")
    if len(prompt) > limit:
        raise Rejected(f"The text is {len(prompt) - limit:,} characters too long; at most {limit:,} fit. {FREE}")
    return prompt


def same_request(body: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether a listed job is what we asked for: the text or sound must be there, the rest must not differ."""
    if not any(name in asked for name in ("prompt", "audio")):
        return False
    return all(name not in asked or str(asked[name]).strip() == str(value) for name, value in body.items())


# --- what an operator knows better ---


@dataclass(frozen=True)
class Corrections:
    """What is different from the built-in contract of a model, typed into the admin; what is left out stays.

    `takes_max` 0: it makes one and has no field for the count. `formats` []: no such field; MP3 is expected. `fields`:
    the body's other fields by their names at the vendor. `checked`: the day this was compared with the vendor's page.
    """

    path: str | None = None
    prompt_limit: int | None = None
    takes_max: int | None = None
    formats: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None
    needed: tuple[str, ...] | None = None
    checked: str | None = None


CORRECTABLE = tuple(field.name for field in dataclasses.fields(Corrections))
OF_THE_FORM = frozenset(("prompt", "number_of_songs", "output_format"))  # sent from the form's own fields
_PATH = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,4}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _names(value: object, fine: Callable[[str], object]) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and fine(one) for one in value)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


_CHECKS: Mapping[str, tuple[Callable[[Any], object], str]] = {
    "path": (
        lambda value: isinstance(value, str) and len(value) <= 200 and _PATH.fullmatch(value),
        "a model's path, such as mureka-ai/mureka-v9/generate-bgm",
    ),
    "prompt_limit": (lambda value: _whole(value, 1, 20_000), "a number of characters from 1 to 20000"),
    "takes_max": (lambda value: _whole(value, 0, 10), "a number from 0 to 10"),
    "formats": (lambda value: _names(value, FORMATS.__contains__), f"a list of {', '.join(FORMATS)}"),
    "fields": (
        lambda value: _names(value, _NAME.fullmatch) and not OF_THE_FORM & set(value),
        f"a list of names; {', '.join(sorted(OF_THE_FORM))} are sent anyway",
    ),
    "needed": (lambda value: _names(value, _NAME.fullmatch), "a list of names among the fields"),
    "checked": (_is_day, "a day such as 2026-11-21"),
}


def read(typed: object) -> Corrections:
    """Raises ValueError, with a sentence for the operator, for what cannot be meant."""
    if not isinstance(typed, Mapping):
        raise ValueError('Corrections are names and values, such as {"takes_max": 3}.')
    for name, value in typed.items():
        if name not in _CHECKS:
            raise ValueError(f"{name}: not known here. Known: {', '.join(_CHECKS)}.")
        is_fine, words = _CHECKS[name]
        if not is_fine(value):
            raise ValueError(f"{name}: {words}.")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in typed.items()}
    return Corrections(**values)


def corrected_recipe(recipe: Recipe, found: Corrections) -> Recipe:
    own = recipe.own if found.fields is None else found.fields
    needed = recipe.needed if found.needed is None else found.needed
    return Recipe(
        path=found.path or recipe.path,
        prompt_limit=found.prompt_limit or recipe.prompt_limit,
        takes_max=recipe.takes_max if found.takes_max is None else found.takes_max,
        formats=recipe.formats if found.formats is None else found.formats,
        own=own,
        needed=tuple(name for name in needed if name in own),
    )


def corrected(key: str, corrections: Mapping[str, Any]) -> ModelSpec | ActionSpec:
    """The spec of a model or an action with an operator's corrections; see `Corrections`.

    Raises:
        ValueError: they make no sense; the words are for the operator.
        KeyError: no such model.
    """
    spec = next((one for one in (*MODELS, *ACTIONS) if one.key == key), None)
    if spec is None:
        raise KeyError(key)
    found = read(corrections)
    recipe = corrected_recipe(RECIPES[key], found)
    if unknown := set(found.needed or ()) - set(recipe.own):
        raise ValueError(f"needed: {', '.join(sorted(unknown))} is not among the fields.")
    facts: dict[str, Any] = {"unverified": "", "checked": found.checked} if found.checked else {}
    if isinstance(spec, ActionSpec):
        if found.prompt_limit or found.takes_max or found.formats:
            raise ValueError("An action has no prompt, takes or formats.")
        return replace(spec, fields=tuple(_field(name) for name in recipe.own if name != "audio"), **facts)
    facts |= {"prompt_limit": recipe.prompt_limit, "takes_max": recipe.takes_max or 1}
    facts |= {"formats": recipe.formats or ("mp3",), "fields": tuple(_field(name) for name in recipe.own)}
    return replace(spec, **facts)


def _field(name: str) -> Field:
    """A field by the vendor's name: as a model here has it, else a short text."""
    everywhere = (field for spec in (*MODELS, *ACTIONS) for field in spec.fields)
    known = next((field for field in everywhere if field.name == name), None)
    return known or Field(name, Kind.WORDS, name.replace("_", " ").capitalize(), maximum=1000, advanced=True)
