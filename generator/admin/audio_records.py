"""Read-only admin of references, provider references, provider actions, stems and uploads."""

from django.contrib import admin

from generator.admin.base import ReadOnly, ReadOnlyInline
from generator.models import ProviderAction, ProviderReference, Reference, Stem, TrackUpload


class ReferenceIdInline(ReadOnlyInline):
    model = ProviderReference
    fields = ("account", "purpose", "registered_id", "generation", "registered_at", "expires_at")


@admin.register(Reference)
class ReferenceAdmin(ReadOnly):
    list_display = ("title", "project", "author", "length_ms", "problem", "trashed_at", "created_at")
    list_select_related = ("project", "author")
    search_fields = ("title", "public_id", "sha256", "author__email")
    exclude = ("waveform",)
    inlines = (ReferenceIdInline,)
    show_full_result_count = False


@admin.register(ProviderReference)
class ReferenceIdAdmin(ReadOnly):
    list_display = ("registered_id", "reference", "account", "purpose", "generation", "registered_at", "expires_at")
    list_filter = ("account", "purpose")
    list_select_related = ("reference", "account", "generation")
    search_fields = ("registered_id", "reference__title")


@admin.register(ProviderAction)
class ActionRunAdmin(ReadOnly):
    list_display = ("generation", "reference", "track", "uploaded_at")
    list_select_related = ("generation", "reference", "track")
    search_fields = ("generation__public_id", "reference__title", "track__title")


@admin.register(Stem)
class StemAdmin(ReadOnly):
    list_display = ("title", "track", "number", "length_ms", "size", "created_at")
    list_select_related = ("track",)
    search_fields = ("title", "track__title", "sha256")
    exclude = ("waveform",)
    show_full_result_count = False


@admin.register(TrackUpload)
class TrackUploadAdmin(ReadOnly):
    list_display = ("title", "project", "author", "is_stem", "name", "size", "problem", "created_at")
    list_filter = ("is_stem", "source")
    list_select_related = ("project", "author")
    search_fields = ("title", "name", "public_id", "sha256", "author__email")
    show_full_result_count = False
