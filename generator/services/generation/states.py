"""State transitions of a generation: one guarded UPDATE, one event and the webhook messages, in one transaction.

The loser of a race does nothing.

    from \\ to     queued  submitting  running  collecting  ready  failed  cancelled  in_doubt
    queued           ·         R          L          ·        ·      x         x          ·
    submitting       R         ·          R          R        ·      R         ·          R
    running          ·         ·          ·          x        ·      x         x          R
    collecting       ·         ·          ·          ·        x      x         L          ·
    in_doubt         ·         ·          R          R        ·      x         R          ·

L: local work only · R: work sent to a provider only · x: both. `ready`, `failed` and `cancelled` are final;
reaching one settles the money (`generator.services.billing.ledger`).

What if the process dies here?
    queued       nothing has happened; the row is due and is claimed again
    submitting   the request may have been sent: in doubt, never resent automatically
    running      local: the claim expires and the missing takes are made again; remote: polled again
    collecting   missing takes are fetched, decoded and stored again; stored takes stay
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from generator.messages import Message, to_json
from generator.models import Generation, GenerationEvent, State, User
from generator.models.generation import MESSAGE_KEY
from generator.services.generation import eta
from generator.services.webhooks import events

SOURCES: dict[State, tuple[State, ...]] = {
    State.QUEUED: (State.SUBMITTING,),
    State.SUBMITTING: (State.QUEUED,),
    State.RUNNING: (State.QUEUED, State.SUBMITTING, State.IN_DOUBT),
    State.COLLECTING: (State.SUBMITTING, State.RUNNING, State.IN_DOUBT),
    State.READY: (State.COLLECTING,),
    State.FAILED: (State.QUEUED, State.SUBMITTING, State.RUNNING, State.COLLECTING, State.IN_DOUBT),
    State.CANCELLED: (State.QUEUED, State.RUNNING, State.COLLECTING, State.IN_DOUBT),
    State.IN_DOUBT: (State.SUBMITTING, State.RUNNING),
}


def advance(
    generation: Generation,
    to: State,
    text: str,
    *,
    sources: Iterable[State] | None = None,
    actor: User | None = None,
    data: Mapping[str, Any] | None = None,
    **changes: Any,
) -> bool:
    """Move a generation to state `to` if its current state allows it, and write the event; return whether it moved.

    `changes` are further columns set by the same UPDATE. On success, the object passed in is updated too.
    """
    allowed = tuple(sources) if sources is not None else SOURCES[to]
    if not set(allowed) <= set(SOURCES[to]):
        raise ValueError(f"no arrow leads from {allowed} to {to}")
    if to == State.RUNNING and generation.expected_ms is None:
        changes["expected_ms"] = eta.expected_ms(generation)
    with transaction.atomic():
        is_moved = Generation.objects.filter(pk=generation.pk, state__in=allowed).update(state=to, **changes)
        if not is_moved:
            return False
        note(generation, text, kind=GenerationEvent.Kind.STATE, actor=actor, data={"state": to, **(data or {})})
        events.publish_change(generation, to)
    generation.state = to
    for name, value in changes.items():
        setattr(generation, name, value)
    return True


def note(
    generation: Generation,
    text: str,
    *,
    kind: GenerationEvent.Kind = GenerationEvent.Kind.NOTE,
    actor: User | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to a generation's history: its text in English, and the template and values if it has any."""
    stored = {name: value for name, value in (data or {}).items() if name != MESSAGE_KEY}
    if isinstance(text, Message) and text.values:
        stored[MESSAGE_KEY] = to_json(text)
    GenerationEvent.objects.create(generation=generation, kind=kind, text=str(text), data=stored, actor=actor)


def later(now: dt.datetime, seconds: float) -> dt.datetime:
    return now + dt.timedelta(seconds=seconds)
