"""Time estimates: a model's usual duration, learned from its last generations, and progress of running work."""

import math
from dataclasses import dataclass

from django.db.models import Prefetch, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generator.models import Generation, MusicModel, State, Track
from generator.providers.base import LocalProvider, Request
from generator.providers.errors import ProviderError
from generator.services.provider_jobs import catalog, waiting_reasons
from generator.services.provider_jobs.waiting_reasons import Wait

MAX_PAST_RUNS = 50
OVERDUE_AFTER_S = 5.0  # seconds beyond the usual time
MAX_LENGTH_RATIO = 1.5  # generations are comparable if their lengths differ by at most this factor
FIXED_MS = 1000  # fixed time per local take, however short


def learn(model: MusicModel) -> None:
    """Update a model's usual and slow times from its last finished generations."""
    generations = Generation.objects.filter(model=model, state=State.READY).order_by("-finished_at")
    generations = generations.only("started_at", "finished_at")[:MAX_PAST_RUNS]
    is_local = model.provider.key in catalog.local_keys()
    if is_local:  # audio length matters only for local models
        generations = generations.prefetch_related(Prefetch("tracks", Track.objects.only("generation", "length_ms")))
    rates = sorted(rate for generation in generations if (rate := _rate(generation, is_local)) is not None)
    if rates:
        MusicModel.objects.filter(pk=model.pk).update(
            usual_ms=_percentile(rates, 0.5), slow_ms=_percentile(rates, 0.95)
        )


def _rate(generation: Generation, is_local: bool) -> float | None:
    """Return the milliseconds taken: in total, or per second of audio for local work (time scales with length)."""
    if generation.started_at is None or generation.finished_at is None:
        return None
    milliseconds = (generation.finished_at - generation.started_at).total_seconds() * 1000
    if not is_local:
        return milliseconds
    audio = sum(track.length_ms for track in generation.tracks.all()) / 1000
    return milliseconds / audio if audio else None


def _percentile(ordered: list[float], share: float) -> int:
    return max(1, round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]))


@dataclass(frozen=True)
class Progress:
    """The progress of a generation, for display."""

    sentence: str
    stage: str
    percent: int
    seconds_left: float | None  # None: unknown
    ahead: int  # queued generations of the same provider before this one
    wait: Wait | None = None  # why work is paused
    is_overdue: bool = False  # taking longer than usual

    @property
    def is_usual(self) -> bool:
        """Return whether the percentage and the time left are meaningful."""
        return self.wait is None and not self.is_overdue


def progress(generation: Generation) -> Progress:
    """Return a generation's progress, from its row and its model's history."""
    state = State(generation.state)
    if wait := waiting_reasons.reason_for(generation):
        return Progress(_with_prefix(generation, wait.in_words), str(state.label), generation.percent, None, 0, wait)
    if state == State.QUEUED:
        ahead = _ahead(generation)
        sentence = _("Queued: next in line.")
        if ahead:
            sentence = ngettext(
                "Queued: {count} generation ahead.", "Queued: {count} generations ahead.", ahead
            ).format(count=ahead)
        return Progress(sentence, str(state.label), 0, None, ahead)
    remaining_s = _seconds_left(generation) if generation.is_active else None
    stage = generation.display_stage or str(state.label)
    usual_time = _overdue(generation)
    sentence = stage
    if usual_time:
        sentence = _("{stage}. This is taking longer than usual (typically {time}).").format(
            stage=stage, time=usual_time
        )
    return Progress(
        _with_prefix(generation, sentence),
        stage,
        generation.percent,
        None if usual_time else remaining_s,
        0,
        is_overdue=bool(usual_time),
    )


def _with_prefix(generation: Generation, sentence: str) -> str:
    if generation.is_active and generation.cancel_requested_at:
        return _("Cancellation requested. {progress}").format(progress=sentence)
    return sentence


def _overdue(generation: Generation) -> str:
    """Return the usual duration in words if this generation clearly exceeds it, or an empty string."""
    if not generation.is_active or generation.started_at is None:
        return ""
    expected = generation.expected_ms
    if expected is None and not waiting_reasons.is_local(generation):
        expected = expected_ms(generation)
    if expected is None:
        return ""
    expected_s = expected / 1000
    slow = max(expected_s * 1.25, expected_s + OVERDUE_AFTER_S)
    elapsed = (timezone.now() - generation.started_at).total_seconds()
    return catalog.describe(expected_s) if elapsed > slow else ""


def _ahead(generation: Generation) -> int:
    return Generation.objects.filter(
        state=State.QUEUED, model__provider=generation.model.provider_id, id__lt=generation.pk
    ).count()


def _seconds_left(generation: Generation) -> float | None:
    """Return the rest of the time estimated at the start, so that it only decreases; None if unknown or below 1 s."""
    if generation.started_at is None or generation.expected_ms is None:
        return None
    remaining_s = generation.expected_ms / 1000 - (timezone.now() - generation.started_at).total_seconds()
    return remaining_s if remaining_s >= 1 else None


# --- the estimate, made once at the start ---


def expected_ms(generation: Generation) -> int | None:
    """Return the expected milliseconds, or None if unknown; local work is compared with similar lengths."""
    model = generation.model
    if model.provider.key not in catalog.local_keys():
        spec = catalog.spec_of(model.key) or catalog.action_of(model.key)
        return model.usual_ms or (round(spec.usual_seconds * 1000) if spec else None)
    try:
        audio = audio_seconds(generation)
    except (ProviderError, KeyError):
        return None
    durations = sorted(
        ms for length, ms in _last_runs(generation) if audio / MAX_LENGTH_RATIO <= length <= audio * MAX_LENGTH_RATIO
    )
    if durations:
        return _percentile(durations, 0.5)
    return None if model.usual_ms is None else round(model.usual_ms * audio) + FIXED_MS * generation.takes_requested


def _last_runs(generation: Generation) -> list[tuple[float, float]]:
    """Return (seconds of audio, milliseconds taken) for the model's last generations in the same format."""
    format = generation.prompt.settings["format"]
    generations = Generation.objects.filter(model=generation.model, state=State.READY, started_at__isnull=False)
    generations = generations.filter(prompt__settings__format=format).annotate(audio=Sum("tracks__length_ms"))
    columns = ("audio", "started_at", "finished_at")
    rows = generations.order_by("-finished_at").values_list(*columns)[:MAX_PAST_RUNS]
    timed = [(audio or 0, begin, end) for audio, begin, end in rows if begin and end]
    return [(audio / 1000, (end - begin).total_seconds() * 1000) for audio, begin, end in timed]


def audio_seconds(generation: Generation) -> float:
    """Return the seconds of audio that a local generation requests, over all takes.

    Raises:
        ProviderError: the request cannot be fulfilled. KeyError: the model is no longer installed.
    """
    settings = {name: value for name, value in generation.prompt.settings.items() if name not in ("takes", "format")}
    format, takes = generation.prompt.settings["format"], generation.takes_requested
    provider = catalog.provider_of(generation.model.key)
    if not isinstance(provider, LocalProvider):
        raise KeyError(generation.model.key)
    return provider.seconds(Request(generation.model.key, generation.prompt.text, takes, format, settings, "", "", ""))
