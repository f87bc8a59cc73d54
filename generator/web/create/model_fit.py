"""The models in the picker: in the chosen order, what sets each apart, and what it cannot do for the current request.

    price    what one take of this request costs (the default)
    time     how long one take of this request usually needs
    kept     what a kept track cost in this project
    elo      the rating from the project's blind comparisons, best first

Models without the figure come last, in the order of the price; unavailable ones after all others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generator import currency
from generator.audio import FORMATS
from generator.durations import parse_duration, show_duration
from generator.providers.base import ModelSpec
from generator.services.briefs.understanding import Wishes, wishes_of
from generator.services.errors import UserError
from generator.services.generation.submit import SECONDS, part_of, valid_settings
from generator.services.model_choice.track_record import TrackRecord
from generator.services.provider_jobs.catalog import ModelChoice, describe
from generator.translation import translate

DEFAULT_LENGTH_S = 60.0


class Sort(StrEnum):
    PRICE = "price"
    TIME = "time"
    KEPT = "kept"
    ELO = "elo"

    @classmethod
    def from_text(cls, text: str) -> "Sort":
        """Return the order with this name; the price for anything else."""
        return cls(text) if text in set(cls) else cls.PRICE


SORTS: Mapping[Sort, Promise] = {
    Sort.PRICE: gettext_lazy("Price for this request"),
    Sort.TIME: gettext_lazy("Usual time"),
    Sort.KEPT: gettext_lazy("Cost per kept track"),
    Sort.ELO: gettext_lazy("Wins in blind comparisons"),
}


@dataclass(frozen=True)
class Request:
    """What is requested at the moment, in terms of any model."""

    text: str
    values: Mapping[str, str]  # of the models' own fields
    takes: int
    format: str

    @cached_property
    def wishes(self) -> Wishes:
        return wishes_of(self.text)

    @property
    def length_s(self) -> float | None:
        """Return the requested length; a field overrides the text."""
        for name in ("length", "duration"):
            try:
                if self.values.get(name, "").strip():
                    return parse_duration(self.values[name])
            except ValueError:
                continue
        return self.wishes.length_s


@dataclass(frozen=True)
class ModelLine:
    """A model in the picker."""

    choice: ModelChoice
    badges: Sequence[tuple[str, str]]  # code, title
    limits: Sequence[str]  # what it cannot do for this request
    usual_s: float
    per_take: int | None  # micro-dollars
    is_chosen: bool
    record: TrackRecord

    @property
    def record_lines(self) -> list[str]:
        """Return what the model has done in this project, in a few words each; empty if it has done nothing."""
        return [text for text in (_takes_in_words(self.record), _comparisons_in_words(self.record)) if text]

    @property
    def usual(self) -> str:
        """Return how long one take of this request usually needs, in a few words."""
        return _("about {time}").format(time=describe(max(self.usual_s, 1)))


def _takes_in_words(record: TrackRecord) -> str:
    if not record.takes:
        return ""
    if record.has_few_takes:
        few = ngettext(
            "{count} take here so far, too few to judge", "{count} takes here so far, too few to judge", record.takes
        )
        return few.format(count=record.takes)
    kept = _("Kept {kept} of {takes} takes here").format(kept=f"{record.kept:,}", takes=f"{record.takes:,}")
    if record.cost_per_kept is None:
        return kept
    cost = currency.show(record.cost_per_kept) if record.cost_per_kept else _("free")
    return _("{kept}, {cost} per kept track").format(kept=kept, cost=cost)


def _comparisons_in_words(record: TrackRecord) -> str:
    if not record.decided:
        return ""
    won = ngettext(
        "Won {won} of {count} blind comparison", "Won {won} of {count} blind comparisons", record.decided
    ).format(won=record.won, count=record.decided)
    if record.elo is None:
        return _("{won}, too few for a rating").format(won=won)
    return _("{won}, Elo {rating}").format(won=won, rating=record.elo)


def model_lines(
    choices: Sequence[ModelChoice],
    chosen: Sequence[ModelChoice],
    request: Request,
    last_used: str,
    records: Mapping[str, TrackRecord] | None = None,
    sort: Sort = Sort.PRICE,
) -> list[ModelLine]:
    """Return the models, available ones first, in an order, with what sets each apart for a request."""
    usual = {choice.spec.key: usual_seconds(choice, request) for choice in choices}
    usable = [choice for choice in choices if choice.available]
    prices = {choice.spec.key: per_take(choice, request) for choice in choices}
    cheapest = min((price for choice in usable if (price := prices[choice.spec.key]) is not None), default=None)
    fastest = min((usual[choice.spec.key] for choice in usable), default=None)

    def badges(choice: ModelChoice) -> list[tuple[str, str]]:
        is_one_of_many = choice.available and len(usable) > 1
        labels = [("cheapest", _("Cheapest"))] if is_one_of_many and prices[choice.spec.key] == cheapest else []
        labels += [("fastest", _("Fastest"))] if is_one_of_many and usual[choice.spec.key] == fastest else []
        return labels + ([("last-used", _("Last used"))] if choice.spec.key == last_used else [])

    lines = [
        ModelLine(
            choice,
            badges(choice),
            limits_for(choice, request),
            usual[choice.spec.key],
            prices[choice.spec.key],
            choice in chosen,
            (records or {}).get(choice.spec.key, TrackRecord()),
        )
        for choice in choices
    ]
    by_price = sorted(lines, key=lambda line: (*_order(line.per_take), line.usual_s))
    return sorted(by_price, key=lambda line: (not line.choice.available, *_order(_figure(line, sort))))


def _figure(line: ModelLine, sort: Sort) -> float | Fraction | None:
    """Return what a model is sorted by, the smallest first; None if there is no such figure."""
    if sort == Sort.TIME:
        return line.usual_s
    if sort == Sort.KEPT:
        return line.record.per_kept
    if sort == Sort.ELO:
        return None if line.record.elo is None else -line.record.elo
    return line.per_take


def _order(figure: float | Fraction | None) -> tuple[bool, float | Fraction]:
    """Return what sorts by a figure, with the unknown ones last."""
    return figure is None, figure or 0


def per_take(choice: ModelChoice, request: Request) -> int | None:
    """Return what one take of a request costs, rounded up; None if there is no price for it."""
    takes = min(max(request.takes, 1), choice.spec.takes_offered)
    try:
        return part_of(choice, valid_settings(choice.spec, request.values), takes, request.text).per_take
    except UserError:
        return None


def usual_seconds(choice: ModelChoice, request: Request) -> float:
    """Return how long one take of a request usually needs."""
    if not choice.is_local:
        return choice.model.usual_ms / 1000 if choice.model.usual_ms else choice.spec.usual_seconds
    per_second = (choice.model.usual_ms or choice.spec.usual_seconds * 1000 / 60) / 1000
    return per_second * (request.length_s or DEFAULT_LENGTH_S)


def limits_for(choice: ModelChoice, request: Request) -> list[str]:
    """Return what a model cannot do for a request, in sentences; empty if it can do all of it."""
    spec = choice.spec
    sentences = [_length(spec, request.length_s), _voice(choice, request), _loop(spec, request), _text(spec, request)]
    if request.takes > spec.takes_offered:
        at_most = ngettext(
            "Makes at most {most} take at a time.", "Makes at most {most} takes at a time.", spec.takes_offered
        )
        sentences.append(at_most.format(most=spec.takes_offered))
    if request.values.get("leave_out", "").strip() and spec.field("leave_out") is None:
        sentences.append(_("Has no “Exclude” field. Describe what to avoid in the prompt."))
    if request.format in FORMATS and request.format not in spec.formats:
        sentences.append(_("Does not deliver {format}.").format(format=translate(FORMATS[request.format].title)))
    return [sentence for sentence in sentences if sentence]


def _length(spec: ModelSpec, length_s: float | None) -> str:
    if length_s is None:
        return ""
    length = f"{length_s:g} s" if length_s < 100 else show_duration(length_s)
    field = next((field for field in spec.fields if field.unit == SECONDS), None)
    if field is None:
        return _("Has no length setting, so {length} will be ignored.").format(length=length)
    if not (field.minimum or 0) <= length_s <= (field.maximum or length_s):
        least, most = show_duration(field.minimum or 0), show_duration(field.maximum or 0)
        return _("Makes {least} to {most}, not {length}.").format(least=least, most=most, length=length)
    return ""


def _voice(choice: ModelChoice, request: Request) -> str:
    sings = choice.spec.field("lyrics") is not None
    is_requested = request.wishes.singing or bool(request.values.get("lyrics", "").strip())
    if sings and not is_requested:
        return _("Adds vocals, although none were requested.")
    return _("Does not generate vocals.") if is_requested and not sings else ""


def _loop(spec: ModelSpec, request: Request) -> str:
    wants_loop = request.wishes.loop or bool(request.values.get("loop"))
    return _("Cannot make a seamless loop.") if wants_loop and spec.field("loop") is None else ""


def _text(spec: ModelSpec, request: Request) -> str:
    over = len(request.text.strip()) - spec.prompt_limit
    if over <= 0:
        return ""
    return _("Accepts at most {limit} characters; the prompt has {count}.").format(
        limit=f"{spec.prompt_limit:,}", count=f"{over + spec.prompt_limit:,}"
    )
