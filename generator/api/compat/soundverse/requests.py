"""Requests of a Soundverse client: `parse` the body, `resolve` project and model, `map_fields` to the studio's own.

answers                         when
the key's model override              the key names one, whatever the client requests
the model of that name          `model` is a model of the studio, such as composer/studio
soundverse/music                any other name, including the vendor's default mureka-7.5; it is sent on unchanged
nothing: 422                    the studio has no account at Soundverse

body         becomes
prompt       the text
duration     the model's length, if it has one, within its limits; 30 by default
style        the model's style: free words, or the choice of that name; else a line of the text
parameters   the model's own fields, and `format`; at Soundverse, its parameters unchanged
projectId    the caller's project of that public ID; any other text: the key's home project
userId       read and ignored
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generator import permissions
from generator.api import auth, json_body
from generator.api.compat.soundverse import errors
from generator.api.errors import ApiError
from generator.models import Generation, Project, User
from generator.providers.base import Field as SpecField
from generator.providers.base import Kind, ModelSpec
from generator.services.errors import UserError
from generator.services.generation import submit as generation_submit
from generator.services.provider_jobs import catalog
from generator.services.team import api_keys

VENDOR_MODEL = "soundverse/music"
DEFAULT_ENGINE = "mureka-7.5"
DEFAULT_LENGTH_S = 30  # seconds
LENGTH_FIELDS = ("duration", "length")  # the models' names for it


class Later(BaseModel):
    """The body of /v5/generate/music."""

    model_config = ConfigDict(title="Music", extra="ignore")

    userId: str | None = Field(None, description="Free text.")
    projectId: str | None = Field(None, description="A project's public_id; any other text: the key's own project.")
    prompt: str = Field(description="What the music is for; not empty.", min_length=0)
    duration: Annotated[int, Field(ge=1)] | None = Field(
        None, description=f"Length in seconds; {DEFAULT_LENGTH_S} by default."
    )
    style: str | None = Field(None, description="For example: electronic, jazz, ambient.")
    model: str | None = Field(None, description=f"A model of the studio or of Soundverse; {DEFAULT_ENGINE} by default.")
    parameters: dict[str, Any] | None = Field(None, description="The model's own fields.")


class MusicRequest(Later):
    """The body of /v5/generate/music-gen."""

    model_config = ConfigDict(title="MusicGen", extra="ignore")

    userId: str = Field(description="Free text.")
    projectId: str = Field(description="A project's public_id; any other text: the key's own project.")


@dataclass(frozen=True)
class Target:
    """What a body refers to."""

    project: Project
    spec: ModelSpec  # of the model that answers
    is_named: bool  # the body names this model
    engine: str  # the vendor's model to send on, if the body names one


@dataclass(frozen=True)
class MappedRequest:
    """A request in the studio's words."""

    target: Target
    text: str
    format: str
    fields: Mapping[str, object]


def parse(body: bytes, shape: type[Later]) -> Later:
    """Parse a body; raise ApiError if it is not JSON or does not match the contract."""
    try:
        parsed = shape.model_validate(json_body.parse(body))
    except json_body.Unreadable as error:
        raise errors.field([], str(error), "json_invalid") from None
    except ValidationError as error:
        raise errors.fields(error.errors(include_url=False, include_input=False, include_context=False)) from None
    if not parsed.prompt.strip():
        raise errors.plain(400, errors.PROMPT_MESSAGE)
    return parsed


def resolve(user: User, body: Later) -> Target:
    """Find project and model; raise ApiError if no model answers or the user may not edit there."""
    project, name = _project(user, body.projectId), body.model or DEFAULT_ENGINE
    is_ours = catalog.spec_of(name) is not None
    key = user.api_key
    candidates = (key.model_override if key else "", name if is_ours else VENDOR_MODEL)
    choice = next((choice for model_key in candidates if model_key and (choice := catalog.choice(model_key))), None)
    if choice is None:
        raise _no_model(name)
    passes_on = choice.spec.key == VENDOR_MODEL and not is_ours
    return Target(project, choice.spec, choice.spec.key == name, body.model or "" if passes_on else "")


def map_fields(target: Target, body: Later) -> MappedRequest:
    """Map a body to the model's fields; raise ApiError for a parameter that the model does not have."""
    fields = _length(target.spec, body.duration)
    if target.engine:
        fields["engine"] = target.engine
    style, text = _style(target.spec, body)
    own = _own_fields(target, body.parameters or {})
    format = own.pop("format", None)
    return MappedRequest(target, text, _format(target.spec, format), {**fields, **style, **own})


def submit(user: User, body: Later, mapped: MappedRequest, idempotency_key: str) -> Generation:
    """Submit the generation; raise ApiError if that is not possible."""
    project, model_key = mapped.target.project, mapped.target.spec.key
    try:
        return auth.submit_generation(
            user, project, model_key, mapped.text, idempotency_key, takes=1, format=mapped.format, fields=mapped.fields
        )
    except UserError as error:
        raise _to_api_error(error, mapped.target, user, body) from error


def _project(user: User, public_id: str | None) -> Project:
    named = (
        permissions.projects(user).filter(public_id=public_id).first() if public_id and len(public_id) <= 16 else None
    )
    project = named or api_keys.home(user)
    if not permissions.can_edit(user, project):
        raise errors.forbidden(f"This key cannot generate music in {project.name}.")
    return project


def _no_model(name: str) -> ApiError:
    model_keys = ", ".join(choice.spec.key for choice in catalog.models() if choice.available)
    return errors.field(
        ["model"],
        f"The model “{name[:60]}” is not available: the studio has no account for it, "
        f"and this key has no model override. Use one of: {model_keys}.",
    )


def _own_fields(target: Target, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model's own fields from `parameters`, without those meant for another model."""
    spec, own = target.spec, {}
    if spec.key == VENDOR_MODEL:
        return {"parameters": json.dumps(parameters)} if parameters else {}
    for name, value in parameters.items():
        if name != "format" and spec.field(name) is None:
            if target.is_named:
                raise errors.field(["parameters", name[:40]], f"{spec.title} has no such field.", "extra_forbidden")
            continue
        if isinstance(value, (dict, list)):
            raise errors.field(["parameters", name], "Must be a text, a number, true or false.")
        own[name] = value
    return own


def _format(spec: ModelSpec, requested: object) -> str:
    """Return the requested format, else MP3 (the vendor's format) if the model makes it."""
    if requested is None:
        return "mp3" if "mp3" in spec.formats else spec.formats[0]
    return str(requested)


def _length(spec: ModelSpec, duration: int | None) -> dict[str, object]:
    """Return the length under the model's name for it; empty if the model has none."""
    field = next((field for name in LENGTH_FIELDS if (field := spec.field(name))), None)
    if field is None:
        return {}
    default = min(max(DEFAULT_LENGTH_S, field.minimum or DEFAULT_LENGTH_S), field.maximum or DEFAULT_LENGTH_S)
    return {field.name: default if duration is None else duration}


def _style(spec: ModelSpec, body: Later) -> tuple[dict[str, object], str]:
    """Return the style as a field, if the model has one for it, and the text with what has no field."""
    style, field = (body.style or "").strip(), spec.field("style")
    if not style:
        return {}, body.prompt
    value = style if field and field.kind == Kind.WORDS else _choice(field, style) if field else None
    return ({"style": value}, body.prompt) if value else ({}, f"{body.prompt}\nStyle: {style}")


def _choice(field: SpecField, text: str) -> str | None:
    """Return the choice of a field that has this key or title."""
    folded = text.casefold()
    return next((key for key, title in field.choices if folded in (key.casefold(), title.casefold())), None)


def _to_api_error(error: UserError, target: Target, user: User, body: Later) -> ApiError:
    """Map a refusal to the contract's error."""
    name = error.field
    if name == "text":
        return errors.plain(400, error.sentence)
    choice = catalog.choice(target.spec.key)
    if name == "model" and choice and not choice.available:
        resting = choice.model.provider.is_resting
        return errors.busy(error.sentence) if resting else errors.forbidden(error.sentence)
    if name:
        return errors.field(_location(name, body), error.sentence)
    quote = generation_submit.quote(user, target.project, target.spec.key, 1)
    if quote.blocked_by:
        return errors.no_money()
    return errors.forbidden(error.sentence) if quote.refusal else errors.plain(400, error.sentence)


def _location(name: str, body: Later) -> list[str]:
    """Return where in the body a model field came from."""
    if name in (body.parameters or {}):
        return ["parameters", name]
    return [{"engine": "model", **dict.fromkeys(LENGTH_FIELDS, "duration")}.get(name, name)]
