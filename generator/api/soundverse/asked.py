"""What a client of Soundverse sends, and which of the studio's models answers it with what.

answers                         when
the key's stand-in              the key names one, whatever the client asks for
the model of that name          `model` is a model of the studio, such as composer/studio
soundverse/music                any other name, the vendor's default mureka-7.5 among them; it is sent on as it is
nothing: 422                    the studio has no account at Soundverse

body         becomes
prompt       the text
duration     the model's length, where it has one, within its limits; 30 unless told otherwise
style        the model's style: free words, or the choice of that name; else a line of the text
parameters   the model's own fields, and `format`; at Soundverse, its parameters as they are
projectId    the caller's project of that ref; any other text: where the key is at home
userId       read and left alone
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator import access, workflow
from generator.api import door, sent
from generator.api.soundverse import refusals
from generator.models import Generation, Project, User
from generator.providers.base import Field as SpecField
from generator.providers.base import Kind, ModelSpec

VENDORS = "soundverse/music"
DEFAULT = "mureka-7.5"
USUAL = 30  # seconds
LENGTHS = ("duration", "length")  # what the models call it


class Later(BaseModel):
    """The body of /v5/generate/music."""

    model_config = ConfigDict(title="Music", extra="ignore")

    userId: str | None = Field(None, description="Free text.")
    projectId: str | None = Field(None, description="A project's ref; any other text: the key's own project.")
    prompt: str = Field(description="What the music is for. Not empty.", min_length=0)
    duration: Annotated[int, Field(ge=1)] | None = Field(None, description=f"Seconds; {USUAL} unless told otherwise.")
    style: str | None = Field(None, description="Such as: electronic, jazz, ambient.")
    model: str | None = Field(None, description=f"A model of the studio or of Soundverse; {DEFAULT}.")
    parameters: dict[str, Any] | None = Field(None, description="The model's own fields.")


class Asked(Later):
    """The body of /v5/generate/music-gen."""

    model_config = ConfigDict(title="MusicGen", extra="ignore")

    userId: str = Field(description="Free text.")
    projectId: str = Field(description="A project's ref; any other text: the key's own project.")


def read(body: bytes, shape: type[Later]) -> Later:
    """Raises Wrong: it is not JSON, or not of the contract's shape."""
    try:
        asked = shape.model_validate_json(body)
    except ValidationError as error:
        raise refusals.fields(error.errors(include_url=False, include_input=False, include_context=False)) from None
    try:
        sent.storable(asked.model_dump())
    except sent.Unreadable as wrong:
        raise refusals.field([], str(wrong)) from None
    if not asked.prompt.strip():
        raise refusals.plain(400, refusals.PROMPT)
    return asked


@dataclass(frozen=True)
class Order:
    """A body, understood: what is asked of which model, where."""

    project: Project
    spec: ModelSpec
    text: str
    format: str
    fields: Mapping[str, object]

    def place(self, user: User, idempotency_key: str, asked: Later) -> Generation:
        """Raises Wrong: it cannot be done."""
        try:
            return door.ask(
                user,
                self.project,
                self.spec.key,
                self.text,
                workflow.CheckoutRequest(idempotency_key, workflow.request_hash(asked.model_dump())),
                takes=1,
                format=self.format,
                fields=self.fields,
            )
        except workflow.Refused as refused:
            raise _wrong(refused, self, user, asked) from refused


def understand(user: User, asked: Later) -> Order:
    """Raises Wrong: no model answers, the person may not work there, or a parameter is not one of the model's."""
    project = _project(user, asked.projectId)
    spec, is_named = _answering(user, asked.model or DEFAULT)
    own = _own_fields(spec, asked.parameters or {}, is_named=is_named)
    format = own.pop("format", None)
    fields, text = _usual_fields(spec, asked)
    return Order(project, spec, text, _format(spec, format), {**fields, **own})


def _project(user: User, ref: str | None) -> Project:
    found = access.projects(user).filter(ref=ref).first() if ref and len(ref) <= 16 else None
    project = found or workflow.keys.home(user)
    if not access.can_edit(user, project):
        raise refusals.forbidden(f"This key may not make music in {project.name}.")
    return project


def _answering(user: User, name: str) -> tuple[ModelSpec, bool]:
    """The model that answers, and whether the client has named it."""
    key = user.acting_with
    stand_in = key.stand_in if key else ""
    for model_key in filter(None, (stand_in, name if workflow.catalogue.spec_of(name) else VENDORS)):
        if choice := workflow.catalogue.choice(model_key):
            return choice.spec, model_key == name
    ours = ", ".join(choice.spec.key for choice in workflow.catalogue.models() if choice.available)
    raise refusals.field(
        ["model"],
        f"Nothing answers to “{name[:60]}” here: the studio has no account for it and this key no stand-in. "
        f"Name one of: {ours}.",
    )


def _own_fields(spec: ModelSpec, parameters: Mapping[str, Any], *, is_named: bool) -> dict[str, Any]:
    """What `parameters` says of the model's own fields. What was meant for another model is left out."""
    if spec.key == VENDORS:
        return {"parameters": json.dumps(parameters)} if parameters else {}
    own = {}
    for name, value in parameters.items():
        if name != "format" and spec.field(name) is None:
            if is_named:
                raise refusals.field(["parameters", name[:40]], f"{spec.title} has no such field.", "extra_forbidden")
            continue
        if isinstance(value, (dict, list)):
            raise refusals.field(["parameters", name], "A text, a number, true or false.")
        own[name] = value
    return own


def _format(spec: ModelSpec, asked: object) -> str:
    """The one asked for; else MP3, which is what the vendor sends, where the model makes it."""
    if asked is None:
        return "mp3" if "mp3" in spec.formats else spec.formats[0]
    return str(asked)


def _usual_fields(spec: ModelSpec, asked: Later) -> tuple[dict[str, object], str]:
    """Length, style and engine under the model's names for them, and the text with what it has no field for."""
    fields: dict[str, object] = {}
    text, style = asked.prompt, (asked.style or "").strip()
    if length := next((field for name in LENGTHS if (field := spec.field(name))), None):
        usual = min(max(USUAL, length.minimum or USUAL), length.maximum or USUAL)
        fields[length.name] = usual if asked.duration is None else asked.duration
    if spec.key == VENDORS and asked.model and workflow.catalogue.spec_of(asked.model) is None:
        fields["engine"] = asked.model
    field = spec.field("style")
    if style and field and field.kind == Kind.WORDS:
        fields["style"] = style
    elif style and field and (choice := _choice(field, style)):
        fields["style"] = choice
    elif style:
        text = f"{text}\nStyle: {style}"
    return fields, text


def _choice(field: SpecField, words: str) -> str | None:
    """The choice of a field that goes by this key or title."""
    wanted = words.casefold()
    return next((key for key, title in field.choices if wanted in (key.casefold(), title.casefold())), None)


def _wrong(refused: workflow.Refused, order: Order, user: User, asked: Later) -> refusals.Wrong:
    """What the studio refuses, in the contract's words."""
    name = refused.field
    if isinstance(refused, workflow.KeyReused):
        return refusals.plain(409, refused.sentence)
    if name == "text":
        return refusals.plain(400, refused.sentence)
    choice = workflow.catalogue.choice(order.spec.key)
    if name == "model" and choice and not choice.available:
        resting = choice.model.provider.is_resting
        return refusals.busy(refused.sentence) if resting else refusals.forbidden(refused.sentence)
    if name:
        return refusals.field(_place(name, asked), refused.sentence)
    quote = workflow.quote(user, order.project, order.spec.key, 1)
    if quote.blocked_by:
        return refusals.no_money()
    return refusals.forbidden(refused.sentence) if quote.refusal else refusals.plain(400, refused.sentence)


def _place(name: str, asked: Later) -> list[str]:
    """Where in the body a field of the model came from."""
    if name in (asked.parameters or {}):
        return ["parameters", name]
    return [{"engine": "model", **dict.fromkeys(LENGTHS, "duration")}.get(name, name)]
