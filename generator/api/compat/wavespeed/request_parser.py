"""Parser for the body sent to a model's path, from the vendor's names to ours.

prompt, number_of_songs, output_format      text, takes, format
the model's own fields                      under their own names
enable_sync_mode, webhook_url               options of the call, for every model
"""

from dataclasses import dataclass, field
from typing import Any

from generator.api.compat.wavespeed.endpoint import Problem, switch, text
from generator.api.compat.wavespeed.model_schemas import Contract
from generator.providers.base import Field, Kind

MAX_TEXT_CHARS = 50_000
MAX_URL_CHARS = 2_000
CALL_OPTIONS = ("enable_sync_mode", "enable_base64_output", "webhook_url")
_KINDS: dict[Kind, tuple[type, ...]] = {
    Kind.WHOLE: (int,),
    Kind.NUMBER: (int, float),
    Kind.CHOICE: (str,),
    Kind.WORDS: (str,),
    Kind.LEVELS: (str,),
    Kind.SWITCH: (bool,),
}
_TYPE_NAMES = {
    Kind.WHOLE: ("integer", "a whole number"),
    Kind.NUMBER: ("number", "a number"),
    Kind.CHOICE: ("string", "a text"),
    Kind.WORDS: ("string", "a text"),
    Kind.LEVELS: ("string", "a text"),
    Kind.SWITCH: ("boolean", "true or false"),
}


@dataclass(frozen=True)
class ParsedBody:
    prompt: str
    takes: int
    format: str | None  # None: not given
    fields: dict[str, Any]
    inputs: dict[str, Any]  # unchanged, to return them later
    waits: bool = False
    webhook: str = field(default="", repr=False)


def read(contract: Contract, body: dict[str, Any]) -> ParsedBody:
    """Parse a body; raise Problem(400) with a sentence that names the field."""
    inputs = {name: value for name, value in body.items() if name not in CALL_OPTIONS and value is not None}
    for name in inputs:
        if name not in contract.names:
            raise Problem(
                400, f"{name[:60]} is not a field of {contract.path}. Its fields: {', '.join(contract.names)}."
            )
    if switch(body, "enable_base64_output"):
        raise Problem(
            400, "enable_base64_output is not supported for music: download the files from the URLs in outputs."
        )
    fields = {field.name: _value(field, inputs[field.name]) for field in contract.fields if field.name in inputs}
    for name in contract.needed:
        if fields.get(name) in (None, ""):
            raise Problem(400, f"{name} is required.")
    return ParsedBody(
        prompt=_prompt(contract, inputs.get("prompt")),
        takes=_takes(contract, inputs.get("number_of_songs", 1)),
        format=_format(contract, inputs.get("output_format")),
        fields=fields,
        inputs=inputs,
        waits=switch(body, "enable_sync_mode"),
        webhook=text(body, "webhook_url", MAX_URL_CHARS),
    )


def _prompt(contract: Contract, value: Any) -> str:
    if not contract.prompt_limit:
        return ""
    if not isinstance(value, str | None):
        raise Problem(400, "prompt must be a text.")
    prompt = (value or "").strip()
    if not prompt:
        raise Problem(400, "prompt is required: describe in a few words what the music is for.")
    if len(prompt) > contract.prompt_limit:
        raise Problem(400, f"prompt has {len(prompt):,} characters; at most {contract.prompt_limit:,} are allowed.")
    return prompt


def _takes(contract: Contract, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= max(1, contract.takes_max):
        raise Problem(400, f"number_of_songs must be a whole number from 1 to {max(1, contract.takes_max)}.")
    return value


def _format(contract: Contract, value: Any) -> str | None:
    if value is not None and value not in contract.formats:
        raise Problem(400, f"output_format must be one of {', '.join(contract.formats)}.")
    return None if value is None else str(value)


def _value(field: Field, value: Any) -> Any:
    if not isinstance(value, _KINDS[field.kind]) or (isinstance(value, bool) and field.kind != Kind.SWITCH):
        raise Problem(400, f"{field.name} must be {_TYPE_NAMES[field.kind][1]}.")
    if isinstance(value, str) and len(value) > (field.maximum or MAX_TEXT_CHARS):
        raise Problem(400, f"{field.name} is longer than {field.maximum:,.0f} characters.")
    if field.kind == Kind.CHOICE and value and value not in {key for key, _ in field.choices}:
        raise Problem(400, f"{field.name} must be one of {', '.join(key for key, _ in field.choices)}.")
    return value


# --- the same as a JSON schema, for catalogs ---


def schema(contract: Contract) -> dict[str, Any]:
    """Return what `read` accepts, as a JSON schema in the vendor's style."""
    properties: dict[str, Any] = {
        "prompt": {"type": "string", "description": "What the music is for.", "maxLength": contract.prompt_limit},
        "number_of_songs": {
            "type": "integer",
            "description": "Number of takes.",
            "default": 1,
            "minimum": 1,
            "maximum": max(1, contract.takes_max),
        },
        "output_format": {
            "type": "string",
            "description": "Format of the files.",
            "enum": list(contract.formats),
            "default": next(iter(contract.formats), ""),
        },
    } | {field.name: _property(field) for field in contract.fields}
    return {
        "type": "object",
        "properties": {name: properties[name] for name in contract.names},
        "required": list(contract.required),
        "additionalProperties": False,
        "x-order-properties": list(contract.names),
    }


def _property(field: Field) -> dict[str, Any]:
    kind = _TYPE_NAMES[field.kind][0]
    limits: dict[str, Any] = {}
    if kind == "string":
        limits = {"enum": [key for key, _ in field.choices]} if field.kind == Kind.CHOICE else {}
        limits |= {"maxLength": int(field.maximum)} if field.maximum and field.kind != Kind.CHOICE else {}
    elif kind != "boolean":
        limits = {"minimum": field.minimum, "maximum": field.maximum}
    description = " ".join(part for part in (f"{field.label}.", field.help) if part)
    property_schema = {"type": kind, "description": description, **limits}
    return property_schema | ({"default": field.default} if field.default is not None else {})
