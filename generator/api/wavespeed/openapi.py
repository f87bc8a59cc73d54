"""This contract as an OpenAPI document: GET /api/v3/openapi.json. Model paths come from the catalogue's contracts."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from generator.api.outputs import base_url
from generator.api.wavespeed import asking, contracts

Schema = dict[str, Any]


def _object(required: str = "", /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
STATUS: Schema = {"type": "string", "enum": ["created", "processing", "completed", "failed", "cancelled"]}
PREDICTION = _object(
    "id model outputs urls status created_at error timings",
    id=ID,
    model=TEXT,
    outputs={"type": "array", "items": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "object"}]}},
    urls=_object("get", get={"type": "string", "format": "uri"}),
    status=STATUS,
    created_at=TIME,
    error=TEXT,
    timings=_object("inference", inference=WHOLE),
    code={"type": "integer", "description": "5004: sync mode ended before the work did."},
)
PROBLEM = _object("code message", code=WHOLE, message=TEXT) | {"not": {"required": ["error"]}}
PAGE: dict[str, Schema] = {
    "page": {"type": "integer", "minimum": 1},
    "page_size": {"type": "integer", "minimum": 1, "maximum": 100},
}
LIST_INPUT = _object(
    model=TEXT, status=STATUS, created_after=TIME, created_before=TIME, include_inputs={"type": "boolean"}, **PAGE
)
BILL = _object("uuid billing_type price created_at", uuid=TEXT, billing_type=TEXT, price=NUMBER, created_at=TIME)
UPLOAD = _object("type download_url filename size", type=TEXT, download_url=TEXT, filename=TEXT, size=WHOLE)
QUOTE_INPUT = _object("model_id", model_id=TEXT, inputs={"type": "object"})
SPAN: dict[str, Schema] = {"start_time": TIME, "end_time": TIME}
LISTED = _object("page total items", page=WHOLE, total=WHOLE, items={"type": "array", "items": PREDICTION})
PRICE = _object("model_id price discounted_price currency", price=NUMBER, discounted_price=NUMBER)
USAGE = _object("per_model_usage daily_usage summary", summary={"type": "object"})

# method, path, what it does, JSON body, data of the answer
OPERATIONS: tuple[tuple[str, str, str, Schema | None, Schema], ...] = (
    ("get", "/predictions/{id}", "One prediction", None, PREDICTION),
    ("get", "/predictions/{id}/result", "One prediction", None, PREDICTION),
    ("delete", "/predictions/{id}", "Cancel one", None, PREDICTION),
    ("get", "/predictions", "The last seven days", None, LISTED),
    ("post", "/predictions", "The last seven days, narrowed", LIST_INPUT, LISTED),
    (
        "post",
        "/predictions/delete",
        "Hide some from programs",
        _object("ids", ids={"type": "array", "items": TEXT, "maxItems": 1000}),
        _object("deleted_count", deleted_count=WHOLE),
    ),
    (
        "post",
        "/media/uploads",
        "A place to put a sound",
        _object(
            "filename size",
            filename={"type": "string", "minLength": 1, "maxLength": 1000},
            size={"type": "integer", "minimum": 1, "maximum": 60_000_000},
            content_type={"type": "string", "maxLength": 200},
        ),
        UPLOAD,
    ),
    ("get", "/models", "What can be asked", None, {"type": "array"}),
    ("post", "/model/price", "What a run would cost", QUOTE_INPUT, PRICE),
    ("post", "/model/pricing", "What a take costs", QUOTE_INPUT, _object("unit_price", unit_price=NUMBER)),
    ("get", "/balance", "What is left this month", None, _object("balance", balance=NUMBER)),
    (
        "post",
        "/billings/search",
        "What was paid",
        _object(billing_type={"enum": ["deduct", "refund"]}, model_uuid=TEXT, access_key_uuid=TEXT, **SPAN, **PAGE),
        _object("page has_more items", items={"type": "array", "items": BILL}, has_more={"type": "boolean"}),
    ),
    ("post", "/user/usage_stats", "What was paid, a model and a day", _object(**SPAN), USAGE),
    ("get", "/webhook/secret", "What webhooks are signed with", None, _object("secret", secret=TEXT)),
)


def document(request: HttpRequest) -> JsonResponse:
    """GET openapi.json: no key is asked for; it says nothing that is not in the documentation."""
    paths: dict[str, Any] = {}
    for method, path, summary, body, data in OPERATIONS:
        operation = _operation(summary, body, data)
        if "{id}" in path:
            operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": ID}]
        paths.setdefault(f"/api/v3{path}", {})[method] = operation
    for contract in contracts.all_of():
        body = asking.schema(contract)
        body["properties"]["enable_sync_mode"] = {"type": "boolean", "default": False}
        paths[f"/api/v3/{contract.path}"] = {"post": _operation(contract.title, body, PREDICTION)}
    return JsonResponse(
        {
            "openapi": "3.1.0",
            "info": {"title": "BGM Studio, for WaveSpeed’s clients", "version": "3"},
            "servers": [{"url": base_url(request)}],
            "security": [{"key": []}],
            "paths": paths,
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        }
    )


def _operation(summary: str, body: Schema | None, data: Schema) -> dict[str, Any]:
    envelope = _object("code message data", code={"const": 200}, message=TEXT, data=data)
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": envelope}}},
            "default": {"description": "Refused", "content": {"application/json": {"schema": PROBLEM}}},
        },
    }
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation
