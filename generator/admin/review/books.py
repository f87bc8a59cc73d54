"""Reconciliation: one provider's month, their books beside ours, difference by difference."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from generator.admin.review.frame import bounds, month_of, page, review_page, titled
from generator.billing import review, spend
from generator.models import BalanceReading, ProviderAccount
from generator.workflow import watch

MOST = 200


@review_page
@require_safe
def books(request: HttpRequest, key: str) -> HttpResponseBase:
    """Billed, refunded and charged; then each run on which the two sides differ, and how the balance moved."""
    account = get_object_or_404(ProviderAccount, key=key)
    month = month_of(request)
    first, after = bounds(month)
    rows = review.differences(account, month, first, after)
    known = sorted({month, spend.this_month(), *spend.months(review.Narrowed(provider=key))}, reverse=True)
    context = {
        "account": account,
        "month": month,
        "month_title": titled(month),
        "months": [(one, titled(one)) for one in known],
        "sums": review.reconcile(account, month, first, after),
        "rows": rows[:MOST],
        "more": max(len(rows) - MOST, 0),
        "explained": sum(one.amount for one in rows),
        "readings": BalanceReading.objects.filter(account=account, at__gte=first, at__lt=after).order_by("at"),
        "movement": watch.movement(account, first.date(), after.date()),
        "others": ProviderAccount.objects.exclude(pk=account.pk),
    }
    return page(request, "books", f"{account.title}: {titled(month)}", context)
