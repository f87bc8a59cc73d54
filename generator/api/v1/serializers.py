"""Records as API schemas. Nothing in a candidate that is still blind reveals its model."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from django.db.models import Exists, OuterRef, Prefetch, Value
from django.urls import reverse

from generator import currency, permissions
from generator.api import signed_files
from generator.api.v1 import schemas
from generator.models import (
    Approval,
    Comparison,
    Fallback,
    Generation,
    PrivateTrack,
    Project,
    Prompt,
    State,
    Track,
    User,
    Webhook,
)
from generator.models.generation import GenerationQuerySet
from generator.models.track import TrackQuerySet
from generator.services.library import renditions
from generator.services.provider_jobs import waiting_reasons
from generator.translation import finding_sentence, translate

usd = currency.plain
_PRIVATE = Exists(PrivateTrack.objects.filter(track=OuterRef("pk")))
_APPROVED = Exists(Approval.objects.filter(track=OuterRef("pk"), withdrawn_at=None))


# Stored code → its name in this API; codes that are not listed have the same name.
_PUBLIC_CODES = {
    "ambiguous": "ambiguous_job",
    "busy": "provider_busy",
    "given_up": "abandoned",
    "key_refused": "provider_key_rejected",
    "misconfigured": "provider_misconfigured",
    "no_answer": "provider_timeout",
    "no_credit": "insufficient_provider_credit",
    "no_key": "provider_key_missing",
    "not_allowed": "provider_permission_denied",
    "not_installed": "provider_not_installed",
    "operator": "provider_account_error",
    "provider_resting": "provider_unavailable",
    "switched_off": "provider_disabled",
    "unreachable": "provider_unreachable",
    "unusable_answer": "invalid_provider_response",
}


def optional_usd(amount: int | None) -> str | None:
    return None if amount is None else usd(amount)


# --- tracks ---


class _Marks(Protocol):
    """What `load_track_details` adds to tracks."""

    starred: bool
    is_approved: bool
    is_private: bool
    recipient: str


def load_track_details(tracks: TrackQuerySet, user: User, webhook: Webhook | None = None) -> TrackQuerySet:
    """Load tracks with everything that is shown of them to a person, or by a webhook, in two queries."""
    related = ("project", "author", "generation__model", "generation__prompt", "generation__comparison")
    detailed = tracks.select_related(*related, "generation__fallback__wanted").with_starred(user)
    detailed = detailed.annotate(is_private=_PRIVATE, is_approved=_APPROVED)
    detailed = detailed.annotate(recipient=Value(signed_files.recipient_of(webhook or user)))
    return detailed.prefetch_related("tags", "renditions").defer("peaks", "measured", "search_text", "waveform")


def track(row: Track, base: str) -> schemas.TrackOut:
    generation, main_file = row.generation, renditions.main_file(row)
    is_blind, marks = generation.is_blind, cast(_Marks, row)
    return schemas.TrackOut(
        id=row.public_id,
        project=row.project.public_id,
        generation=generation.public_id,
        take=row.take,
        title=f"Candidate {generation.letter}" if is_blind else row.title,
        notes=row.notes,
        tags=[tag.name for tag in row.tags.all()],
        starred=marks.starred,
        approved=marks.is_approved,
        private=marks.is_private,
        author=row.author.label,
        model=None if is_blind else row.model_key,
        requested_model=generation.fallback.wanted.key if hasattr(generation, "fallback") else None,
        prompt=generation.prompt.text,
        length_s=row.length_ms / 1000,
        bpm=None if is_blind else row.bpm,
        key="" if is_blind else row.musical_key,
        isrc="" if is_blind else row.isrc or "",
        lufs=row.lufs,
        true_peak_db=row.true_peak,
        format=main_file.format,
        size=main_file.size,
        sample_rate=row.sample_rate,
        channels=row.channels,
        sha256=main_file.sha256,
        findings=[] if is_blind else [_finding(finding) for finding in row.findings],
        created_at=row.created_at,
        trashed_at=row.trashed_at,
        audio_url=signed_files.audio_url(row, base, marks.recipient),
        cover_url=None if is_blind else signed_files.cover_url(row, base, marks.recipient),
        page_url=base + row.get_absolute_url(),
    )


def _finding(stored: Mapping[str, Any]) -> schemas.FindingOut:
    return schemas.FindingOut(
        code=stored["code"],
        severity=stored["severity"],
        message=finding_sentence(stored),
        position_s=stored.get("at_s"),
    )


# --- generations ---


def load_generation_details(generations: GenerationQuerySet, user: User) -> GenerationQuerySet:
    """Load generations with everything that is shown of them, and the tracks that this person may hear."""
    tracks = load_track_details(permissions.tracks(user).kept(), user).order_by("take")
    related = ("project", "author", "model__provider", "prompt__project", "prompt__author", "parent", "comparison")
    instead = ("fallback__wanted", "fallback__replaces", "follow_up__generation")
    detailed = generations.select_related(*related, *instead, "key", "price")
    return detailed.prefetch_related("entries", Prefetch("tracks", tracks))


def generation(row: Generation, base: str) -> schemas.GenerationOut:
    is_blind = row.is_blind
    amount_of = {entry.kind: entry.amount for entry in row.entries.all()}
    charged = amount_of.get("charge", 0) + amount_of.get("adjustment", 0) - amount_of.get("credit", 0)
    problem = schemas.GenerationError(
        code="" if is_blind else _public_code(row.error_code),
        message=row.display_error,
        provider_message="" if is_blind else row.provider_message,
        suggestion=None if is_blind else row.suggestion,
    )
    return schemas.GenerationOut(
        id=row.public_id,
        project=row.project.public_id,
        state=schemas.GenerationState.from_stored(row.state),
        ended=row.state in State.ended(),
        stage="" if is_blind else row.display_stage,
        percent=100 if row.state == State.READY else row.percent,
        model=None if is_blind else row.model.key,
        prompt=prompt(row.prompt, hide_settings=is_blind),
        takes=row.takes_requested,
        price_usd=None if is_blind else usd(row.price_total),
        charged_usd=None if is_blind else usd(charged),
        error=problem if row.error_message or row.error_code else None,
        wait=_wait(row, is_blind),
        parent=row.parent.public_id if row.parent else None,
        fallback=_fallback(row.fallback) if hasattr(row, "fallback") else None,
        replaced_by=row.follow_up.generation.public_id if hasattr(row, "follow_up") else None,
        comparison=row.comparison.public_id if row.comparison else None,
        api_key_prefix=row.key.prefix if row.key else None,
        cancel_requested_at=row.cancel_requested_at,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        machine_s=None if is_blind or row.machine_ms is None else row.machine_ms / 1000,
        dismissed_at=row.dismissed_at,
        tracks=[track(row_track, base) for row_track in row.tracks.all()],
    )


def _fallback(row: Fallback) -> schemas.FallbackOut:
    return schemas.FallbackOut(
        requested_model=row.wanted.key,
        reason=_public_code(row.cause),
        message=row.sentence,
        not_carried_over=[translate(label) for label in row.lost],
        replaces=row.replaces.public_id if row.replaces else None,
    )


def _wait(row: Generation, is_blind: bool) -> schemas.WaitOut | None:
    wait = waiting_reasons.reason_for(row)
    if wait is None or (is_blind and row.state != State.QUEUED):
        return None
    if is_blind:
        message = "Its provider is not available right now. Nothing was sent, and nothing was charged."
        return schemas.WaitOut(code="waiting", message=message, retry_at=None)
    return schemas.WaitOut(code=_public_code(wait.code), message=wait.sentence, retry_at=wait.until)


def _public_code(code: str) -> str:
    """Return a stored error or waiting code under its name in this API."""
    return _PUBLIC_CODES.get(code, code)


def comparison(row: Comparison, runs: list[Generation], base: str) -> schemas.ComparisonOut:
    """Return a comparison with its candidates; of each place the newest generation."""
    newest = {run.letter: run for run in runs}
    return schemas.ComparisonOut(
        id=row.public_id,
        project=row.project.public_id,
        text=row.text,
        is_blind=row.is_blind,
        picked_track=row.picked.public_id if row.picked else None,
        created_at=row.created_at,
        candidates=[
            schemas.CandidateOut(letter=letter, generation=generation(newest[letter], base))
            for letter in sorted(newest)
        ],
        page_url=base + reverse("compare", args=[row.public_id]),
    )


# --- prompts and projects ---


def prompt(row: Prompt, *, hide_settings: bool = False) -> schemas.PromptOut:
    return schemas.PromptOut(
        id=row.public_id,
        project=row.project.public_id,
        text=row.text,
        settings={} if hide_settings else row.settings,
        author=row.author.label,
        created_at=row.created_at,
    )


def project(row: Project, user: User) -> schemas.ProjectOut:
    return schemas.ProjectOut(
        id=row.public_id,
        name=row.name,
        role=cast(schemas.ProjectRole, permissions.role(user, row) or "viewer"),
        is_personal=row.personal_to_id is not None,
        created_at=row.created_at,
    )
