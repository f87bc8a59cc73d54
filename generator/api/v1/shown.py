"""Records as the API shows them. Of a candidate that is still blind nothing tells which model it came from."""

from django.db.models import Exists, OuterRef, Prefetch, Value
from django.urls import reverse

from generator import access, money
from generator.api import outputs
from generator.api.v1 import schemas
from generator.models import (
    Approval,
    Comparison,
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
from generator.workflow import renditions, waiting

usd = money.plain
_PRIVATE = Exists(PrivateTrack.objects.filter(track=OuterRef("pk")))
_APPROVED = Exists(Approval.objects.filter(track=OuterRef("pk"), withdrawn_at=None))


def some_usd(amount: int | None) -> str | None:
    return None if amount is None else usd(amount)


# --- tracks ---


def with_all(tracks: TrackQuerySet, user: User, teller: Webhook | None = None) -> TrackQuerySet:
    """Tracks with everything that is shown of them to a person, or by a webhook, in two queries."""
    related = ("project", "author", "generation__model", "generation__prompt", "generation__comparison")
    wide = tracks.select_related(*related).with_starred(user).annotate(is_private=_PRIVATE, is_approved=_APPROVED)
    wide = wide.annotate(told=Value(outputs.told_to(teller or user)))
    return wide.prefetch_related("tags", "renditions").defer("peaks", "measured", "search_text", "waveform")


def track(row: Track, base: str) -> schemas.TrackOut:
    generation, main = row.generation, renditions.main_file(row)
    blind = generation.is_blind
    return schemas.TrackOut(
        id=row.ref,
        project=row.project.ref,
        generation=generation.ref,
        take=row.take,
        title=f"Candidate {generation.letter}" if blind else row.title,
        notes=row.notes,
        tags=[tag.name for tag in row.tags.all()],
        starred=row.starred,  # type: ignore[attr-defined]
        approved=row.is_approved,  # type: ignore[attr-defined]
        private=row.is_private,  # type: ignore[attr-defined]
        author=row.author.label,
        model=None if blind else row.model_key,
        prompt=generation.prompt.text,
        length_s=row.length_ms / 1000,
        bpm=None if blind else row.bpm,
        key="" if blind else row.musical_key,
        lufs=row.lufs,
        true_peak_db=row.true_peak,
        format=main.format,
        size=main.size,
        sample_rate=row.sample_rate,
        channels=row.channels,
        sha256=main.sha256,
        findings=[] if blind else row.findings,
        created_at=row.created_at,
        binned_at=row.binned_at,
        audio_url=outputs.audio_url(row, base, row.told),  # type: ignore[attr-defined]
        cover_url=None if blind else outputs.cover_url(row, base, row.told),  # type: ignore[attr-defined]
        page_url=base + row.get_absolute_url(),
    )


# --- generations ---


def runs_with_all(generations: GenerationQuerySet, user: User) -> GenerationQuerySet:
    """Generations with everything that is shown of them, the tracks as this person hears them."""
    tracks = with_all(access.tracks(user).kept(), user).order_by("take")
    related = ("project", "author", "model__provider", "prompt__project", "prompt__author", "again_of", "comparison")
    return generations.select_related(*related, "key", "price").prefetch_related("entries", Prefetch("tracks", tracks))


def generation(row: Generation, base: str) -> schemas.GenerationOut:
    blind = row.is_blind
    booked = {entry.kind: entry.amount for entry in row.entries.all()}
    charged = booked.get("charge", 0) + booked.get("adjustment", 0) - booked.get("credit", 0)
    problem = schemas.GenerationError(
        code="" if blind else row.error_code,
        sentence=row.told_error,
        provider_words="" if blind else row.provider_words,
    )
    return schemas.GenerationOut(
        id=row.ref,
        project=row.project.ref,
        state=row.state,  # type: ignore[arg-type]
        ended=row.state in State.ended(),
        stage="" if blind else row.stage,
        percent=100 if row.state == State.READY else row.percent,
        model=None if blind else row.model.key,
        prompt=prompt(row.prompt, hide_settings=blind),
        takes=row.takes_asked,
        price_usd=None if blind else usd(row.held),
        charged_usd=None if blind else usd(charged),
        error=problem if row.error_sentence or row.error_code else None,
        wait=_wait(row, blind),
        again_of=row.again_of.ref if row.again_of else None,
        comparison=row.comparison.ref if row.comparison else None,
        key=row.key.prefix if row.key else None,
        cancel_asked_at=row.cancel_asked_at,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        dismissed_at=row.dismissed_at,
        tracks=[track(one, base) for one in row.tracks.all()],
    )


def _wait(row: Generation, blind: bool) -> schemas.WaitOut | None:
    wait = waiting.of(row)
    if wait is None or (blind and row.state != State.QUEUED):
        return None
    if blind:
        sentence = "Its provider cannot be asked just now. Nothing was sent, and nothing was paid."
        return schemas.WaitOut(code="waiting", sentence=sentence, until=None)
    return schemas.WaitOut(code=wait.code, sentence=wait.sentence, until=wait.until)


def comparison(row: Comparison, runs: list[Generation], base: str) -> schemas.ComparisonOut:
    """A comparison with its candidates; of each place the newest run."""
    newest = {run.letter: run for run in runs}
    return schemas.ComparisonOut(
        id=row.ref,
        project=row.project.ref,
        text=row.text,
        is_blind=row.is_blind,
        picked=row.picked.ref if row.picked else None,
        created_at=row.created_at,
        candidates=[
            schemas.CandidateOut(letter=letter, generation=generation(newest[letter], base))
            for letter in sorted(newest)
        ],
        page_url=base + reverse("compare", args=[row.ref]),
    )


# --- the rest ---


def prompt(row: Prompt, *, hide_settings: bool = False) -> schemas.PromptOut:
    return schemas.PromptOut(
        id=row.ref,
        project=row.project.ref,
        text=row.text,
        settings={} if hide_settings else row.settings,
        author=row.author.label,
        created_at=row.created_at,
    )


def project(row: Project, user: User) -> schemas.ProjectOut:
    return schemas.ProjectOut(
        id=row.ref,
        name=row.name,
        role=access.role(user, row) or "viewer",  # type: ignore[arg-type]
        is_personal=row.personal_to_id is not None,
        created_at=row.created_at,
    )
