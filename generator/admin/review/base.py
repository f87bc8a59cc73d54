"""Helpers of the billing review pages: permissions, the selected month and filters, rendering."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import User
from generator.services.amount_confirmation import confirmed_amount
from generator.services.billing.reports import spend
from generator.services.billing.reports.overview import Narrowed

VIEW_PERMISSION, BOOK_PERMISSION = "generator.view_billing", "generator.manage_billing"
PAGE_SIZE = 50
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_NUMBER = re.compile(r"[0-9]{1,18}")
View = Callable[..., HttpResponseBase]


def review_page(view: View) -> View:
    """Restrict a view to staff with `view_billing`; others must sign in, or get PermissionDenied."""

    @wraps(view)
    def looked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not user_of(request).has_perm(VIEW_PERMISSION):
            raise PermissionDenied(_("Only reviewers and controllers can open the billing review."))
        return view(request, *args, **kwargs)

    return admin.site.admin_view(looked)


def user_of(request: HttpRequest) -> User:
    """Return the signed-in user of a review page."""
    assert isinstance(request.user, User)
    return request.user


def may_book(request: HttpRequest) -> bool:
    return user_of(request).has_perm(BOOK_PERMISSION)


def must_book(request: HttpRequest) -> None:
    """Raise PermissionDenied if the user may only view."""
    if not may_book(request):
        raise PermissionDenied(
            _("Only controllers can change ledger entries or issues. Ask a controller to make this change.")
        )


def page(
    request: HttpRequest, template: str, title: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page in the admin layout."""
    base_context = {**admin.site.each_context(request), "title": title, "may_book": may_book(request), "tab": template}
    return TemplateResponse(request, f"admin/review/{template}.html", {**base_context, **context}, status=status)


def month_of(request: HttpRequest) -> str:
    """Return the requested month, or the current one."""
    month = request.GET.get("month", "")
    return month if is_month(month) else spend.this_month()


def is_month(text: str) -> bool:
    """Return whether a text is a month such as 2026-11."""
    return bool(_MONTH.fullmatch(text))


def bounds(month: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the first instant of a month and of the next one, in the studio's time zone."""
    zone = timezone.get_default_timezone()
    first = dt.date.fromisoformat(f"{month}-01")
    after = (first + dt.timedelta(days=32)).replace(day=1)
    return dt.datetime.combine(first, dt.time(), zone), dt.datetime.combine(after, dt.time(), zone)


def whole(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def narrowed(request: HttpRequest) -> Narrowed:
    """Return the filters of the URL."""
    values = {
        name: request.GET.get(name, "").replace("\x00", "") for name in ("person", "project", "provider", "model")
    }
    return Narrowed(whole(values["person"]), values["project"], values["provider"], values["model"])


def query(month: str, scope: Narrowed, **extra: str) -> str:
    """Return a query string for this month and these filters."""
    written = QueryDict(mutable=True)
    filters = {
        "person": str(scope.user or ""),
        "project": scope.project,
        "provider": scope.provider,
        "model": scope.model,
    }
    written.update({name: value for name, value in {"month": month, **filters, **extra}.items() if value})
    return written.urlencode()


def amount(request: HttpRequest, name: str = "amount") -> int:
    """Return a posted amount in dollars as micro-dollars.

    Raises:
        UserError: it is not an amount, or has to be confirmed.
    """
    return confirmed_amount(request.POST.get(name, ""), name)
