"""How long a model takes, learned from its own last runs, and what that says about work under way."""

import math
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils import timezone

from generator.models import Generation, MusicModel, State, Track
from generator.workflow import catalogue, waiting
from generator.workflow.waiting import Wait

LAST_RUNS = 50
OVERDUE_AFTER = 5.0  # seconds beyond the usual


def learn(model: MusicModel) -> None:
    """Refresh a model's usual and slow time from its last finished runs."""
    runs = Generation.objects.filter(model=model, state=State.READY).order_by("-finished_at")
    runs = runs.only("started_at", "finished_at")[:LAST_RUNS]
    local = model.provider.key in catalogue.local_keys()
    if local:  # only there the length of the audio counts
        runs = runs.prefetch_related(Prefetch("tracks", Track.objects.only("generation", "length_ms")))
    rates = sorted(rate for run in runs if (rate := _rate(run, local)) is not None)
    if rates:
        MusicModel.objects.filter(pk=model.pk).update(usual_ms=_at(rates, 0.5), slow_ms=_at(rates, 0.95))


def _rate(run: Generation, local: bool) -> float | None:
    """Milliseconds the run took: as a whole, or for local work a second of audio (its length is what it costs)."""
    if run.started_at is None or run.finished_at is None:
        return None
    took = (run.finished_at - run.started_at).total_seconds() * 1000
    if not local:
        return took
    audio = sum(track.length_ms for track in run.tracks.all()) / 1000
    return took / audio if audio else None


def _at(ordered: list[float], share: float) -> int:
    return max(1, round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]))


@dataclass(frozen=True)
class Progress:
    """How a generation is getting on, for the page."""

    sentence: str
    stage: str
    percent: int
    seconds_left: float | None  # None: no honest guess
    ahead: int  # generations of the same provider before it in the queue
    wait: Wait | None = None  # why nothing goes on just now
    is_overdue: bool = False  # longer at its provider than usual

    @property
    def is_usual(self) -> bool:
        """Whether the per cent and the time left are worth saying."""
        return self.wait is None and not self.is_overdue


def progress(generation: Generation) -> Progress:
    """Say where a generation stands, from its row and its model's history."""
    state = State(generation.state)
    if wait := waiting.of(generation):
        return Progress(_said(generation, wait.in_words), state.label, generation.percent, None, 0, wait)
    if state == State.QUEUED:
        ahead = _ahead(generation)
        place = f"{ahead} before it in the queue" if ahead else "next in line"
        return Progress(f"Waiting its turn: {place}.", state.label, 0, None, ahead)
    left = _seconds_left(generation) if generation.is_active else None
    stage = generation.stage or state.label
    usual = _overdue(generation)
    sentence = f"{stage}. It takes longer than usual (usually {usual})" if usual else stage
    return Progress(
        _said(generation, sentence), stage, generation.percent, None if usual else left, 0, is_overdue=bool(usual)
    )


def _said(generation: Generation, sentence: str) -> str:
    if generation.is_active and generation.cancel_asked_at:
        return f"Cancel asked for; {sentence[0].lower()}{sentence[1:]}"
    return sentence


def _overdue(generation: Generation) -> str:
    """How long work at a provider usually takes, where this one has taken clearly longer; else empty."""
    if not generation.is_active or generation.started_at is None or waiting.is_local(generation):
        return ""
    spec = catalogue.spec_of(generation.model.key) or catalogue.action_of(generation.model.key)
    usual = generation.model.usual_ms / 1000 if generation.model.usual_ms else spec.usual_seconds if spec else 45.0
    slow = max(usual * 1.25, usual + OVERDUE_AFTER)
    gone = (timezone.now() - generation.started_at).total_seconds()
    return catalogue.in_words(usual) if gone > slow else ""


def _ahead(generation: Generation) -> int:
    return Generation.objects.filter(
        state=State.QUEUED, model__provider=generation.model.provider_id, id__lt=generation.pk
    ).count()


def _seconds_left(generation: Generation) -> float | None:
    if generation.started_at is None:
        return None
    gone = (timezone.now() - generation.started_at).total_seconds()
    if generation.percent >= 10 and gone > 1 and generation.state != State.COLLECTING:
        return max(1.0, gone * (100 - generation.percent) / generation.percent)
    usual = generation.model.usual_ms
    if usual is None or waiting.is_local(generation):
        return None
    left = usual / 1000 - gone
    return left if left >= 1 else None
