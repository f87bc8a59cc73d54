"""Changing a generation's state: one guarded UPDATE, one event and what webhooks are told, in one transaction.

Whoever loses a race does nothing.

    from \\ to     queued  submitting  running  collecting  ready  failed  cancelled  in_doubt
    queued           ·         R          L          ·        ·      x         x          ·
    submitting       R         ·          R          R        ·      R         ·          R
    running          ·         ·          ·          x        ·      x         L          R
    collecting       ·         ·          ·          ·        x      x         L          ·
    in_doubt         ·         ·          R          R        ·      x         ·          ·

L: only work done on this machine · R: only work sent to a provider · x: both. `ready`, `failed` and `cancelled` are
final, and reaching one settles the money (`generator.workflow.money`).

What if the process dies here?
    queued       nothing has happened; the row is due and is claimed again
    submitting   the request may have left: in doubt, never sent again by itself
    running      local: the lease runs out and the work starts again with the takes still missing; remote: polled again
    collecting   what is missing is fetched, decoded and stored again; a take that is stored stays
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from generator.models import Event, Generation, State, User
from generator.workflow import history
from generator.workflow.webhooks import events

SOURCES: dict[State, tuple[State, ...]] = {
    State.QUEUED: (State.SUBMITTING,),
    State.SUBMITTING: (State.QUEUED,),
    State.RUNNING: (State.QUEUED, State.SUBMITTING, State.IN_DOUBT),
    State.COLLECTING: (State.SUBMITTING, State.RUNNING, State.IN_DOUBT),
    State.READY: (State.COLLECTING,),
    State.FAILED: (State.QUEUED, State.SUBMITTING, State.RUNNING, State.COLLECTING, State.IN_DOUBT),
    State.CANCELLED: (State.QUEUED, State.RUNNING, State.COLLECTING),
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
    """Move a generation to a state if it is in one that leads there; write the event; say whether it moved.

    `changes` are further columns set by the same UPDATE; the object in hand is brought up to date on success.
    """
    allowed = tuple(sources) if sources is not None else SOURCES[to]
    if not set(allowed) <= set(SOURCES[to]):
        raise ValueError(f"no arrow leads from {allowed} to {to}")
    if to == State.RUNNING and generation.expected_ms is None:
        changes["expected_ms"] = history.expected_ms(generation)
    with transaction.atomic():
        moved = Generation.objects.filter(pk=generation.pk, state__in=allowed).update(state=to, **changes)
        if not moved:
            return False
        note(generation, text, kind=Event.Kind.STATE, actor=actor, data={"state": to, **(data or {})})
        events.moved(generation, to)
    generation.state = to
    for name, value in changes.items():
        setattr(generation, name, value)
    return True


def note(
    generation: Generation,
    text: str,
    *,
    kind: Event.Kind = Event.Kind.NOTE,
    actor: User | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to a generation's history."""
    Event.objects.create(generation=generation, kind=kind, text=text, data=dict(data or {}), actor=actor)


def later(now: dt.datetime, seconds: float) -> dt.datetime:
    return now + dt.timedelta(seconds=seconds)
