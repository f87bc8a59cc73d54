"""Shared admin classes: search, read-only records, and amounts entered in dollars."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import lookup_spawns_duplicates
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from generator import currency
from generator.models import PrivateTrack
from generator.models.fields import MicrosField
from generator.models.search import spelling_pattern
from generator.services import amount_confirmation

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

MAX_WORDS = 12  # per search


def _is_money(column: Any) -> bool:
    return isinstance(column, MicrosField)


class SpellingSearch(admin.ModelAdmin):
    """Admin search that ignores case, accents and Unicode composition, in any script and on any database."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        fields = self.get_search_fields(request)
        for word in search_term.split()[:MAX_WORDS] if fields else ():
            pattern = spelling_pattern(word)
            queryset = queryset.filter(reduce(or_, (Q(**{f"{name}__iregex": pattern}) for name in fields)))
        return queryset, any(lookup_spawns_duplicates(self.opts, name) for name in fields)


class ReadOnly(SpellingSearch):
    """Read-only admin for records that only the services write; shows every column."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str] | tuple[str, ...]:
        columns = [column for column in self.opts.fields if column.name not in (self.exclude or ())]
        names = [
            dollars(column.name, str(capfirst(column.verbose_name))) if _is_money(column) else column.name
            for column in columns
        ]
        return [*self.readonly_fields, *names]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse before looking: Django redirects for a missing record whoever asks, which tells which ids exist."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


class OfTracks(ReadOnly):
    """Records of tracks. Those of private tracks are for their author, and for staff who may view tracks."""

    track_column = "track"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.has_perm("generator.view_track"):
            return rows
        hidden = PrivateTrack.objects.exclude(author=request.user.pk).values("track")
        return rows.exclude(**{f"{self.track_column}__in": hidden})


class ReadOnlyInline(admin.TabularInline):
    fields: ClassVar[tuple[str, ...]]
    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str] | tuple[str, ...]:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DollarsField(forms.CharField):
    """Dollars as text ("0.045"), stored as micro-dollars; any other notation has to be confirmed first."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            amount = currency.dollars(str(text))
        except currency.NotAnAmount as error:
            raise forms.ValidationError(str(error), "invalid") from error
        if not currency.is_plain(str(text)):
            reading = amount_confirmation.needs_confirmation(str(text), amount)
            message = _("{reading} Nothing has been saved yet. Save again to confirm.").format(reading=reading)
            raise forms.ValidationError(message, "unconfirmed")
        return amount

    def bound_data(self, data: Any, initial: Any) -> Any:
        return amount_confirmation.as_understood(data) if isinstance(data, str) else data

    def prepare_value(self, value: Any) -> Any:
        return currency.as_typed(value) if isinstance(value, int) else value


def dollars(name: str, title: "_StrOrPromise", *, sortable: bool = True) -> Callable[[Any], str]:
    """Return a list column that shows an amount. Pass `sortable=False` for a value that is not a database column."""

    @admin.display(description=title, ordering=name if sortable else None)
    def column(obj: Any) -> str:
        amount = getattr(obj, name)
        return "–" if amount is None else currency.show(amount)

    return column
