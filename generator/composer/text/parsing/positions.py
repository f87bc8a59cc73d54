"""Places in a piece whose end may depend on its length, and the moments that they become once it is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from generator.composer.text.timeline import Moment


@dataclass(frozen=True, slots=True)
class Place:
    """A moment whose end (None) may depend on the next moment or on the length of the piece."""

    kind: str
    start_s: float
    end_s: float | None
    players: frozenset[str] = frozenset()
    name: str = ""
    phrase: str = ""


def is_inside(place: Place, length_s: float) -> bool:
    """Return whether a place lies in a piece of a length."""
    return place.start_s == -math.inf or -length_s <= place.start_s < length_s


def timeline_of(places: Sequence[Place], length_s: float) -> tuple[Moment, ...]:
    """Return the places as moments of a piece of a length, in order; places outside it are left out.

    Ends that are not said last until the next place, or for a quarter of the piece at its start and a sixth at its end.
    """
    starts = sorted(place.start_s for place in places if place.start_s > 0)
    made = []
    for place in places:
        start, end = place.start_s, place.end_s
        if start == -math.inf:
            start = -round(length_s / 6, 3)
        if not is_inside(place, length_s):
            continue
        if end is None:
            end = next((later for later in starts if later > start), length_s if start > 0 else round(length_s / 4, 3))
        made.append(Moment(place.kind, start, min(end, length_s), place.players, place.name, place.phrase))
    return tuple(
        sorted(
            made,
            key=lambda moment: (
                moment.start_s
                if moment.start_s >= 0 and not (moment.start_s == 0 == moment.end_s)
                else length_s + moment.start_s
            ),
        )
    )
