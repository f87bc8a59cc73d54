"""The OpenAPI document: what django-ninja reads off the operations, and what all of them do alike."""

import copy
import re
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import NinjaAPI
from ninja.operation import Operation

from generator.api.contract import BEARER, LICENCE, contact
from generator.api.outputs import base_url
from generator.api.v1 import operations, problems, schemas

Document = dict[str, Any]
ROOT = "/api/v1"
TAGS = {
    "What there is": "Whose key this is, the models with their fields and prices, and earlier prompts.",
    "Projects": "Projects, their settings and their audit log.",
    "Members": "Members of a project, and invitations to it.",
    "Making music": "Generations and comparisons: create, follow, cancel, retry.",
    "Library": "Tracks: search, download, edit, make versions, stems.",
    "References": "Sounds that steer later generations.",
    "Review": "Comments and approvals.",
    "Sharing": "Links that play one track without a key.",
    "Money": "Spending, ledger lines, caps, and requests for more.",
    "Papers": "Licence and provenance of a track, monthly statements.",
    "News": "Notifications.",
    "Webhooks": "Webhooks of a project and their deliveries.",
}
# What any operation may answer besides its own.
ALWAYS = {401: "No key", 403: "Not allowed", 404: "Not there for this key", 422: "Refused", 429: "Too often"}
_PROBLEM = {"content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}}
_RATE = {
    f"RateLimit-{name}": {"schema": {"type": "integer"}, "description": about}
    for name, about in {
        "Limit": "Requests a minute.",
        "Remaining": "Left of them.",
        "Reset": "Seconds until they are all there again.",
    }.items()
}
_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "The version that was answered."}}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where the result is read."}}


def _header(name: str, about: str) -> Document:
    schema = {"type": "string", "maxLength": 255}
    return {"in": "header", "name": name, "required": False, "schema": schema, "description": about}


ONCE = _header(
    "Idempotency-Key", "The same key with the same request answers with the first result; with another one: 409."
)
NONE_MATCH = _header("If-None-Match", "The `ETag` that is known already: 304 while it is still the current one.")
MATCH = _header("If-Match", "The `ETag` this change is based on: 412 if it is no longer the current one.")


def finish(api: NinjaAPI, document: Document) -> Document:
    """Complete the document that django-ninja has drawn up."""
    document = {name: part for name, part in document.items() if name != "servers"}
    document["info"]["license"] = LICENCE
    document["tags"] = [{"name": name, "description": about} for name, about in TAGS.items()]
    parts = document["components"]
    parts["schemas"] |= _schemas(schemas.ProblemOut)
    for scheme in parts["securitySchemes"].values():
        scheme["description"] = BEARER["description"]
    for view in (view for bound in api._get_bound_routers() for view in bound.path_operations.values()):
        for operation in view.operations:
            _complete(document, operation, has_reader=operations.shown_by(view) is not None)
    _drop_unused(document)
    return document


def served(request: HttpRequest, document: Document) -> JsonResponse:
    """The document of the studio that is asked."""
    base = base_url(request)
    info = {**document["info"], "contact": contact(base)}
    return JsonResponse({**document, "info": info, "servers": [{"url": base, "description": "This studio"}]})


def _schemas(model: type[schemas.ProblemOut]) -> Document:
    """A model and what it is made of, as components."""
    drawn = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return drawn.pop("$defs", {}) | {model.__name__: drawn}


def _complete(document: Document, operation: Operation, *, has_reader: bool) -> None:
    methods = document["paths"][ROOT + re.sub(r"{[^}:]+:", "{", operation.path)]
    for method in map(str.lower, operation.methods):
        drawn = methods[method] = copy.deepcopy(methods[method])
        name = drawn["operationId"]
        drawn.setdefault("description", f"{drawn['summary']}.")
        if method == "head":
            drawn["operationId"] = f"head_{name.removeprefix('get_')}"
            drawn["summary"] += ", its headers alone"
        for code, reply in drawn["responses"].items():
            reply["headers"] = _RATE | (_LOCATION if name in operations.LOCATIONS and int(code) < 300 else {})
            if method == "head":
                reply.pop("content", None)
        for parameter in drawn["parameters"]:
            parameter["schema"] = _without_null(parameter["schema"])
        _describe_versions(drawn, method, has_reader=has_reader)
        if name in operations.LOCATIONS and not operations.reads_idempotency_key(operation):
            drawn["parameters"].append(ONCE)
        drawn["responses"] |= {code: {"description": words, **_PROBLEM} for code, words in ALWAYS.items()}
        drawn["responses"]["default"] = {"description": "Any other error", **_PROBLEM}


def _without_null(schema: Document) -> Document:
    """What a parameter may be: left out, but never null, which neither a header nor a query can say."""
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(options) != 1:
        return schema
    kept = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return kept | options[0]


def _describe_versions(drawn: Document, method: str, *, has_reader: bool) -> None:
    good: Document = next((reply for code, reply in drawn["responses"].items() if int(code) == 200), {})
    schema = good.get("content", {}).get("application/json", {}).get("schema", {})
    is_object = "$ref" in schema and not schema["$ref"].rpartition("/")[2].startswith("Page_")
    if method in ("get", "patch", "put") and is_object:
        good["headers"] = good["headers"] | _ETAG
    if method == "get" and is_object:
        drawn["parameters"].append(NONE_MATCH)
        drawn["responses"][304] = {"description": "Not changed", "headers": _RATE | _ETAG}
    if method.upper() in operations.CHANGES and has_reader:
        drawn["parameters"].append(MATCH)
        drawn["responses"][412] = {"description": "Changed since it was read", **_PROBLEM}


def _drop_unused(document: Document) -> None:
    """Leave out the schemas nothing points to, such as the parameters of queries."""
    known = document["components"]["schemas"]
    while unused := [name for name in known if not _points_to(document, name)]:
        for name in unused:
            del known[name]


def _points_to(part: Any, name: str) -> bool:
    if isinstance(part, dict):
        return part.get("$ref") == f"#/components/schemas/{name}" or any(_points_to(one, name) for one in part.values())
    return isinstance(part, list) and any(_points_to(one, name) for one in part)
