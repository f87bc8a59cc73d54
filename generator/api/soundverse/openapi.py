"""The served contract as an OpenAPI document, made from the bodies that are really read."""

from typing import Any

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
_SAID = {"type": "object", "required": ["success", "message"], "properties": {"success": {"const": False}}}
_DETAIL = {"type": "object", "required": ["detail"]}
_ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "400": ("The prompt", _DETAIL),
    "401": ("No key, or one that opens nothing", {"type": "object", "required": ["error", "message"]}),
    "402": ("A budget is in the way", _SAID),
    "403": ("The key may only look", _SAID),
    "405": ("Not a POST", _DETAIL),
    "413": ("Too large", _DETAIL),
    "422": ("Something else in the body", _DETAIL),
    "429": ("As many connections are held as the studio holds", _SAID),
}


def document(base: str) -> dict[str, Any]:
    """The document for a studio at this address."""
    lines = {"application/x-ndjson": {"schema": _CHUNK}, "text/event-stream": {"schema": _CHUNK}}
    events, answer = {"text/event-stream": {"schema": _CHUNK}}, {"application/json": {"schema": _ANSWER}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Soundverse v5, served by BGM Studio", "version": "5"},
        "servers": [{"url": base}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}],
        "paths": {
            "/v5/generate/music-gen": _post("musicGen", Asked, lines),
            "/v5/generate/music-gen/sync": _post("musicGenSync", Asked, answer),
            "/v5/generate/music": _post("music", Later, events),
            "/v5/generate/music/sync": _post("musicSync", Later, answer),
        },
    }


def _post(name: str, body: type[Later], good: dict[str, Any]) -> dict[str, Any]:
    wrong = {
        code: {"description": words, "content": {"application/json": {"schema": schema}}}
        for code, (words, schema) in _ERRORS.items()
    }
    sent = {"required": True, "content": {"application/json": {"schema": body.model_json_schema()}}}
    good = {"200": {"description": "It is being made, or made", "content": good}}
    return {"post": {"operationId": name, "requestBody": sent, "responses": good | wrong}}
