"""Reading a connector: a JSON text becomes a `Document` that can be run, or is refused with every problem's place."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from generator.providers.connectors import templates
from generator.providers.connectors.model_schema import BUILT_IN
from generator.providers.connectors.schema import Call, Document, allows
from generator.providers.sanitize import loads, plain

MAX_DOCUMENT_CHARS = 200_000
MAX_DEPTH = 30
MAX_PROBLEMS = 20


class DocumentError(ValueError):
    """A document that cannot be used: for each problem its place, such as `$.submit.url`, and a sentence."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path} {sentence}" for path, sentence in problems))
        self.problems = problems


def read_document(text: str) -> Document:
    """Return the connector that a JSON text describes.

    Raises:
        DocumentError: it describes none; every problem has its place.
    """
    if len(text) > MAX_DOCUMENT_CHARS:
        raise DocumentError([("$", f"is longer than {MAX_DOCUMENT_CHARS:,} characters")])
    try:
        content = loads(text)
    except ValueError as error:
        raise DocumentError([("$", f"is not JSON: {error}")]) from None
    if problem := _unusable_text(content, "$", 0):
        raise DocumentError([problem])
    try:
        document = Document.model_validate(content)
    except ValidationError as error:
        raise DocumentError([_problem(item) for item in error.errors()][:MAX_PROBLEMS]) from None
    if problems := list(_problems_across(document)):
        raise DocumentError(problems[:MAX_PROBLEMS])
    return document


def _problem(error: Mapping[str, Any]) -> tuple[str, str]:
    place = "$"
    for before, part in zip(("", *error["loc"]), error["loc"], strict=False):
        if before == "status" and part in ("field", "http", "content_type", "list"):
            continue  # the kind of status, which has no place of its own
        if isinstance(part, int):
            place += f"[{part}]"
        elif re.fullmatch(r"[\w-]{1,60}", str(part)):
            place += f".{part}"
    sentence = str(error["msg"]).removeprefix("Value error, ")
    return place, sentence[:300]


def _unusable_text(value: Any, place: str, depth: int) -> tuple[str, str] | None:
    """Return the first text that no database stores, or nesting that is too deep."""
    if depth > MAX_DEPTH:
        return place, "is nested too deeply"
    if isinstance(value, str):
        return (place, "has characters that cannot be stored") if plain(value) != value else None
    if isinstance(value, float) and not math.isfinite(value):
        return place, "is too large a number"
    if isinstance(value, list):
        parts = ((f"{place}[{number}]", item) for number, item in enumerate(value))
    elif isinstance(value, dict):
        if any(plain(name) != name for name in value):
            return place, "has names that cannot be stored"
        parts = ((f"{place}.{name[:40]}", item) for name, item in value.items())
    else:
        return None
    return next((problem for name, item in parts if (problem := _unusable_text(item, name, depth + 1))), None)


def _problems_across(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what is wrong between the parts."""
    if not document.base and not document.is_private and document.auth.key == "required" and not document.hosts:
        yield "$.hosts", "must name the hosts that the key may be sent to, as there is no base"
    if document.find and not document.submit.is_id_ours:
        yield "$.find", "needs an id of ours, such as {{our_uuid}} in $.submit.id"
    if document.outputs.send_key and document.auth.key == "none":
        yield "$.outputs.send_key", "needs a key"
    names = [model.name for model in document.models]
    if len(set(names)) < len(names):
        yield "$.models", "two models have the same name"
    for place, call in document.calls():
        yield from _wrong_call(document, place, call)
    allowed = BUILT_IN - {"inputs", "base", "id", "item", "path"}
    for number, model in enumerate(document.models):
        yield from _wrong_names(
            f"$.models[{number}].inputs", model.inputs, allowed | {field.name for field in model.fields}
        )
    if document.outputs.kind == "built":
        url = document.outputs.url
        names_used = {name.partition(".")[0] for name in templates.names_in(url)}
        if not url.startswith("{{base}}/") or names_used - {"base", "item", "id"}:
            yield "$.outputs.url", "must begin with {{base}}/ and may use {{item}}, {{item.NAME}} and {{id}}"


def _wrong_call(document: Document, place: str, call: Call) -> Iterator[tuple[str, str]]:
    url, is_submit = call.url, call is document.submit
    rest = BUILT_IN - {"item", "id"} if is_submit else {"base", "id", "our_uuid", "our_id"}
    yield from _wrong_names(f"{place}.url", url, rest)
    yield from _wrong_names(f"{place}.body", call.body, rest)
    if any(re.search(r"\{\{|\}\}", value) for value in call.headers.values()):
        yield f"{place}.headers", "takes no placeholders"
    if url.startswith("{{base}}"):
        return
    if url.startswith("{{id}}") and document.submit.id_is_address and not is_submit:
        return
    match = re.match(r"https://([a-z0-9.-]+(?::\d+)?)(?:/|$)", url)
    if not match or not allows(document.hosts, match[1]):
        yield f"{place}.url", "must begin with {{base}}, or with https:// and one of the hosts"


def _wrong_names(place: str, template: Any, allowed: frozenset[str] | set[str]) -> Iterator[tuple[str, str]]:
    if templates.has_stray_braces(template):
        yield place, "has double braces that are no placeholder such as {{prompt}}"
    for name in dict.fromkeys(templates.names_in(template)):
        if name not in allowed:
            yield place, f"uses {{{{{name}}}}}, which is not known here"
