"""References with the ids providers gave them, and the stems of tracks. All to read."""

from django.contrib import admin

from generator.admin.base import ReadOnly, ReadOnlyInline
from generator.models import ActionRun, Reference, ReferenceId, Stem


class ReferenceIdInline(ReadOnlyInline):
    model = ReferenceId
    fields = ("account", "purpose", "registered_id", "generation", "registered_at", "expires_at")


@admin.register(Reference)
class ReferenceAdmin(ReadOnly):
    list_display = ("title", "project", "author", "length_ms", "problem", "binned_at", "created_at")
    list_select_related = ("project", "author")
    search_fields = ("title", "ref", "sha256", "author__email")
    exclude = ("waveform",)
    inlines = (ReferenceIdInline,)
    show_full_result_count = False


@admin.register(ReferenceId)
class ReferenceIdAdmin(ReadOnly):
    list_display = ("registered_id", "reference", "account", "purpose", "generation", "registered_at", "expires_at")
    list_filter = ("account", "purpose")
    list_select_related = ("reference", "account", "generation")
    search_fields = ("registered_id", "reference__title")


@admin.register(ActionRun)
class ActionRunAdmin(ReadOnly):
    list_display = ("generation", "reference", "track", "uploaded_at")
    list_select_related = ("generation", "reference", "track")
    search_fields = ("generation__ref", "reference__title", "track__title")


@admin.register(Stem)
class StemAdmin(ReadOnly):
    list_display = ("title", "track", "number", "length_ms", "size", "created_at")
    list_select_related = ("track",)
    search_fields = ("title", "track__title", "sha256")
    exclude = ("waveform",)
    show_full_result_count = False
