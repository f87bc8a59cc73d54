"""References: added from an upload or a track, read by a worker, chosen in the form, moved to the trash.

What if the process dies here? An upload is a stored file and a due row, and its claim (`heartbeat`) expires. An
attempt is counted before the work, so a file that kills its worker is given up after MAX_ATTEMPTS.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.audio import Measurements, NotAudio, sandbox
from generator.messages import gettext_noop
from generator.models import PrivateTrack, Project, ProviderReference, Reference, Track, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field, ModelSpec
from generator.providers.local_references import FOLLOW, Following
from generator.services import throttling
from generator.services.background import claims, job_queue
from generator.services.errors import UserError
from generator.services.library import media
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.translation import translate

log = logging.getLogger(__name__)

MAX_UPLOAD_BYTES = 60_000_000  # five minutes of studio-quality WAV
MAX_START_S = 900
MAX_REFERENCES = 1_000  # per project
UPLOAD_RATE_LIMIT = (200, 3_600)  # (uploads, seconds) per person
DEFAULT_CLIP_S = 30.0  # excerpt length when the model does not specify one
MAX_ATTEMPTS = 3
UNREAD = gettext_noop("The studio could not read this file. Save it as WAV or MP3 in another program and try again.")
PICK = "pick-"  # prefix of the form's reference fields; names of model fields never contain a dash
PASTED, UPLOAD = "paste", "upload"
MEASURED = ("bpm", "bpm_confidence", "key", "key_confidence", "brightness", "energy")  # stored measurements
ENDINGS = (".mp3", ".m4a", ".wav", ".flac", ".ogg")


# --- adding ---


def add(
    user: User, project: Project, *, name: str, content: Iterable[bytes], start: float, max_s: float, field: str
) -> Reference:
    """Add an uploaded file, which a worker then reads; the same file again returns the same reference.

    Raises:
        UserError: the file is empty or too large, or there are too many; `field` is the form field to name.
    """
    if Reference.objects.kept().filter(project=project).count() >= MAX_REFERENCES:
        sentence = _("This project already has {count} references, the maximum. Move some to the trash first.")
        raise UserError(sentence.format(count=f"{MAX_REFERENCES:,}"), field, code="limit_reached")
    throttling.count(f"reference/{user.pk}", *UPLOAD_RATE_LIMIT, _("Too many uploads. Try again later."), field)
    with media.workshop() as folder:
        file = folder / "upload"
        write_upload(file, content, field)
        stored, digest = media.keep(file, "upload")
    title = _title(PurePath(name.replace("\\", "/")).stem)
    return _create(user, project, title, stored, digest, start, max_s)


def write_upload(file: Path, content: Iterable[bytes], field: str) -> None:
    """Write an uploaded file. Raises UserError: it is empty or too large; `field` is the form field to name."""
    size = 0
    with file.open("wb") as out:
        for chunk in content:
            size += len(chunk)
            if size > MAX_UPLOAD_BYTES:
                raise UserError(too_large(), field, code="too_large")
            out.write(chunk)
    if not size:
        raise UserError(_("That file is empty. Choose another."), field, code="empty_file")


def from_track(user: User, track: Track, *, max_s: float = DEFAULT_CLIP_S) -> Reference:
    """Make the beginning of a finished track a reference of its project.

    Raises:
        UserError: the track is private, while references are visible to all members; or it is a blind candidate.
    """
    if track.generation.is_blind:
        sentence = _("This track is part of a blind comparison. Pick a take or reveal the models first.")
        raise UserError(sentence, code="blind_comparison")
    if PrivateTrack.objects.filter(track=track).exists():
        sentence = _("References are visible to the whole project. Make the track visible to the project first.")
        raise UserError(sentence, code="private_track")
    return _create(user, track.project, track.title, track.file, track.sha256, 0.0, max_s, track)


def too_large() -> str:
    sentence = _("That file is larger than {limit} MB. Trim it to the part you need, or save it as an MP3.")
    return sentence.format(limit=MAX_UPLOAD_BYTES // 1_000_000)


def _title(text: str) -> str:
    return (
        " ".join("".join(character if character.isprintable() else " " for character in text).split())[:120]
        or "Reference"
    )


def _create(
    user: User,
    project: Project,
    title: str,
    stored: str,
    digest: str,
    start: float,
    max_s: float,
    track: Track | None = None,
) -> Reference:
    identity = {"upload_sha256": digest, "start_ms": round(start * 1000), "most_ms": round(max_s * 1000)}
    existing = Reference.objects.kept().filter(project=project, problem="", **identity)
    if reference := existing.first():
        return reference
    try:
        with transaction.atomic():
            new = Reference.objects.create(
                project=project, author=user, track=track, title=title, upload=stored, due_at=timezone.now(), **identity
            )
            job_queue.start(job_queue.READ)
            return new
    except IntegrityError:
        return existing.get()  # the same file was added concurrently


# --- reading ---


def work() -> bool:
    """Read one due reference; return False if none was due. Wake a successor if more are due."""
    reference = _claim()
    if reference is None:
        return False
    rows = Reference.objects.filter(pk=reference.pk)
    try:
        with claims.renew_all(rows, reference.claim or 0) as claim:
            if reference.attempts > MAX_ATTEMPTS:
                _refuse(reference, UNREAD, claim)
            else:
                _read(reference, claim)
    except claims.ClaimLost:
        # This process is alive, so the claim expired because of a pause, not a crash.
        rows.exclude(claim=reference.claim).filter(attempts__gt=1).update(attempts=F("attempts") - 1)
    if Reference.objects.filter(due_at__lte=timezone.now()).exists():
        job_queue.start(job_queue.READ)
    return True


def _claim() -> Reference | None:
    pk = claims.acquire_due(Reference.objects.all())
    return pk and Reference.objects.get(pk=pk)


def _read(reference: Reference, claim: claims.Claim) -> None:
    if reference.is_ready:
        _measure(reference, claim)
        return
    try:
        with media.workshop() as folder:
            target = folder / "reference.mp3"
            excerpt = sandbox.excerpt(
                media.path(reference.upload), target, start=reference.start_ms / 1000, max_s=reference.most_ms / 1000
            )
            size = target.stat().st_size
            name, digest = media.keep(target, "mp3")
    except NotAudio as error:
        _refuse(reference, error.sentence, claim)
        return
    except FileNotFoundError:
        _refuse(reference, gettext_noop("Its file is missing from the studio’s disk."), claim)
        return
    except (sandbox.Interrupted, OSError):
        log.exception("reference %s could not be read", reference.public_id)
        _put_off(reference, claim)
        return
    is_stored = claim.release(
        upload="",
        due_at=None,
        file=name,
        sha256=digest,
        size=size,
        length_ms=round(excerpt.seconds * 1000),
        came_ms=round(excerpt.came_seconds * 1000),
        waveform=excerpt.waveform,
        measured=_facts(excerpt.measured),
    )
    if not is_stored:
        raise claims.ClaimLost
    media.discard([reference.upload])


def _measure(reference: Reference, claim: claims.Claim) -> None:
    """Measure the stored excerpt of a reference that was read before references were measured."""
    try:
        measured = _facts(sandbox.measure_file(media.path(reference.file)))
    except (NotAudio, sandbox.Interrupted, OSError):
        measured = {}
    claim.release(due_at=None, measured=measured)


def _put_off(reference: Reference, claim: claims.Claim) -> None:
    """Retry at once until the attempts are used up, because the machine may be at fault."""
    if reference.attempts >= MAX_ATTEMPTS:
        _refuse(reference, UNREAD, claim)
    else:
        claim.release(due_at=timezone.now())


def _facts(measured: Measurements) -> dict[str, Any]:
    return {name: value for name, value in asdict(measured).items() if name in MEASURED}


def _refuse(reference: Reference, problem: str, claim: claims.Claim) -> None:
    """Give up on a reference; one that is already usable stays usable."""
    if reference.is_ready:
        problem = ""
    if not claim.release(upload="", due_at=None, problem=problem):
        raise claims.ClaimLost
    media.discard([reference.upload])


# --- choosing ---


def choose(
    spec: ModelSpec, visible: ReferenceQuerySet, account_id: int, submitted: Mapping[str, str]
) -> dict[str, str]:
    """Return the submitted values, with each chosen reference as its registered id (FOLLOW: as text) in its field.

    `visible`: the references that the user may choose from (`permissions.project_references`).

    Raises:
        UserError: a chosen reference does not exist or has no id yet; `field` names it.
    """
    resolved = dict(submitted.items())
    for field in spec.fields:
        public_id = submitted.get(PICK + field.name)
        if not field.purpose or public_id is None or public_id == PASTED:
            continue
        reference = _chosen(visible, field, public_id) if public_id else None
        if reference is None:
            resolved[field.name] = ""
        elif field.purpose == FOLLOW:
            resolved[field.name] = _followed(spec, reference, field)
        else:
            resolved[field.name] = _registered(reference, account_id, field)
    return resolved


def choose_for_all(
    specs: Iterable[ModelSpec], visible: ReferenceQuerySet, submitted: Mapping[str, str]
) -> dict[str, str]:
    """Do the same as `choose` for a comparison, where only fields that need no registration are resolved.

    Raises:
        UserError: as for `choose`.
    """
    resolved = dict(submitted.items())
    for spec in specs:
        followed = [field for field in spec.fields if field.purpose == FOLLOW]
        resolved |= choose(replace(spec, fields=tuple(followed)), visible, 0, resolved)
    return resolved


def _chosen(visible: ReferenceQuerySet, field: Field, public_id: str) -> Reference:
    if public_id == UPLOAD:
        raise UserError(_("Upload the file first, or choose no reference."), field.name, code="not_uploaded")
    reference = visible.kept().filter(public_id=public_id).first()
    if reference is None:
        raise UserError(_("That reference no longer exists. Choose another."), field.name, code="not_found")
    if reference.problem:
        sentence = _("“{title}” cannot be used. {problem}").format(
            title=reference.title, problem=translate(reference.problem)
        )
        raise UserError(sentence, field.name, code="reference_unusable")
    return reference


def _registered(reference: Reference, account_id: int, field: Field) -> str:
    registration = id_of(reference, account_id, field.purpose)
    if registration is None or not registration.is_good:
        sentence = _("Register “{title}” first, with the button next to it.").format(title=reference.title)
        raise UserError(sentence, field.name, code="not_registered")
    return registration.registered_id


def _followed(spec: ModelSpec, reference: Reference, field: Field) -> str:
    if reference.is_checking or reference.is_being_measured:
        sentence = _("“{title}” is still being processed. Try again in a moment.").format(title=reference.title)
        raise UserError(sentence, field.name, code="not_ready")
    text = followed(spec, reference)
    if not text:
        sentence = _("No tempo, key, or energy could be detected in “{title}”. Choose another reference.")
        raise UserError(sentence.format(title=reference.title), field.name, code="reference_unusable")
    return text


def followed(spec: ModelSpec, reference: Reference) -> str:
    """Return the text that a following model gets for a reference; empty if unmeasured or unsupported."""
    provider = catalog.provider_of(spec.key)
    return provider.followed(reference.measured) if isinstance(provider, Following) and reference.measured else ""


def follows(spec: ModelSpec, text: str) -> str:
    """Return a description of such a text."""
    provider = catalog.provider_of(spec.key)
    return provider.follows(text) if isinstance(provider, Following) else ""


def first_use(choices: Iterable[ModelChoice], last_used: str = "") -> tuple[str, str] | None:
    """Return (model key, field) offered first for a reference, preferring the last used model; None if none."""
    fields = (
        (choice.spec.key, field.name)
        for choice in sorted(choices, key=lambda choice: choice.spec.key != last_used)
        if choice.available
        for field in choice.spec.fields
        if field.purpose
    )
    return next(fields, None)


def id_of(reference: Reference, account_id: int, purpose: str) -> ProviderReference | None:
    registrations = reference.provider_references.filter(account=account_id, purpose=purpose)
    return registrations.select_related("generation").first()


def behind_text(spec: ModelSpec, rows: Iterable[Reference], text: str) -> Reference | None:
    """Return the reference from which such a text was made, or None."""
    return next((row for row in rows if text and followed(spec, row) == text), None)


def behind(project: Project, account_id: int, purpose: str, registered_id: str) -> Reference | None:
    """Return the project's reference with this registered id, or None."""
    ids = ProviderReference.objects.filter(account=account_id, purpose=purpose, registered_id=registered_id)
    return Reference.objects.kept().filter(project=project, provider_references__in=ids).first()


# --- trash ---


def trash_reference(reference: Reference) -> None:
    """Move a reference to the trash; it keeps the ids that were paid for."""
    Reference.objects.filter(pk=reference.pk, trashed_at=None).update(trashed_at=timezone.now())


def restore(reference: Reference) -> None:
    """Restore a reference from the trash. Raises UserError: the same file has been added again."""
    try:
        with transaction.atomic():
            Reference.objects.filter(pk=reference.pk).update(trashed_at=None)
    except IntegrityError:
        sentence = _(
            "This audio was uploaded again after you moved it to the trash, so the project already has this reference."
        )
        raise UserError(sentence, code="already_exists") from None


def delete_for_good(references: ReferenceQuerySet) -> int:
    """Delete references in the trash, with their files; return their number. The ledger keeps the cost of their ids."""
    trashed = list(references.filter(trashed_at__isnull=False)[:5000])
    Reference.objects.filter(pk__in=[reference.pk for reference in trashed]).delete()
    media.discard(name for reference in trashed for name in (reference.file, reference.upload))
    return len(trashed)
