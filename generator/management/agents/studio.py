"""The studio's own API as the tools call it: over the network, or in this process when no address is given.

Either way the key, its scope and its cap are the API's to look at; nothing is decided here.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http.request import validate_host
from mcp.server.mcpserver.exceptions import ToolError

TIMEOUT = httpx.Timeout(60, connect=10)
MOST_BYTES = 8_000_000
_KEY = re.compile(r"[\x21-\x7e]{1,200}")  # what a header can hold


class Studio:
    """`Studio("https://studio.example", "bgm_…").ask("GET", "models")`; with an empty address, this process's own."""

    def __init__(self, url: str, key: str) -> None:
        self.key = key
        self.url = url.rstrip("/") or _own_address()
        way = None if url else httpx.WSGITransport(app=get_wsgi_application(), raise_app_exceptions=False)
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1/", timeout=TIMEOUT, transport=way, trust_env=bool(url), follow_redirects=False
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        key: str = "",
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Call the API and return what it answers.

        Raises:
            ToolError: with the API's own sentence, or that it does not answer.
        """
        if not _KEY.fullmatch(key or self.key):
            raise ToolError("That is no key. Set BGM_KEY to an API key of the studio, such as bgm_….")
        sent = {"Authorization": f"Bearer {key or self.key}", **(headers or {})}
        given = {name: value for name, value in (params or {}).items() if value not in (None, "")}
        try:
            with self._http.stream(method, path, params=given, json=body, headers=sent) as reply:
                content = _whole(reply)
                found = httpx.Response(reply.status_code, headers=reply.headers, content=content)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise ToolError(f"The studio at {self.url} does not answer ({type(error).__name__}).") from None
        return _answer(found, self.url)


def _own_address() -> str:
    """How this process's studio is reached: where people reach it, else by a name that it answers to."""
    public = str(settings.STUDIO_URL).rstrip("/")
    if public and validate_host(urlsplit(public).hostname or "", settings.ALLOWED_HOSTS):
        return public
    named = next((host.removeprefix(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
    return f"https://{named}" if settings.HTTPS else f"http://{named}:8000"


def _whole(reply: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in reply.iter_bytes():
        content += chunk
        if len(content) > MOST_BYTES:
            raise ToolError("The studio's answer is too large.")
    return bytes(content)


def _answer(reply: httpx.Response, url: str) -> dict[str, Any]:
    try:
        said = reply.json() if reply.content else {}
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ToolError(f"What answers at {url} is no studio (HTTP {reply.status_code}). Check BGM_URL.")
    if reply.is_success:
        return said
    details = [f"{one.get('field')}: {one.get('detail')}" for one in said.get("errors", [])]
    raise ToolError(" ".join([str(said.get("detail") or f"HTTP {reply.status_code}"), *details]))
