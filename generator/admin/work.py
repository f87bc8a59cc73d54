"""What was made: generations with their events and entries, comparisons, tracks; the cluster's heartbeat. To read."""

from django.contrib import admin
from django.utils.html import format_html

from generator import money
from generator.admin.base import ReadOnly, ReadOnlyInline, dollars
from generator.models import Comparison, Entry, Event, Generation, Heartbeat, Track


class EventInline(ReadOnlyInline):
    model = Event
    fields = ("at", "kind", "text", "actor", "data")


class EntryInline(ReadOnlyInline):
    model = Entry
    fields = ("at", "kind", "shown", "reason", "actor")
    readonly_fields = ("shown",)

    @admin.display(description="Amount")
    def shown(self, obj: Entry) -> str:
        return money.show(obj.amount)


class TrackInline(ReadOnlyInline):
    model = Track
    fields = ("take", "title", "length_ms", "lufs", "findings")


@admin.register(Generation)
class GenerationAdmin(ReadOnly):
    list_display = (
        "ref",
        "state",
        "model",
        "author",
        "project",
        dollars("held", "Held", sortable=False),
        "created_at",
        "error_sentence",
    )
    list_filter = ("state", "model__provider", "model")
    list_select_related = ("model", "author", "project")
    search_fields = ("ref", "prompt__text", "author__email", "handle")
    inlines = (TrackInline, EntryInline, EventInline)
    show_full_result_count = False


@admin.register(Track)
class TrackAdmin(ReadOnly):
    list_display = ("title", "project", "author", "model_key", "length_ms", "has_findings", "created_at", "page")
    list_filter = ("has_findings", "model_key")
    list_select_related = ("project", "author")
    search_fields = ("title", "ref", "sha256")
    exclude = ("peaks", "waveform", "search_text")
    show_full_result_count = False

    @admin.display(description="Page")
    def page(self, obj: Track) -> str:
        return format_html('<a href="{}">open</a>', obj.get_absolute_url())


class CandidateInline(ReadOnlyInline):
    model = Generation
    fields = ("place", "model", "state", "takes_asked", "error_sentence")


@admin.register(Comparison)
class ComparisonAdmin(ReadOnly):
    list_display = ("ref", "author", "project", "text", "created_at", "revealed_at", "picked")
    list_select_related = ("author", "project", "picked")
    search_fields = ("ref", "text", "author__email")
    inlines = (CandidateInline,)
    show_full_result_count = False


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    list_display = ("name", "at")
