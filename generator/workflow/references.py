"""References: taken in as a file or from a track, read by a worker, chosen in the form, binned.

What if the process dies here? An upload is a stored file and a row that is due; the claim (`heartbeat`) runs out, and
an attempt is counted before the work, so a file that kills its worker is given up after MOST_ATTEMPTS.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import PurePath
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from generator.audio import Measurements, NotAudio, isolated
from generator.models import PrivateTrack, Project, Reference, ReferenceId, Track, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field, ModelSpec
from generator.providers.following import FOLLOW, Following
from generator.workflow import catalogue, heartbeat, media, queue, throttle
from generator.workflow.catalogue import ModelChoice
from generator.workflow.refused import Refused

log = logging.getLogger(__name__)

MOST_UPLOAD = 60_000_000  # bytes: five minutes of a WAV as studios make them
MOST_START = 900
MOST_KEPT = 1_000  # in a project
MOST_SENT = (200, 3_600)  # by a person in so many seconds
USUAL_SECONDS = 30.0  # what is kept of a sound when the model does not say
MOST_ATTEMPTS = 3
UNREAD = "The studio could not read this file. Save it as WAV or MP3 with another program and try again."
PICK = "pick-"  # the form's choice of a reference for a field; a model's own field never has a dash in its name
PASTED, UPLOAD = "paste", "upload"
MEASURED = ("bpm", "bpm_confidence", "key", "key_confidence", "brightness", "energy")  # what is kept of a reading
ENDINGS = (".mp3", ".m4a", ".wav", ".flac", ".ogg")


# --- taking in ---


def add(
    user: User, project: Project, *, name: str, content: Iterable[bytes], start: float, most: float, field: str
) -> Reference:
    """Take in an uploaded file, which a worker is going to read; the same sound again is the same reference.

    Raises:
        Refused: empty or too large; `field` is the part of the form it is about.
    """
    if Reference.objects.kept().filter(project=project).count() >= MOST_KEPT:
        raise Refused(f"The project has {MOST_KEPT:,} references. Put some into the bin first.", field)
    throttle.count(f"reference/{user.pk}", *MOST_SENT, "Those were many files in a short time. Go on later.", field)
    with media.workshop() as folder:
        file, size = folder / "upload", 0
        with file.open("wb") as out:
            for chunk in content:
                size += len(chunk)
                if size > MOST_UPLOAD:
                    raise Refused(too_large(), field)
                out.write(chunk)
        if not size:
            raise Refused("That file is empty. Choose another.", field)
        stored, digest = media.keep(file, "upload")
    title = _title(PurePath(name.replace("\\", "/")).stem)
    return _taken_in(user, project, title, stored, digest, start, most)


def from_track(user: User, track: Track, *, most: float = USUAL_SECONDS) -> Reference:
    """Make the beginning of a finished track a reference of its project.

    Raises:
        Refused: it is private, and a reference is everybody's; or it is a candidate of a blind comparison.
    """
    if track.generation.is_blind:
        raise Refused("It is part of a blind comparison. Pick there first, or have it shown which is which.")
    if PrivateTrack.objects.filter(track=track).exists():
        raise Refused("References are for the whole project. Make the track visible to the project first.")
    return _taken_in(user, track.project, track.title, track.file, track.sha256, 0.0, most, track)


def too_large() -> str:
    return f"That file is larger than {MOST_UPLOAD // 1_000_000} MB. Cut out the part that matters, or save it as MP3."


def _title(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:120] or "Reference"


def _taken_in(
    user: User,
    project: Project,
    title: str,
    stored: str,
    digest: str,
    start: float,
    most: float,
    track: Track | None = None,
) -> Reference:
    same = {"upload_sha256": digest, "start_ms": round(start * 1000), "most_ms": round(most * 1000)}
    twins = Reference.objects.kept().filter(project=project, problem="", **same)
    if twin := twins.first():
        return twin
    try:
        with transaction.atomic():
            new = Reference.objects.create(
                project=project, author=user, track=track, title=title, upload=stored, due_at=timezone.now(), **same
            )
            queue.start(queue.READ)
            return new
    except IntegrityError:
        return twins.get()  # somebody else took in the same at the same moment


# --- reading ---


def work() -> bool:
    """Read one due reference; False when none was due. Wakes a successor while more is waiting."""
    reference = _claim()
    if reference is None:
        return False
    rows = Reference.objects.filter(pk=reference.pk)
    try:
        with heartbeat.keep(rows, reference.claim or 0) as held:
            if reference.attempts > MOST_ATTEMPTS:
                _refuse(reference, UNREAD, held)
            else:
                _read(reference, held)
    except heartbeat.Lost:
        # Whoever can write this is alive: the claim that ran out was a pause and not a death.
        rows.exclude(claim=reference.claim).filter(attempts__gt=1).update(attempts=F("attempts") - 1)
    if Reference.objects.filter(due_at__lte=timezone.now()).exists():
        queue.start(queue.READ)
    return True


def _claim() -> Reference | None:
    now = timezone.now()
    for pk, due_at in Reference.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", "due_at")[:20]:
        if heartbeat.take(Reference.objects.filter(pk=pk, due_at=due_at), attempts=F("attempts") + 1):
            return Reference.objects.get(pk=pk)
    return None


def _read(reference: Reference, held: heartbeat.Claim) -> None:
    if reference.is_ready:
        _measure(reference, held)
        return
    try:
        with media.workshop() as folder:
            target = folder / "reference.mp3"
            facts = isolated.excerpt(
                media.path(reference.upload), target, start=reference.start_ms / 1000, most=reference.most_ms / 1000
            )
            size = target.stat().st_size
            name, digest = media.keep(target, "mp3")
    except NotAudio as error:
        _refuse(reference, str(error), held)
        return
    except FileNotFoundError:
        _refuse(reference, "Its file is missing from the studio’s disk.", held)
        return
    except (isolated.Interrupted, OSError):
        log.exception("reference %s could not be read", reference.ref)
        _put_off(reference, held)
        return
    read = held.release(
        upload="",
        due_at=None,
        file=name,
        sha256=digest,
        size=size,
        length_ms=round(facts.seconds * 1000),
        came_ms=round(facts.came_seconds * 1000),
        waveform=facts.waveform,
        measured=_facts(facts.measured),
    )
    if not read:
        raise heartbeat.Lost
    media.discard([reference.upload])


def _measure(reference: Reference, held: heartbeat.Claim) -> None:
    """Measure one that was read before references were measured: what is kept of it."""
    try:
        measured = _facts(isolated.measure_file(media.path(reference.file)))
    except (NotAudio, isolated.Interrupted, OSError):
        measured = {}
    held.release(due_at=None, measured=measured)


def _put_off(reference: Reference, held: heartbeat.Claim) -> None:
    """Try again at once, until its attempts are used up: what could not be read may be the machine's fault."""
    if reference.attempts >= MOST_ATTEMPTS:
        _refuse(reference, UNREAD, held)
    else:
        held.release(due_at=timezone.now())


def _facts(measured: Measurements) -> dict[str, Any]:
    return {name: value for name, value in asdict(measured).items() if name in MEASURED}


def _refuse(reference: Reference, problem: str, held: heartbeat.Claim) -> None:
    """Give it up; one that can be used already stays as it is."""
    if reference.is_ready:
        problem = ""
    if not held.release(upload="", due_at=None, problem=problem):
        raise heartbeat.Lost
    media.discard([reference.upload])


# --- choosing ---


def choose(spec: ModelSpec, heard: ReferenceQuerySet, account_id: int, sent: Mapping[str, str]) -> dict[str, str]:
    """Put the registered id of every chosen reference into what a form sent, under the model's own names.

    `heard`: the references that whoever asks may choose from (`access.project_references`).

    Raises:
        Refused: a chosen reference is not there (any more) or has no id yet; `field` names it.
    """
    resolved = dict(sent.items())
    for field in spec.fields:
        ref = sent.get(PICK + field.name)
        if not field.purpose or ref is None or ref == PASTED:
            continue
        reference = _chosen(heard, field, ref) if ref else None
        if reference is None:
            resolved[field.name] = ""
        elif field.purpose == FOLLOW:
            resolved[field.name] = _followed(spec, reference, field)
        else:
            resolved[field.name] = _registered(reference, account_id, field)
    return resolved


def choose_for_all(specs: Iterable[ModelSpec], heard: ReferenceQuerySet, sent: Mapping[str, str]) -> dict[str, str]:
    """The same for a comparison, in which nothing but what is free of a registration is sent.

    Raises:
        Refused: as `choose`.
    """
    resolved = dict(sent.items())
    for spec in specs:
        followed = [field for field in spec.fields if field.purpose == FOLLOW]
        resolved |= choose(replace(spec, fields=tuple(followed)), heard, 0, resolved)
    return resolved


def _chosen(heard: ReferenceQuerySet, field: Field, ref: str) -> Reference:
    if ref == UPLOAD:
        raise Refused("Press Upload first, or choose no reference.", field.name)
    reference = heard.kept().filter(ref=ref).first()
    if reference is None:
        raise Refused("That reference is not there any more. Choose another.", field.name)
    if reference.problem:
        raise Refused(f"“{reference.title}” cannot be used. {reference.problem}", field.name)
    return reference


def _registered(reference: Reference, account_id: int, field: Field) -> str:
    known = id_of(reference, account_id, field.purpose)
    if known is None or not known.is_good:
        raise Refused(f"“{reference.title}” has to be registered first; the button is beside it.", field.name)
    return known.registered_id


def _followed(spec: ModelSpec, reference: Reference, field: Field) -> str:
    if reference.is_checking or reference.is_being_measured:
        raise Refused(f"“{reference.title}” is still being read. Try again in a moment.", field.name)
    text = followed(spec, reference)
    if not text:
        raise Refused(f"Nothing was found in “{reference.title}” that could be followed.", field.name)
    return text


def followed(spec: ModelSpec, reference: Reference) -> str:
    """What a model that follows sounds is given of one; empty for one that was not measured, and for other models."""
    provider = catalogue.provider_of(spec.key)
    return provider.followed(reference.measured) if isinstance(provider, Following) and reference.measured else ""


def follows(spec: ModelSpec, text: str) -> str:
    """What such a model has been given, in words."""
    provider = catalogue.provider_of(spec.key)
    return provider.follows(text) if isinstance(provider, Following) else ""


def first_use(choices: Iterable[ModelChoice], last_used: str = "") -> tuple[str, str] | None:
    """The model that a reference is offered to first, and its field: the last that was used, if it takes one."""
    fields = (
        (choice.spec.key, field.name)
        for choice in sorted(choices, key=lambda choice: choice.spec.key != last_used)
        if choice.available
        for field in choice.spec.fields
        if field.purpose
    )
    return next(fields, None)


def id_of(reference: Reference, account_id: int, purpose: str) -> ReferenceId | None:
    found = reference.ids.filter(account=account_id, purpose=purpose)
    return found.select_related("generation").first()


def behind_text(spec: ModelSpec, rows: Iterable[Reference], text: str) -> Reference | None:
    """The reference among these that such a text was measured on."""
    return next((row for row in rows if text and followed(spec, row) == text), None)


def behind(project: Project, account_id: int, purpose: str, registered_id: str) -> Reference | None:
    """The project's reference that an id belongs to."""
    ids = ReferenceId.objects.filter(account=account_id, purpose=purpose, registered_id=registered_id)
    return Reference.objects.kept().filter(project=project, ids__in=ids).first()


# --- the bin ---


def bin_reference(reference: Reference) -> None:
    """Take it off the lists. Ids that were paid for stay with it."""
    Reference.objects.filter(pk=reference.pk, binned_at=None).update(binned_at=timezone.now())


def restore(reference: Reference) -> None:
    """Raises Refused: the same sound has been taken in anew since."""
    try:
        with transaction.atomic():
            Reference.objects.filter(pk=reference.pk).update(binned_at=None)
    except IntegrityError:
        raise Refused("The same sound is among the references again already.") from None


def delete_for_good(references: ReferenceQuerySet) -> int:
    """Delete binned references and their files; what was paid for their ids stays in the ledger."""
    doomed = list(references.filter(binned_at__isnull=False)[:5000])
    Reference.objects.filter(pk__in=[reference.pk for reference in doomed]).delete()
    media.discard(name for reference in doomed for name in (reference.file, reference.upload))
    return len(doomed)
