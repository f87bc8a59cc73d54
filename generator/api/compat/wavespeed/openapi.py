"""This contract as an OpenAPI document: GET /api/v3/openapi.json. Model paths come from the catalog's contracts."""

import re
from typing import Any

from django.http import HttpRequest, JsonResponse

from generator.api.compat.wavespeed import model_schemas, request_parser
from generator.api.contract import BEARER, about
from generator.api.signed_files import base_url

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
    has_nsfw_contents={"type": "array", "items": {"type": "boolean"}, "description": "Always false."},
    executionTime={"type": "integer", "description": "The same as timings.inference, for older clients."},
    code={"type": "integer", "description": "5004: sync mode timed out before the generation ended."},
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
    upload={"type": "object", "description": "Where to send the bytes; only from media/uploads."},
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
ABOUT = "WaveSpeed's API, served by the studio (docs/api_wavespeed.md). The same paths exist under /api/v2."
TAGS = {
    "Models": "List models, get prices, and generate.",
    "Predictions": "Get, list, cancel and hide predictions.",
    "Media": "Upload audio.",
    "Account": "Balance, bills, usage and the webhook secret.",
}
_TAGS = {"predictions": "Predictions", "media": "Media", "models": "Models", "model": "Models"} | dict.fromkeys(
    ("balance", "billings", "user", "webhook"), "Account"
)

# method, path, summary, JSON body, data of the answer
OPERATIONS: tuple[tuple[str, str, str, Schema | None, Schema], ...] = (
    ("get", "/predictions/{id}", "Get a prediction", None, _ref("Prediction")),
    ("get", "/predictions/{id}/result", "Get a prediction's result", None, _ref("Prediction")),
    ("delete", "/predictions/{id}", "Cancel a prediction", None, _ref("Prediction")),
    ("get", "/predictions", "List the predictions of the last seven days", None, _ref("Listed")),
    ("post", "/predictions", "Search the predictions of the last seven days", LIST_INPUT, _ref("Listed")),
    (
        "post",
        "/predictions/delete",
        "Hide predictions from programs",
        _object("ids", ids={"type": "array", "items": TEXT, "maxItems": 1000}),
        _object("deleted_count", deleted_count=WHOLE),
    ),
    (
        "post",
        "/media/uploads",
        "Create an upload",
        _object(
            "filename size",
            filename={"type": "string", "minLength": 1, "maxLength": 1000},
            size={"type": "integer", "minimum": 1, "maximum": 60_000_000},
            content_type={"type": "string", "maxLength": 200},
        ),
        _ref("Upload"),
    ),
    ("get", "/models", "List the models", None, {"type": "array", "items": _ref("Model")}),
    ("post", "/model/price", "Get the price of a generation", QUOTE_INPUT, _ref("Price")),
    ("post", "/model/pricing", "Get the price per take", QUOTE_INPUT, UNIT_PRICE),
    ("get", "/balance", "Get what is left of this month's budget", None, _object("balance", balance=NUMBER)),
    (
        "post",
        "/billings/search",
        "Search the bills",
        _object(billing_type={"enum": ["deduct", "refund"]}, model_uuid=TEXT, access_key_uuid=TEXT, **SPAN, **PAGE),
        _ref("Bills"),
    ),
    ("post", "/user/usage_stats", "Get usage per model and per day", _object(**SPAN), _ref("Usage")),
    ("get", "/webhook/secret", "Get the webhook secret", None, _object("secret", secret=TEXT)),
)


def document(request: HttpRequest) -> JsonResponse:
    """GET openapi.json: no key is required; it contains nothing beyond the documentation."""
    base = base_url(request)
    paths: dict[str, Any] = {}
    for method, path, summary, body, data in OPERATIONS:
        operation = _operation(_id_of(method, path), _TAGS[path.split("/")[1]], summary, body, data)
        if "{id}" in path:
            operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": ID}]
        paths.setdefault(f"/api/v3{path}", {})[method] = operation
    for contract in model_schemas.all_contracts():
        body = request_parser.schema(contract)
        body["properties"]["enable_sync_mode"] = {"type": "boolean", "default": False}
        paths[f"/api/v3/{contract.path}"] = {
            "post": _operation(_id_of("post", contract.path), "Models", contract.title, body, _ref("Prediction"))
        }
    return JsonResponse(
        {
            "openapi": "3.1.0",
            "info": about(base, "BGM Studio, for WaveSpeed’s clients", "3", ABOUT),
            "servers": [{"url": base, "description": "This studio"}],
            "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
            "security": [{"key": []}],
            "paths": paths,
            "components": {"securitySchemes": {"key": BEARER}, "schemas": SCHEMAS},
        }
    )


def _id_of(method: str, path: str) -> str:
    """Return an operation id: `post`, `/model/price` → `post_model_price`."""
    return f"{method}_{re.sub(r'[^a-z0-9]+', '_', path.lower()).strip('_')}"


def _operation(name: str, tag: str, summary: str, body: Schema | None, data: Schema) -> dict[str, Any]:
    envelope = _object("code message data", code={"const": 200}, message=TEXT, data=data)
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": f"{summary}.",
        "tags": [tag],
        "responses": {
            "200": {"description": "Success", "content": {"application/json": {"schema": envelope}}},
            "401": _error("No valid API key"),
            "default": _error("Error"),
        },
    }
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation


def _error(description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": _ref("Problem")}}}
