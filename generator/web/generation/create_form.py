"""The create form, built from the specs of the chosen models and the entered or remembered values.

`create_form` runs the passes; each takes what it needs and returns a value:

    select_models    the offered models and the chosen ones
    with_fallback    what is taken or offered instead of an unavailable one
    _form_fields     their fields with values, the takes, the formats, and what does not carry over between models
    _price           what it costs, and the button

`CreateForm` is the union of these values, which the templates read.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generator.audio import FORMATS
from generator.composer.text.understanding import Understanding
from generator.models import Project, ProjectDefaults, User
from generator.providers.base import Field, ModelSpec
from generator.services.billing import budgets
from generator.services.billing.budgets import BudgetStatus
from generator.services.briefs import understanding
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.services.generation.checkout import Quote
from generator.services.generation.comparisons import MAX_CANDIDATES, MIN_CANDIDATES, settings_for
from generator.services.library import references
from generator.services.library.references import PICK
from generator.services.model_choice import track_record
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults
from generator.translation import translate
from generator.web.create.fallback_choice import offered_choices, with_fallback
from generator.web.create.model_fields import (
    carried_values,
    fields_together,
    is_on_panel,
    is_set,
    lines,
    settings,
    users_of,
    whole,
)
from generator.web.create.model_fit import SORTS, ModelLine, Request, Sort, model_lines
from generator.web.create.understood import ShownChip, ShownUnknown, shown_chips, shown_unknown, shown_value
from generator.web.generation.model_selection import ModelSelection, select_models
from generator.web.generation.reference_fields import Picker, Shown, free_pickers, pickers

MAX_URL_CHARS = 2000  # of a URL with a text in it; servers may reject longer ones


@dataclass(frozen=True, kw_only=True)
class FormFields:
    """What can be entered for the chosen models, with its values. Empty if there is no model."""

    pickers: Sequence[Picker] = ()
    fields: Sequence[Shown] = ()
    advanced: Sequence[Shown] = ()
    carried: Sequence[tuple[str, str]] = ()  # values for other models, sent as hidden fields
    notes: Sequence[str] = ()  # what does not carry over
    added: str = ""  # project defaults: words added to the text
    left_out: Sequence[tuple[str, str]] = ()  # project defaults: model title → what it excludes
    prompt_limit: int = 0
    takes: int = 1
    takes_range: Sequence[int] = ()
    formats: Mapping[str, Sequence[str]] | None = None  # titles of the models that deliver them ("": all) → formats
    format: str = ""
    reading: str = ""  # how the models understand the text
    reading_error: str = ""
    chips: Sequence[ShownChip] = ()  # the same, decision by decision
    unknown: Sequence[ShownUnknown] = ()
    lines: Sequence[ModelLine] = ()  # the models in the picker
    sort: Sort = Sort.PRICE  # their order

    @property
    def sorts(self) -> list[tuple[str, str]]:
        """Return the orders of the picker: name, title."""
        return [(sort.value, str(title)) for sort, title in SORTS.items()]

    @property
    def limits(self) -> list[tuple[str, Sequence[str]]]:
        """Return what the chosen models cannot do for this request, by title."""
        return [(line.choice.spec.title, line.limits) for line in self.lines if line.is_chosen and line.limits]

    @property
    def set_count(self) -> int:
        """Return how many settings behind “More” differ from their defaults."""
        set_fields = [shown_field for shown_field in self.advanced if is_set(shown_field.field, shown_field.value)]
        picked = [picker for picker in self.pickers if picker.picked]
        return len(set_fields) + len(picked)

    @property
    def has_hidden_error(self) -> bool:
        return any(shown_field.error for shown_field in self.advanced) or any(picker.error for picker in self.pickers)

    @property
    def has_picked(self) -> bool:
        """Return whether a reference field has a value or an error to show."""
        return any(picker.picked or picker.error for picker in self.pickers)


@dataclass(frozen=True)
class Part:
    """One model's share of the price."""

    title: str
    takes: int
    per_take: int
    is_estimate: bool
    format: str  # empty if it is the chosen format


@dataclass(frozen=True, kw_only=True)
class PriceSummary:
    """The price of the form's content, and the button. Empty if there is no model."""

    button: str = ""
    quote: Quote | None = None
    refusal: str = ""
    parts: Sequence[Part] = ()
    budget_status: BudgetStatus | None = None  # the tightest budget, the same as in the page header
    left_after: int | None = None
    sketch: str = ""  # link to the same form for the free composer
    sketch_key: str = ""  # the free composer's, if the text is too long for a link


@dataclass(frozen=True, kw_only=True)
class CreateForm(ModelSelection, FormFields, PriceSummary):
    """The contents of the create pane."""

    defaults: ProjectDefaults
    error: UserError | None
    key: str
    text: str
    again: str

    @property
    def general_error(self) -> str:
        """Return the error message if it does not concern one of the models' own fields."""
        own = {shown_field.field.name for shown_field in (*self.fields, *self.advanced)}
        own |= {picker.field.name for picker in self.pickers}
        return self.error.sentence if self.error and self.error.field not in own else ""


def create_form(
    user: User, project: Project, data: QueryDict, error: UserError | None = None, last_used: str = ""
) -> CreateForm:
    """Build the form from submitted or remembered data, and the error that a submission was answered with."""
    defaults = project_defaults.defaults_of(project)
    entered = lines(data.get("text", ""))
    text = ", ".join(part for part in (entered, data.get("add", "")) if part)
    models = select_models(offered_choices(defaults, data), data, last_used)
    models = with_fallback(user, project, defaults, models, text, data)
    fields, price = FormFields(), PriceSummary()
    if models.choice:
        fields = _form_fields(user, project, defaults, models, text, data, error, last_used)
        price = _price(user, project, models, fields, text, data, project_defaults.conflicts_with(defaults, text))
    return CreateForm(
        **vars(models),
        **vars(fields),
        **vars(price),
        defaults=defaults,
        error=error,
        key=data.get("idempotency_key") or secrets.token_urlsafe(18),
        text=text,
        again=data.get("again", ""),
    )


# --- fields ---


def _form_fields(
    user: User,
    project: Project,
    defaults: ProjectDefaults,
    models: ModelSelection,
    text: str,
    data: QueryDict,
    error: UserError | None,
    last_used: str,
) -> FormFields:
    specs, together = models.specs, fields_together(models.specs)
    reference_pickers, note_on_references = _pickers(user, project, models, data, error)
    takes, takes_range, note_on_takes = _takes(specs, data)
    formats, format, note_on_format = _formats(models, defaults, data)
    carried, notes_on_values = carried_values(models, together, data, is_refused=error is not None)
    notes = (note_on_references, note_on_takes, note_on_format, *notes_on_values)
    added = project_defaults.added(defaults, text)
    full_text = f"{text}, {added}" if added and text.strip() else text
    values = settings(data) | _followed(specs, reference_pickers)
    reading, reading_error, explaining, understood = _interpret(specs, full_text, values)
    shown_fields = [_show_field(field, specs, data, error, explaining, understood) for field in together.values()]
    excluded = ((spec.title, project_defaults.left_out(defaults, spec, data.get("leave_out"))) for spec in specs)
    request = Request(full_text, settings(data), whole(data.get("takes", "")), data.get("format", ""))
    sort = Sort.from_text(data.get("model_sort", ""))
    return FormFields(
        pickers=reference_pickers,
        fields=[shown_field for shown_field in shown_fields if is_on_panel(shown_field.field)],
        advanced=[shown_field for shown_field in shown_fields if not is_on_panel(shown_field.field)],
        carried=carried,
        notes=[note for note in notes if note],
        added=added,
        left_out=[(title, excluded_words) for title, excluded_words in excluded if excluded_words],
        prompt_limit=min(spec.prompt_limit for spec in specs) - (len(added) + 2 if added else 0),
        takes=takes,
        takes_range=takes_range,
        formats=formats,
        format=format,
        reading=reading,
        reading_error=reading_error,
        chips=shown_chips(understood, explaining) if explaining else [],
        unknown=shown_unknown(understood),
        lines=model_lines(models.choices, models.chosen, request, last_used, track_record.records_of(project), sort),
        sort=sort,
    )


def _show_field(
    field: Field,
    specs: Sequence[ModelSpec],
    data: QueryDict,
    error: UserError | None,
    explaining: ModelSpec | None,
    understood: Understanding | None,
) -> Shown:
    error_text = error.sentence if error and error.field == field.name else ""
    users = users_of([spec for spec in specs if spec.field(field.name)], specs)
    knows = bool(explaining and explaining.field(field.name))
    used, source = shown_value(dict(understood.used).get(field.name) if understood and knows else None, knows=knows)
    return Shown(field, data.get(field.name, field.default), error_text, users, used, source)


def _pickers(
    user: User, project: Project, models: ModelSelection, data: QueryDict, error: UserError | None
) -> tuple[list[Picker], str]:
    """Return the reference fields of a single model, or for a comparison only the free ones; and a note."""
    field, sentence = (error.field or "", error.sentence) if error else ("", "")
    if not models.comparing and models.chosen:
        return pickers(user, project, models.chosen[0], data, field, sentence), ""
    free = free_pickers(user, project, models.chosen, data, field, sentence)
    names = {PICK + picker.field.name for picker in free}
    if any(name.startswith(PICK) and name not in names and value for name, value in data.items()):
        return free, _("References that need to be registered are not used in comparisons.")
    return free, ""


def _followed(specs: Sequence[ModelSpec], picked: Sequence[Picker]) -> dict[str, str]:
    """Return what the models follow of the picked free references, as text by field, as far as known."""
    texts = ((picker, spec) for picker in picked if picker.is_free for spec in specs if spec.field(picker.field.name))
    return {
        picker.field.name: references.followed(spec, picker.reference) if picker.reference else picker.typed
        for picker, spec in texts
    }


def _takes(specs: Sequence[ModelSpec], data: QueryDict) -> tuple[int, range, str]:
    """Return the number of takes, the possible numbers, and a note if more are requested than that."""
    most_takes = {spec.key: spec.takes_offered if len(specs) == 1 else spec.takes_max for spec in specs}
    maximum = min(most_takes.values())
    requested = whole(data.get("takes", ""))
    takes = min(requested, maximum) or min(maximum, *(spec.takes_default for spec in specs))
    note = ""
    if maximum < requested <= 10:
        title = next(spec.title for spec in specs if most_takes[spec.key] == maximum)
        note = _("{model} makes at most {most} takes at a time; {requested} were requested.")
        note = note.format(requested=requested, most=maximum, model=title)
    return takes, range(1, maximum + 1), note


def _formats(
    models: ModelSelection, defaults: ProjectDefaults, data: QueryDict
) -> tuple[dict[str, list[str]], str, str]:
    """Return the formats by the models that deliver them, the chosen one, and a note if it is not the requested one."""
    specs = models.specs
    offered = dict.fromkeys(key for spec in specs for key in spec.formats)
    formats: dict[str, list[str]] = {"": []}
    for key in offered:
        formats.setdefault(users_of([spec for spec in specs if key in spec.formats], specs), []).append(key)
    requested = data.get("format", "")
    if requested in offered:
        return formats, requested, ""
    default = defaults.format if defaults.format in offered else next(iter((*formats[""], *offered)))
    if requested not in FORMATS:
        return formats, default, ""
    note = _("{format} is not available from {model}. {usual} will be used instead.")
    titles = {"format": translate(FORMATS[requested].title), "usual": translate(FORMATS[default].title)}
    return formats, default, note.format(model=models.title, **titles)


def _interpret(
    specs: Sequence[ModelSpec], text: str, values: Mapping[str, str]
) -> tuple[str, str, ModelSpec | None, Understanding | None]:
    """Return how the models understand the text, the error if one of them cannot use it, and who explains it how."""
    reading, explaining, understood, problem = "", None, None, ""
    for spec in specs:
        try:
            if text.strip():
                reading = reading or submit.interpret(spec, text, settings_for(spec, values))
            spec_understanding = understanding.understand(spec, text, settings_for(spec, values))
        except UserError as error:
            problem = problem or (error.sentence if len(specs) == 1 else f"{spec.title}: {error.sentence}")
            spec_understanding = understanding.understand(spec, text, settings_for(spec, {}))
        if spec_understanding and not understood:
            explaining, understood = spec, spec_understanding
    return "" if problem else reading, problem, explaining, understood


# --- price ---


def _price(
    user: User,
    project: Project,
    models: ModelSelection,
    fields: FormFields,
    text: str,
    data: QueryDict,
    unwanted: str,
) -> PriceSummary:
    try:
        quote = submit.quote_many(user, project, [_wanted(spec, fields, text, data) for spec in models.specs])
    except UserError as error:  # the price depends on what is being typed
        return PriceSummary(button=_("Generate"), refusal=error.sentence, budget_status=budgets.tightest(user, project))
    refusal = quote.refusal or unwanted
    if models.comparing and not MIN_CANDIDATES <= len(models.chosen) <= MAX_CANDIDATES:
        refusal = _("Choose {least} to {most} models to compare.").format(least=MIN_CANDIDATES, most=MAX_CANDIDATES)
    status = budgets.tightest(user, project)
    sketch, sketch_key = _sketch(project, models, text) if quote.total and text else ("", "")
    return PriceSummary(
        button=_button(models, fields.takes, submit.price_line(quote)),
        quote=quote,
        refusal=refusal,
        parts=[_price_part(choice, fields, text, data) for choice in models.chosen],
        budget_status=status,
        left_after=status.left - quote.total if status else None,
        sketch=sketch,
        sketch_key=sketch_key,
    )


def _button(models: ModelSelection, takes: int, price: str) -> str:
    count = len(models.chosen)
    if not count:
        return _("Generate")
    if not models.comparing:
        return _("Generate {count} · {price}").format(count=takes, price=price)
    with_models = ngettext("Generate with {count} model · {price}", "Generate with {count} models · {price}", count)
    return with_models.format(count=count, price=price)


def _wanted(spec: ModelSpec, fields: FormFields, text: str, data: QueryDict) -> submit.Wanted:
    return submit.Wanted(spec.key, fields.takes, submit.valid_settings(spec, settings(data)), text)


def _price_part(choice: ModelChoice, fields: FormFields, text: str, data: QueryDict) -> Part:
    spec, wanted = choice.spec, _wanted(choice.spec, fields, text, data)
    part = submit.part_of(choice, wanted.settings, wanted.takes, wanted.text)
    format = "" if fields.format in spec.formats else spec.formats[0]
    return Part(spec.title, fields.takes, part.per_take, part.is_estimate, format)


def _sketch(project: Project, models: ModelSelection, text: str) -> tuple[str, str]:
    """Return a link to the form with the same text for the free composer, or the composer's key if it is too long."""
    composer = next((choice.spec for choice in models.usable if choice.is_local), None)
    if composer is None:
        return "", ""
    address = f"{reverse('studio', args=[project.public_id])}?{urlencode({'model': composer.key, 'text': text})}"
    if len(address) <= MAX_URL_CHARS:
        return address, ""
    return "", "" if models.comparing else composer.key
