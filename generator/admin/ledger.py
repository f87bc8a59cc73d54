"""Admin of budgets; read-only admin of ledger entries, roll-ups and provider bills."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from generator.admin.base import DollarsField, ReadOnly, dollars
from generator.admin.review.base import user_of
from generator.models import Budget, LedgerEntry, ProviderBill, Rollup
from generator.services.billing import budget_requests


class BudgetForm(forms.ModelForm):
    cap = DollarsField(label=_("Budget"), help_text=_("In dollars per calendar month."))

    class Meta:
        model = Budget
        fields = ("user", "project", "provider_key", "cap")

    def _get_validation_exclusions(self) -> set[str]:
        """Keep `key` included: it is not a form field, but the constraint on targets needs it to be checked."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return excluded - {"key"}


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):
    form = BudgetForm
    list_display = ("target", dollars("cap", _("Monthly budget")), "created_at")
    list_filter = ("provider_key",)
    autocomplete_fields = ("user", "project")

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        budget_requests.record_budget(user_of(request), obj, obj.cap)

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        budget_requests.record_budget(user_of(request), obj, None)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


@admin.register(LedgerEntry)
class EntryAdmin(ReadOnly):
    list_display = ("at", "kind", dollars("amount", _("Amount")), "user", "project", "model_key", "reason")
    list_filter = ("kind", "provider_key", "month")
    list_select_related = ("user", "project")
    search_fields = ("reason", "user__email", "project__name")
    show_full_result_count = False


@admin.register(Rollup)
class RollupAdmin(ReadOnly):
    list_display = (
        "month",
        "project",
        "user",
        "model_key",
        dollars("held", _("On hold")),
        dollars("charged", _("Charged")),
        "takes",
    )
    list_filter = ("month", "provider_key")
    list_select_related = ("user", "project")


@admin.register(ProviderBill)
class BillAdmin(ReadOnly):
    list_display = ("at", "account", "kind", dollars("amount", _("Amount")), "provider_job_id", "generation")
    list_filter = ("account", "kind")
    list_select_related = ("account", "generation")
    search_fields = ("uuid", "provider_job_id")
