"""Which models the create form offers, and which of them are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from generator.providers.base import ModelSpec
from generator.services.generation.comparisons import MAX_CANDIDATES, MIN_CANDIDATES
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.web.generation.reference_fields import picked_for


@dataclass(frozen=True, kw_only=True)
class ModelSelection:
    """The offered models, and the chosen one, or several for a comparison."""

    choices: Sequence[ModelChoice]
    chosen: Sequence[ModelChoice]
    comparing: bool
    gone: bool  # what was requested is no longer offered
    down: ModelChoice | None  # requested, but unavailable
    replaced: ModelChoice | None = None  # the same, if the project uses another one instead, which is the chosen one
    problem: str = ""  # why it is unavailable, if the project has a fallback order
    next_choices: Sequence[ModelChoice] = ()  # what that order takes instead

    @property
    def down_reason(self) -> str:
        return self.problem or (self.down.reason if self.down else "")

    @property
    def usable(self) -> list[ModelChoice]:
        return [choice for choice in self.choices if choice.available]

    @property
    def instead(self) -> list[ModelChoice]:
        """Return what can replace an unavailable model, the project's order first."""
        others = [choice for choice in catalog.usable(self.choices) if choice != self.down]
        return list(dict.fromkeys((*self.next_choices, *others)))

    @property
    def choice(self) -> ModelChoice | None:
        """Return the model to show; None if the project offers none."""
        return next(iter((*self.chosen, *self.usable, *self.choices)), None)

    @property
    def specs(self) -> list[ModelSpec]:
        """Return the specs that the form is built from."""
        return [choice.spec for choice in self.chosen or ([self.choice] if self.choice else [])]

    @property
    def may_compare(self) -> bool:
        return len(self.usable) >= MIN_CANDIDATES

    @property
    def is_full(self) -> bool:
        return self.comparing and len(self.chosen) >= MAX_CANDIDATES

    @property
    def title(self) -> str:
        return self.chosen[0].spec.title if len(self.chosen) == 1 else _("any selected model")


def select_models(choices: list[ModelChoice], data: QueryDict, last_used: str) -> ModelSelection:
    """Return the requested models; if none is requested, the one for the picked reference or the one used last."""
    choice_of_key = {choice.spec.key: choice for choice in choices}
    usable = [choice for choice in choices if choice.available]
    requested = [key for key in dict.fromkeys(data.getlist("on") or data.getlist("model")) if key]
    selected = [choice_of_key[key] for key in requested if key in choice_of_key]
    if not requested and (default := picked_for(usable, data) or choice_of_key.get(last_used)):
        selected = [default]
    down = next((choice for choice in selected if not choice.available), None)
    comparing = len(usable) >= MIN_CANDIDATES and data.get("compare") == "on"
    if comparing:
        chosen = _compared_models(choices, selected, is_preset=not data.get("comparing"))
    else:
        chosen = (selected[-1:] or usable or choices)[:1]
        down = down if down in chosen else None
    is_gone = bool(requested) and not selected
    return ModelSelection(choices=choices, chosen=chosen, comparing=comparing, gone=is_gone, down=down)


def _compared_models(choices: list[ModelChoice], selected: list[ModelChoice], *, is_preset: bool) -> list[ModelChoice]:
    """Return the models to compare; `is_preset`: the comparison was just switched on and suggests some."""
    chosen = [choice for choice in selected if choice.available]
    if is_preset:
        chosen = list(dict.fromkeys((*chosen, *catalog.usable(choices))))[: max(MIN_CANDIDATES, len(chosen))]
    return [choice for choice in choices if choice in chosen]
