"""The available paths and the fields of each, from the models' specs and the operator's corrections.

path                                  answered by
mureka-ai/mureka-v7.6/generate-bgm    WaveSpeed's model, or the key's model override
composer/studio, soundverse/…         that model of the studio
any other model path                  only the key's model override; it takes the model override's own fields
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from generator.models import ApiKey, MusicModel
from generator.providers.base import ActionSpec, Field, Kind, ModelSpec
from generator.providers.wavespeed.body import RECIPES, Recipe, corrected, corrected_recipe, read
from generator.services.provider_jobs import catalog

MAX_PATH_CHARS = 200
DEFAULT_PURPOSE = "audio"  # of create-upload-id, according to the vendor's page
_VENDOR_PATH = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*){1,4}")
_AUDIO = Field("audio", Kind.WORDS, "Audio", "URL of the audio: an upload or an output of this studio.", maximum=2000)


@dataclass(frozen=True)
class Contract:
    """The fields and limits of one path."""

    path: str
    key: str  # of our model or action behind it
    title: str
    summary: str
    prompt_limit: int = 0  # 0: it takes no prompt
    takes_max: int = 0  # 0: it makes one and has no field for the number
    formats: tuple[str, ...] = ()  # empty: no such field
    fields: tuple[Field, ...] = ()
    needed: tuple[str, ...] = ()  # the required ones of the fields
    is_vendors: bool = False  # a model override may answer it
    is_action: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The fields in the order in which a person fills them in."""
        options = (("prompt", self.prompt_limit), ("number_of_songs", self.takes_max), ("output_format", self.formats))
        return (*(name for name, is_present in options if is_present), *(field.name for field in self.fields))

    @property
    def required(self) -> tuple[str, ...]:
        return (*(("prompt",) if self.prompt_limit else ()), *self.needed)


def all_contracts() -> Iterator[Contract]:
    """Yield the contract of every named path, the studio's models first."""
    for spec in catalog.specs():
        if spec.key not in RECIPES:
            yield contract_for(spec)
    corrections = dict(MusicModel.objects.filter(key__in=RECIPES).values_list("key", "corrections"))
    for key, recipe in RECIPES.items():
        yield _vendor_contract(key, recipe, corrections.get(key) or {})


def contract_of(path: str, key: ApiKey | None = None) -> Contract | None:
    """Return the contract of a path, for a program with this key; None if nothing answers there."""
    if len(path) > MAX_PATH_CHARS:
        return None
    contracts = {contract.path: contract for contract in all_contracts()}
    contract = contracts.get(path) or next(
        (candidate for candidate in contracts.values() if candidate.key == path), None
    )
    if contract or key is None or not key.model_override or not _VENDOR_PATH.fullmatch(path) or _is_ours(path):
        return contract
    spec = catalog.spec_of(key.model_override)
    return contract_for(spec, path) if spec else None


def path_of(row: MusicModel) -> str:
    """Return the path of a model."""
    recipe = RECIPES.get(row.key)
    return row.key if recipe is None else _recipe(recipe, row.corrections).path


def contract_for(spec: ModelSpec, path: str = "") -> Contract:
    """Return the contract of a model of the studio, under its key or under another path."""
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


def _vendor_contract(key: str, built_in: Recipe, corrections: dict[str, Any]) -> Contract:
    recipe = _recipe(built_in, corrections)
    try:
        spec = corrected(key, corrections)
    except ValueError:
        spec = corrected(key, {})
    fields = {field.name: field for field in (*spec.fields, _AUDIO)}
    if "purpose" in fields:
        fields["purpose"] = replace(fields["purpose"], default=DEFAULT_PURPOSE)
    return Contract(
        recipe.path,
        key,
        spec.title,
        spec.summary,
        recipe.prompt_limit,
        recipe.takes_max,
        recipe.formats,
        tuple(fields[name] for name in recipe.own if name in fields),
        recipe.needed,
        is_vendors=True,
        is_action=isinstance(spec, ActionSpec),
    )


def _recipe(built_in: Recipe, corrections: dict[str, Any]) -> Recipe:
    try:
        return corrected_recipe(built_in, read(corrections or {}))
    except ValueError:
        return built_in  # corrections of an older release


def _is_ours(path: str) -> bool:
    return path.partition("/")[0] in {provider.key for provider in catalog.registry()}
