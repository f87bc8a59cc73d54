"""Filters and tags of the studio's templates."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from generator import access
from generator import money as micros
from generator.audio import FORMATS, label
from generator.models import Generation, Track
from generator.workflow import amounts, caps, catalogue, renditions

register = template.Library()


@register.filter
def money(amount: int | None) -> str:
    """Print micro-dollars: "$0.045"."""
    return "" if amount is None else micros.show(amount)


@register.filter
def is_concealed(run: Generation) -> bool:
    """Whether a run's words are its author's alone, for those who look at its money."""
    return access.concealed_runs(None).filter(pk=run.pk).exists()


@register.filter
def price(amount: int) -> str:
    """Print a price: "free" or "$0.045"."""
    return "free" if amount == 0 else micros.show(amount)


@register.filter
def dollars(amount: int | str | None) -> str:
    """An amount as it is typed into a field: "0.045", "12"; a text that was typed, as it was understood."""
    if isinstance(amount, str):
        return amounts.as_understood(amount)
    return "" if amount is None else micros.as_typed(amount)


@register.simple_tag
def room_left(user, project=None):
    """The cap that leaves a person least, for the header of every page; None where there is none."""
    return caps.tightest(user, project or None)


@register.filter
def clock(milliseconds: int | None) -> str:
    """Print a length as m:ss."""
    seconds = round((milliseconds or 0) / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def seconds_left(value: float | None) -> str:
    """Say how long something will still take."""
    if value is None:
        return ""
    return f"about {round(value)} s left" if value < 90 else f"about {round(value / 60)} min left"


@register.filter
def model_title(model_key: str) -> str:
    """The title of a model by its key; the key itself when the model has gone."""
    return catalogue.title_of(model_key)


@register.filter
def cut_at_colon(words: str) -> str:
    """The title of words such as "Read: look, listen"."""
    return words.partition(":")[0]


@register.filter
def format_title(key: str) -> str:
    return FORMATS[key].title if key in FORMATS else key.upper()


@register.simple_tag
def file_title(track: Track, format: str) -> str:
    """What a track's file in a format is: "WAV · 24 bit", "FLAC (converted from MP3)"."""
    return renditions.title_of(track, format)


@register.simple_tag
def file_kind(track: Track, format: str) -> str:
    """The same in short, for lists, which do not read the measurements."""
    lossy = track.format if not FORMATS[track.format].lossless and format != track.format else ""
    return label(format, source=lossy) if lossy else format.upper()


@register.filter
def usual_format(track: Track) -> str:
    return renditions.usual_format(track)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """An icon of static/icons.svg; the words beside it (or its button's label) name it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)
