"""Middleware that leads through the sign-in page and back when a session has expired."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from generator.web.site.htmx import Request


class SignInAgain:
    """Middleware that, after a session has ended, asks the user to sign in and returns to the page they were on.

    A plain page view already does that. An htmx request would swap the sign-in page into part of the page, and a
    form would return as a GET of a POST-only URL; both instead return to the page that sent them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
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
    """Return the page to come back to: the requested one, or the one that sent the request."""
    if request.method in ("GET", "HEAD") and (not request.htmx or request.htmx.boosted):
        return request.get_full_path()
    page = request.htmx.current_url_abs_path if request.htmx else _path_of_referer(request)
    return page or reverse("home")


def _path_of_referer(request: Request) -> str:
    referer = request.headers.get("referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(referer)
    return parts._replace(scheme="", netloc="", fragment="").geturl()
