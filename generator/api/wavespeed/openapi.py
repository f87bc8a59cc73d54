"""This contract as an OpenAPI document: GET /api/v3/openapi.json. Model paths come from the catalogue's contracts."""

import re
from typing import Any

from django.http import HttpRequest, JsonResponse

from generator.api.contract import BEARER, about
from generator.api.outputs import base_url
from generator.api.wavespeed import asking, contracts

Schema = dict[str, Any]


def _object(required: str = "", /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
STATUS: Schema = {"type": "string", "enum": ["created", "processing", "completed", "failed", "cancelled"]}
PREDICTION = _object(
    "id model outputs urls status created_at error timings has_nsfw_contents executionTime",
    id=ID,
    model=TEXT,
    outputs={"type": "array", "items": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "object"}]}},
    urls=_object("get", get={"type": "string", "format": "uri"}),
    status=STATUS,
    created_at=TIME,
    error=TEXT,
    timings=_object("inference", inference=WHOLE),
    has_nsfw_contents={"type": "array", "items": {"type": "boolean"}, "description": "False for each output."},
    executionTime={"type": "integer", "description": "As timings.inference, for older clients."},
    code={"type": "integer", "description": "5004: sync mode ended before the work did."},
)
PROBLEM = _object("code message", code=WHOLE, message=TEXT)
MODEL = _object(
    "model_id name type base_price api_schema",
    model_id=TEXT,
    name=TEXT,
    description=TEXT,
    type=TEXT,
    base_price=NUMBER,
    formula=TEXT,
    sort_order=WHOLE,
    api_schema={"type": "object"},
)
PAGE: dict[str, Schema] = {
    "page": {"type": "integer", "minimum": 1},
    "page_size": {"type": "integer", "minimum": 1, "maximum": 100},
}
LIST_INPUT = _object(
    model=TEXT, status=STATUS, created_after=TIME, created_before=TIME, include_inputs={"type": "boolean"}, **PAGE
)
BILL = _object("uuid billing_type price created_at", uuid=TEXT, billing_type=TEXT, price=NUMBER, created_at=TIME)
BILLS = _object(
    "page has_more items", page=WHOLE, has_more={"type": "boolean"}, items={"type": "array", "items": _ref("Bill")}
)
UPLOAD = _object(
    "type download_url filename size",
    type=TEXT,
    download_url=TEXT,
    filename=TEXT,
    size=WHOLE,
    upload={"type": "object", "description": "Where the bytes are put, of media/uploads."},
)
QUOTE_INPUT = _object("model_id", model_id=TEXT, inputs={"type": "object"})
SPAN: dict[str, Schema] = {"start_time": TIME, "end_time": TIME}
LISTED = _object("page total items", page=WHOLE, total=WHOLE, items={"type": "array", "items": _ref("Prediction")})
PRICE = _object(
    "model_id price discounted_price discount_rate currency",
    model_id=TEXT,
    price=NUMBER,
    discounted_price=NUMBER,
    discount_rate=NUMBER,
    currency=TEXT,
)
UNIT_PRICE = _object("model_id unit_price currency", model_id=TEXT, unit_price=NUMBER, currency=TEXT)
_SUMS: dict[str, Schema] = {"amount": NUMBER, "count": WHOLE}
USAGE = _object(
    "per_model_usage daily_usage summary",
    per_model_usage={"type": "array", "items": _object("model_uuid amount count", model_uuid=TEXT, **_SUMS)},
    daily_usage={"type": "array", "items": _object("date amount count", date={"type": "string"}, **_SUMS)},
    summary=_object("amount count", **_SUMS),
)
SCHEMAS: dict[str, Schema] = {
    "Prediction": PREDICTION,
    "Problem": PROBLEM,
    "Model": MODEL,
    "Listed": LISTED,
    "Bill": BILL,
    "Bills": BILLS,
    "Upload": UPLOAD,
    "Price": PRICE,
    "Usage": USAGE,
}
ABOUT = "The addresses of WaveSpeed's contract, answered by the studio (docs/api_wavespeed.md). The same under /api/v2."
TAGS = {
    "Models": "What can be asked, at what price, and asking it.",
    "Predictions": "What was asked: look, list, cancel, hide.",
    "Media": "Uploads.",
    "Account": "Balance, bills, usage, webhook secret.",
}
_TAGS = {"predictions": "Predictions", "media": "Media", "models": "Models", "model": "Models"} | dict.fromkeys(
    ("balance", "billings", "user", "webhook"), "Account"
)

# method, path, what it does, JSON body, data of the answer
OPERATIONS: tuple[tuple[str, str, str, Schema | None, Schema], ...] = (
    ("get", "/predictions/{id}", "One prediction", None, _ref("Prediction")),
    ("get", "/predictions/{id}/result", "One prediction", None, _ref("Prediction")),
    ("delete", "/predictions/{id}", "Cancel one", None, _ref("Prediction")),
    ("get", "/predictions", "The last seven days", None, _ref("Listed")),
    ("post", "/predictions", "The last seven days, narrowed", LIST_INPUT, _ref("Listed")),
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
        _ref("Upload"),
    ),
    ("get", "/models", "What can be asked", None, {"type": "array", "items": _ref("Model")}),
    ("post", "/model/price", "What a run would cost", QUOTE_INPUT, _ref("Price")),
    ("post", "/model/pricing", "What a take costs", QUOTE_INPUT, UNIT_PRICE),
    ("get", "/balance", "What is left this month", None, _object("balance", balance=NUMBER)),
    (
        "post",
        "/billings/search",
        "What was paid",
        _object(billing_type={"enum": ["deduct", "refund"]}, model_uuid=TEXT, access_key_uuid=TEXT, **SPAN, **PAGE),
        _ref("Bills"),
    ),
    ("post", "/user/usage_stats", "What was paid, a model and a day", _object(**SPAN), _ref("Usage")),
    ("get", "/webhook/secret", "What webhooks are signed with", None, _object("secret", secret=TEXT)),
)


def document(request: HttpRequest) -> JsonResponse:
    """GET openapi.json: no key is asked for; it says nothing that is not in the documentation."""
    base = base_url(request)
    paths: dict[str, Any] = {}
    for method, path, summary, body, data in OPERATIONS:
        operation = _operation(_id_of(method, path), _TAGS[path.split("/")[1]], summary, body, data)
        if "{id}" in path:
            operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": ID}]
        paths.setdefault(f"/api/v3{path}", {})[method] = operation
    for contract in contracts.all_of():
        body = asking.schema(contract)
        body["properties"]["enable_sync_mode"] = {"type": "boolean", "default": False}
        paths[f"/api/v3/{contract.path}"] = {
            "post": _operation(_id_of("post", contract.path), "Models", contract.title, body, _ref("Prediction"))
        }
    return JsonResponse(
        {
            "openapi": "3.1.0",
            "info": about(base, "BGM Studio, for WaveSpeed’s clients", "3", ABOUT),
            "servers": [{"url": base, "description": "This studio"}],
            "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
            "security": [{"key": []}],
            "paths": paths,
            "components": {"securitySchemes": {"key": BEARER}, "schemas": SCHEMAS},
        }
    )


def _id_of(method: str, path: str) -> str:
    """`post`, `/model/price` → `post_model_price`."""
    return f"{method}_{re.sub(r'[^a-z0-9]+', '_', path.lower()).strip('_')}"


def _operation(name: str, tag: str, summary: str, body: Schema | None, data: Schema) -> dict[str, Any]:
    envelope = _object("code message data", code={"const": 200}, message=TEXT, data=data)
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": f"{summary}.",
        "tags": [tag],
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": envelope}}},
            "401": _refused("No key, or one that opens nothing"),
            "default": _refused("Refused"),
        },
    }
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation


def _refused(words: str) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": _ref("Problem")}}}
