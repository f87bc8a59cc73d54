"""The filters of the work list, and what is done to many of its issues at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from generator.admin.review.base import is_month, review_page, user_of, whole
from generator.models import ReconciliationIssue
from generator.models.reconciliation_issue import ReconciliationIssueQuerySet
from generator.services.billing import issue_resolution, saved_views
from generator.services.billing.reports.spend import titled
from generator.services.errors import UserError


@dataclass(frozen=True)
class Filters:
    """What the work list is limited to; an empty value does not limit it."""

    month: str = ""
    with_earlier: bool = False
    kind: str = ""
    state: str = ""

    def limit(self, rows: ReconciliationIssueQuerySet) -> ReconciliationIssueQuerySet:
        rows = rows.filter(state=self.state) if self.state else rows.unanswered()
        rows = rows.filter(kind=self.kind) if self.kind else rows
        if self.month and self.with_earlier:
            return rows.filter(month__lte=self.month)
        return rows.filter(month=self.month) if self.month else rows

    @property
    def query(self) -> str:
        """Return the query string that shows the same list."""
        written = QueryDict(mutable=True)
        earlier = "1" if self.with_earlier else ""
        values = {"month": self.month, "earlier": earlier, "kind": self.kind, "state": self.state}
        written.update({name: value for name, value in values.items() if value})
        return written.urlencode()

    @property
    def is_narrow(self) -> bool:
        return bool(self.month or self.kind or self.state)


def filters_of(params: Mapping[str, Any]) -> Filters:
    """Return the filters of a query. `through` is a month with all before it; what is unknown does not limit."""
    through = params.get("through", "")
    month = through if is_month(through) else params.get("month", "")
    month = month if is_month(month) else ""
    kind, state = params.get("kind", ""), params.get("state", "")
    return Filters(
        month,
        bool(month) and (month == through or params.get("earlier") == "1"),
        kind if kind in ReconciliationIssue.Kind.values else "",
        state if state in ReconciliationIssue.State.values else "",
    )


def months_to_choose(month: str) -> list[tuple[str, str]]:
    """Return the months that have issues, newest first, with the chosen one."""
    names = set(ReconciliationIssue.objects.order_by().values_list("month", flat=True).distinct())
    return [(name, titled(name)) for name in sorted({*names, *filter(None, [month])}, reverse=True)]


def mark(request: HttpRequest, filters: Filters) -> HttpResponse:
    """Mark the selected issues, or all listed when the page was rendered, as reviewed; then show what is next."""
    if request.POST.get("all") == "1":
        rows = filters.limit(ReconciliationIssue.objects.all())
        rows = rows.filter(pk__lte=whole(request.POST.get("newest", "")) or 0)
    else:
        chosen = [pk for pk in map(whole, request.POST.getlist("issue")) if pk]
        rows = ReconciliationIssue.objects.filter(pk__in=chosen)
    issues = rows.unanswered().select_related("generation", "user")
    try:
        count = issue_resolution.review_all(issues, user_of(request), request.POST.get("text", ""))
    except UserError as error:
        messages.error(request, error.sentence)
        return redirect(f"{request.path}?{filters.query}")
    sentence = ngettext("{count} issue marked as reviewed.", "{count} issues marked as reviewed.", count)
    messages.success(request, sentence.format(count=count))
    if count and _leaves_a_month_to_close(filters):
        return redirect("admin:review-months")
    return redirect(f"{request.path}?{filters.query}")


def _leaves_a_month_to_close(filters: Filters) -> bool:
    """Return whether the list is that of a month with all before it, of which nothing is open any more."""
    if not (filters.month and filters.with_earlier):
        return False
    return not ReconciliationIssue.objects.unanswered().filter(month__lte=filters.month).exists()


@review_page
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Save the filters of the work list under a name."""
    filters = filters_of(request.POST)
    try:
        view = saved_views.save(user_of(request), request.POST.get("name", ""), filters.query)
        messages.success(request, _("“{name}” was saved.").format(name=view.name))
    except UserError as error:
        messages.error(request, error.sentence)
    return redirect(f"{_address()}?{filters.query}")


@review_page
@require_POST
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own saved view."""
    saved_views.delete(user_of(request), pk)
    return redirect(_address())


def _address() -> str:
    return reverse("admin:review-issues")
