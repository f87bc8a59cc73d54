"""Form data from what is stored: a past generation, or a preset."""

from collections.abc import Mapping

from django.http import QueryDict

from generator import permissions
from generator.models import Generation, Preset, Project, User


def of_generation(generation: Generation, *, with_seed: bool, with_suggestion: bool = False) -> QueryDict:
    """Return the request of a past generation as form data; without its seed, the music will be new.

    `with_suggestion`: with what its provider proposed in place of what it rejected.
    """
    typed = _as_typed(generation.prompt.settings)
    if not with_seed:
        typed.pop("seed", None)
    remembered = QueryDict(mutable=True)
    remembered.update(
        typed | {"text": generation.prompt.text, "model": generation.model.key, "again": generation.public_id}
    )
    if with_suggestion and not generation.is_blind:
        for name, value in (generation.suggestion or {}).items():
            remembered[name] = value
    return remembered


def with_preset(user: User, project: Project, data: QueryDict) -> QueryDict:
    """Return form data with a requested preset in the place of all settings; typed text stays if it has none."""
    preset_id = data.get("preset", "").replace("\x00", "")
    preset = (
        permissions.presets(user).filter(Preset.usable_in(project), public_id=preset_id).first() if preset_id else None
    )
    if preset is None:
        return data
    filled = QueryDict(mutable=True)
    for name in ("text", "idempotency_key"):
        if name in data:
            filled[name] = data.get(name, "")
    filled.update(_as_typed(preset.fields))
    if "text" in preset.fields:
        filled["text"] = str(preset.fields["text"])
    filled["preset"] = preset.public_id
    return filled


def _as_typed(settings: Mapping[str, object]) -> dict[str, str]:
    return {name: "on" if value is True else _typed(value) for name, value in settings.items() if value is not False}


def _typed(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
