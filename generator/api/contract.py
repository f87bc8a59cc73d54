"""Parts that the OpenAPI documents of all contracts share."""

from typing import Any

LICENSE = {"name": "MIT", "identifier": "MIT"}
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key of the studio, `bgm_…`: see *Account → API keys*.",
}


def contact(base: str) -> dict[str, str]:
    return {"name": "The administrators of this studio", "url": base}


def about(base: str, title: str, version: str, description: str) -> dict[str, Any]:
    """Return the `info` of a document for the studio at this address."""
    info = {"title": title, "version": version, "description": description}
    return info | {"license": LICENSE, "contact": contact(base)}


def file_of(media_type: str, description: str) -> dict[str, Any]:
    """Return a response that is a file. Generators that do not know its media type treat it as bytes."""
    content = {"schema": {"type": "string", "format": "binary"}}
    content_types = {media_type: content, "application/octet-stream": content}
    return {"responses": {200: {"description": description, "content": content_types}}}
