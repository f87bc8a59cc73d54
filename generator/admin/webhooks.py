"""Read-only admin of webhooks, deliveries and delivery attempts, without secrets."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from generator.admin.base import ReadOnly
from generator.models import DeliveryAttempt, Webhook, WebhookDelivery


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    list_display = ("name", "project", "url", "made_by", "paused_at", "failures_in_a_row", "failing_since")
    list_select_related = ("project", "made_by")
    search_fields = ("name", "url", "project__name")
    exclude = ("secret", "former_secret")


class Tries(admin.TabularInline):
    model = DeliveryAttempt
    fields = readonly_fields = ("at", "ended_at", "status", "ms", "error")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(WebhookDelivery)
class WebhookMessageAdmin(ReadOnly):
    """Admin of deliveries. The body is hidden: it contains URLs that give access to a project's tracks."""

    list_display = ("message_id", "event", "project", "target", "outcome", "attempts", "at", "due_at")
    list_filter = ("event",)
    list_select_related = ("project", "webhook")
    search_fields = ("public_id", "url", "webhook__name", "project__name")
    exclude = ("body",)
    inlines = (Tries,)
    show_full_result_count = False
