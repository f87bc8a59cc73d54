"""Read-only admin of the audit log, share links and API keys."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from generator.admin.base import ReadOnly
from generator.models import ApiKey, AuditLogEntry, ShareLink


@admin.register(AuditLogEntry)
class AuditLogEntryAdmin(ReadOnly):
    list_display = ("at", "project", "actor", "action", "text")
    list_filter = ("action",)
    list_select_related = ("project", "actor")
    search_fields = ("text", "project__name", "actor__email")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditLogEntry]:
        """Leave out what concerns only the owners of projects: reviewers see this list, too."""
        rows = super().get_queryset(request)
        hidden = () if request.user.is_superuser else AuditLogEntry.Action.of_projects()
        return rows.exclude(action__in=hidden)


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnly):
    list_display = ("track", "made_by", "created_at", "expires_at", "revoked_at", "visits", "plays", "downloads")
    list_select_related = ("track", "made_by")
    search_fields = ("track__title", "made_by__email")
    show_full_result_count = False


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    exclude = ("digest", "webhook_secret")
    list_display = (
        "name",
        "prefix",
        "user",
        "project",
        "scope",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    )
    list_filter = ("scope",)
    list_select_related = ("user", "project")
    search_fields = ("name", "prefix", "user__email", "project__name")
    show_full_result_count = False
