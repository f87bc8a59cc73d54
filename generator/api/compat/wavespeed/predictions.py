"""A generation in WaveSpeed's form: the bare prediction that responses wrap and webhooks carry.

    queued                                    created
    submitting, running, collecting, in doubt processing     ours may still be found, so a client keeps asking
    ready                                     completed
    failed                                    failed
    cancelled                                 cancelled      with two l: clients know no other spelling

`outputs` is always a list: addresses of tracks or stems, or {"id", "purpose", "audio_id"} of a registered reference.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse

from generator import permissions
from generator.api.compat.wavespeed import files, model_schemas
from generator.api.signed_files import audio_url, recipient_of
from generator.models import UPLOAD_PROVIDER, ClientRequest, Generation, State, Track, User
from generator.models.generation import GenerationQuerySet

STATUSES = {
    State.QUEUED: "created",
    State.SUBMITTING: "processing",
    State.RUNNING: "processing",
    State.COLLECTING: "processing",
    State.IN_DOUBT: "processing",
    State.READY: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}
# Words in an error that make the vendor's SDKs run, and so pay for, the whole task again.
_RETRY_TRIGGERS = (
    (re.compile(r"time-?out", re.I), "time limit"),
    (re.compile(r"connection", re.I), "link"),
    (re.compile(r"\bHTTP (?=\d)", re.I), "answer "),
    (re.compile(r"429"), "too many requests"),
)


def prediction(generation: Generation, base_url: str, viewer: User | None = None) -> dict[str, Any]:
    """Return the bare prediction, without the envelope. Load the generation with its model (`asked` saves a query).

    `viewer`: the user whose access decides which tracks are among the outputs; by default the author.
    """
    return predictions([generation], base_url, viewer or generation.author)[0]


def predictions(generations: Sequence[Generation], base_url: str, viewer: User) -> list[dict[str, Any]]:
    """Return many predictions, with one query for all their tracks."""
    ready = [
        generation.pk
        for generation in generations
        if generation.state == State.READY and not generation.model.is_action
    ]
    tracks_of: dict[int, list[Track]] = {}
    if ready:
        tracks = permissions.tracks(viewer).kept().filter(generation__in=ready).order_by("take")
        tracks = tracks.select_related("generation__prompt").prefetch_related("renditions")
        for track in tracks.defer("peaks", "waveform", "search_text").annotate(is_private=Q(privacy__isnull=False)):
            tracks_of.setdefault(track.generation_id, []).append(track)
    recipient = recipient_of(viewer)
    return [
        _prediction_out(generation, base_url, tracks_of.get(generation.pk, []), recipient) for generation in generations
    ]


def _prediction_out(generation: Generation, base_url: str, tracks: Iterable[Track], recipient: str) -> dict[str, Any]:
    is_ready = generation.state == State.READY
    outputs, inference = _outputs(generation, base_url, tracks, recipient) if is_ready else [], _inference(generation)
    return {
        "id": id_of(generation),
        "model": path_of(generation),
        "outputs": outputs,
        "urls": {"get": base_url + reverse("api:wavespeed-result", args=[id_of(generation)])},
        "status": STATUSES[State(generation.state)],
        "created_at": stamp(generation.created_at),
        "error": avoid_retries(generation.error_message) or "The generation failed."
        if generation.state == State.FAILED
        else "",
        "timings": {"inference": inference},
        # The oldest clients cannot read a prediction without these two (wavespeed 0.0.x on PyPI).
        "has_nsfw_contents": [False] * len(outputs),
        "executionTime": inference,
    }


def webhook_content(generation: Generation, base_url: str) -> dict[str, Any]:
    """Return a webhook's content: the prediction with its input, for the key that requested both."""
    viewer = generation.author
    viewer.api_key = generation.key
    return {**prediction(generation, base_url, viewer), "input": inputs_of(generation)}


def id_of(generation: Generation) -> str:
    """Return a generation's public name in 32 hex digits, the form of the vendor's ids."""
    return generation.public_id.encode().hex()


def ref_of(prediction_id: str) -> str | None:
    """Return the public ID behind a prediction id; None if it is not one of ours."""
    if not re.fullmatch(r"[0-9a-f]{32}", prediction_id):
        return None
    raw = bytes.fromhex(prediction_id)
    return raw.decode() if raw.isascii() and b"\0" not in raw else None


def visible(user: User) -> GenerationQuerySet:
    """Return what a program may read: what its user may see, without blind candidates, uploads and what is deleted."""
    generations = permissions.generations(user).exclude(comparison__isnull=False, comparison__revealed_at__isnull=True)
    generations = generations.exclude(model__provider__key=UPLOAD_PROVIDER)
    return generations.exclude(client_request__hidden_at__isnull=False).select_related(
        "model", "author", "client_request"
    )


def path_of(generation: Generation) -> str:
    client_request = _client_request(generation)
    return client_request.path if client_request and client_request.path else model_schemas.path_of(generation.model)


def inputs_of(generation: Generation) -> dict[str, Any]:
    """Return what was sent, or would have been, in the contract's words."""
    client_request = _client_request(generation)
    if client_request and client_request.path:
        return dict(client_request.inputs)
    settings = dict(generation.prompt.settings)
    takes, format = settings.pop("takes", 1), settings.pop("format", "")
    return {"prompt": generation.prompt.text, "number_of_songs": takes, "output_format": format, **settings}


def _client_request(generation: Generation) -> ClientRequest | None:
    return getattr(generation, "client_request", None)


def stamp(moment: dt.datetime) -> str:
    """Return an ISO time in UTC with milliseconds: 2026-03-02T09:15:04.118Z."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def avoid_retries(text: str) -> str:
    """Reword a sentence so that no SDK takes it as a reason to run the task again."""
    for trigger, replacement in _RETRY_TRIGGERS:
        text = trigger.sub(replacement, text)
    return text


def _inference(generation: Generation) -> int:
    if generation.started_at is None or generation.finished_at is None:
        return 0
    return max(0, round((generation.finished_at - generation.started_at).total_seconds() * 1000))


def _outputs(generation: Generation, base_url: str, tracks: Iterable[Track], recipient: str) -> list[Any]:
    if generation.model.is_action:
        return [*_ids(generation), *(files.stem_url(stem, base_url, recipient) for stem in generation.stems.all())]
    return [audio_url(track, base_url, recipient) for track in tracks]


def _ids(generation: Generation) -> Iterable[dict[str, str]]:
    for reference in generation.provider_references.exclude(registered_id=""):
        yield {"id": reference.registered_id, "purpose": reference.purpose, "audio_id": reference.registered_id}
