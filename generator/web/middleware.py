"""What every request needs around its view."""

from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from generator import access
from generator.web.htmx import Request

ZONE_COOKIE = "studio_zone"  # set by static/js/people.js


FRAGMENT = "X-Studio-Fragment"  # without it htmx swaps nothing in (static/js/studio.js)


class OurFragments:
    """Mark what htmx is answered, so that it can tell the studio's answers from those of a proxy in between."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if "HX-Request" in request.headers:
            response.headers[FRAGMENT] = "1"
        return response


class ViewerTimeZone:
    """Show times in the zone the signed-in person chose, else in the browser's, else in the studio's own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.user.time_zone if request.user.is_authenticated else ""
        with timezone.override(_zone(chosen) or _zone(request.COOKIES.get(ZONE_COOKIE, ""))):
            return self.get_response(request)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None when there is none, for a cookie can say anything."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, KeyError, OSError):
        return None


class OnceRevealed:
    """Lead from every address of a blind candidate to its comparison: its pages, files and forms name its maker.

    Whatever is added below a track's address is closed as well, unless it is named in `OPEN`.
    """

    OPEN = frozenset(("audio", "star", "to-bin", "restore", "visibility"))

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Request, view, args, kwargs) -> HttpResponse | None:
        found = request.resolver_match
        if found is None or found.url_name in self.OPEN or not found.route.startswith("t/<str:ref>/"):
            return None
        if not request.user.is_authenticated:
            return None
        ref = str(kwargs["ref"]).replace("\x00", "")
        blind = access.comparisons(request.user).blind().filter(generations__tracks__ref=ref).first()
        if blind is None:
            return None
        messages.info(request, "This is a candidate of a blind comparison. Pick one, or look who made what, first.")
        return redirect("compare", blind.ref)


class NotStored:
    """Have nobody store a page, for it is somebody's; audio, covers and what says so itself may be kept privately."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class RefuseNul:
    """Turn away requests with a NUL character: no one types it, and PostgreSQL cannot even look for it.

    The create form says so itself, beside everything that was typed; a message needs its raw bytes, and programs are
    answered in their own contract's shape.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Request, *view) -> HttpResponse | None:
        door = request.resolver_match.url_name if request.resolver_match else None
        if request.resolver_match and "api" in request.resolver_match.app_names:
            return None
        read = [] if door == "create-live" else [request.GET]
        read += [] if door in ("generate", "create-live", "hook") else [request.POST]
        values = (value for sent in read for pair in sent.lists() for value in (pair[0], *pair[1]))
        if "\x00" in request.path or any("\x00" in value for value in values):
            sentence = "There is a character in it that cannot be stored. Nothing was changed."
            return render(request, "errors/400.html", {"sentence": sentence}, status=400)
        return None


class SignInAgain:
    """When a session has ended: ask to sign in, then go back to the page the person was on.

    A plain page view already does that. An htmx request would swap the sign-in page into a corner of the page, and a
    form would come back as a GET of an address that only takes POST; both go back to the page they were sent from.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        response = self.get_response(request)
        if not _is_login_wall(request, response):
            return response
        if request.htmx:
            return HttpResponseClientRedirect(redirect_to_login(_page_of(request)).url)
        return response if request.method in ("GET", "HEAD") else redirect_to_login(_page_of(request))


def _is_login_wall(request: Request, response: HttpResponseBase) -> bool:
    if response.status_code != 302 or request.user.is_authenticated:
        return False
    entrance = reverse("account_login")
    return urlsplit(response.headers["Location"]).path == entrance and request.path != entrance


def _page_of(request: Request) -> str:
    """The page to return to: the one asked for, or the one the request was sent from."""
    if request.method in ("GET", "HEAD") and (not request.htmx or request.htmx.boosted):
        return request.get_full_path()
    came = request.htmx.current_url_abs_path if request.htmx else _path_of_referer(request)
    return came or reverse("home")


def _path_of_referer(request: Request) -> str:
    came = request.headers.get("referer", "")
    if not url_has_allowed_host_and_scheme(came, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(came)
    return parts._replace(scheme="", netloc="", fragment="").geturl()
