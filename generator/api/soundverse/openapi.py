"""The served contract as an OpenAPI document, made from the bodies that are really read."""

from typing import Any

from generator.api.contract import BEARER, about
from generator.api.soundverse.asked import Asked, Later

_NULLABLE = {"type": ["string", "null"]}
_CHUNK = {
    "type": "object",
    "properties": {
        "content": {"type": "string"},
        "isComplete": {"type": "boolean", "description": "Once, in the last chunk."},
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
        "message": {"type": "string", "description": "Why, when success is false."},
    },
}
_SAID = {
    "type": "object",
    "required": ["success", "message"],
    "properties": {"success": {"const": False}, "message": {"type": "string"}},
}
_DETAIL = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"description": "A sentence, or a list of what is wrong in the body."}},
}
_NO_KEY = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
}
_SCHEMAS = {
    "Chunk": _CHUNK,
    "Answer": _ANSWER,
    "Failure": _SAID,
    "Detail": _DETAIL,
    "NoKey": _NO_KEY,
    "Asked": Asked.model_json_schema(),
    "Later": Later.model_json_schema(),
}
_ERRORS: dict[str, tuple[str, str]] = {
    "400": ("The prompt", "Detail"),
    "401": ("No key, or one that opens nothing", "NoKey"),
    "402": ("A budget is in the way", "Failure"),
    "403": ("The key may only look", "Failure"),
    "405": ("Not a POST", "Detail"),
    "409": ("The Idempotency-Key was used for another request", "Detail"),
    "413": ("Too large", "Detail"),
    "422": ("Something else in the body", "Detail"),
    "429": ("As many connections are held as the studio holds", "Failure"),
}
TAG = "Making music"
ABOUT = "The addresses of Soundverse's v5 contract, answered by the studio (docs/api_soundverse.md)."
_ONCE = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same request is told of the first one.",
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(base: str) -> dict[str, Any]:
    """The document for a studio at this address."""
    chunk, result = {"schema": _ref("Chunk")}, {"schema": _ref("Answer")}
    lines = {"application/x-ndjson": chunk, "text/event-stream": chunk}
    events, answer = {"text/event-stream": chunk}, {"application/json": result}
    return {
        "openapi": "3.1.0",
        "info": about(base, "Soundverse v5, served by BGM Studio", "5", ABOUT),
        "servers": [{"url": base, "description": "This studio"}],
        "tags": [{"name": TAG, "description": "Music from a sentence, as a stream of progress or as one answer."}],
        "components": {"securitySchemes": {"key": BEARER}, "schemas": _SCHEMAS},
        "security": [{"key": []}],
        "paths": {
            "/v5/generate/music-gen": _post("musicGen", "Generate music, as a stream", Asked, lines),
            "/v5/generate/music-gen/sync": _post("musicGenSync", "Generate music, and wait", Asked, answer),
            "/v5/generate/music": _post("music", "Generate from a prompt, as a stream", Later, events),
            "/v5/generate/music/sync": _post("musicSync", "Generate from a prompt, and wait", Later, answer),
        },
    }


def _post(name: str, summary: str, body: type[Later], good: dict[str, Any]) -> dict[str, Any]:
    wrong = {
        code: {"description": words, "content": {"application/json": {"schema": _ref(name_of)}}}
        for code, (words, name_of) in _ERRORS.items()
    }
    sent = {"required": True, "content": {"application/json": {"schema": _ref(body.__name__)}}}
    good = {"200": {"description": "It is being made, or made", "content": good}}
    told = {
        "operationId": name,
        "summary": summary,
        "description": f"{summary}. The generation goes on when the connection ends; its id is in `X-Generation`.",
        "tags": [TAG],
        "parameters": [_ONCE],
    }
    return {"post": told | {"requestBody": sent, "responses": good | wrong}}
