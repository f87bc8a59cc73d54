"""Places that a text names ("hit at 12 s", "builds at 0:20"), as bars of the form and as times for the arrangement.

A tempo that the text does not fix is changed slightly so that hits and sections fall on bar lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from generator.composer.styles import STYLES
from generator.composer.text import timeline
from generator.composer.text.prompt_parsing import Brief

MAX_FIT_CHANGE = 0.13  # largest tempo change for the sake of named places
MAX_HIT_ERROR_S = 0.04  # within which a hit counts as being on a beat or a bar line
SPAN_BARS = 8  # of a change without an end
MAX_BUILD_S = 45.0  # from a build without an end to the next named place
QUIET_ENERGY, FULL_ENERGY, BUILD_RISE = 0.15, 0.95, 0.5
KINDS = {
    "intro": "intro", "verse": "A", "theme": "A", "chorus": "B2", "refrain": "B2", "hook": "B2", "bridge": "break",
    "break": "break", "breakdown": "break", "build": "build", "build-up": "build", "drop": "B2", "climax": "B2",
    "solo": "solo", "outro": "outro", "ending": "outro", "coda": "outro",
}  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Bars of the form that a text has changed: their kind, their title in the text, their energy and its rise."""

    first_bar: int
    end_bar: int
    name: str = ""
    title: str = ""
    energy: float | None = None
    rise: float = 0.0


@dataclass(frozen=True)
class Place:
    """A moment with both times counted from the beginning, in seconds."""

    kind: str
    start_s: float
    end_s: float
    players: frozenset[str]
    name: str


def places(brief: Brief) -> list[Place]:
    """Return the moments of a brief inside the piece, in order; times from the end are counted from the beginning."""
    found = []
    for moment in brief.timeline:
        start = moment.start_s if moment.start_s >= 0 else brief.length_s + moment.start_s
        end = brief.length_s + moment.end_s if moment.end_s < 0 or moment.start_s < 0 else moment.end_s
        if moment.start_s < 0 and moment.end_s == moment.start_s:
            end = start
        start, end = max(0.0, start), min(brief.length_s, end)
        if start < brief.length_s:
            found.append(Place(moment.kind, start, max(start, end), moment.players, moment.name))
    return sorted(found, key=lambda place: (place.start_s, place.end_s))


def fit(brief: Brief, beats: int, min_ring_s: float) -> tuple[int, float] | None:
    """Return bars and tempo with which the named places fall on bar lines; None if the text names none."""
    marks = list(_marks(brief))
    if not marks:
        return None
    candidates = {brief.bpm}
    for mark_s, _ in marks:
        bars = mark_s * brief.bpm / 60 / beats
        for count in range(2 * max(1, int(bars)) - 2, 2 * int(bars) + 6):  # in half bars
            bpm = count * beats * 30 / mark_s
            if count > 0 and abs(bpm / brief.bpm - 1) <= MAX_FIT_CHANGE:
                candidates.add(bpm)
    bpm = min(sorted(candidates), key=lambda bpm: _misfit(brief, marks, beats, bpm, min_ring_s))
    return max(1, int((brief.length_s - min_ring_s) * bpm / 60 / beats + 1e-6)), bpm


def _marks(brief: Brief) -> Iterator[tuple[float, bool]]:
    """Yield the times to be met, in seconds, and whether exactly (hits)."""
    for place in places(brief):
        if place.start_s > 0.5:
            yield place.start_s, place.kind == timeline.HIT
        if place.end_s > place.start_s and place.end_s < brief.length_s - 1:
            yield place.end_s, False


def _misfit(brief: Brief, marks: list[tuple[float, bool]], beats: int, bpm: float, min_ring_s: float) -> float:
    beat_s = 60 / bpm
    cost = 4 * abs(bpm / brief.bpm - 1)
    for time_s, is_exact in marks:
        from_bar = abs(time_s / (beats * beat_s) - round(time_s / (beats * beat_s))) * beats * beat_s
        from_beat = abs(time_s / beat_s - round(time_s / beat_s)) * beat_s
        if is_exact:
            cost += 0.0 if from_bar < MAX_HIT_ERROR_S else 0.6 if from_beat < MAX_HIT_ERROR_S else 10.0
        else:
            cost += from_bar / (beats * beat_s)
    ring = (brief.length_s - min_ring_s) % (beats * beat_s) + min_ring_s
    return cost + 0.1 * max(0.0, ring - STYLES[brief.style].longest_ring)


def spans_of(brief: Brief, bars: int, bar_s: float) -> list[Span]:
    """Return the spans of bars that the brief's places change, those without an end up to the next place."""
    found = [place for place in places(brief) if place.kind not in (timeline.OUT, timeline.ENTER)]
    spans: list[Span] = []
    for place in found:
        following = [other.start_s for other in found if other.start_s > place.start_s + 0.5]
        spans += _spans(place, following[0] if following else None, bars, bar_s)
    return [span for span in spans if span.first_bar < span.end_bar]


def _spans(place: Place, next_s: float | None, bars: int, bar_s: float) -> list[Span]:
    def bar(time_s: float) -> int:
        return min(bars, max(0, round(time_s / bar_s)))

    first = bar(place.start_s)
    default_end = min(bars, first + SPAN_BARS, bar(next_s) if next_s is not None else bars)
    end = bar(place.end_s) if place.end_s > place.start_s else default_end
    end = min(bars, max(end, first + 1))
    match place.kind:
        case timeline.QUIET:
            name = "intro" if not first else "outro" if end >= bars else "break"
            return [Span(first, end, name, energy=QUIET_ENERGY)]
        case timeline.FULL | timeline.DROP:
            return [Span(first, end, "B2", energy=FULL_ENERGY)]
        case timeline.BUILD:
            if place.end_s <= place.start_s and next_s is not None and next_s - place.start_s <= MAX_BUILD_S:
                end = max(first + 1, bar(next_s))
            arrival = min(bars, end + SPAN_BARS, max(bar(next_s), end) if next_s is not None else bars)
            build = Span(first, end, "build", energy=0.3, rise=BUILD_RISE)
            return [build, Span(end, max(arrival, min(bars, end + 4)), "B2", energy=0.85)]
        case timeline.SECTION:
            kind = KINDS.get(place.name.lower(), "A")
            return [Span(first, end, kind, title=place.name)]
        case timeline.HIT:
            return [Span(first, bars)] if first else []
        case _:
            return []
