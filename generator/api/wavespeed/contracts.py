"""Which paths can be asked and what each takes, made from the models' specs and the operator's corrections.

path                                  answered by
mureka-ai/mureka-v7.6/generate-bgm    WaveSpeed's model, or the key's stand-in
composer/studio, soundverse/…         that model of the studio
any other model path                  the key's stand-in alone; it takes the stand-in's own fields
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from generator import workflow
from generator.models import ApiKey, MusicModel
from generator.providers.base import ActionSpec, Field, Kind, ModelSpec
from generator.providers.wavespeed_body import RECIPES, Recipe, corrected, corrected_recipe, read

MOST_PATH = 200
USUAL_PURPOSE = "audio"  # of create-upload-id, by the vendor's page
_VENDOR = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,4}")
_AUDIO = Field(
    "audio", Kind.WORDS, "Audio", "The address of a sound: an upload or an output of this studio.", maximum=2000
)


@dataclass(frozen=True)
class Contract:
    """What one path takes."""

    path: str
    key: str  # of the model or action of ours it stands for
    title: str
    summary: str
    prompt_limit: int = 0  # 0: it takes no prompt
    takes_max: int = 0  # 0: it makes one and has no field for the count
    formats: tuple[str, ...] = ()  # empty: no such field
    fields: tuple[Field, ...] = ()
    needed: tuple[str, ...] = ()  # of the fields, those that have to be sent
    is_vendors: bool = False  # a stand-in may answer it
    is_action: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The fields in the order a person fills them in."""
        own = (("prompt", self.prompt_limit), ("number_of_songs", self.takes_max), ("output_format", self.formats))
        return (*(name for name, there in own if there), *(field.name for field in self.fields))

    @property
    def required(self) -> tuple[str, ...]:
        return (*(("prompt",) if self.prompt_limit else ()), *self.needed)


def all_of() -> Iterator[Contract]:
    """Every path with a name of its own, the studio's models first."""
    for spec in workflow.catalogue.registry().specs():
        if spec.key not in RECIPES:
            yield own(spec)
    corrections = dict(MusicModel.objects.filter(key__in=RECIPES).values_list("key", "corrections"))
    for key, recipe in RECIPES.items():
        yield _vendors(key, recipe, corrections.get(key) or {})


def of(path: str, key: ApiKey | None = None) -> Contract | None:
    """What a path takes, for a program with this key; None: nothing answers there."""
    if len(path) > MOST_PATH:
        return None
    known = {contract.path: contract for contract in all_of()}
    found = known.get(path) or next((one for one in known.values() if one.key == path), None)
    if found or key is None or not key.stand_in or not _VENDOR.fullmatch(path) or _is_ours(path):
        return found
    spec = workflow.catalogue.spec_of(key.stand_in)
    return own(spec, path) if spec else None


def path_of(row: MusicModel) -> str:
    """Where a model is asked for."""
    recipe = RECIPES.get(row.key)
    return row.key if recipe is None else _recipe(recipe, row.corrections).path


def own(spec: ModelSpec, path: str = "") -> Contract:
    """The contract of a model of the studio, under its key or under another path."""
    return Contract(
        path or spec.key,
        spec.key,
        spec.title,
        spec.summary,
        spec.prompt_limit,
        spec.takes_max,
        spec.formats,
        spec.fields,
        is_vendors=bool(path),
    )


def _vendors(key: str, built_in: Recipe, corrections: dict) -> Contract:
    recipe = _recipe(built_in, corrections)
    try:
        spec = corrected(key, corrections)
    except ValueError:
        spec = corrected(key, {})
    known = {field.name: field for field in (*spec.fields, _AUDIO)}
    if "purpose" in known:
        known["purpose"] = replace(known["purpose"], default=USUAL_PURPOSE)
    return Contract(
        recipe.path,
        key,
        spec.title,
        spec.summary,
        recipe.prompt_limit,
        recipe.takes_max,
        recipe.formats,
        tuple(known[name] for name in recipe.own if name in known),
        recipe.needed,
        is_vendors=True,
        is_action=isinstance(spec, ActionSpec),
    )


def _recipe(built_in: Recipe, corrections: dict) -> Recipe:
    try:
        return corrected_recipe(built_in, read(corrections or {}))
    except ValueError:
        return built_in  # corrections of an older release


def _is_ours(path: str) -> bool:
    return path.partition("/")[0] in {provider.key for provider in workflow.catalogue.registry()}
