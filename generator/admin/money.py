"""Caps to set; the ledger and its roll-ups to read."""

from django import forms
from django.contrib import admin

from generator.admin.base import DollarsField, ReadOnly, dollars
from generator.models import Budget, Entry, ProviderBill, Rollup
from generator.workflow import raising


class BudgetForm(forms.ModelForm):
    cap = DollarsField(label="Cap", help_text="Dollars a calendar month.")

    class Meta:
        model = Budget
        fields = ("user", "project", "provider_key", "cap")

    def _get_validation_exclusions(self) -> set[str]:
        """The rule about targets names the key, too, which is no field here: without it the rule is not looked at."""
        return super()._get_validation_exclusions() - {"key"}  # type: ignore[misc]


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):
    form = BudgetForm
    list_display = ("target", dollars("cap", "Cap a month"), "created_at")
    list_filter = ("provider_key",)
    autocomplete_fields = ("user", "project")

    def save_model(self, request, obj: Budget, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        raising.record_cap(request.user, obj, obj.cap)

    def delete_model(self, request, obj: Budget) -> None:
        raising.record_cap(request.user, obj, None)
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ("at", "kind", dollars("amount", "Amount"), "user", "project", "model_key", "reason")
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
        dollars("held", "Held"),
        dollars("charged", "Charged"),
        "takes",
    )
    list_filter = ("month", "provider_key")
    list_select_related = ("user", "project")


@admin.register(ProviderBill)
class BillAdmin(ReadOnly):
    list_display = ("at", "account", "kind", dollars("amount", "Amount"), "handle", "generation")
    list_filter = ("account", "kind")
    list_select_related = ("account", "generation")
    search_fields = ("uuid", "handle")
