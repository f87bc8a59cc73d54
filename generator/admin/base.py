"""What several admin pages share: rows that are only read, and amounts entered in dollars."""

from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import lookup_spawns_duplicates
from django.db.models import Q
from django.utils.text import capfirst

from generator import money
from generator.models.fields import MicrosField
from generator.models.search import spelling_pattern
from generator.workflow import amounts

MAX_WORDS = 12  # of a search


def _is_money(column: Any) -> bool:
    return isinstance(column, MicrosField)


class SpellingSearch(admin.ModelAdmin):
    """A search that overlooks case, accents and composition, in any script and on any database."""

    def get_search_results(self, request, queryset, search_term):
        fields = self.get_search_fields(request)
        for word in search_term.split()[:MAX_WORDS] if fields else ():
            pattern = spelling_pattern(word)
            queryset = queryset.filter(reduce(or_, (Q(**{f"{name}__iregex": pattern}) for name in fields)))
        return queryset, any(lookup_spawns_duplicates(self.opts, name) for name in fields)


class ReadOnly(SpellingSearch):
    """Records that only the workflow writes; every column is shown, for none of them is in any form."""

    def get_readonly_fields(self, request, obj=None):
        columns = [one for one in self.opts.fields if one.name not in (self.exclude or ())]
        shown = [dollars(one.name, str(capfirst(one.verbose_name))) if _is_money(one) else one.name for one in columns]
        return [*self.readonly_fields, *shown]

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request, obj=None):
        return self.fields

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


class DollarsField(forms.CharField):
    """Dollars as a person writes them ("0.045"), micro-dollars inside; other ways of writing are shown back first."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            amount = money.dollars(str(text))
        except money.NotAnAmount as error:
            raise forms.ValidationError(str(error), "invalid") from error
        if not money.is_plain(str(text)):
            words = f"{amounts.to_confirm(str(text), amount)} Nothing is saved yet: save again if that is right."
            raise forms.ValidationError(words, "unconfirmed")
        return amount

    def bound_data(self, data: Any, initial: Any) -> Any:
        return amounts.as_understood(data) if isinstance(data, str) else data

    def prepare_value(self, value: Any) -> Any:
        return money.as_typed(value) if isinstance(value, int) else value


def dollars(name: str, title: str, *, sortable: bool = True):
    """A list column that shows an amount; one that is computed is not in the database, and so not `sortable`."""

    @admin.display(description=title, ordering=name if sortable else None)
    def column(obj) -> str:
        return money.show(getattr(obj, name))

    return column
