"""The served contract as an OpenAPI document, generated from the request bodies that are parsed."""

from typing import Any

from generator.api.compat.soundverse.requests import Later, MusicRequest
from generator.api.contract import BEARER, about

_NULLABLE = {"type": ["string", "null"]}
_CHUNK = {
    "type": "object",
    "properties": {
        "content": {"type": "string"},
        "isComplete": {"type": "boolean", "description": "True only in the last chunk."},
        "chunkIndex": {"type": "integer", "minimum": 1},
        "tokens": {"type": "integer"},
        "totalTokens": {"type": "integer"},
        "task_id": _NULLABLE,
        "status": {"enum": ["COMPLETED", "FAILED", "PROCESSING", None]},
        "album_art": _NULLABLE,
        "song_name": _NULLABLE,
        "audio_url": {"type": "string", "format": "uri", "description": "Only in the last chunk."},
        "error": {"type": "boolean"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["success", "messageId", "audio_url", "album_art", "song_name", "status"],
    "properties": {
        "success": {"type": "boolean"},
        "messageId": {"type": "string"},
        "audio_url": _NULLABLE,
        "album_art": _NULLABLE,
        "song_name": _NULLABLE,
        "status": {"enum": ["COMPLETED", "FAILED", "PROCESSING"]},
        "message": {"type": "string", "description": "The reason, if success is false."},
    },
}
_FAILURE = {
    "type": "object",
    "required": ["success", "message"],
    "properties": {"success": {"const": False}, "message": {"type": "string"}},
}
_DETAIL = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"description": "A message, or a list of the errors in the body."}},
}
_NO_KEY = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
}
_SCHEMAS = {
    "Chunk": _CHUNK,
    "Message": _ANSWER,
    "Failure": _FAILURE,
    "Detail": _DETAIL,
    "NoKey": _NO_KEY,
    "MusicRequest": MusicRequest.model_json_schema(),
    "Later": Later.model_json_schema(),
}
_ERRORS: dict[str, tuple[str, str]] = {
    "400": ("Invalid prompt", "Detail"),
    "401": ("No valid API key", "NoKey"),
    "402": ("A budget is used up", "Failure"),
    "403": ("The key can only read", "Failure"),
    "405": ("Method not allowed", "Detail"),
    "409": ("The Idempotency-Key was used for another request", "Detail"),
    "413": ("Body too large", "Detail"),
    "422": ("Invalid body", "Detail"),
    "429": ("Too many open connections", "Failure"),
}
TAG = "Making music"
ABOUT = "Soundverse's v5 API, served by the studio (docs/api_soundverse.md)."
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Repeating a key with the same request returns the first result.",
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(base: str) -> dict[str, Any]:
    """Return the document for a studio at this address."""
    chunk, result = {"schema": _ref("Chunk")}, {"schema": _ref("Message")}
    lines = {"application/x-ndjson": chunk, "text/event-stream": chunk}
    events, answer = {"text/event-stream": chunk}, {"application/json": result}
    return {
        "openapi": "3.1.0",
        "info": about(base, "Soundverse v5, served by BGM Studio", "5", ABOUT),
        "servers": [{"url": base, "description": "This studio"}],
        "tags": [{"name": TAG, "description": "Music from a prompt, as a stream of progress or as one response."}],
        "components": {"securitySchemes": {"key": BEARER}, "schemas": _SCHEMAS},
        "security": [{"key": []}],
        "paths": {
            "/v5/generate/music-gen": _post("musicGen", "Generate music, as a stream", MusicRequest, lines),
            "/v5/generate/music-gen/sync": _post("musicGenSync", "Generate music, and wait", MusicRequest, answer),
            "/v5/generate/music": _post("music", "Generate from a prompt, as a stream", Later, events),
            "/v5/generate/music/sync": _post("musicSync", "Generate from a prompt, and wait", Later, answer),
        },
    }


def _post(name: str, summary: str, body: type[Later], content: dict[str, Any]) -> dict[str, Any]:
    errors = {
        code: {"description": description, "content": {"application/json": {"schema": _ref(schema_name)}}}
        for code, (description, schema_name) in _ERRORS.items()
    }
    request_body = {"required": True, "content": {"application/json": {"schema": _ref(body.__name__)}}}
    content = {"200": {"description": "In progress, or finished", "content": content}}
    operation = {
        "operationId": name,
        "summary": summary,
        "description": f"{summary}. The generation continues if the connection ends; its id is in `X-Generation`.",
        "tags": [TAG],
        "parameters": [_IDEMPOTENCY_KEY],
    }
    return {"post": operation | {"requestBody": request_body, "responses": content | errors}}
