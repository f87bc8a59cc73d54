"""How long a model takes, learned from its own last runs, and what that says about work under way."""

import math
from dataclasses import dataclass

from django.db.models import Prefetch, Sum
from django.utils import timezone

from generator.models import Generation, MusicModel, State, Track
from generator.providers.base import LocalProvider, Request
from generator.providers.errors import ProviderError
from generator.workflow import catalogue, waiting
from generator.workflow.waiting import Wait

LAST_RUNS = 50
OVERDUE_AFTER = 5.0  # seconds beyond the usual
ALIKE = 1.5  # runs of so many times the length, or so much less, are alike
ONCE_MS = 1000  # what a take costs on this machine however short it is


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
    is_overdue: bool = False  # it takes longer than usual

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
    """How long such work usually takes, where this one has taken clearly longer; else empty."""
    if not generation.is_active or generation.started_at is None:
        return ""
    expected = generation.expected_ms
    if expected is None and not waiting.is_local(generation):
        expected = expected_ms(generation)
    if expected is None:
        return ""
    usual = expected / 1000
    slow = max(usual * 1.25, usual + OVERDUE_AFTER)
    gone = (timezone.now() - generation.started_at).total_seconds()
    return catalogue.in_words(usual) if gone > slow else ""


def _ahead(generation: Generation) -> int:
    return Generation.objects.filter(
        state=State.QUEUED, model__provider=generation.model.provider_id, id__lt=generation.pk
    ).count()


def _seconds_left(generation: Generation) -> float | None:
    """What is left of the time that was expected at the beginning: whatever is reported, it only goes down."""
    if generation.started_at is None or generation.expected_ms is None:
        return None
    left = generation.expected_ms / 1000 - (timezone.now() - generation.started_at).total_seconds()
    return left if left >= 1 else None


# --- how long it will take, said once, when it begins ---


def expected_ms(generation: Generation) -> int | None:
    """Milliseconds a run is likely to take; None when nothing is known. Local work is compared with runs as long."""
    model = generation.model
    if model.provider.key not in catalogue.local_keys():
        spec = catalogue.spec_of(model.key) or catalogue.action_of(model.key)
        return model.usual_ms or (round(spec.usual_seconds * 1000) if spec else None)
    try:
        audio = audio_seconds(generation)
    except (ProviderError, KeyError):
        return None
    took = sorted(ms for length, ms in _last_runs(generation) if audio / ALIKE <= length <= audio * ALIKE)
    if took:
        return _at(took, 0.5)
    return None if model.usual_ms is None else round(model.usual_ms * audio) + ONCE_MS * generation.takes_asked


def _last_runs(generation: Generation) -> list[tuple[float, float]]:
    """(seconds of audio, milliseconds it took) of the model's last runs in the same format."""
    format = generation.prompt.settings["format"]
    runs = Generation.objects.filter(model=generation.model, state=State.READY, started_at__isnull=False)
    runs = runs.filter(prompt__settings__format=format).annotate(audio=Sum("tracks__length_ms"))
    rows = runs.order_by("-finished_at").values_list("audio", "started_at", "finished_at")[:LAST_RUNS]
    timed = [(audio or 0, begin, end) for audio, begin, end in rows if begin and end]
    return [(audio / 1000, (end - begin).total_seconds() * 1000) for audio, begin, end in timed]


def audio_seconds(generation: Generation) -> float:
    """How much audio a local run asks for, all takes together.

    Raises:
        ProviderError: it cannot be made. KeyError: its model is no longer installed.
    """
    settings = {name: value for name, value in generation.prompt.settings.items() if name not in ("takes", "format")}
    format, takes = generation.prompt.settings["format"], generation.takes_asked
    provider = catalogue.provider_of(generation.model.key)
    if not isinstance(provider, LocalProvider):
        raise KeyError(generation.model.key)
    return provider.seconds(Request(generation.model.key, generation.prompt.text, takes, format, settings, "", "", ""))
