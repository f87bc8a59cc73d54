"""HTTP client of the studio's own API: over the network, or in this process when no address is given.

Either way the API checks the key, its scope and its budget; nothing is decided here.
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
MAX_REPLY_BYTES = 8_000_000
_KEY = re.compile(r"[\x21-\x7e]{1,200}")  # characters that an HTTP header can hold


class Studio:
    """API client: `Studio("https://studio.example", "bgm_…").ask("GET", "models")`; an empty address: this process."""

    def __init__(self, url: str, key: str) -> None:
        self.key = key
        self.url = url.rstrip("/") or _own_address()
        transport = None if url else httpx.WSGITransport(app=get_wsgi_application(), raise_app_exceptions=False)
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1/",
            timeout=TIMEOUT,
            transport=transport,
            trust_env=bool(url),
            follow_redirects=False,
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
        """Call the API and return its answer.

        Raises:
            ToolError: with the API's own error message, or because the studio does not answer.
        """
        if not _KEY.fullmatch(key or self.key):
            raise ToolError("That is not an API key. Set BGM_KEY to an API key of the studio, such as bgm_….")
        request_headers = {"Authorization": f"Bearer {key or self.key}", **(headers or {})}
        query = {name: value for name, value in (params or {}).items() if value not in (None, "")}
        try:
            with self._http.stream(method, path, params=query, json=body, headers=request_headers) as reply:
                content = _read_body(reply)
                response = httpx.Response(reply.status_code, headers=reply.headers, content=content)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise ToolError(f"The studio at {self.url} did not respond ({type(error).__name__}).") from None
        return _parse_reply(response, self.url)


def _own_address() -> str:
    """Return the address of this process's studio: its public URL, else a host name that it accepts."""
    public = str(settings.STUDIO_URL).rstrip("/")
    if public and validate_host(urlsplit(public).hostname or "", settings.ALLOWED_HOSTS):
        return public
    host_name = next((host.removeprefix(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
    return f"https://{host_name}" if settings.HTTPS else f"http://{host_name}:8000"


def _read_body(reply: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in reply.iter_bytes():
        content += chunk
        if len(content) > MAX_REPLY_BYTES:
            raise ToolError("The studio's response is too large.")
    return bytes(content)


def _parse_reply(reply: httpx.Response, url: str) -> dict[str, Any]:
    try:
        content = reply.json() if reply.content else {}
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ToolError(f"The server at {url} is not a studio (HTTP {reply.status_code}). Check BGM_URL.")
    if reply.is_success:
        return content
    details = [f"{problem.get('field')}: {problem.get('detail')}" for problem in content.get("errors", [])]
    raise ToolError(" ".join([str(content.get("detail") or f"HTTP {reply.status_code}"), *details]))
