"""Providers with their switch and breaker, models, and dated prices: added, never changed."""

from django import forms
from django.contrib import admin
from django.utils import timezone

from generator import money
from generator.admin.base import DollarsField
from generator.models import MusicModel, Price, ProviderAccount


@admin.register(ProviderAccount)
class ProviderAdmin(admin.ModelAdmin):
    list_display = ("title", "enabled", "breaker", "failures_in_a_row", "last_error_at")
    readonly_fields = ("key", "title", "failures_in_a_row", "last_error", "last_error_at")
    actions = ("try_again_now",)

    @admin.display(description="Breaker")
    def breaker(self, obj: ProviderAccount) -> str:
        return f"resting until {obj.resting_until:%H:%M:%S}" if obj.is_resting else "closed"

    @admin.action(description="Close the breaker: try again now")
    def try_again_now(self, request, queryset) -> None:
        queryset.update(resting_until=None, failures_in_a_row=0)

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(MusicModel)
class ModelAdmin(admin.ModelAdmin):
    list_display = ("title", "provider", "enabled", "current_price", "usual_ms", "slow_ms")
    list_filter = ("provider", "enabled")
    readonly_fields = ("provider", "key", "title", "usual_ms", "slow_ms")

    @admin.display(description="Price of a take now")
    def current_price(self, obj: MusicModel) -> str:
        price = Price.objects.at(obj, timezone.now())
        return money.show(price.per_take) if price else "none"

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class PriceForm(forms.ModelForm):
    per_take = DollarsField(label="Price of a take", help_text="In dollars, such as 0.045.")

    class Meta:
        model = Price
        fields = ("model", "per_take", "is_estimate", "valid_from", "note")

    def clean_per_take(self) -> int:
        amount = self.cleaned_data["per_take"]
        if amount is not None and amount < 0:
            raise forms.ValidationError("A price cannot be below zero.")
        return amount


@admin.register(Price)
class PriceAdmin(admin.ModelAdmin):
    form = PriceForm
    list_display = ("model", "amount", "is_estimate", "valid_from", "created_by", "note")
    list_filter = ("model",)

    def get_fields(self, request, obj=None):
        return ("model", "amount", "is_estimate", "valid_from", "note", "created_by") if obj else self.form.Meta.fields

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description="A take", ordering="per_take")
    def amount(self, obj: Price) -> str:
        return money.show(obj.per_take)

    def save_model(self, request, obj: Price, form, change: bool) -> None:
        obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
