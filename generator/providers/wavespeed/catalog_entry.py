"""One entry of WaveSpeed's catalog (`GET /api/v3/models`), and what of it is frozen when an operator accepts it.

    {"model_id", "name", "type", "description", "base_price": dollars, "formula": JSONata or "",
     "api_schema": {"api_schemas": [{"type": "model_run", "server", "api_path", "request_schema": {…}}]}}

What is frozen: the path, the price, and the schema of the request. Anything else may change without a word.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from generator.currency import MICROS_PER_DOLLAR, Micros
from generator.messages import Message
from generator.messages import gettext_noop as _
from generator.price_formula import MAX_FORMULA_CHARS
from generator.providers.importing import Change
from generator.providers.sanitize import tidy
from generator.providers.wavespeed.request_schema import Property, read_properties

MAX_ENTRY_CHARS = 60_000  # of one schema as JSON; the largest seen have a few thousand
MAX_PATH_CHARS = 100
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){1,4}")
_ROOT = "/api/v3/"
_BINDING = ("path", "base_price", "formula", "schema")  # what a request or its price depends on


class NotUsable(ValueError):
    """The entry cannot become a model; `sentence` says why, for the operator."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class FrozenEntry:
    """What is frozen of an entry: JSON, as it is stored."""

    frozen: Mapping[str, Any]

    @property
    def digest(self) -> str:
        binding = {name: self.frozen.get(name) for name in _BINDING}
        return hashlib.sha256(json.dumps(binding, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def freeze(raw: Any, base_url: str) -> FrozenEntry:
    """Return what is to be frozen of an entry as the vendor sent it.

    Raises:
        NotUsable: it is no description of a model at this address.
    """
    if not isinstance(raw, Mapping):
        raise NotUsable(_("This entry is not a description of a model."))
    call = _call(raw.get("api_schema"))
    schema = tidy(call.get("request_schema"))
    if len(json.dumps(schema)) > MAX_ENTRY_CHARS or read_properties(schema) is None:
        raise NotUsable(_("Its fields are not described in a way that the studio can read."))
    if (server := call.get("server")) and not _is_same_server(server, base_url):
        raise NotUsable(Message("It is answered by another server ({server}).", server=str(server)[:80]))
    return FrozenEntry(
        {
            "path": path_of(raw, call),
            "type": _line(raw.get("type"), 40),
            "name": _line(raw.get("name"), 100),
            "description": _line(raw.get("description"), 500),
            "base_price": _number_text(raw.get("base_price")),
            "formula": _formula(raw.get("formula")),
            "schema": schema,
        }
    )


def path_of(raw: Mapping[str, Any], call: Mapping[str, Any] | None = None) -> str:
    """Return the path of a model below /api/v3/.

    Raises:
        NotUsable: it has none that can be used.
    """
    call = _call(raw.get("api_schema"), must_exist=False) if call is None else call
    path = call.get("api_path")
    path = path if isinstance(path, str) and path else raw.get("model_id")
    path = path.removeprefix(_ROOT) if isinstance(path, str) else ""
    if len(path) > MAX_PATH_CHARS or not _PATH.fullmatch(path):
        raise NotUsable(_("Its path cannot be used."))
    return path


def _call(api_schema: Any, *, must_exist: bool = True) -> Mapping[str, Any]:
    """Return the description of the call that runs the model: the one of that type, else the first with a schema."""
    calls = api_schema.get("api_schemas") if isinstance(api_schema, Mapping) else None
    calls = [call for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []
    with_schema = [call for call in calls if isinstance(call.get("request_schema"), Mapping)]
    chosen = next((call for call in with_schema if call.get("type") == "model_run"), None)
    chosen = chosen or next(iter(with_schema), None)
    if chosen is None and must_exist:
        raise NotUsable(_("Its fields are not described in a way that the studio can read."))
    return chosen or {}


def _is_same_server(server: Any, base_url: str) -> bool:
    def origin(url: str) -> tuple[str, str | None, int | None]:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)

    try:
        return isinstance(server, str) and origin(server) == origin(base_url)
    except ValueError:
        return False


def _line(value: Any, most: int) -> str:
    return " ".join(tidy(value).split())[:most] if isinstance(value, str) else ""


def _formula(value: Any) -> str:
    """Return a formula as it is, or one that nobody can read: a part of it must not pass for all of it."""
    if value is None:
        return ""
    is_whole = isinstance(value, str) and len(value) <= MAX_FORMULA_CHARS and tidy(value) == value
    return value if is_whole else "?"


def _number_text(value: Any) -> str:
    return str(value)[:40] if isinstance(value, int | float | str) and not isinstance(value, bool) else ""


# --- what is made of what was frozen ---


def properties_of(frozen: Mapping[str, Any]) -> list[Property]:
    return read_properties(frozen.get("schema")) or []


def base_price_of(frozen: Mapping[str, Any]) -> Micros | None:
    """Return the base price; None: it is not a whole number of micro-dollars, and nothing is rounded here."""
    try:
        amount = Decimal(str(frozen.get("base_price"))) * MICROS_PER_DOLLAR
        is_exact = amount.is_finite() and 0 <= amount <= 10**12 and amount == int(amount)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return Micros(int(amount)) if is_exact else None


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two frozen entries in sentences; empty if no request and no price depends on it."""
    found = []
    if old.get("base_price") != new.get("base_price"):
        sentence = Message(
            "The base price was {old} dollars and is {new}.",
            old=str(old.get("base_price")),
            new=str(new.get("base_price")),
        )
        found.append(Change("price", sentence))
    if old.get("formula") != new.get("formula"):
        found.append(Change("price", _("The formula of the price is another one.")))
    before, after = ({item.name: item for item in properties_of(entry)} for entry in (old, new))
    for sentence, names in (
        (_("New fields: {names}."), after.keys() - before.keys()),
        (_("Fields that are gone: {names}."), before.keys() - after.keys()),
        (_("Fields that are described differently: {names}."), _changed(before, after)),
    ):
        if names:
            found.append(Change("fields", Message(sentence, names=", ".join(sorted(names))[:500])))
    if not found and FrozenEntry(old).digest != FrozenEntry(new).digest:
        found.append(Change("fields", _("The description of the request is another one.")))
    return found


def _changed(before: Mapping[str, Property], after: Mapping[str, Property]) -> set[str]:
    return {name for name in before.keys() & after.keys() if before[name] != after[name]}
