"""The reference fields of the create pane: which there are, what state the chosen one is in, what comes next."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from generator import access, workflow
from generator.durations import parse_duration, show_duration
from generator.models import Project, Reference, ReferenceId, State, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field, Kind, ModelSpec, Purpose
from generator.providers.following import FOLLOW
from generator.workflow.catalogue import ActionChoice, ModelChoice
from generator.workflow.references import MOST_START, PASTED, PICK, UPLOAD, USUAL_SECONDS
from generator.workflow.submit import SECONDS

MOST_LISTED = 100
ONE_LINE = 200  # characters


@dataclass(frozen=True)
class Shown:
    """A field of a model's own, with what it holds and what is wrong with it."""

    field: Field
    value: Any
    error: str
    users: str = ""  # which models use it, where not all that are chosen do

    @property
    def is_long(self) -> bool:
        """Whether it holds more than a line."""
        return self.field.kind == Kind.WORDS and (self.field.maximum or 0) > ONE_LINE

    @property
    def most(self) -> int:
        return int(self.field.maximum or 0)

    @property
    def is_length(self) -> bool:
        return self.field.unit == SECONDS

    @property
    def understood(self) -> str:
        """How a typed length is read: "1:30"; empty where nothing is typed, or it is no length."""
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
    """One reference field, as the form shows it."""

    field: Field
    picked: str
    typed: str
    start: str
    options: tuple[Option, ...]
    reference: Reference | None
    known: ReferenceId | None
    purpose: Purpose | None
    action: ActionChoice | None
    quote: workflow.Quote | None
    error: str
    key: str  # of a press of its button
    follows: str = ""  # what is followed of it, in words, for a model that needs no id
    users: str = ""  # which models use it, where not all that are chosen do

    @property
    def is_free(self) -> bool:
        """Whether it is followed by what was measured on it: nothing is registered anywhere."""
        return self.field.purpose == FOLLOW

    @property
    def most(self) -> float:
        """Seconds of an upload that are kept."""
        return self.purpose.most if self.purpose else USUAL_SECONDS

    @property
    def is_waiting(self) -> bool:
        """Whether the page has to look again by itself."""
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
        """Why the last try to register it came to nothing."""
        ended = self.known and not self.known.registered_id and self.known.generation.state in State.ended()
        return self.known.generation.error_sentence if ended and self.known else ""

    @property
    def price(self) -> str:
        return workflow.price_line(self.quote) if self.quote else ""


def pickers(
    user: User, project: Project, choice: ModelChoice, data: Mapping[str, str], about: str | None, sentence: str
) -> list[Picker]:
    """The model's reference fields with what was chosen in each; none where it has none."""
    fields = [field for field in choice.spec.fields if field.purpose]
    if not fields:
        return []
    mine = access.project_references(user, project)
    rows = list(mine.kept().filter(problem="").with_ids().order_by("-created_at", "-id")[:MOST_LISTED])
    action = workflow.catalogue.registering(choice.spec.provider)
    quote = workflow.actions.quote(user, project, action) if action else None
    return [
        _picker(mine, project, choice, field, data, rows, action, quote, sentence if about == field.name else "")
        for field in fields
    ]


def free_pickers(
    user: User, project: Project, choices: Sequence[ModelChoice], data: Mapping[str, str], about: str, sentence: str
) -> list[Picker]:
    """For a comparison: the references that need no registration, and whose they are."""
    found = {}
    for choice in choices:
        for picker in pickers(user, project, choice, data, about, sentence):
            if picker.is_free:
                found[picker.field.name] = replace(picker, users=choice.spec.title)
    return list(found.values())


def picked_for(choices: list[ModelChoice], data: Mapping[str, str]) -> ModelChoice | None:
    """The first model that has a field for the reference that was picked, when nothing says which model."""
    names = {name.removeprefix(PICK) for name in data if name.startswith(PICK) and data[name]}
    usable = (choice for choice in choices if names & {field.name for field in choice.spec.fields if field.purpose})
    return next(usable, None)


def _picker(
    mine: ReferenceQuerySet,
    project: Project,
    choice: ModelChoice,
    field: Field,
    data: Mapping[str, str],
    rows: list[Reference],
    action: ActionChoice | None,
    quote: workflow.Quote | None,
    error: str,
) -> Picker:
    account = choice.model.provider_id
    typed = str(data.get(field.name) or "").replace("\x00", "")
    picked = data.get(PICK + field.name, "").replace("\x00", "")
    if PICK + field.name not in data and typed:  # remembered from an earlier run: one of ours is shown as it is called
        behind = behind_value(choice.spec, project, account, field, typed)
        picked = behind.ref if behind else PASTED
    reference = next((row for row in rows if row.ref == picked), None)
    reference = reference or mine.kept().with_ids().filter(ref=picked).first()
    if reference is None and picked not in (PASTED, UPLOAD):
        picked = ""
    return Picker(
        field=field,
        picked=picked,
        typed=typed if picked == PASTED else "",
        start=data.get(f"start-{field.name}", ""),
        options=tuple(Option(row.ref, _label(row, account, field.purpose)) for row in rows),
        reference=reference,
        known=_known(reference, account, field.purpose) if reference else None,
        purpose=action.spec.purpose(field.purpose) if action else None,
        action=action,
        quote=quote,
        error=error,
        key=secrets.token_urlsafe(18),
        follows=workflow.references.follows(choice.spec, _text(choice.spec, reference, typed if picked else "")),
    )


def _text(spec: ModelSpec, reference: Reference | None, typed: str) -> str:
    return workflow.references.followed(spec, reference) if reference else typed


def behind_value(spec: ModelSpec, project: Project, account: int, field: Field, value: str) -> Reference | None:
    """The project's reference that a field was filled from."""
    if field.purpose == FOLLOW:
        newest = project.references.kept().order_by("-created_at", "-id")[:MOST_LISTED]
        return workflow.references.behind_text(spec, newest, value)
    return workflow.references.behind(project, account, field.purpose, value)


def _known(reference: Reference, account: int, purpose: str) -> ReferenceId | None:
    return next((one for one in reference.ids.all() if (one.account_id, one.purpose) == (account, purpose)), None)


def _label(reference: Reference, account: int, purpose: str) -> str:
    title = reference.title
    if seconds := reference.start_ms // 1000:
        title = f"{title}, from {seconds // 60}:{seconds % 60:02d}"
    known = _known(reference, account, purpose)
    if known and known.is_good:
        return f"{title} · registered"
    return f"{title} · being read" if reference.is_checking else title


def start_of(text: str, field: str) -> float:
    """Read where a reference is to begin: seconds, or m:ss.

    Raises:
        Refused: neither, or further in than any file is long.
    """
    try:
        start = parse_duration(text) if text.strip() else 0.0
    except ValueError:
        start = -1.0
    if not 0 <= start <= MOST_START:
        raise workflow.Refused("Begin at: write seconds or m:ss, such as 0:45.", field)
    return start
