"""The requests of a connector, complete and ready to be sent or shown: address, headers and body."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from generator.providers.base import Request
from generator.providers.connectors import templates
from generator.providers.connectors.model_schema import Model
from generator.providers.connectors.schema import Call, Document, allows

HIDDEN_KEY = "•••"


class HostNotAllowed(Exception):
    """The address is at a host that the connector does not name."""


@dataclass(frozen=True)
class Prepared:
    """A request as it is sent; `headers` are without the key, which is added when it is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any = None
    encoding: str = "json"
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # for the HTTP client

    def body_text(self) -> str:
        """Return the body for people: JSON indented, a form's fields one per line; empty if there is none."""
        if self.body is None:
            return ""
        if self.encoding == "json":
            return json.dumps(self.body, indent=2, ensure_ascii=False)
        return "\n".join(f"{name}={value}" for name, value in self.body.items())


def our_uuid(key: str, reference: str) -> str:
    """Return our id for a generation's job: a version 4 UUID, always the same for the same generation."""
    digest = sha256(f"{key}:{reference}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def our_id(document: Document, reference: str) -> str:
    """Return the id under which a generation's job is known, where the studio chooses it."""
    return our_uuid(document.key, reference) if document.submit.id == "{{our_uuid}}" else reference


def values_of(document: Document, model: Model | None, request: Request) -> dict[str, Any]:
    """Return what the templates of a submit may use; a setting without a value is missing."""
    settings = {name: value for name, value in request.settings.items() if value not in (None, "")}
    values: dict[str, Any] = {**settings, "prompt": request.prompt, "takes": request.takes, "format": request.format}
    for name, table in document.values.items():
        if (shown := templates.written(values.get(name))) in table:
            values[name] = table[shown]
    values |= {"our_id": request.reference, "our_uuid": our_uuid(document.key, request.reference)}
    if model:
        values |= {"path": model.path, "inputs": templates.fill(model.inputs, values)}
    return values


def build_request(document: Document, call: Call, base: str, values: Mapping[str, Any]) -> Prepared:
    """Return a call's request.

    Raises:
        HostNotAllowed: its address is not at the base, nor at one of the connector's hosts.
    """
    values = {**values, "base": base}
    url = templates.fill_url(call.url, values)
    if not may_reach(document, base, url):
        raise HostNotAllowed(urlsplit(url).netloc[:100])
    body = templates.fill(call.body, values) if call.body is not None else None
    options: dict[str, Any] = {}
    headers = dict(call.headers)
    if body is None:
        pass
    elif call.encoding == "json":
        options["content"] = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers.setdefault("Content-Type", "application/json")
    else:
        body = {str(name): templates.written(value) for name, value in body.items()}
        if call.encoding == "form":
            options["content"] = urlencode(body).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        else:
            options["files"] = {name: (None, value) for name, value in body.items()}
    return Prepared(call.method, url, headers, body, call.encoding, options)


def may_reach(document: Document, base: str, url: str) -> bool:
    """Return whether an address is at the base's own host, or by https at one of the connector's hosts."""
    try:
        parts, own = urlsplit(url), urlsplit(base)
        host, own_host = parts.netloc.lower(), own.netloc.lower()
        _ = parts.port
    except ValueError:
        return False
    if not host or "@" in host or "\\" in url or not url.isprintable() or len(url) > 4000:
        return False
    if own_host and (parts.scheme, host) == (own.scheme, own_host):
        return True
    return parts.scheme == "https" and allows(document.hosts, host.removesuffix(":443"))
