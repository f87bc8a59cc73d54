"""Handling of admin list URLs with values that cannot be looked up: redirect instead of a server error."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

UNASKABLE = (
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    DataError,
)  # what a column or the database raises for such a value


class Unaskable:
    """Middleware that redirects an admin list with an invalid filter to `?e=1`, as Django does for some of them.

    An error of a list without parameters is a defect, and is not hidden.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        match = request.resolver_match
        is_list = (
            match and match.app_name == "admin" and (match.url_name or "").endswith(("_changelist", "autocomplete"))
        )
        if not is_list or request.method != "GET" or not isinstance(error, UNASKABLE) or set(request.GET) <= {"e"}:
            return None
        return HttpResponseRedirect(f"{request.path}?e=1")
