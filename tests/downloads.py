"""Requirements on every file address, for stored files and files made for the answer."""

import re
from collections.abc import Callable, Mapping

from django.http import HttpResponseBase

Fetch = Callable[[str, Mapping[str, str]], HttpResponseBase]  # by a method, with headers


def is_file(reply: HttpResponseBase) -> bool:
    """Return whether a reply is a file to save or play, not a page or data."""
    kind = reply.headers.get("Content-Type", "").partition(";")[0]
    is_page = kind in ("", "text/html", "text/plain", "application/json", "application/problem+json")
    return "Content-Disposition" in reply.headers or (reply.status_code == 200 and (reply.streaming or not is_page))


def let_go(reply: HttpResponseBase) -> None:
    """Close the files of a reply without the signal on which Django closes the test's database connection."""
    for close in reply._resource_closers:
        close()


def body(reply: HttpResponseBase) -> bytes:
    return reply.getvalue() if reply.streaming else reply.content


def assert_stored(fetch: Fetch) -> None:
    """Assert a file with ranges, so that any program can resume."""
    whole = fetch("GET", {})
    content, size = body(whole), int(whole.headers["Content-Length"])
    assert (whole.status_code, whole.headers["Accept-Ranges"], size) == (200, "bytes", len(content))
    head = fetch("HEAD", {"Range": "bytes=0-0"})
    assert (head.status_code, body(head), int(head.headers["Content-Length"])) == (200, b"", size)
    tag = whole.headers["ETag"]
    assert re.fullmatch(r'"[^"]+"', tag)
    assert head.headers["ETag"] == tag
    middle, last = size // 2, size - 1
    for asked, first, end in ((f"{middle}-", middle, last), (f"0-{middle}", 0, middle), ("-1", last, last)):
        for condition in ({}, {"If-Range": tag}):
            part = fetch("GET", {"Range": f"bytes={asked}"} | condition)
            assert (part.status_code, body(part)) == (206, content[first : end + 1]), asked
            assert part.headers["Content-Range"] == f"bytes {first}-{end}/{size}"
            assert int(part.headers["Content-Length"]) == end + 1 - first
        for other in ('"another"', f"W/{tag}", "Wed, 21 Oct 2015 07:28:00 GMT"):
            reply = fetch("GET", {"Range": f"bytes={asked}", "If-Range": other})
            assert (reply.status_code, body(reply)) == (200, content), other
    beyond = fetch("GET", {"Range": f"bytes={size}-"})  # as a program asks that already has all of it
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


def assert_made(fetch: Fetch) -> None:
    """Assert a file without ranges, which says so and gives its true length."""
    for headers in ({}, {"Range": "bytes=5-"}, {"Range": "bytes=0-0", "If-Range": '"any"'}):
        whole = fetch("GET", headers)
        content = body(whole)
        assert (whole.status_code, whole.headers["Accept-Ranges"]) == (200, "none")
        assert int(whole.headers["Content-Length"]) == len(content) > 0
        assert "Content-Range" not in whole.headers
    head = fetch("HEAD", {})
    assert (head.status_code, body(head), head.headers["Accept-Ranges"]) == (200, b"", "none")
    assert int(head.headers["Content-Length"]) == len(content)
