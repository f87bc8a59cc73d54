"""The reference fields of the create form: their options, the state of the picked reference, the next step."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from generator import permissions
from generator.durations import parse_duration, show_duration
from generator.models import Project, ProviderReference, Reference, State, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field, Kind, ModelSpec, Purpose
from generator.providers.local_references import FOLLOW
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.services.generation.checkout import Quote
from generator.services.generation.submit import SECONDS
from generator.services.library import references
from generator.services.library.references import DEFAULT_CLIP_S, MAX_START_S, PASTED, PICK, UPLOAD
from generator.services.provider_jobs import catalog, provider_actions
from generator.services.provider_jobs.catalog import ActionChoice, ModelChoice
from generator.web.generation.activity import activity_of

MAX_LISTED = 100
MAX_LINE_CHARS = 200


@dataclass(frozen=True)
class Shown:
    """A model's own field, with its value and error."""

    field: Field
    value: Any
    error: str
    users: str = ""  # the models that use it, if not all chosen ones do
    used: str = ""  # what the model uses if it is empty
    source: str = ""  # where that comes from

    @property
    def is_long(self) -> bool:
        """Return whether the field takes more than one line."""
        return self.field.kind == Kind.WORDS and (self.field.maximum or 0) > MAX_LINE_CHARS

    @property
    def most(self) -> int:
        return int(self.field.maximum or 0)

    @property
    def is_length(self) -> bool:
        return self.field.unit == SECONDS

    @property
    def understood(self) -> str:
        """Return an entered length as m:ss, such as "1:30"; empty if it is missing or invalid."""
        try:
            return show_duration(parse_duration(str(self.value))) if self.is_length and self.value else ""
        except ValueError:
            return ""


@dataclass(frozen=True)
class Option:
    value: str
    title: str


@dataclass(frozen=True)
class Picker:
    """One reference field of the form."""

    field: Field
    picked: str
    typed: str
    start: str
    options: tuple[Option, ...]
    reference: Reference | None
    known: ProviderReference | None
    purpose: Purpose | None
    action: ActionChoice | None
    quote: Quote | None
    error: str
    key: str  # idempotency key of its register button
    follows: str = ""  # what the model follows of it, as text, if it needs no id
    users: str = ""  # the models that use it, if not all chosen ones do

    @property
    def is_free(self) -> bool:
        """Return whether the model follows measurements of the reference, so that nothing has to be registered."""
        return self.field.purpose == FOLLOW

    @property
    def most(self) -> float:
        """Return how many seconds of an upload are kept."""
        return self.purpose.max_s if self.purpose else DEFAULT_CLIP_S

    @property
    def is_waiting(self) -> bool:
        """Return whether the page must poll for changes."""
        reading = self.reference and (self.reference.is_checking or self.is_being_measured)
        return bool(reading) or self.is_registering

    @property
    def is_being_measured(self) -> bool:
        return self.is_free and bool(self.reference and self.reference.is_being_measured)

    @property
    def is_registering(self) -> bool:
        return bool(self.known and self.known.is_under_way and self.known.generation.state != State.IN_DOUBT)

    @property
    def is_in_doubt(self) -> bool:
        return bool(self.known and self.known.generation.state == State.IN_DOUBT and not self.known.registered_id)

    @property
    def failed(self) -> str:
        """Return why the last registration failed; empty if it did not."""
        ended = self.known and not self.known.registered_id and self.known.generation.state in State.ended()
        return self.known.generation.display_error if ended and self.known else ""

    @property
    def price(self) -> str:
        return submit.price_line(self.quote) if self.quote else ""


def pickers(
    user: User, project: Project, choice: ModelChoice, data: Mapping[str, str], about: str | None, sentence: str
) -> list[Picker]:
    """Return the model's reference fields with their picked values."""
    fields = [field for field in choice.spec.fields if field.purpose]
    if not fields:
        return []
    visible = permissions.project_references(user, project)
    listed = visible.kept().filter(problem="").with_ids().order_by("-created_at", "-id")[:MAX_LISTED]
    rows = list(listed) if activity_of(user, project).has_references else []
    action = catalog.registering(choice.spec.provider)
    quote = provider_actions.quote(user, project, action) if action else None
    return [
        _picker(visible, project, choice, field, data, rows, action, quote, sentence if about == field.name else "")
        for field in fields
    ]


def free_pickers(
    user: User, project: Project, choices: Sequence[ModelChoice], data: Mapping[str, str], about: str, sentence: str
) -> list[Picker]:
    """Return the reference fields for a comparison: those without registration, with the models that use them."""
    by_name = {}
    for choice in choices:
        for picker in pickers(user, project, choice, data, about, sentence):
            if picker.is_free:
                by_name[picker.field.name] = replace(picker, users=choice.spec.title)
    return list(by_name.values())


def picked_for(choices: list[ModelChoice], data: Mapping[str, str]) -> ModelChoice | None:
    """Return the first model with a field for the picked reference, if the request names no model."""
    names = {name.removeprefix(PICK) for name in data if name.startswith(PICK) and data[name]}
    usable = (choice for choice in choices if names & {field.name for field in choice.spec.fields if field.purpose})
    return next(usable, None)


def _picker(
    visible: ReferenceQuerySet,
    project: Project,
    choice: ModelChoice,
    field: Field,
    data: Mapping[str, str],
    rows: list[Reference],
    action: ActionChoice | None,
    quote: Quote | None,
    error: str,
) -> Picker:
    account = choice.model.provider_id
    entered = str(data.get(field.name) or "").replace("\x00", "")
    picked = data.get(PICK + field.name, "").replace("\x00", "")
    if PICK + field.name not in data and entered:  # from an earlier generation: show our reference by name
        behind = behind_value(choice.spec, project, account, field, entered)
        picked = behind.public_id if behind else PASTED
    reference = next((row for row in rows if row.public_id == picked), None)
    if reference is None and picked not in ("", PASTED, UPLOAD):
        reference = visible.kept().with_ids().filter(public_id=picked).first()
    if reference is None and picked not in (PASTED, UPLOAD):
        picked = ""
    return Picker(
        field=field,
        picked=picked,
        typed=entered if picked == PASTED else "",
        start=data.get(f"start-{field.name}", ""),
        options=tuple(Option(row.public_id, _label(row, account, field.purpose)) for row in rows),
        reference=reference,
        known=_known(reference, account, field.purpose) if reference else None,
        purpose=action.spec.purpose(field.purpose) if action else None,
        action=action,
        quote=quote,
        error=error,
        key=secrets.token_urlsafe(18),
        follows=references.follows(choice.spec, _text(choice.spec, reference, entered if picked else "")),
    )


def _text(spec: ModelSpec, reference: Reference | None, entered: str) -> str:
    return references.followed(spec, reference) if reference else entered


def behind_value(spec: ModelSpec, project: Project, account: int, field: Field, value: str) -> Reference | None:
    """Return the project's reference that a field value came from, or None."""
    if field.purpose == FOLLOW:
        newest = project.references.kept().order_by("-created_at", "-id")[:MAX_LISTED]
        return references.behind_text(spec, newest, value)
    return references.behind(project, account, field.purpose, value)


def _known(reference: Reference, account: int, purpose: str) -> ProviderReference | None:
    return next(
        (
            registration
            for registration in reference.provider_references.all()
            if (registration.account_id, registration.purpose) == (account, purpose)
        ),
        None,
    )


def _label(reference: Reference, account: int, purpose: str) -> str:
    title = reference.title
    if seconds := reference.start_ms // 1000:
        title = _("{title}, from {time}").format(title=title, time=f"{seconds // 60}:{seconds % 60:02d}")
    registration = _known(reference, account, purpose)
    if registration and registration.is_good:
        return _("{title} · registered").format(title=title)
    return _("{title} · processing").format(title=title) if reference.is_checking else title


def start_of(text: str, field: str) -> float:
    """Return the start of a reference in seconds, from seconds or m:ss.

    Raises:
        UserError: the text is neither, or the start exceeds MAX_START_S.
    """
    try:
        start = parse_duration(text) if text.strip() else 0.0
    except ValueError:
        start = -1.0
    if not 0 <= start <= MAX_START_S:
        raise UserError(_("Enter the start in seconds or as m:ss, such as 0:45."), field, code="invalid_duration")
    return start
