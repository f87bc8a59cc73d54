"""Errors as RFC 9457 problems: `application/problem+json` with a stable code, a sentence, and the field it is about.

400 unreadable          the body is no JSON, or holds what cannot be stored
401 no_key              no key, or one that opens nothing (any more)
403 not_allowed         the key, or its maker, may not do it
404 not_found           not there, or not for this key: the two look the same
405 method_not_allowed  see Allow
408 too_slow            the body did not arrive in time
409 conflict            too late for it, or the Idempotency-Key was used for something else
412 precondition_failed it is not what the If-Match says; read it again
413 too_large           see docs/api.md for the cap
415 not_json            send application/json (a file: multipart/form-data)
416 no_such_range       see Content-Range
422 refused             it cannot be done, with the reason; `field` names the part of the request
429 too_many            see Retry-After
500 our_fault           it is written down in the log
503 busy                see Retry-After
"""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from generator.workflow import Refused, references
from generator.workflow.throttle import TooOften

log = logging.getLogger(__name__)
MEDIA = "application/problem+json"
CODES = {
    400: "unreadable",
    401: "no_key",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "not_json",
    416: "no_such_range",
    422: "refused",
    429: "too_many",
    500: "our_fault",
    503: "busy",
}
WORDS = {
    400: "The request cannot be read.",
    401: "Send a valid key: “Authorization: Bearer bgm_…”.",
    403: "The key may not do this.",
    404: "There is nothing here for this key.",
    405: "That cannot be done to this address.",
    412: "It was changed since you read it. Read it again, then decide.",
    413: "The request is too large.",
    416: "The file has no such part.",
    500: "Something went wrong in the studio; it is written down there.",
}
_CARRIED = ("Allow", "Content-Range", "Retry-After", "WWW-Authenticate", "Accept-Ranges", "ETag")


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, detail: str, field: str | None = None, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def answer(
    status: int,
    detail: str = "",
    field: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The response of a problem; `errors`: each {field, detail}, where there are several."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": CODES.get(status, "error"),
        "detail": detail or WORDS.get(status, HTTPStatus(status).description),
    }
    body |= {"field": field} if field else {}
    body |= {"errors": list(errors)} if errors else {}
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA, headers=dict(headers or {}))


def as_problem(reply: HttpResponseBase) -> HttpResponseBase:
    """An error that was answered in another form, as a problem with the same headers; anything else as it is."""
    if reply.status_code < 400 or reply.headers.get("Content-Type", "").startswith(MEDIA):
        return reply
    carried = {name: reply.headers[name] for name in _CARRIED if name in reply.headers}
    reply.close()
    return answer(reply.status_code, headers=carried)


def handle(api: NinjaAPI) -> None:
    """Have everything that is raised below answered as a problem."""
    for kind, door in _DOORS.items():
        api.add_exception_handler(kind, door)


def of(error: Exception) -> HttpResponse:
    """The answer to anything that can be raised while a request is read and answered."""
    door = next(_DOORS[kind] for kind in type(error).__mro__ if kind in _DOORS)
    return door(None, error)


def _problem(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(error.status, error.detail, error.field, headers=error.headers)


def _http_error(request: HttpRequest | None, error: Any) -> HttpResponse:
    if isinstance(error.__cause__, Problem):  # what the parser said of the body
        return _problem(request, error.__cause__)
    challenge = {"WWW-Authenticate": 'Bearer realm="BGM Studio"'} if error.status_code == 401 else {}
    return answer(error.status_code, headers=challenge)


def _invalid(request: HttpRequest | None, error: Any) -> HttpResponse:
    if dropped := getattr(request, "too_large", ()):  # by `generator.web.uploads`, so that it looks as if left out
        return answer(413, references.too_large(), min(dropped))
    errors = [{"field": _field(one["loc"]), "detail": _sentence(one)} for one in error.errors[:20]]
    first = errors[0] if errors else {"field": "", "detail": ""}
    detail = (
        f"{first['field']}: {first['detail']}" if first["field"] else "The request needs a JSON object as its body."
    )
    return answer(422, detail, first["field"] or None, errors)


def _field(where: Sequence[Any]) -> str:
    """ "body", "ask", "takes" → "takes": where in what was sent."""
    return ".".join(str(part) for part in where[2 if where[:1] in (("body",), ["body"]) else 1 :])[:120]


def _sentence(error: Mapping[str, Any]) -> str:
    return "There is no such field." if error["type"] == "extra_forbidden" else f"{error['msg']}."


def _refused(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(error.status, error.sentence, error.field)


def _too_often(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(429, error.sentence, error.field, headers={"Retry-After": str(error.retry_after)})


def _missing(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(404)


def _unreadable(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(400)


def _too_large(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(413)


def _our_fault(request: HttpRequest | None, error: Any) -> HttpResponse:
    log.error("an API request failed", exc_info=error)
    return answer(500)


_DOORS: dict[type[Exception], Any] = {
    Problem: _problem,
    HttpError: _http_error,
    ValidationError: _invalid,
    TooOften: _too_often,
    Refused: _refused,
    Http404: _missing,
    RequestDataTooBig: _too_large,
    MultiPartParserError: _unreadable,
    SuspiciousOperation: _unreadable,
    BadRequest: _unreadable,
    UnreadablePostError: _unreadable,
    Exception: _our_fault,
}
