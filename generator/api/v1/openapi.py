"""The OpenAPI document: what django-ninja derives from the operations, and what all of them share."""

import copy
import re
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import NinjaAPI
from ninja.operation import Operation

from generator.api.contract import BEARER, LICENSE, contact
from generator.api.signed_files import base_url
from generator.api.v1 import operations, problems, schemas

Document = dict[str, Any]
ROOT = "/api/v1"
TAGS = {
    "Catalog": "The API key, the models with their fields and prices, and earlier prompts.",
    "Projects": "Projects, their settings and their audit log.",
    "Members": "Members of a project, and invitations to it.",
    "Generations": "Generations and comparisons: create, follow, cancel, retry.",
    "Library": "Tracks: search, download, edit, variations, mixes, stems.",
    "References": "Audio that steers later generations.",
    "Uploads": "Tracks from elsewhere, and stems of tracks.",
    "Feedback": "Comments and approvals.",
    "Sharing": "Share links, which play one track without a key.",
    "Billing": "Spend, ledger entries, budgets and budget requests.",
    "Documents": "License and provenance of a track, monthly statements.",
    "Notifications": "Notifications of the person behind the key.",
    "Webhooks": "Webhooks of a project and their deliveries.",
}
# What any operation may return besides its own responses.
COMMON_ERRORS = {
    401: "Invalid API key",
    403: "Forbidden",
    404: "Not found",
    422: "Validation failed",
    429: "Rate limited",
}
_PROBLEM = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}}
_RATE = {
    f"RateLimit-{name}": {"schema": {"type": "integer"}, "description": about}
    for name, about in {
        "Limit": "Requests per minute.",
        "Remaining": "Requests left in this minute.",
        "Reset": "Seconds until the limit is reset.",
    }.items()
}
_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "The version of the response."}}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where the result can be read."}}


def _header(name: str, description: str, **limits: int) -> Document:
    schema = {"type": "string", **limits}
    return {"in": "header", "name": name, "required": False, "schema": schema, "description": description}


IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    "A repeated request with the same key returns the first result; a different request with it: 409.",
    minLength=1,
    maxLength=255,
)
IF_NONE_MATCH = _header("If-None-Match", "A known `ETag`: 304 while it is current.")
IF_MATCH = _header("If-Match", "The `ETag` that this change is based on: 412 if it is no longer current.")


def finish(api: NinjaAPI, document: Document) -> Document:
    """Complete the document that django-ninja has generated."""
    document = {name: part for name, part in document.items() if name != "servers"}
    document["info"]["license"] = LICENSE
    document["tags"] = [{"name": name, "description": description} for name, description in TAGS.items()]
    parts = document["components"]
    parts["schemas"] |= _schemas(schemas.ProblemOut)
    for scheme in parts["securitySchemes"].values():
        scheme["description"] = BEARER["description"]
    for view in (view for bound in api._get_bound_routers() for view in bound.path_operations.values()):
        for operation in view.operations:
            _complete(document, operation, has_reader=operations.reader_of(view) is not None)
    _drop_unused(document)
    return document


def serve_document(request: HttpRequest, document: Document) -> JsonResponse:
    """Return the document with the address of this studio."""
    base = base_url(request)
    info = {**document["info"], "contact": contact(base)}
    return JsonResponse({**document, "info": info, "servers": [{"url": base, "description": "This studio"}]})


def _schemas(model: type[schemas.ProblemOut]) -> Document:
    """Return a model and its parts as components."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    parts: Document = schema.pop("$defs", {})
    return parts | {model.__name__: schema}


def _complete(document: Document, operation: Operation, *, has_reader: bool) -> None:
    methods = document["paths"][ROOT + re.sub(r"{[^}:]+:", "{", operation.path)]
    if "head" in methods and "application/json" in methods["get"]["responses"].get(200, {}).get("content", {}):
        del methods["head"]  # works everywhere; documented only for files, where it is useful
    for method in methods.keys() & {allowed_method.lower() for allowed_method in operation.methods}:
        operation_doc = methods[method] = copy.deepcopy(methods[method])
        name = operation_doc["operationId"]
        operation_doc.setdefault("description", f"{operation_doc['summary']}.")
        if method == "head":
            operation_doc["operationId"] = f"head_{name.removeprefix('get_')}"
            operation_doc["summary"] += ", headers only"
        for code, reply in operation_doc["responses"].items():
            reply["headers"] = _RATE | (_LOCATION if name in operations.LOCATIONS and int(code) < 300 else {})
            if method == "head":
                reply.pop("content", None)
        for parameter in operation_doc["parameters"]:
            parameter["schema"] = _without_null(parameter["schema"])
        _describe_versions(operation_doc, method, has_reader=has_reader)
        repeatable = name in operations.LOCATIONS or name in operations.RESULTS
        if repeatable and not operations.reads_idempotency_key(operation):
            operation_doc["parameters"].append(IDEMPOTENCY_KEY)
        operation_doc["responses"] |= {
            code: {"description": description, **_PROBLEM} for code, description in COMMON_ERRORS.items()
        }
        operation_doc["responses"]["default"] = {"description": "Any other error", **_PROBLEM}


def _without_null(schema: Document) -> Document:
    """Return a parameter's schema without null: headers and queries can omit a value but not send null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    only: Document = options[0]
    return rest | only


def _describe_versions(operation_doc: Document, method: str, *, has_reader: bool) -> None:
    success: Document = next((reply for code, reply in operation_doc["responses"].items() if int(code) == 200), {})
    has_json = "application/json" in success.get("content", {})
    if method in ("get", "patch", "put") and has_json:
        success["headers"] = success["headers"] | _ETAG
    if method == "get" and has_json:
        operation_doc["parameters"].append(IF_NONE_MATCH)
        operation_doc["responses"][304] = {"description": "Not modified", "headers": _RATE | _ETAG}
    if method.upper() in operations.CHANGES and has_reader:
        operation_doc["parameters"].append(IF_MATCH)
        operation_doc["responses"][412] = {"description": "Changed since it was read", **_PROBLEM}


def _drop_unused(document: Document) -> None:
    """Remove the schemas without a reference, such as the parameters of queries."""
    schemas_by_name = document["components"]["schemas"]
    while unused := schemas_by_name.keys() - set(_references(document)):
        for name in unused:
            del schemas_by_name[name]


def _references(part: Any) -> Iterator[str]:
    """Yield the name of the schema of every reference in a part of the document."""
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            yield reference.removeprefix("#/components/schemas/")
        for child in part.values():
            yield from _references(child)
    elif isinstance(part, list):
        for child in part:
            yield from _references(child)
