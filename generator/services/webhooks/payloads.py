"""Bodies of webhook messages. The API serializes generations and tracks: it registers its functions here at startup
(`generator.api.webhook_payloads`), because services may not import the API.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from generator import permissions
from generator.models import Edit, Generation, Pack, Track, Webhook, WebhookDelivery
from generator.models.track import TrackQuerySet
from generator.services.webhooks.events import REQUESTED

Shown = dict[str, Any]


@dataclass(frozen=True)
class Shapes:
    """The serializers of webhook bodies; `str` is the studio’s address, without a trailing slash."""

    generation: Callable[[Generation, TrackQuerySet, str, Webhook | None], Shown]  # with the takes the project sees
    track: Callable[[Track, str, Webhook | None], Shown]
    prediction: Callable[[Generation, str], Shown]  # in WaveSpeed's format, for `?webhook=`
    pack: Callable[[Pack, str], Shown]
    edit: Callable[[Edit, str], Shown]


_shapes: list[Shapes] = []


def show_with(shapes: Shapes) -> None:
    """Register the serializers."""
    _shapes[:] = [shapes]


def body_of(delivery: WebhookDelivery) -> str:
    """Return the JSON body of a message. A track that is deleted or private by now appears as its id only."""
    generation = delivery.generation
    base = _base(delivery)
    if delivery.event == REQUESTED and generation:
        body = _shapes[0].prediction(generation, base)
    else:
        body = {"type": delivery.event, "timestamp": _stamp(delivery.at), "data": _data(delivery, generation, base)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _data(delivery: WebhookDelivery, generation: Generation | None, base: str) -> Shown:
    project = {"id": delivery.project.public_id, "name": delivery.project.name}
    payload: Shown = {"project": project, **delivery.facts}
    if generation is None:
        return payload | _files(delivery, base)
    if permissions.concealed_generations(None).filter(pk=generation.pk).exists():  # private by now: send its id only
        payload["generation"] = {"id": generation.public_id}
        return payload | ({"track": {"id": public_id}} if (public_id := delivery.facts.get("track")) else {})
    takes = Track.objects.kept().filter(generation=generation, project=delivery.project, privacy=None).order_by("take")
    payload["generation"] = _shapes[0].generation(generation, takes, base, delivery.webhook)
    if public_id := delivery.facts.get("track"):
        track = takes.filter(public_id=public_id).select_related("author").first()
        payload["track"] = _shapes[0].track(track, base, delivery.webhook) if track else {"id": public_id}
    return payload


def _files(delivery: WebhookDelivery, base: str) -> Shown:
    """Return the pack or the edit of a message; its id alone if it is deleted, or holds a private track by now."""
    if public_id := delivery.facts.get("pack"):
        pack = permissions.packs_without_private_tracks(delivery.project).filter(public_id=public_id).first()
        return {"pack": _shapes[0].pack(pack, base) if pack else {"id": public_id}}
    if public_id := delivery.facts.get("edit"):
        edit = permissions.edits_of_shared_tracks(delivery.project).filter(public_id=public_id).first()
        return {"edit": _shapes[0].edit(edit, base) if edit else {"id": public_id}}
    return {}


def _base(delivery: WebhookDelivery) -> str:
    base = delivery.webhook.base if delivery.webhook else delivery.base
    return str(delivery.base or settings.STUDIO_URL or base or "http://localhost:8000").rstrip("/")


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
