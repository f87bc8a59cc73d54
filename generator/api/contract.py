"""What the OpenAPI documents of all contracts say alike."""

from typing import Any

LICENCE = {"name": "MIT", "identifier": "MIT"}
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key of the studio, `bgm_…`: see *Account → API keys*.",
}


def contact(base: str) -> dict[str, str]:
    return {"name": "The administrators of this studio", "url": base}


def about(base: str, title: str, version: str, description: str) -> dict[str, Any]:
    """The `info` of a document for the studio at this address."""
    told = {"title": title, "version": version, "description": description}
    return told | {"license": LICENCE, "contact": contact(base)}


def file_of(media_type: str, description: str) -> dict[str, Any]:
    """A response that is a file. Generators that know no such media type take it as bytes."""
    content = {"schema": {"type": "string", "format": "binary"}}
    known = {media_type: content, "application/octet-stream": content}
    return {"responses": {200: {"description": description, "content": known}}}
