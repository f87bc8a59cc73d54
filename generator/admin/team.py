"""Working together: who changed what in a project, and the links by which tracks are heard outside. All to read."""

from django.contrib import admin

from generator.admin.base import ReadOnly
from generator.models import ApiKey, AuditLine, ShareLink


@admin.register(AuditLine)
class AuditLineAdmin(ReadOnly):
    list_display = ("at", "project", "actor", "kind", "text")
    list_filter = ("kind",)
    list_select_related = ("project", "actor")
    search_fields = ("text", "project__name", "actor__email")
    show_full_result_count = False


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
