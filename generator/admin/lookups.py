"""What a list's address asks for that cannot be looked up: the list says so instead of failing."""

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

UNASKABLE = (
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    DataError,
)  # whatever a column or the database makes of such a value


class Unaskable:
    """Lead from the address of an admin list with a filter that cannot be to the list, as Django does for some of them.

    A page of a list without any parameter that fails has a defect, which is not hidden.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        found = request.resolver_match
        is_list = (
            found and found.app_name == "admin" and (found.url_name or "").endswith(("_changelist", "autocomplete"))
        )
        if not is_list or request.method != "GET" or not isinstance(error, UNASKABLE) or set(request.GET) <= {"e"}:
            return None
        return HttpResponseRedirect(f"{request.path}?e=1")
