"""Reconciliation page: one provider's month, comparing their bills with our ledger."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from generator.admin.review.base import bounds, month_of, page, review_page
from generator.models import BalanceReading, ProviderAccount
from generator.services.billing import reconciliation
from generator.services.billing.reports import overview, spend
from generator.services.billing.reports.spend import titled

MAX_ROWS = 200


@review_page
@require_safe
def reconciliation_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """Show billed, refunded and charged totals, each generation that differs, and the balance movement."""
    account = get_object_or_404(ProviderAccount, key=key)
    month = month_of(request)
    first, after = bounds(month)
    rows = overview.differences(account, month, first, after)
    month_names = sorted({month, spend.this_month(), *spend.months(overview.Narrowed(provider=key))}, reverse=True)
    context = {
        "account": account,
        "month": month,
        "month_title": titled(month),
        "months": [(name, titled(name)) for name in month_names],
        "sums": overview.reconcile(account, month, first, after),
        "rows": rows[:MAX_ROWS],
        "more": max(len(rows) - MAX_ROWS, 0),
        "explained": sum(difference.amount for difference in rows),
        "readings": BalanceReading.objects.filter(account=account, at__gte=first, at__lt=after).order_by("at"),
        "movement": reconciliation.movement(account, first.date(), after.date()),
        "others": ProviderAccount.objects.exclude(pk=account.pk),
    }
    return page(request, "reconciliation", f"{account.title}: {titled(month)}", context)
