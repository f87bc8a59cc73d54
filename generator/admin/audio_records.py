"""Read-only admin of references, provider actions, stems, uploads, edits, bar grids and packs."""

from django.contrib import admin

from generator.admin.base import OfTracks, ReadOnly, ReadOnlyInline
from generator.models import (
    Edit,
    GridChange,
    Pack,
    PackItem,
    ProviderAction,
    ProviderReference,
    Reference,
    Stem,
    TrackUpload,
)


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
class StemAdmin(OfTracks):
    list_display = ("title", "track", "number", "length_ms", "size", "created_at")
    list_select_related = ("track",)
    search_fields = ("title", "track__title", "sha256")
    exclude = ("waveform",)
    show_full_result_count = False


@admin.register(TrackUpload)
class TrackUploadAdmin(OfTracks):
    list_display = ("title", "track", "project", "author", "is_stem", "name", "size", "problem", "created_at")
    list_filter = ("is_stem", "source")
    list_select_related = ("track", "project", "author")
    search_fields = ("title", "name", "public_id", "sha256", "author__email")
    show_full_result_count = False


@admin.register(Edit)
class EditAdmin(OfTracks):
    list_display = ("__str__", "track", "author", "state", "is_draft", "error_code", "created_at")
    list_filter = ("state", "is_draft")
    list_select_related = ("track", "author")
    search_fields = ("title", "public_id", "track__title", "author__email")
    show_full_result_count = False


@admin.register(GridChange)
class GridChangeAdmin(OfTracks):
    list_display = ("track", "author", "correction", "created_at")
    list_select_related = ("track", "author")
    search_fields = ("track__title", "track__public_id", "author__email")
    show_full_result_count = False


class PackItemInline(ReadOnlyInline):
    model = PackItem
    fields = ("number", "title", "track", "planned_files", "left_out", "is_done")


@admin.register(Pack)
class PackAdmin(OfTracks):
    """The key of a pack's link is left out: with it, anyone can download the zip."""

    track_column = "items__track"
    list_display = ("title", "project", "author", "preset", "state", "error_code", "size", "created_at", "expires_at")
    list_filter = ("state", "preset")
    list_select_related = ("project", "author")
    search_fields = ("title", "public_id", "sha256", "project__name", "author__email")
    exclude = ("share_key",)
    inlines = (PackItemInline,)
    show_full_result_count = False
