"""What the create form takes or offers when the chosen model is unavailable, by the project's fallback order."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import QueryDict

from generator.models import Project, ProjectDefaults, User
from generator.services.generation.submit import valid_settings
from generator.services.model_choice import fallback
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults
from generator.web.create.model_fields import settings, whole
from generator.web.generation.model_selection import ModelSelection


def offered_choices(defaults: ProjectDefaults, data: QueryDict) -> list[ModelChoice]:
    """Return the models that a project offers; with a fallback order, also the requested one if its key was refused."""
    choices = project_defaults.offered(defaults, catalog.models())
    if defaults.fallback_models:
        known = {choice.spec.key for choice in choices}
        missing = [key for key in data.getlist("on") or data.getlist("model") if key and key not in known]
        refused = [found for key in missing if (found := catalog.refused_choice(key))]
        choices += project_defaults.offered(defaults, refused)
    return choices


def with_fallback(
    user: User, project: Project, defaults: ProjectDefaults, models: ModelSelection, text: str, data: QueryDict
) -> ModelSelection:
    """Return a selection with what the project takes instead of an unavailable model.

    The next model is chosen if the project says so and this request does not cost more with it; otherwise it is
    offered first.
    """
    if models.comparing or not models.chosen or not defaults.fallback_models:
        return models
    choice, values = models.chosen[0], settings(data)
    takes = whole(data.get("takes", "")) or choice.spec.takes_default
    wanted = fallback.Wanted(user, project, text, takes, data.get("format", ""), lambda _choice: values)
    total = fallback.total_of(choice, wanted, valid_settings(choice.spec, values))
    problem = fallback.problem_of(user, project, choice, total)
    if problem is None:
        return models
    next_choices = fallback.next_choices(defaults, choice.spec.key)
    offering = replace(models, down=choice, problem=problem.sentence, next_choices=next_choices)
    taken = _taken(wanted, next_choices, total) if fallback.does_use(defaults) else None
    return replace(offering, chosen=[taken], down=None, replaced=choice) if taken else offering


def _taken(wanted: fallback.Wanted, choices: Sequence[ModelChoice], ceiling: int | None) -> ModelChoice | None:
    """Return the first model that can take the request at the price of the unavailable one, or for less."""
    for choice in choices:
        total = fallback.total_of(choice, wanted, valid_settings(choice.spec, wanted.raw_for(choice)))
        is_within = total is not None and ceiling is not None and total <= ceiling
        fits = wanted.takes <= choice.spec.takes_max and len(wanted.text.strip()) <= choice.spec.prompt_limit
        if is_within and fits and not fallback.problem_of(wanted.user, wanted.project, choice, total):
            return choice
    return None
