"""What the pages of the billing review share: who may open them, the month they are about, and their frame."""

import calendar
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

from generator.billing import spend
from generator.billing.review import Narrowed
from generator.workflow.amounts import confirmed_amount

LOOK, BOOK = "generator.look_at_money", "generator.book_money"
PAGE = 50
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_NUMBER = re.compile(r"[0-9]{1,18}")
View = Callable[..., HttpResponseBase]


def review_page(view: View) -> View:
    """Let in staff who may look at everybody's money; others are asked to sign in, or told no."""

    @wraps(view)
    def looked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(LOOK):  # type: ignore[union-attr]
            raise PermissionDenied("The billing review is for reviewers and controllers.")
        return view(request, *args, **kwargs)

    return admin.site.admin_view(looked)  # type: ignore[arg-type,return-value]


def may_book(request: HttpRequest) -> bool:
    return request.user.has_perm(BOOK)  # type: ignore[union-attr]


def must_book(request: HttpRequest) -> None:
    """Raises PermissionDenied: only looking is allowed."""
    if not may_book(request):
        raise PermissionDenied("Only controllers book money.")


def page(request: HttpRequest, template: str, title: str, found: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Render a page in the admin's frame."""
    frame = {**admin.site.each_context(request), "title": title, "may_book": may_book(request), "tab": template}
    return TemplateResponse(request, f"admin/review/{template}.html", {**frame, **found}, status=status)


def month_of(request: HttpRequest) -> str:
    """The month that is asked for, else this one."""
    asked = request.GET.get("month", "")
    return asked if is_month(asked) else spend.this_month()


def is_month(text: str) -> bool:
    """Whether a text is a month as addresses write it: 2026-11."""
    return bool(_MONTH.fullmatch(text))


def titled(month: str) -> str:
    """ "2026-11" → "November 2026"."""
    year, number = month.split("-")
    return f"{calendar.month_name[int(number)]} {year}"


def bounds(month: str) -> tuple[dt.datetime, dt.datetime]:
    """The moments a month begins and ends, in the studio's own zone."""
    zone = timezone.get_default_timezone()
    first = dt.date.fromisoformat(f"{month}-01")
    after = (first + dt.timedelta(days=32)).replace(day=1)
    return dt.datetime.combine(first, dt.time(), zone), dt.datetime.combine(after, dt.time(), zone)


def whole(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def narrowed(request: HttpRequest) -> Narrowed:
    """What the address narrows the page to."""
    asked = {name: request.GET.get(name, "").replace("\x00", "") for name in ("person", "project", "provider", "model")}
    return Narrowed(whole(asked["person"]), asked["project"], asked["provider"], asked["model"])


def query(month: str, scope: Narrowed, **more: str) -> str:
    """The address of a page about the same month and the same narrowing."""
    written = QueryDict(mutable=True)
    kept = {"person": str(scope.user or ""), "project": scope.project, "provider": scope.provider, "model": scope.model}
    written.update({name: value for name, value in {"month": month, **kept, **more}.items() if value})
    return written.urlencode()


def amount(request: HttpRequest, name: str = "amount") -> int:
    """Read an amount in dollars.

    Raises:
        Refused: it is none, or has to be confirmed.
    """
    return confirmed_amount(request.POST.get(name, ""), name)
