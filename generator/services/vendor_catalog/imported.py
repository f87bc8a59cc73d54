"""The specs of imported models, made from the versions that operators accepted."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import Generation, ImportedModel, ImportedVersion, MusicModel
from generator.page_memory import is_remembering, remembered
from generator.providers.base import ModelSpec
from generator.providers.importing import Importing
from generator.providers.registry import Registry

MAX_KEPT_SPECS = 500
_specs: dict[tuple[str, str, str], ModelSpec | None] = {}  # by key, digest and day; pure functions of these

_titles: dict[str, str] = {}  # by key; a title is made from the key's path


def all_specs(registry: Registry) -> list[ModelSpec]:
    """Return the specs of all imported models whose providers are installed, by path."""
    return list(_specs_by_key(registry).values())


def spec_of(registry: Registry, model_key: str) -> ModelSpec | None:
    """Return the spec of an imported model; None if there is no such model, or its provider is not installed."""
    if _importer(registry, model_key) is None:
        return None
    if is_remembering():
        return _specs_by_key(registry).get(model_key)
    version = _versions().filter(imported__model__key=model_key).first()
    return _spec(registry, version) if version else None


def title_of(registry: Registry, model_key: str) -> str:
    """Return an imported model's title, which never changes; empty if there is no such model."""
    if model_key not in _titles and (spec := spec_of(registry, model_key)):
        _titles[model_key] = spec.title
    return _titles.get(model_key, "")


@remembered
def _specs_by_key(registry: Registry) -> dict[str, ModelSpec]:
    specs = (_spec(registry, version) for version in _versions())
    return {spec.key: spec for spec in specs if spec}


def _versions() -> QuerySet[ImportedVersion]:
    versions = ImportedVersion.objects.current().select_related("imported__model")
    return versions.order_by("imported__path")


def _importer(registry: Registry, model_key: str) -> Importing | None:
    try:
        provider = registry.provider(model_key)
    except KeyError:
        return None
    return provider if isinstance(provider, Importing) else None


def _spec(registry: Registry, version: ImportedVersion) -> ModelSpec | None:
    key = version.imported.model.key
    importer = _importer(registry, key)
    if importer is None or version.accepted_at is None:
        return None
    day = f"{timezone.localdate(version.accepted_at):%Y-%m-%d}"
    if (key, version.digest, day) not in _specs:
        if len(_specs) >= MAX_KEPT_SPECS:
            _specs.clear()
        _specs[key, version.digest, day] = importer.frozen_offer(version.entry, day).spec
    return _specs[key, version.digest, day]


def is_importer(registry: Registry, model_key: str) -> bool:
    """Return whether a model's provider is installed and has a catalog."""
    return _importer(registry, model_key) is not None


def entry_for(generation: Generation) -> Mapping[str, Any]:
    """Return the vendor's description that a generation was requested under; empty if its model is not imported."""
    if not generation.model.is_imported:
        return {}
    version = ImportedVersion.objects.at(generation.model, generation.created_at)
    return version.entry if version else {}


def unavailable_reason(row: MusicModel) -> str:
    """Return why an imported model is not offered, in a sentence; empty if nothing is against it."""
    state: ImportedModel | None = getattr(row, "imported", None) if row.is_imported else None
    if state is None:
        return ""
    if state.gone_at:
        sentence = _("{provider} no longer lists {model}.")
    elif state.changed_at:
        sentence = _("{provider} has changed {model}. An administrator must accept the new version.")
    else:
        return ""
    return sentence.format(provider=row.provider.title, model=row.title)
