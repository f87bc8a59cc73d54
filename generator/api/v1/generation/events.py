"""A generation's history, as a list or as server-sent events.

event: history    one event of the history; its id is the event's number, so that `Last-Event-ID` resumes after it
event: progress   the generation's current state: state, stage, percent, tracks; without an id
event: end        nothing more will come: the generation as GET returns it
event: timeout    the maximum time is over; connect again with the last id
: heartbeat       the connection is alive

The stream ends without an event if the key, or its person, may no longer see the generation.
"""

import json
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponseBase
from ninja import Header, Query, Router, Schema
from pydantic import Field

from generator.api.long_polling import (
    AccessEnded,
    NoFreeSlot,
    OpenConnection,
    Seen,
    event,
    open_connection,
    stream_response,
    worker_slot,
)
from generator.api.v1 import schemas
from generator.api.v1.auth import user_of
from generator.api.v1.generation.generations import find, show
from generator.api.v1.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page, PageContent
from generator.api.v1.problems import Problem
from generator.models import Generation
from generator.translation import translate_stage

router = Router(tags=["Generations"])
MAX_STREAM_S = 300  # maximum seconds of a stream
KEEPALIVE_INTERVAL_S = 15  # seconds without a change before a sign of life
LIST, STREAM = "application/json", "text/event-stream"
MAX_EVENT_NUMBER = 10**9
_STREAM_DOC = {
    "responses": {
        200: {"content": {STREAM: {"schema": {"type": "string", "description": "With “Accept: text/event-stream”."}}}}
    }
}


class After(Schema):
    after: int = Field(0, ge=0, le=MAX_EVENT_NUMBER, description="Only events with a higher number.")
    limit: int = Field(
        DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Maximum number of items in a list; streams ignore it."
    )
    timeout_s: int = Field(MAX_STREAM_S, ge=1, le=MAX_STREAM_S, description="Maximum duration of a stream in seconds.")


def _events_after(generation: Generation, after: int, limit: int | None = None) -> list[schemas.GenerationEventOut]:
    """Return the lines of the history after a number. Lines are only added, so a line's number is its place."""
    rows = generation.events.order_by("id")[after : after + limit if limit else None]
    return [
        schemas.GenerationEventOut(number=after + position, created_at=row.at, kind=row.kind, message=row.display_text)
        for position, row in enumerate(rows, start=1)
    ]


@router.get(
    "/generations/{generation_id}/events",
    response=Page[schemas.GenerationEventOut],
    openapi_extra=_STREAM_DOC,
    summary="List the history of a generation, or stream it",
)
def list_generation_events(
    request: HttpRequest,
    generation_id: str,
    query: Query[After],
    last_event_id: str | None = Header(None, alias="Last-Event-ID", max_length=20),
) -> PageContent[schemas.GenerationEventOut] | HttpResponseBase:
    """A list; with `Accept: text/event-stream` the same events as they happen, for at most five minutes."""
    row = find(request, generation_id)
    if row.is_blind:
        raise Problem(
            409, "The history would reveal the model of a blind candidate. Pick a take or reveal the models first."
        )
    # A client that accepts anything, as axios does, gets the list; one that prefers a stream gets a stream.
    if request.method == "HEAD" or request.get_preferred_type([LIST, STREAM]) != STREAM:
        items = _events_after(row, query.after, query.limit + 1)
        has_more = len(items) > query.limit
        next_cursor = str(items[query.limit - 1].number) if has_more else None
        return {"items": items[: query.limit], "next_cursor": next_cursor}
    last_number = (
        min(int(last_event_id), MAX_EVENT_NUMBER) if last_event_id and last_event_id.isdecimal() else query.after
    )
    try:
        connection = open_connection(
            lambda: row, query.timeout_s, keepalive_s=KEEPALIVE_INTERVAL_S, user=user_of(request)
        )
    except NoFreeSlot:
        raise Problem(503, "Too many open connections. Try again in a moment.", Retry_After="2") from None
    return stream_response(connection, _stream(request, connection, last_number), STREAM)


def _stream(request: HttpRequest, connection: OpenConnection, last_number: int) -> Iterator[str]:
    try:
        yield from _lines(request, connection, last_number)
    except AccessEnded:
        return


def _lines(request: HttpRequest, connection: OpenConnection, last_number: int) -> Iterator[str]:
    yield "retry: 1000\n\n"
    status: Seen | None = None
    for step in connection:
        if step is None:
            yield ": heartbeat\n\n"
            continue
        status = step
        with worker_slot():
            lines = _events_after(connection.generation, last_number)
        for line in lines:
            last_number = line.number
            yield event(line.model_dump_json(), "history", last_number)
        progress = {
            "state": schemas.GenerationState.from_stored(step.state),
            "stage": translate_stage(step.stage),
            "percent": step.percent,
            "tracks": step.takes,
        }
        yield event(json.dumps(progress), "progress")
    if status and status.is_resting:
        with worker_slot():
            last = show(request, connection.generation).model_dump_json()
        yield event(last, "end")
    else:
        yield event(json.dumps({"after": last_number}), "timeout")
