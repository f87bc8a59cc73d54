"""References as a request names them: the fields of a model that take one, and what is sent in them."""

from collections.abc import Iterable, Mapping

from generator import access, workflow
from generator.models import Project, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field
from generator.providers.following import FOLLOW
from generator.workflow.catalogue import ModelChoice
from generator.workflow.references import PICK


def field_of(model_key: str, name: str) -> tuple[ModelChoice, Field]:
    """A model and its field that takes a reference.

    Raises:
        Refused: no such model, or no such field.
    """
    choice = workflow.choice_of(model_key)
    field = choice.spec.field(name)
    if field is None or not field.purpose:
        raise workflow.Refused(f"{choice.spec.title} takes no reference in “{name[:40]}”.", "references")
    return choice, field


def picked(user: User, project: Project, model_key: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """What a model is sent for the references that are wanted, field → id.

    Raises:
        Refused: one of them is not there, cannot be used, or has to be registered first; `field` names it.
    """
    if not wanted:
        return {}
    choice = workflow.choice_of(model_key)
    for name in wanted:
        field_of(model_key, name)
    heard = access.project_references(user, project)
    chosen = workflow.references.choose(choice.spec, heard, choice.model.provider_id, _as_form(heard, wanted))
    return {name: chosen[name] for name in wanted}


def picked_for_all(
    user: User, project: Project, model_keys: Iterable[str], wanted: Mapping[str, str]
) -> dict[str, str]:
    """The same for a comparison, in which only what needs no registration is sent.

    Raises:
        Refused: as `picked`.
    """
    specs = [workflow.choice_of(key).spec for key in model_keys] if wanted else []
    free = {field.name for spec in specs for field in spec.fields if field.purpose == FOLLOW}
    if other := next((name for name in wanted if name not in free), None):
        raise workflow.Refused(f"No reference is sent in “{other[:40]}” of a comparison.", "references")
    heard = access.project_references(user, project)
    chosen = workflow.references.choose_for_all(specs, heard, _as_form(heard, wanted))
    return {name: chosen[name] for name in wanted}


def _as_form(heard: ReferenceQuerySet, wanted: Mapping[str, str]) -> dict[str, str]:
    """The choice as the form sends it, of what this key hears; the form's own words (none, upload) are no reference."""
    there = set(heard.filter(ref__in=wanted.values()).values_list("ref", flat=True))
    for name, ref in wanted.items():
        if ref not in there:
            raise workflow.Refused("There is no such reference in this project.", name)
    return {PICK + name: ref for name, ref in wanted.items()}
