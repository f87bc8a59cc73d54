"""Errors as RFC 9457 problems: `application/problem+json` with a stable code, a sentence, and the field it is about.

400 invalid_request        the body is not JSON, or contains what cannot be stored
401 invalid_api_key        no key, or one that is unknown, expired or revoked
403 forbidden              the key, or its creator, may not do it
404 not_found              missing, or not visible to this key: the two look the same
405 method_not_allowed     see Allow
408 request_timeout        the body did not arrive in time
409 conflict               too late for it, or the Idempotency-Key was used for another request
412 precondition_failed    the object differs from the If-Match; read it again
413 request_too_large      see docs/api.md for the limit
415 unsupported_media_type send application/json (a file: multipart/form-data)
416 range_not_satisfiable  see Content-Range
422 validation_failed      it cannot be done, with the reason; `field` names the part of the request
429 rate_limited           see Retry-After
500 internal_error         the log has the details
503 service_unavailable    see Retry-After
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from generator.api.errors import ApiError
from generator.http.uploads import too_large as sentence_too_large
from generator.services.errors import UserError
from generator.services.throttling import TooOften

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
CODES = {
    400: "invalid_request",
    401: "invalid_api_key",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    412: "precondition_failed",
    413: "request_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "validation_failed",
    429: "rate_limited",
    500: "internal_error",
    503: "service_unavailable",
}
CHANGED_DETAIL = "It has changed since you read it. Nothing was done; read it again."
DETAILS = {
    400: "The request cannot be read.",
    401: "Send a valid API key: “Authorization: Bearer bgm_…”.",
    403: "This key does not allow that.",
    404: "Not found, or not accessible with this key.",
    405: "This address does not support that method.",
    412: CHANGED_DETAIL,
    413: "The request is too large.",
    416: "The requested range is outside the file.",
    500: "Something went wrong in the studio. The details are in its log.",
}
Problem = ApiError  # as RFC 9457 calls it
_KEPT_HEADERS = ("Allow", "Content-Range", "Retry-After", "WWW-Authenticate", "Accept-Ranges", "ETag")


def answer(
    status: int,
    detail: str = "",
    field: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the response of a problem; `errors`: each {field, detail}, if there are several."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": CODES.get(status, "error"),
        "detail": detail or DETAILS.get(status, HTTPStatus(status).description),
    }
    body |= {"field": field} if field else {}
    body |= {"errors": list(errors)} if errors else {}
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))


def as_problem(reply: HttpResponseBase) -> HttpResponseBase:
    """Return an error of another form as a problem with the same headers; anything else unchanged."""
    if reply.status_code < 400 or reply.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        return reply
    headers = {name: reply.headers[name] for name in _KEPT_HEADERS if name in reply.headers}
    reply.close()
    return answer(reply.status_code, headers=headers)


def register_handlers(api: NinjaAPI) -> None:
    """Answer every exception below this API as a problem."""
    for kind, handler in _HANDLERS.items():
        api.add_exception_handler(kind, handler)


def response_to(error: Exception) -> HttpResponse:
    """Return the response to any exception raised while a request is read and answered."""
    handler = next(_HANDLERS[kind] for kind in type(error).__mro__ if kind in _HANDLERS)
    return handler(None, error)


def _problem(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(error.status, error.detail, error.field, headers=error.headers)


def _http_error(request: HttpRequest | None, error: Any) -> HttpResponse:
    if isinstance(error.__cause__, Problem):  # the parser's error about the body
        return _problem(request, error.__cause__)
    challenge = {"WWW-Authenticate": 'Bearer realm="BGM Studio"'} if error.status_code == 401 else {}
    return answer(error.status_code, headers=challenge)


def _invalid(request: HttpRequest | None, error: Any) -> HttpResponse:
    if too_large := getattr(request, "too_large", ()):  # by `generator.http.uploads`, so that it looks omitted
        return answer(413, sentence_too_large(request), min(too_large))
    errors = [{"field": _field(error_item["loc"]), "detail": _sentence(error_item)} for error_item in error.errors[:20]]
    first = errors[0] if errors else {"field": "", "detail": ""}
    detail = f"{first['field']}: {first['detail']}" if first["field"] else "Send a JSON object as the body."
    return answer(422, detail, first["field"] or None, errors)


def _field(location: Sequence[Any]) -> str:
    """Return where in the request an error is: "body", "ask", "takes" → "takes"."""
    return ".".join(str(part) for part in location[2 if location[:1] in (("body",), ["body"]) else 1 :])[:120]


def _sentence(error: Mapping[str, Any]) -> str:
    return "Unknown field." if error["type"] == "extra_forbidden" else f"{error['msg']}."


def _refused(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(error.status, error.sentence, error.field)


def _rate_limited(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(429, error.sentence, error.field, headers={"Retry-After": str(error.retry_after)})


def _missing(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(404)


def _invalid_request(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(400)


def _too_large(request: HttpRequest | None, error: Any) -> HttpResponse:
    return answer(413)


def _internal_error(request: HttpRequest | None, error: Any) -> HttpResponse:
    log.error("an API request failed", exc_info=error)
    return answer(500)


_HANDLERS: dict[type[Exception], Callable[[HttpRequest | None, Any], HttpResponse]] = {
    Problem: _problem,
    HttpError: _http_error,
    ValidationError: _invalid,
    TooOften: _rate_limited,
    UserError: _refused,
    Http404: _missing,
    RequestDataTooBig: _too_large,
    MultiPartParserError: _invalid_request,
    SuspiciousOperation: _invalid_request,
    BadRequest: _invalid_request,
    UnreadablePostError: _invalid_request,
    Exception: _internal_error,
}
