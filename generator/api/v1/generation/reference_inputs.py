"""References in a request: the model fields that take one, and the values sent in them."""

from collections.abc import Iterable, Mapping

from generator import permissions
from generator.models import Project, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field
from generator.providers.local_references import FOLLOW
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.services.library import references
from generator.services.library.references import PICK
from generator.services.provider_jobs.catalog import ModelChoice


def field_of(model_key: str, name: str) -> tuple[ModelChoice, Field]:
    """Return a model and its field that takes a reference.

    Raises:
        UserError: no such model, or no such field.
    """
    choice = submit.choice_of(model_key)
    field = choice.spec.field(name)
    if field is None or not field.purpose:
        raise UserError(f"{choice.spec.title} does not take a reference in “{name[:40]}”.", "references")
    return choice, field


def resolve_references(user: User, project: Project, model_key: str, requested: Mapping[str, str]) -> dict[str, str]:
    """Return what a model is sent for the requested references, field → id.

    Raises:
        UserError: one of them is missing, cannot be used, or has to be registered first; `field` names it.
    """
    if not requested:
        return {}
    choice = submit.choice_of(model_key)
    for name in requested:
        field_of(model_key, name)
    available = permissions.project_references(user, project)
    resolved = references.choose(choice.spec, available, choice.model.provider_id, _as_form(available, requested))
    return {name: resolved[name] for name in requested}


def resolve_common_references(
    user: User, project: Project, model_keys: Iterable[str], requested: Mapping[str, str]
) -> dict[str, str]:
    """Do the same for a comparison, which only sends references that need no registration.

    Raises:
        UserError: as `picked`.
    """
    specs = [submit.choice_of(key).spec for key in model_keys] if requested else []
    supported = {field.name for spec in specs for field in spec.fields if field.purpose == FOLLOW}
    if unsupported := next((name for name in requested if name not in supported), None):
        raise UserError(f"A comparison cannot take a reference in “{unsupported[:40]}”.", "references")
    available = permissions.project_references(user, project)
    resolved = references.choose_for_all(specs, available, _as_form(available, requested))
    return {name: resolved[name] for name in requested}


def _as_form(available: ReferenceQuerySet, requested: Mapping[str, str]) -> dict[str, str]:
    """Return the choice in the form's fields. Only references that this key may see count, not “none” or “upload”."""
    available_ids = set(available.filter(public_id__in=requested.values()).values_list("public_id", flat=True))
    for name, public_id in requested.items():
        if public_id not in available_ids:
            raise UserError("There is no such reference in this project.", name)
    return {PICK + name: public_id for name, public_id in requested.items()}
