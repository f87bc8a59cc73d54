"""A generation's history, as a list or as it happens (server-sent events).

event: history    one line of the history; its id is the line's number, so `Last-Event-ID` goes on after it
event: progress   where the generation stands: state, stage, percent, tracks; without an id
event: end        nothing more is to come: the generation as GET shows it
event: pause      the time is up; ask again with the last id
: beat            a sign of life
"""

import json
from collections.abc import Iterator

from django.http import HttpRequest
from ninja import Header, Query, Router, Schema
from pydantic import Field

from generator.api.holding import Full, Hold, Seen, at_desk, hold, streamed
from generator.api.v1 import schemas
from generator.api.v1.caller import caller
from generator.api.v1.generations import find, show
from generator.api.v1.pages import MOST, USUAL, Page
from generator.api.v1.problems import Problem
from generator.models import Generation

router = Router(tags=["Making music"])
PATIENCE = 300  # seconds a stream lasts at most
QUIET = 15  # seconds without a change, after which there is a sign of life
STREAM = "text/event-stream"
_STREAM_DOC = {
    "responses": {
        200: {"content": {STREAM: {"schema": {"type": "string", "description": "With “Accept: text/event-stream”."}}}}
    }
}


class After(Schema):
    after: int = Field(0, ge=0, le=10**9, description="Only events with a higher number.")
    limit: int = Field(USUAL, ge=1, le=MOST, description="Of a list; a stream has no end of its own.")
    seconds: int = Field(PATIENCE, ge=1, le=PATIENCE, description="How long a stream lasts at most.")


def _since(generation: Generation, after: int, limit: int | None = None) -> list[schemas.EventOut]:
    """Lines of the history after a number. They are only ever added, so a line's number is its place."""
    rows = generation.events.order_by("id")[after : after + limit if limit else None]
    return [
        schemas.EventOut(number=after + place, at=row.at, kind=row.kind, text=row.text)
        for place, row in enumerate(rows, start=1)
    ]


@router.get(
    "/generations/{generation_id}/events",
    response=Page[schemas.EventOut],
    openapi_extra=_STREAM_DOC,
    summary="The history, as a list or as it happens",
)
def list_events(
    request: HttpRequest,
    generation_id: str,
    wanted: Query[After],
    last_event_id: str | None = Header(None, alias="Last-Event-ID", max_length=20),
):
    """A list; with `Accept: text/event-stream` the same lines as they happen, for five minutes at most."""
    row = find(request, generation_id)
    if row.is_blind:
        raise Problem(409, "Its history would tell which model it is. Pick or reveal first.")
    if not request.accepts(STREAM) or request.headers.get("accept", "*/*") == "*/*":
        found = _since(row, wanted.after, wanted.limit + 1)
        more = len(found) > wanted.limit
        following = str(found[wanted.limit - 1].number) if more else None
        return {"items": found[: wanted.limit], "next": following}
    known = int(last_event_id) if last_event_id and last_event_id.isdecimal() else wanted.after
    try:
        held = hold(lambda: row, wanted.seconds, quiet=QUIET, user=caller(request))
    except Full:
        raise Problem(503, "Too many connections are open. Ask again in a moment.", Retry_After="2") from None
    return streamed(held, _told(request, held, known), STREAM)


def _told(request: HttpRequest, held: Hold, known: int) -> Iterator[str]:
    yield "retry: 1000\n\n"
    seen: Seen | None = None
    for now in held:
        if now is None:
            yield ": beat\n\n"
            continue
        seen = now
        with at_desk():
            lines = _since(held.generation, known)
        for line in lines:
            known = line.number
            yield _message("history", line.model_dump_json(), known)
        place = {"state": now.state, "stage": now.stage, "percent": now.percent, "tracks": now.takes}
        yield _message("progress", json.dumps(place))
    if seen and seen.is_resting:
        with at_desk():
            last = show(request, held.generation).model_dump_json()
        yield _message("end", last)
    else:
        yield _message("pause", json.dumps({"after": known}))


def _message(event: str, data: str, number: int | None = None) -> str:
    which = f"id: {number}\n" if number is not None else ""
    return f"{which}event: {event}\ndata: {data}\n\n"
