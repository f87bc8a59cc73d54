"""ETags: one with every GET, and a 304 for a client that already has that version (RFC 9110 §13)."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import parse_etags

READING = ("GET", "HEAD")


def matches(header: str, etag: str) -> bool:
    """Return whether an If-Match or If-None-Match names a version; a proxy that compresses marks a tag as weak."""
    return bool({"*", etag} & {known.removeprefix("W/") for known in parse_etags(header)})


def not_modified(request: HttpRequest, reply: HttpResponseBase, etag: str | None = None) -> HttpResponseBase:
    """Add an ETag to a 200 reply, by default of its bytes; return a 304 if the client already has that version."""
    if reply.status_code != 200 or reply.streaming or "ETag" in reply.headers:
        return reply
    if etag is None and request.method not in READING:
        return reply
    assert isinstance(reply, HttpResponse)
    etag = etag or f'"{sha256(reply.content).hexdigest()[:32]}"'
    if request.method in READING and matches(request.headers.get("if-none-match", ""), etag):
        reply = HttpResponse(status=304)
        del reply.headers["Content-Type"]
    reply.headers["ETag"], reply.headers["Cache-Control"] = etag, "private, no-cache"
    return reply
