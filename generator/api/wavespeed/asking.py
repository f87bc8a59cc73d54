"""What was sent to a model's path, read against its contract: the vendor's words on one side, ours on the other.

prompt, number_of_songs, output_format      text, takes, format
the model's own fields                      under their own names
enable_sync_mode, webhook_url               about the call, of every model
"""

from dataclasses import dataclass, field
from typing import Any

from generator.api.wavespeed.contracts import Contract
from generator.api.wavespeed.frame import Problem, switch, text
from generator.providers.base import Field, Kind

MOST_TEXT = 50_000
MOST_ADDRESS = 2_000
ABOUT_THE_CALL = ("enable_sync_mode", "enable_base64_output", "webhook_url")
_KINDS: dict[Kind, tuple[type, ...]] = {
    Kind.WHOLE: (int,),
    Kind.NUMBER: (int, float),
    Kind.CHOICE: (str,),
    Kind.WORDS: (str,),
    Kind.LEVELS: (str,),
    Kind.SWITCH: (bool,),
}
_WORDS = {
    Kind.WHOLE: ("integer", "a whole number"),
    Kind.NUMBER: ("number", "a number"),
    Kind.CHOICE: ("string", "a text"),
    Kind.WORDS: ("string", "a text"),
    Kind.LEVELS: ("string", "a text"),
    Kind.SWITCH: ("boolean", "true or false"),
}


@dataclass(frozen=True)
class Asking:
    prompt: str
    takes: int
    format: str | None  # None: it was not said
    fields: dict[str, Any]
    inputs: dict[str, Any]  # as they came, for whoever asks later
    waits: bool = False
    webhook: str = field(default="", repr=False)


def read(contract: Contract, body: dict[str, Any]) -> Asking:
    """Read a body; raises Problem(400) with a sentence that names the field."""
    sent = {name: value for name, value in body.items() if name not in ABOUT_THE_CALL and value is not None}
    for name in sent:
        if name not in contract.names:
            raise Problem(
                400, f"{name[:60]} is not a field of {contract.path}. Its fields: {', '.join(contract.names)}."
            )
    if switch(body, "enable_base64_output"):
        raise Problem(
            400, "enable_base64_output is not offered for music: take the files from the addresses in outputs."
        )
    own = {each.name: _value(each, sent[each.name]) for each in contract.fields if each.name in sent}
    for name in contract.needed:
        if own.get(name) in (None, ""):
            raise Problem(400, f"{name} is required.")
    return Asking(
        prompt=_prompt(contract, sent.get("prompt")),
        takes=_takes(contract, sent.get("number_of_songs", 1)),
        format=_format(contract, sent.get("output_format")),
        fields=own,
        inputs=sent,
        waits=switch(body, "enable_sync_mode"),
        webhook=text(body, "webhook_url", MOST_ADDRESS),
    )


def _prompt(contract: Contract, value: Any) -> str:
    if not contract.prompt_limit:
        return ""
    if not isinstance(value, str | None):
        raise Problem(400, "prompt has to be a text.")
    prompt = (value or "").strip()
    if not prompt:
        raise Problem(400, "prompt is required: say in a few words what the music is for.")
    if len(prompt) > contract.prompt_limit:
        raise Problem(400, f"prompt is {len(prompt):,} characters long; at most {contract.prompt_limit:,} fit.")
    return prompt


def _takes(contract: Contract, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= max(1, contract.takes_max):
        raise Problem(400, f"number_of_songs has to be a whole number from 1 to {max(1, contract.takes_max)}.")
    return value


def _format(contract: Contract, value: Any) -> str | None:
    if value is not None and value not in contract.formats:
        raise Problem(400, f"output_format has to be one of {', '.join(contract.formats)}.")
    return value


def _value(about: Field, value: Any) -> Any:
    if not isinstance(value, _KINDS[about.kind]) or (isinstance(value, bool) and about.kind != Kind.SWITCH):
        raise Problem(400, f"{about.name} has to be {_WORDS[about.kind][1]}.")
    if isinstance(value, str) and len(value) > (about.maximum or MOST_TEXT):
        raise Problem(400, f"{about.name} is longer than {about.maximum:,.0f} characters.")
    if about.kind == Kind.CHOICE and value and value not in {key for key, _ in about.choices}:
        raise Problem(400, f"{about.name} has to be one of {', '.join(key for key, _ in about.choices)}.")
    return value


# --- the same as a JSON schema, for catalogues ---


def schema(contract: Contract) -> dict[str, Any]:
    """What `read` accepts, as a JSON schema in the vendor's style."""
    known: dict[str, Any] = {
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
    } | {each.name: _property(each) for each in contract.fields}
    return {
        "type": "object",
        "properties": {name: known[name] for name in contract.names},
        "required": list(contract.required),
        "additionalProperties": False,
        "x-order-properties": list(contract.names),
    }


def _property(about: Field) -> dict[str, Any]:
    kind = _WORDS[about.kind][0]
    limits: dict[str, Any] = {}
    if kind == "string":
        limits = {"enum": [key for key, _ in about.choices]} if about.kind == Kind.CHOICE else {}
        limits |= {"maxLength": int(about.maximum)} if about.maximum and about.kind != Kind.CHOICE else {}
    elif kind != "boolean":
        limits = {"minimum": about.minimum, "maximum": about.maximum}
    words = " ".join(part for part in (f"{about.label}.", about.help) if part)
    found = {"type": kind, "description": words, **limits}
    return found | ({"default": about.default} if about.default is not None else {})
