"""What a message says. How a generation or a track looks to programs is the API's to know: it hands that in here once,
when the studio starts (`generator.api.telling`), because the workflow may not look up to it.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from generator import access
from generator.models import Generation, Track, Webhook, WebhookMessage
from generator.models.track import TrackQuerySet
from generator.workflow.webhooks.events import ASKED

Shown = dict[str, Any]


@dataclass(frozen=True)
class Shapes:
    """How programs are shown things by a webhook; the text is the studio’s address, without a slash at its end."""

    generation: Callable[[Generation, TrackQuerySet, str, Webhook | None], Shown]  # with takes the project may hear
    track: Callable[[Track, str, Webhook | None], Shown]
    prediction: Callable[[Generation, str], Shown]  # in WaveSpeed's words, for whoever asked


_shapes: list[Shapes] = []


def show_with(shapes: Shapes) -> None:
    """Say how things are shown from now on."""
    _shapes[:] = [shapes]


def body_of(message: WebhookMessage) -> str:
    """The JSON of a message, written once; a track that is gone or private by then is told by its id alone."""
    found = message.generation
    base = _base(message)
    if message.event == ASKED and found:
        shown = _shapes[0].prediction(found, base)
    else:
        shown = {"type": message.event, "timestamp": _stamp(message.at), "data": _data(message, found, base)}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _data(message: WebhookMessage, generation: Generation | None, base: str) -> Shown:
    project = {"id": message.project.ref, "name": message.project.name}
    shown: Shown = {"project": project, **message.facts}
    if generation is None:
        return shown
    if access.concealed_runs(None).filter(pk=generation.pk).exists():  # private by now: it is told by its id alone
        shown["generation"] = {"id": generation.ref}
        return shown | ({"track": {"id": ref}} if (ref := message.facts.get("track")) else {})
    takes = Track.objects.kept().filter(generation=generation, project=message.project, privacy=None).order_by("take")
    shown["generation"] = _shapes[0].generation(generation, takes, base, message.webhook)
    if ref := message.facts.get("track"):
        one = takes.filter(ref=ref).select_related("author").first()
        shown["track"] = _shapes[0].track(one, base, message.webhook) if one else {"id": ref}
    return shown


def _base(message: WebhookMessage) -> str:
    known = message.webhook.base if message.webhook else message.base
    return str(message.base or settings.STUDIO_URL or known or "http://localhost:8000").rstrip("/")


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
