"""The views of the contract: a stream of progress, or one answer after minutes.

    POST /v5/generate/music-gen        chunks, bare or as events by the Accept header
    POST /v5/generate/music-gen/sync   one answer
    POST /v5/generate/music            the later form: only a prompt is required; always events
    POST /v5/generate/music/sync

If the client disconnects, the generation continues and its take is in the library. A repeated `Idempotency-Key`
returns the first generation.
"""

import logging
from collections.abc import Callable
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt

from generator.api import auth, idempotency, throttling
from generator.api.compat.soundverse import errors, openapi, requests
from generator.api.compat.soundverse.requests import Later, MusicRequest
from generator.api.compat.soundverse.streaming import BARE, EVENTS, Listener
from generator.api.errors import ApiError
from generator.api.long_polling import NoFreeSlot, OpenConnection, open_connection, stream_response
from generator.api.signed_files import base_url
from generator.http import etags
from generator.models import Generation

log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]


def _contract(view: View) -> View:
    """Answer every error before the first byte in the contract's form."""

    @csrf_exempt
    @wraps(view)
    def _answer(request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, **kwargs)
        except throttling.Exceeded as exceeded:
            return errors.reply(errors.busy(wait=exceeded.headers["Retry-After"]))
        except ApiError as error:
            if request.method == "OPTIONS" and error.status == 405:
                return HttpResponse(status=204, headers=error.headers)
            return errors.reply(error)
        except NoFreeSlot:
            return errors.reply(errors.busy())
        except RequestDataTooBig:
            return errors.reply(errors.plain(413, "The body is too large."))
        except Exception:
            log.exception("%s failed", request.path)
            return errors.reply(errors.plain(500, "Internal Server Error"))

    return _answer


@_contract
def stream(request: HttpRequest, *, later: bool = False) -> HttpResponseBase:
    """Stream the progress, chunk by chunk."""
    listener, connection = _begin(request, later=later)
    events = later or "text/event-stream" in request.headers.get("accept", "").lower()
    framing = EVENTS if events else BARE
    return _named(connection, stream_response(connection, listener.stream(connection, framing), framing.content_type))


@_contract
def sync(request: HttpRequest, *, later: bool = False) -> HttpResponseBase:
    """Wait, and answer once."""
    listener, connection = _begin(request, later=later)
    return _named(connection, stream_response(connection, listener.answer(connection), "application/json"))


@_contract
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    raise errors.plain(404, "Not Found")


@_contract
def document(request: HttpRequest) -> HttpResponseBase:
    """Return the contract as OpenAPI, for generating a client."""
    _check_method(request, "GET", "HEAD")
    return etags.not_modified(request, JsonResponse(openapi.document(base_url(request))))


def _begin(request: HttpRequest, *, later: bool) -> tuple[Listener, OpenConnection]:
    """Validate the request, take a connection slot, and submit the generation."""
    _check_method(request, "POST")
    user = auth.user_of(request)
    if user is None:
        raise errors.no_key()
    body = requests.parse(_body(request), Later if later else MusicRequest)
    mapped = requests.map_fields(requests.resolve(user, body), body)
    header = idempotency.header_of(request)
    key = idempotency.token_of(user, header, ["soundverse", body.model_dump(mode="json")])

    def submit() -> Generation:
        with idempotency.lock_key(user, header, key):
            return requests.submit(user, body, mapped, key)

    connection = open_connection(submit, user=user)
    return Listener(user, base_url(request), later), connection


def _check_method(request: HttpRequest, *methods: str) -> None:
    """Raise ApiError if the method is not allowed."""
    if request.method not in methods:
        raise errors.plain(405, "Method Not Allowed", Allow=", ".join((*methods, "OPTIONS")))


def _body(request: HttpRequest) -> bytes:
    if request.content_type != "application/json":
        raise errors.field([], "Send JSON, with Content-Type: application/json.", "json_type")
    try:
        return request.body
    except (UnreadablePostError, RawPostDataException):
        raise errors.plain(400, "The body was incomplete.") from None


def _named(connection: OpenConnection, reply: HttpResponseBase) -> HttpResponseBase:
    """Name the generation in a header at once; the contract's own ids come at the end."""
    reply["X-Generation"] = connection.generation.public_id
    return reply
