"""Middleware of the studio."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import permissions
from generator.web.site.htmx import Request

ZONE_COOKIE = "studio_zone"  # set by static/js/people.js


FRAGMENT = "X-Studio-Fragment"  # static/js/studio.js swaps in only responses with it


class OurFragments:
    """Middleware that marks responses to htmx, so that the page can tell them from responses of a proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        response = self.get_response(request)
        if "HX-Request" in request.headers:
            response.headers[FRAGMENT] = "1"
        return response


class ViewerTimeZone:
    """Middleware that activates the time zone that the user chose, or else the browser's, or else the studio's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        chosen = request.user.time_zone if request.user.is_authenticated else ""
        with timezone.override(_zone(chosen) or _zone(request.COOKIES.get(ZONE_COOKIE, ""))):
            return self.get_response(request)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    """Return the time zone of that name, or None if it does not exist; cookies are untrusted."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, KeyError, OSError):
        return None


class OnceRevealed:
    """Middleware that redirects a blind candidate's URLs to its comparison; its pages, files and forms name the model.

    New URLs below a track's are redirected by default, unless they are listed in `OPEN`.
    """

    OPEN = frozenset(("audio", "star", "move-to-trash", "restore", "visibility"))

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Request, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.url_name in self.OPEN or not match.route.startswith("tracks/<str:public_id>/"):
            return None
        if not request.user.is_authenticated:
            return None
        public_id = str(kwargs["public_id"]).replace("\x00", "")
        blind = permissions.comparisons(request.user).blind().filter(generations__tracks__public_id=public_id).first()
        if blind is None:
            return None
        sentence = _("This track is a candidate in a blind comparison. Pick a candidate or reveal the models first.")
        messages.info(request, sentence)
        return redirect("compare", blind.public_id)


class NotStored:
    """Middleware that forbids storing pages, which are private, unless the response sets its own Cache-Control."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class RefuseNul:
    """Middleware that rejects requests with a NUL character, which nobody types and PostgreSQL cannot query.

    Exempt are the create form, which reports it and keeps what was typed, provider webhooks, which need the raw
    body, and the APIs, which report it in their own error format.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Request, *view: Any) -> HttpResponse | None:
        url_name = request.resolver_match.url_name if request.resolver_match else None
        if _is_api(request):
            return None
        queries = [] if url_name == "create-live" else [request.GET]
        queries += [] if url_name in ("generate", "create-live", "provider-webhook") else [request.POST]
        values = (value for query in queries for pair in query.lists() for value in (pair[0], *pair[1]))
        if "\x00" in request.path or any("\x00" in value for value in values):
            sentence = _("The request contains a character that cannot be stored. Nothing was changed.")
            return render(request, "errors/400.html", {"sentence": sentence}, status=400)
        return None


class ShowNotAllowed:
    """Middleware that renders a page for a GET of a POST-only URL, because Django's 405 response is empty.

    People open such URLs by reloading a form that came back with an error, or from a bookmark.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 405 or request.method != "GET" or request.htmx or _is_api(request):
            return response
        page = render(request, "errors/405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


def _is_api(request: HttpRequest) -> bool:
    return bool(request.resolver_match and "api" in request.resolver_match.app_names)
