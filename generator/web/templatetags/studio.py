"""Template filters and tags of the studio."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from generator import currency, permissions
from generator.audio import FORMATS, label
from generator.models import Generation, Project, Track, User
from generator.services import amount_confirmation
from generator.services.billing import budgets
from generator.services.billing.budgets import BudgetStatus
from generator.services.downloads import download_choices
from generator.services.library import renditions
from generator.services.provider_jobs import catalog
from generator.translation import finding_sentence, translate, translate_stored

register = template.Library()


@register.filter
def money(amount: int | None) -> str:
    """Format micro-dollars: "$0.045"."""
    return "" if amount is None else currency.show(amount)


@register.filter
def is_concealed(generation: Generation) -> bool:
    """Return whether a generation's texts are private to its author and hidden from billing staff."""
    return permissions.concealed_generations(None).filter(pk=generation.pk).exists()


@register.filter
def price(amount: int) -> str:
    """Format a price in micro-dollars: "free" or "$0.045"."""
    return _("free") if amount == 0 else currency.show(amount)


@register.filter
def dollars(amount: int | str | None) -> str:
    """Format an amount for an input field: "0.045", "12"; normalize text that was typed."""
    if isinstance(amount, str):
        return amount_confirmation.as_understood(amount)
    return "" if amount is None else currency.as_typed(amount)


@register.simple_tag
def room_left(user: User, project: Project | None = None) -> BudgetStatus | None:
    """Return the budget that leaves the user least, or None, for the page header."""
    return budgets.tightest(user, project or None)


@register.filter
def translated(text: str) -> str:
    """Translate a text from below Django, or one that a row stores in English."""
    return translate(text)


@register.filter
def reading_of(made_of: Mapping[str, Any]) -> str:
    """Return what the composer understood of a track's prompt."""
    return translate_stored(made_of.get("heard", ""), made_of.get("heard_parts"))


register.filter("finding_sentence", finding_sentence)


@register.filter
def clock(milliseconds: int | None) -> str:
    """Format a length in milliseconds as m:ss."""
    seconds = round((milliseconds or 0) / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def time_ago(moment: dt.datetime) -> str:
    """Format how long ago a moment was, in its largest unit: "3 weeks ago"."""
    if timezone.now() - moment < dt.timedelta(minutes=1):
        return _("just now")
    return _("{time} ago").format(time=timesince(moment, depth=1))


@register.filter
def seconds_left(value: float | None) -> str:
    """Format the remaining time, given in seconds."""
    if value is None:
        return ""
    if value < 90:
        return _("about {seconds} s left").format(seconds=round(value))
    return _("about {minutes} min left").format(minutes=round(value / 60))


@register.filter
def model_title(model_key: str) -> str:
    """Return the title of a model, or its key if the model no longer exists."""
    return catalog.title_of(model_key)


@register.filter
def cut_at_colon(text: str) -> str:
    """Return the part before the colon of text such as "Read: view, listen"."""
    return text.partition(":")[0]


@register.filter
def format_title(key: str) -> str:
    return translate(FORMATS[key].title) if key in FORMATS else key.upper()


@register.simple_tag
def file_title(track: Track, format: str) -> str:
    """Return the title of a track's file in a format: "WAV · 24 bit", "FLAC (converted from MP3)"."""
    return translate(renditions.title_of(track, format))


@register.simple_tag
def file_kind(track: Track, format: str) -> str:
    """Return a short form of `file_title` for lists, which do not load the measurements."""
    lossy = track.format if not FORMATS[track.format].lossless and format != track.format else ""
    return translate(label(format, source=lossy)) if lossy else format.upper()


@register.filter
def usual_format(track: Track) -> str:
    return renditions.usual_format(track)


@register.simple_tag(takes_context=True)
def download_menu(context: Context, track: Track) -> download_choices.DownloadMenu:
    """Return a track's download menu; the context has `downloads.menu_context`."""
    return download_choices.menu(track, context["download_defaults"], context["last_download"])


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return an icon of static/icons.svg, hidden from screen readers; adjacent text or a label names it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)
