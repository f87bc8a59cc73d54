"""Filters and tags of the studio's templates."""

from django import template

from generator import money as micros

register = template.Library()


@register.filter
def money(amount: int | None) -> str:
    """Print micro-dollars: "$0.045"."""
    return "" if amount is None else micros.show(amount)


@register.filter
def clock(milliseconds: int | None) -> str:
    """Print a length as m:ss."""
    seconds = round((milliseconds or 0) / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"
