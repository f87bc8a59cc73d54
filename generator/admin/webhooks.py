"""Where projects have the studio tell what happens, and how that goes. All to read; secrets are not shown."""

from django.contrib import admin

from generator.admin.base import ReadOnly
from generator.models import Webhook, WebhookMessage, WebhookTry


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    list_display = ("name", "project", "url", "made_by", "paused_at", "failures_in_a_row", "failing_since")
    list_select_related = ("project", "made_by")
    search_fields = ("name", "url", "project__name")
    exclude = ("secret", "former_secret")


class Tries(admin.TabularInline):
    model = WebhookTry
    fields = readonly_fields = ("at", "ended_at", "status", "ms", "error")
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(WebhookMessage)
class WebhookMessageAdmin(ReadOnly):
    """Without the body: it holds addresses by which anybody hears a project's tracks."""

    list_display = ("message_id", "event", "project", "target", "outcome", "attempts", "at", "due_at")
    list_filter = ("event",)
    list_select_related = ("project", "webhook")
    search_fields = ("ref", "url", "webhook__name", "project__name")
    exclude = ("body",)
    inlines = (Tries,)
    show_full_result_count = False
