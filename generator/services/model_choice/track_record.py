"""The track record of models in a project: takes, kept takes, what a kept track cost, and blind comparisons.

    takes    delivered takes of the project's generations, from the roll-ups of the ledger
    spent    charged + adjusted − credited, from the same rows, exact to the micro-dollar
    kept     of these takes, how many are not in the trash, wherever they are now; copies are not counted
    decided  revealed comparisons in which the model delivered, and a take was picked while the models were hidden
    won      decided comparisons in which one of its takes was picked
    elo      after three decided comparisons; see `rated`

What is still blind is left out of every figure: otherwise a candidate that is trashed, or fails, would show its model.

A project of 100,000 tracks takes about a tenth of a second to count, so that the answer is cached for a minute.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction

from django.core.cache import cache
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from generator import currency
from generator.currency import Micros
from generator.models import Comparison, Generation, LedgerEntry, Project, Rollup, State, Track, TrackCopy
from generator.models.generation import GenerationQuerySet
from generator.page_memory import remembered

CACHE_LIFE_S = 60
MIN_TAKES = 3  # fewer say nothing about what a kept track costs
MIN_DECIDED = 3  # fewer say nothing about how often a model wins
MAX_COMPARISONS = 1000  # the newest decided ones that are rated
START_ELO = 1500.0
ELO_K = 32.0  # how far one comparison can move a rating, in points
ELO_SCALE = 400.0  # a lead of so many points is expected to win 10 of 11 times

_CACHE_KEY = "track-record:1:{}"
_SPENT = F("charged") + F("adjusted") - F("credited")


@dataclass(frozen=True)
class TrackRecord:
    """What a model has done in a project so far."""

    takes: int = 0
    kept: int = 0
    spent: Micros = currency.ZERO
    decided: int = 0
    won: int = 0
    elo: int | None = None  # None: fewer than MIN_DECIDED decided comparisons

    @property
    def is_empty(self) -> bool:
        return not (self.takes or self.decided)

    @property
    def has_few_takes(self) -> bool:
        return self.takes < MIN_TAKES

    @property
    def per_kept(self) -> Fraction | None:
        """Return what a kept track cost, in exact micro-dollars; None if too few takes or none were kept."""
        return Fraction(self.spent, self.kept) if self.kept and not self.has_few_takes else None

    @property
    def cost_per_kept(self) -> Micros | None:
        """Return the same in whole micro-dollars, rounded up, for display."""
        return None if self.per_kept is None else currency.per_take(self.spent, self.kept)


@dataclass(frozen=True)
class Decision:
    """A comparison that was decided blind, by the keys of the models."""

    winner: str
    others: Sequence[str]


@remembered
def records_of(project: Project) -> dict[str, TrackRecord]:
    """Map the key of each model that was used in a project to its track record."""
    stored = cache.get(_CACHE_KEY.format(project.pk))
    if stored is None:
        stored = {key: asdict(record) for key, record in _count(project).items()}
        cache.set(_CACHE_KEY.format(project.pk), stored, CACHE_LIFE_S)
    return {key: TrackRecord(**columns) for key, columns in stored.items()}


def _count(project: Project) -> dict[str, TrackRecord]:
    blind = Generation.objects.filter(comparison__in=Comparison.objects.blind().filter(project=project).values("pk"))
    money = _money(project, blind)
    kept = _kept(project, blind)
    decisions = decisions_of(project)
    decided, won = _tally(decisions)
    elo = rated(decisions)
    return {
        key: TrackRecord(
            takes=money[key][1],
            kept=kept[key],
            spent=Micros(money[key][0]),
            decided=decided[key],
            won=won[key],
            elo=round(elo[key]) if decided[key] >= MIN_DECIDED else None,
        )
        for key in {*money, *kept, *decided}
    }


def _money(project: Project, blind: GenerationQuerySet) -> dict[str, tuple[int, int]]:
    """Map each model to its spend in micro-dollars and its delivered takes, without what is still blind."""
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    cells = Rollup.objects.filter(project=project).order_by().values_list("model_key")
    for key, spent, takes in cells.annotate(spent=Sum(_SPENT), all_takes=Sum("takes")):
        sums[key] = (spent, takes)
    hidden = LedgerEntry.objects.filter(generation__in=blind.values("pk")).order_by()
    for key, kind, amount, takes in hidden.values_list("model_key", "kind").annotate(
        total=Sum("amount"), all_takes=Coalesce(Sum("takes"), 0)
    ):
        sign = _SIGNS.get(LedgerEntry.Kind(kind), 0)
        sums[key] = (sums[key][0] - sign * amount, sums[key][1] - takes)
    return sums


_SIGNS = {LedgerEntry.Kind.CHARGE: 1, LedgerEntry.Kind.ADJUSTMENT: 1, LedgerEntry.Kind.CREDIT: -1}


def _kept(project: Project, blind: GenerationQuerySet) -> dict[str, int]:
    """Map each model to the tracks of this project's generations that are not in the trash."""
    counts: dict[str, int] = defaultdict(int)
    tracks = Track.objects.kept().filter(generation__project=project).order_by().values_list("model_key")
    for key, number in tracks.annotate(number=Count("pk")):
        counts[key] += number
    copies = tracks.filter(pk__in=TrackCopy.objects.values("pk"))  # a subquery: few rows, found before the project's
    for left_out in (tracks.filter(generation__in=blind.values("pk")), copies):
        for key, number in left_out.annotate(number=Count("pk")):
            counts[key] -= number
    return counts


# --- comparisons ---


def decisions_of(project: Project) -> list[Decision]:
    """Return a project's newest comparisons that were decided blind, oldest first; failed candidates are left out."""
    decided = Comparison.objects.filter(project=project).decided_blind().order_by("-picked_at", "-id")
    rows = list(decided.values_list("pk", "picked__generation")[:MAX_COMPARISONS])
    candidates = Generation.objects.filter(comparison__in=[pk for pk, _ in rows], state=State.READY).order_by("id")
    model_of: dict[int, dict[int, tuple[int, str]]] = defaultdict(dict)
    for comparison, place, pk, key in candidates.values_list("comparison", "place", "pk", "model__key"):
        if comparison is not None and place is not None:
            model_of[comparison][place] = pk, key  # a retried candidate is its newest generation
    decisions = []
    for comparison, winner in reversed(rows):
        models = dict(model_of[comparison].values())
        if winner in models and len(models) > 1:
            decisions.append(Decision(models.pop(winner), sorted(models.values())))
    return decisions


def _tally(decisions: Iterable[Decision]) -> tuple[dict[str, int], dict[str, int]]:
    decided: dict[str, int] = defaultdict(int)
    won: dict[str, int] = defaultdict(int)
    for decision in decisions:
        won[decision.winner] += 1
        for key in (decision.winner, *decision.others):
            decided[key] += 1
    return decided, won


def rated(decisions: Iterable[Decision]) -> dict[str, float]:
    """Return the Elo rating of each model after these decisions, in their order.

    A pick counts as a win over every other candidate, as games of one rating period: all are expected by the ratings
    before it. The formula, for each model with its score S and its expected score E:

        R' = R + K · Σ (S − E),  E = 1 / (1 + 10^((R_other − R) / 400))

    Source: A. E. Elo, The Rating of Chessplayers, Past and Present (1978), with the logistic expectancy of M. E.
    Glickman and T. Doan, The US Chess Rating System (2017). K = 32 and a start at 1500 are usual for few games.
    """
    ratings: dict[str, float] = defaultdict(lambda: START_ELO)
    for decision in decisions:
        before = dict.fromkeys((decision.winner, *decision.others), START_ELO) | dict(ratings)
        for other in decision.others:
            surprise = 1 - expected_score(before[decision.winner], before[other])
            ratings[decision.winner] += ELO_K * surprise
            ratings[other] -= ELO_K * surprise
    return ratings


def expected_score(rating: float, other: float) -> float:
    """Return the share of comparisons that a model is expected to win against another: 0 to 1."""
    return float(1 / (1 + 10 ** ((other - rating) / ELO_SCALE)))
