"""Project defaults: what the form offers in a project, and what is added to every prompt.

    allowed_models  only these may be used; empty: all
    fallback_models in this order, what is taken when the chosen model is unavailable (`model_choice.fallback`)
    fallback_mode   whether the next one is offered, or used if it does not cost more
    format          preselected in the form if the model delivers it
    lufs            target for downloads; the original stays as it was made
    prompt_suffix   words added to every prompt that does not contain them
    excluded_terms  rejected if a text requests them ("no drums" does not), and excluded if the model supports exclusion

The form shows in advance what will be added; the stored prompt is the one that is sent.
"""

import re
from collections.abc import Iterable, Mapping
from copy import copy

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.audio import FORMATS
from generator.models import AuditLogEntry, Project, ProjectDefaults
from generator.models.project_defaults import FallbackMode
from generator.models.user import User
from generator.page_memory import remembered
from generator.providers.base import ModelSpec, Value
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.text_input import one_line

KIND = AuditLogEntry.Action.SETTINGS
MAX_ADDED_CHARS = 200
MAX_FALLBACKS = 5  # models in a project's fallback order
LEAVE_OUT = "leave_out"  # the field of models that support exclusion
LOUDNESS: Mapping[str, Promise] = {
    "-14": gettext_lazy("−14 LUFS (music streaming)"),
    "-16": gettext_lazy("−16 LUFS (podcasts)"),
    "-18": gettext_lazy("−18 LUFS (under a voice-over)"),
    "-23": gettext_lazy("−23 LUFS (European broadcast, EBU R 128)"),
    "-24": gettext_lazy("−24 LUFS (US broadcast, ATSC A/85)"),
}
_MODES = {FallbackMode.OFFER: "offered", FallbackMode.USE: "used if it does not cost more"}  # in the audit log
_NEGATED = r"\b(?:no|not|without(?: any)?|minus|skip(?: the)?|leave out|zero|never)\s+"


@remembered
def defaults_of(project: Project) -> ProjectDefaults:
    """Return a project's defaults, or an unsaved empty row."""
    if "defaults" in project._state.fields_cache:  # loaded with the project
        return project._state.fields_cache["defaults"] or ProjectDefaults(project=project)
    return ProjectDefaults.objects.filter(project=project).first() or ProjectDefaults(project=project)


# --- use in requests ---


def offered(defaults: ProjectDefaults, choices: Iterable[ModelChoice]) -> list[ModelChoice]:
    """Return the models that a project allows."""
    return [choice for choice in choices if not defaults.allowed_models or choice.spec.key in defaults.allowed_models]


def added(defaults: ProjectDefaults, text: str) -> str:
    """Return the project's words that a text lacks, to be added to it."""
    return ", ".join(word for word in words_of(defaults.prompt_suffix) if word.lower() not in text.lower())


def left_out(defaults: ProjectDefaults, spec: ModelSpec, excluded: Value = None) -> str:
    """Return what a model must also exclude besides `excluded`; empty if it does not support exclusion."""
    if spec.field(LEAVE_OUT) is None:
        return ""
    excluded_words = {word.lower() for word in words_of(str(excluded or ""))}
    return ", ".join(word for word in words_of(defaults.excluded_terms) if word.lower() not in excluded_words)


def conflicts_with(defaults: ProjectDefaults, text: str) -> str:
    """Return a message about an avoided word that a text requests, or an empty string."""
    for word in words_of(defaults.excluded_terms):
        mentions = len(re.findall(rf"\b{re.escape(word)}\b", text, re.IGNORECASE))
        negated = len(re.findall(rf"{_NEGATED}{re.escape(word)}\b", text, re.IGNORECASE))
        if mentions > negated:
            sentence = _(
                "This project excludes “{word}”. Remove it from the text, or ask an owner to change the defaults."
            )
            return sentence.format(word=word)
    return ""


def apply(
    defaults: ProjectDefaults, spec: ModelSpec, text: str, settings: Mapping[str, Value]
) -> tuple[str, dict[str, Value]]:
    """Return a prompt's text and settings with the project defaults applied.

    Raises:
        UserError: the project does not allow the model, or the text requests an avoided word.
    """
    if defaults.allowed_models and spec.key not in defaults.allowed_models:
        refusal = _("{model} is not allowed in this project. Choose another model, or ask an owner to allow it.")
        raise UserError(refusal.format(model=spec.title), "model", code="model_not_allowed")
    if sentence := conflicts_with(defaults, text):
        raise UserError(sentence, "text", code="excluded_word")
    if text.strip() and (addition := added(defaults, text)):
        text = f"{text.rstrip(' ,.;')}, {addition}"
    merged = dict(settings)
    if excluded := left_out(defaults, spec, merged.get(LEAVE_OUT)):
        merged[LEAVE_OUT] = ", ".join(part for part in (str(merged.get(LEAVE_OUT) or ""), excluded) if part)
    return text, merged


def words_of(text: str) -> list[str]:
    """Split words or phrases at commas, semicolons and line breaks, without repetitions."""
    words = (" ".join(word.split()) for word in re.split(r"[,;\n]", text))
    return list(dict.fromkeys(word for word in words if word))


# --- changes ---


def change(
    project: Project,
    actor: User,
    *,
    allowed_models: Iterable[str],
    format: str,
    lufs: str,
    prompt_suffix: str,
    excluded_terms: str,
) -> None:
    """Change a project's defaults and log the differences.

    Raises:
        UserError: a value is invalid; `field` names it.
    """
    before = ProjectDefaults.objects.filter(project=project).first() or ProjectDefaults(project=project)
    defaults = copy(before)
    defaults.allowed_models = _models(allowed_models)
    defaults.format, defaults.lufs = _format(format), _loudness(lufs)
    defaults.prompt_suffix, defaults.excluded_terms = (
        _clean_phrases(prompt_suffix, "prompt_suffix"),
        _clean_phrases(excluded_terms, "excluded_terms"),
    )
    clash = {word.lower() for word in words_of(defaults.prompt_suffix)} & {
        word.lower() for word in words_of(defaults.excluded_terms)
    }
    if clash:
        sentence = _("“{word}” cannot be both added and excluded. Remove it from one of the two fields.")
        raise UserError(sentence.format(word=min(clash)), "excluded_terms", code="conflicting_words")
    with transaction.atomic():
        defaults.save()
        project._state.fields_cache["defaults"] = defaults  # what `defaults_of` reads if it was loaded before
        for line in _changes(before, defaults):
            record(actor, KIND, line, project=project)


def set_fallback(project: Project, actor: User, *, models: Iterable[str], mode: str) -> None:
    """Change a project's fallback order and what happens with the next model, and log the differences.

    Raises:
        UserError: a model is not offered, there are too many, or the mode is unknown; `field` names it.
    """
    before = ProjectDefaults.objects.filter(project=project).first() or ProjectDefaults(project=project)
    defaults = copy(before)
    defaults.fallback_models, defaults.fallback_mode = _order(models), mode
    if mode not in FallbackMode.values:
        raise UserError(_("Choose one of the two options."), "fallback_mode", code="invalid_choice")
    with transaction.atomic():
        defaults.save()
        project._state.fields_cache["defaults"] = defaults
        for line in _changes(before, defaults):
            record(actor, KIND, line, project=project)


def _order(keys: Iterable[str]) -> list[str]:
    order = [key for key in dict.fromkeys(keys) if key]
    if set(order) - {spec.key for spec in catalog.registry().specs()}:
        sentence = _("One of those models is no longer available. Reload the page and choose again.")
        raise UserError(sentence, "fallback_models", code="model_unavailable")
    if len(order) > MAX_FALLBACKS:
        sentence = _("Choose at most {limit} models.").format(limit=MAX_FALLBACKS)
        raise UserError(sentence, "fallback_models", code="limit_reached")
    return order


def _models(keys: Iterable[str]) -> list[str]:
    requested, model_keys = set(keys), [choice.spec.key for choice in catalog.models()]
    if requested - set(model_keys):
        sentence = _("One of those models is no longer available. Reload the page and choose again.")
        raise UserError(sentence, "models", code="model_unavailable")
    return [key for key in model_keys if key in requested and len(requested) < len(model_keys)]


def _format(format: str) -> str:
    if format and format not in FORMATS:
        raise UserError(_("Choose one of the listed formats."), "format", code="invalid_choice")
    return format


def _loudness(lufs: str) -> float | None:
    if lufs and lufs not in LOUDNESS:
        raise UserError(_("Choose one of the listed loudness levels."), "lufs", code="invalid_choice")
    return float(lufs) if lufs else None


def _clean_phrases(text: str, field: str) -> str:
    joined = one_line(", ".join(words_of(text)), field)
    if len(joined) > MAX_ADDED_CHARS:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        raise UserError(sentence.format(limit=MAX_ADDED_CHARS, count=len(joined)), field, code="too_long")
    return joined


def _changes(before: ProjectDefaults, after: ProjectDefaults) -> Iterable[str]:
    if before.allowed_models != after.allowed_models:
        titles = ", ".join(catalog.title_of(key) for key in after.allowed_models)
        yield f"Models: {titles or 'all'}"
    if before.fallback_models != after.fallback_models:
        titles = ", then ".join(catalog.title_of(key) for key in after.fallback_models)
        yield f"Models when another is unavailable: {titles or 'none'}"
    if before.fallback_mode != after.fallback_mode:
        yield f"Next model when another is unavailable: {_MODES[FallbackMode(after.fallback_mode)]}"
    if before.format != after.format:
        yield f"Preselected format: {FORMATS[after.format].title if after.format else 'the model’s own'}"
    if before.lufs != after.lufs:
        yield f"Loudness of downloads: {f'{after.lufs:g} LUFS' if after.lufs is not None else 'unchanged'}"
    if before.prompt_suffix != after.prompt_suffix:
        yield f"Words added to prompts: {after.prompt_suffix or 'none'}"
    if before.excluded_terms != after.excluded_terms:
        yield f"Excluded words: {after.excluded_terms or 'none'}"
