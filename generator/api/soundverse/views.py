"""The addresses of the contract: a stream of progress, or one answer after minutes.

    POST /v5/generate/music-gen        chunks, bare or as events by the Accept header
    POST /v5/generate/music-gen/sync   one answer
    POST /v5/generate/music            the later spelling: only a prompt is needed; always events
    POST /v5/generate/music/sync

Whoever hangs up loses nothing: the generation goes on and its take is in the library. The same `Idempotency-Key` again
is told of the first one.
"""

import logging
from collections.abc import Callable
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase, JsonResponse, UnreadablePostError
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt

from generator.api import door, idempotency, limits
from generator.api.holding import Full, Hold, hold, streamed
from generator.api.outputs import base_url
from generator.api.soundverse import openapi, refusals
from generator.api.soundverse.asked import Asked, Later, read, understand
from generator.api.soundverse.told import BARE, EVENTS, Listener
from generator.models import Generation, User

log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]
MOST_KEY = 500  # characters of an Idempotency-Key


def _contract(view: View) -> View:
    """Answer whatever goes wrong before the first byte in the contract's shape."""

    @csrf_exempt
    @wraps(view)
    def _answer(request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, **kwargs)
        except refusals.Wrong as wrong:
            return wrong.reply
        except idempotency.KeyReused:
            return refusals.plain(409, "This Idempotency-Key was used for another request. Choose a new one.").reply
        except Full:
            return refusals.busy().reply
        except RequestDataTooBig:
            return refusals.plain(413, "The body is too large.").reply
        except Exception:
            log.exception("%s failed", request.path)
            return refusals.plain(500, "Internal Server Error").reply

    return _answer


@_contract
def stream(request: HttpRequest, *, later: bool = False) -> HttpResponseBase:
    """Real progress, chunk by chunk."""
    listener, held = _begin(request, later=later)
    events = later or "text/event-stream" in request.headers.get("accept", "").lower()
    framing = EVENTS if events else BARE
    return _named(held, streamed(held, listener.stream(held, framing), framing.content_type))


@_contract
def sync(request: HttpRequest, *, later: bool = False) -> HttpResponseBase:
    """Wait, and answer once."""
    listener, held = _begin(request, later=later)
    return _named(held, streamed(held, listener.answer(held), "application/json"))


@_contract
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    raise refusals.plain(404, "Not Found")


@_contract
def document(request: HttpRequest) -> HttpResponseBase:
    """The contract as OpenAPI, for whoever wants to make a client of it."""
    return JsonResponse(openapi.document(base_url(request)))


def _begin(request: HttpRequest, *, later: bool) -> tuple[Listener, Hold]:
    """Check everything, take a place, ask for the music."""
    if request.method != "POST":
        raise refusals.plain(405, "Method Not Allowed", Allow="POST")
    user = door.caller(request)
    if user is None:
        raise refusals.no_key()
    _count(request, user)
    asked = read(_body(request), Later if later else Asked)
    order, given = understand(user, asked), _idempotency_key(request)
    key = idempotency.token_of(user, given, ["soundverse", asked.model_dump(mode="json")])

    def place() -> Generation:
        with idempotency.turn(user, given, key):
            return order.place(user, key, asked)

    held = hold(place, user=user)
    return Listener(user, base_url(request), later), held


def _count(request: HttpRequest, user: User) -> None:
    """Raises Wrong: the key has asked too often this minute; requests to the studio's own API count, too."""
    key = user.acting_with
    try:
        if key is not None:
            limits.count(request, key)
    except limits.Exceeded as over:
        raise refusals.busy(headers={"Retry-After": str(over.retry_after)}) from None


def _body(request: HttpRequest) -> bytes:
    if request.content_type != "application/json":
        raise refusals.field([], "Send JSON, with Content-Type: application/json.", "json_type")
    try:
        return request.body
    except (UnreadablePostError, RawPostDataException):
        raise refusals.plain(400, "The body broke off.") from None


def _idempotency_key(request: HttpRequest) -> str | None:
    """What makes a repeated request the same one; None: it is one of its own."""
    given = request.headers.get("idempotency-key", "").strip()
    if len(given) > MOST_KEY:
        raise refusals.plain(400, f"An Idempotency-Key has at most {MOST_KEY} characters.")
    return given or None


def _named(held: Hold, reply: HttpResponseBase) -> HttpResponseBase:
    """Say which generation it is at once; the contract's own ids come at the end."""
    reply["X-Generation"] = held.generation.ref
    return reply
