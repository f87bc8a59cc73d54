"""Parsing of dates from forms and API requests."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from generator.services.errors import UserError

YEARS = (1900, 9000)


def end_of_day(text: str, zone: dt.tzinfo | None = None) -> dt.datetime:
    """Return the last second of an ISO date in this time zone, by default the viewer's.

    Raises:
        UserError: the text is not a date, or its year is outside YEARS.
    """
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise UserError(_("Choose an end date."), "until", code="invalid_date") from None
    if not YEARS[0] <= day.year < YEARS[1]:  # the first and last days of the calendar overflow in some time zones
        sentence = _("Choose a date between the years {first} and {last}.")
        raise UserError(sentence.format(first=YEARS[0], last=YEARS[1]), "until", code="invalid_date")
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59, 59)), zone)


def end_of_billing_day(text: str) -> dt.datetime:
    """Return the same as `end_of_day` in the studio's time zone, which budgets and grants use.

    Raises:
        UserError: the text is not a date, or its year is outside YEARS.
    """
    return end_of_day(text, timezone.get_default_timezone())
