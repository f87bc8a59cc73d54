"""Read-only admin of generations (with events and ledger entries), comparisons, tracks (with what was made of them) and
heartbeats."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generator import currency
from generator.admin.base import ReadOnly, ReadOnlyInline, dollars
from generator.models import (
    Comparison,
    Edit,
    Generation,
    GenerationEvent,
    GridChange,
    Heartbeat,
    LedgerEntry,
    PackItem,
    Track,
    TrackUpload,
)


class EventInline(ReadOnlyInline):
    model = GenerationEvent
    fields = ("at", "kind", "text", "actor", "data")


class EntryInline(ReadOnlyInline):
    model = LedgerEntry
    fields = ("at", "kind", "amount_text", "reason", "actor")
    readonly_fields = ("amount_text",)

    @admin.display(description=_("Amount"))
    def amount_text(self, obj: LedgerEntry) -> str:
        return currency.show(obj.amount)


class TrackInline(ReadOnlyInline):
    model = Track
    fields = ("take", "title", "length_ms", "lufs", "findings")


@admin.register(Generation)
class GenerationAdmin(ReadOnly):
    list_display = (
        "public_id",
        "state",
        "model",
        "author",
        "project",
        dollars("price_total", _("On hold"), sortable=False),
        "created_at",
        "error_message",
    )
    list_filter = ("state", "model__provider", "model")
    list_select_related = ("model", "author", "project")
    search_fields = ("public_id", "prompt__text", "author__email", "provider_job_id")
    inlines = (TrackInline, EntryInline, EventInline)
    show_full_result_count = False


class EditInline(ReadOnlyInline):
    model = Edit
    fields = ("title", "author", "state", "is_draft", "created_at")


class GridChangeInline(ReadOnlyInline):
    model = GridChange
    fields = ("correction", "author", "created_at")


class InPackInline(ReadOnlyInline):
    model = PackItem
    fields = ("pack", "number", "planned_files", "left_out")


class UploadInline(ReadOnlyInline):
    model = TrackUpload
    fields = ("title", "is_stem", "name", "author", "created_at")


@admin.register(Track)
class TrackAdmin(ReadOnly):
    list_display = ("title", "project", "author", "model_key", "length_ms", "has_findings", "created_at", "page")
    list_filter = ("has_findings", "model_key")
    list_select_related = ("project", "author")
    search_fields = ("title", "public_id", "sha256")
    exclude = ("peaks", "waveform", "search_text")
    inlines = (UploadInline, EditInline, GridChangeInline, InPackInline)
    show_full_result_count = False

    @admin.display(description=_("Page"))
    def page(self, obj: Track) -> str:
        return format_html('<a href="{}">{}</a>', obj.get_absolute_url(), gettext("Open"))


class CandidateInline(ReadOnlyInline):
    model = Generation
    fields = ("place", "model", "state", "takes_requested", "error_message")


@admin.register(Comparison)
class ComparisonAdmin(ReadOnly):
    list_display = ("public_id", "author", "project", "text", "created_at", "revealed_at", "picked")
    list_select_related = ("author", "project", "picked")
    search_fields = ("public_id", "text", "author__email")
    inlines = (CandidateInline,)
    show_full_result_count = False


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    list_display = ("name", "at")
