"""A generation as WaveSpeed describes one: the bare prediction that replies wrap and webhooks carry.

    queued                                    created
    submitting, running, collecting, in doubt processing     ours may still be found, so a client keeps asking
    ready                                     completed
    failed                                    failed
    cancelled                                 cancelled      with two l: clients know no other spelling

`outputs` is a list always: addresses of tracks or stems, or {"id", "purpose", "audio_id"} of a registered reference.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse

from generator import access
from generator.api.outputs import audio_url, told_to
from generator.api.wavespeed import contracts, files
from generator.models import Asked, Generation, State, Track, User
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
# Words of an error by which the vendor's SDKs decide to run, and so to pay for, the whole task again.
_ALARMING = (
    (re.compile(r"time-?out", re.I), "time limit"),
    (re.compile(r"connection", re.I), "link"),
    (re.compile(r"\bHTTP (?=\d)", re.I), "answer "),
    (re.compile(r"429"), "too many requests"),
)


def prediction(generation: Generation, base_url: str, viewer: User | None = None) -> dict[str, Any]:
    """The bare prediction, without the envelope; generation loaded with its model (and `asked`, to save a query).

    `viewer`: whose ears decide which tracks are among the outputs; its author's unless told otherwise.
    """
    return predictions([generation], base_url, viewer or generation.author)[0]


def predictions(generations: Sequence[Generation], base_url: str, viewer: User) -> list[dict[str, Any]]:
    """The same of many, with one query for all their tracks."""
    ready = [one.pk for one in generations if one.state == State.READY and not one.model.is_action]
    heard: dict[int, list[Track]] = {}
    if ready:
        tracks = access.tracks(viewer).kept().filter(generation__in=ready).order_by("take")
        tracks = tracks.select_related("generation__prompt").prefetch_related("renditions")
        for track in tracks.defer("peaks", "waveform", "search_text").annotate(is_private=Q(privacy__isnull=False)):
            heard.setdefault(track.generation_id, []).append(track)
    told = told_to(viewer)
    return [_said(one, base_url, heard.get(one.pk, []), told) for one in generations]


def _said(generation: Generation, base_url: str, tracks: Iterable[Track], told: str) -> dict[str, Any]:
    ready = generation.state == State.READY
    outputs, inference = _outputs(generation, base_url, tracks, told) if ready else [], _inference(generation)
    return {
        "id": id_of(generation),
        "model": path_of(generation),
        "outputs": outputs,
        "urls": {"get": base_url + reverse("api:wavespeed-result", args=[id_of(generation)])},
        "status": STATUSES[State(generation.state)],
        "created_at": stamp(generation.created_at),
        "error": calm(generation.error_sentence) or "It failed." if generation.state == State.FAILED else "",
        "timings": {"inference": inference},
        # The oldest clients do not read a prediction without these two (wavespeed 0.0.x on PyPI).
        "has_nsfw_contents": [False] * len(outputs),
        "executionTime": inference,
    }


def notice(generation: Generation, base_url: str) -> dict[str, Any]:
    """What a webhook carries: the prediction with its input, for the key that asked for both."""
    viewer = generation.author
    viewer.acting_with = generation.key
    return {**prediction(generation, base_url, viewer), "input": inputs_of(generation)}


def id_of(generation: Generation) -> str:
    """Its public name in 32 hex digits, which is what the vendor's ids look like."""
    return generation.ref.encode().hex()


def ref_of(prediction_id: str) -> str | None:
    """The other way round; None: no id of ours."""
    if not re.fullmatch(r"[0-9a-f]{32}", prediction_id):
        return None
    raw = bytes.fromhex(prediction_id)
    return raw.decode() if raw.isascii() and b"\0" not in raw else None


def visible(user: User) -> GenerationQuerySet:
    """What a program may ask after: what its person may see, but no blind candidate and nothing it has deleted here."""
    found = access.generations(user).exclude(comparison__isnull=False, comparison__revealed_at__isnull=True)
    return found.exclude(asked__hidden_at__isnull=False).select_related("model", "author", "asked")


def path_of(generation: Generation) -> str:
    asked = _asked(generation)
    return asked.path if asked and asked.path else contracts.path_of(generation.model)


def inputs_of(generation: Generation) -> dict[str, Any]:
    """What was sent, or would have been, in the contract's words."""
    asked = _asked(generation)
    if asked and asked.path:
        return dict(asked.inputs)
    settings = dict(generation.prompt.settings)
    takes, format = settings.pop("takes", 1), settings.pop("format", "")
    return {"prompt": generation.prompt.text, "number_of_songs": takes, "output_format": format, **settings}


def _asked(generation: Generation) -> Asked | None:
    return getattr(generation, "asked", None)


def stamp(moment: dt.datetime) -> str:
    """An ISO time in UTC with milliseconds: 2026-03-02T09:15:04.118Z."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def calm(words: str) -> str:
    """The same sentence in words that no SDK takes for a reason to run the task again."""
    for alarming, instead in _ALARMING:
        words = alarming.sub(instead, words)
    return words


def _inference(generation: Generation) -> int:
    if generation.started_at is None or generation.finished_at is None:
        return 0
    return max(0, round((generation.finished_at - generation.started_at).total_seconds() * 1000))


def _outputs(generation: Generation, base_url: str, tracks: Iterable[Track], told: str) -> list[Any]:
    if generation.model.is_action:
        return [*_ids(generation), *(files.stem_url(stem, base_url, told) for stem in generation.stems.all())]
    return [audio_url(track, base_url, told) for track in tracks]


def _ids(generation: Generation) -> Iterable[dict[str, str]]:
    for known in generation.reference_ids.exclude(registered_id=""):
        yield {"id": known.registered_id, "purpose": known.purpose, "audio_id": known.registered_id}
