"""Days as people and programs name them."""

import datetime as dt

from django.utils import timezone

from generator.workflow.refused import Refused

YEARS = (1900, 9000)


def end_of_day(text: str) -> dt.datetime:
    """The last moment of a day as a date field sends it, in the viewer's own zone.

    Raises:
        Refused: it is no day, or one out of reach.
    """
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise Refused("Choose the last day it is to hold.", "until") from None
    if not YEARS[0] <= day.year < YEARS[1]:  # the ends of the calendar have no moment in every zone
        raise Refused(f"Choose a day between the years {YEARS[0]} and {YEARS[1]}.", "until")
    return timezone.make_aware(dt.datetime.combine(day, dt.time(23, 59, 59)))
