"""What every address of this contract does alike: know the caller, read the body, wrap the answer, refuse in its shape.

200    {"code": 200, "message": "success", "data": …}
else   {"code": <the HTTP status>, "message": "a sentence"}      never a key `error`, at which clients give up
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponseBase, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from generator import access, workflow
from generator.api import door, limits, sent
from generator.api.outputs import base_url
from generator.models import ApiKey, Project, User
from generator.web.places import get_up, leave_seat, sit_down, take_seat

log = logging.getLogger(__name__)

WRONG_KEY_COSTS = 0.2  # seconds: one known client asks again at once, for ever, when its key is refused


class Problem(Exception):
    """An answer other than 200; `code` is the HTTP status."""

    def __init__(self, code: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = headers


@dataclass
class Call:
    """A request with the person it comes from."""

    request: HttpRequest
    user: User

    @property
    def key(self) -> ApiKey:
        assert self.user.acting_with is not None
        return self.user.acting_with

    @property
    def base(self) -> str:
        return base_url(self.request)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent; an empty one when nothing was."""
        return read_json(self.request)

    @cached_property
    def project(self) -> Project:
        """Where this call works: the project it names, else the key's own, else its person's personal one."""
        named = self.request.GET.get("project") or self.request.headers.get("x-project", "")
        found = access.projects(self.user)
        found = found.filter(ref=named) if named else found.filter(pk=workflow.keys.home(self.user).pk)
        project = found.first()
        if project is None:
            raise Problem(404 if named else 403, "There is no such project, or this key does not open it.")
        return project

    @property
    def workshop(self) -> Project:
        """The same, where this call may make something."""
        if not access.can_edit(self.user, self.project):
            role = access.role(self.user, self.project)
            raise Problem(
                403,
                f"This key may not generate in “{self.project.name}”: it has the scope “{self.key.scope}”, and so the "
                f"role “{role}” there. An editor's key with the scope “generate” may.",
            )
        return self.project


Handler = Callable[..., Any]


def endpoint(public: bool = False, **handlers: Handler) -> Callable[..., HttpResponseBase]:
    """A view of one address: method → handler, which takes a `Call` and returns the `data`, or a whole response.

    `public`: no key is asked for; the handler takes the request alone.
    """

    @csrf_exempt
    def view(request: HttpRequest, **named: str) -> HttpResponseBase:
        reply = answered(request, **named)
        limits.tell(request, reply)
        return reply

    def answered(request: HttpRequest, **named: str) -> HttpResponseBase:
        try:
            if "\x00" in request.path or any("\x00" in word for pair in request.GET.items() for word in pair):
                raise Problem(400, "There is a character in the address that means nothing here.")
            caller = request if public else Call(request, _person(request))
            handler = handlers.get("GET" if request.method == "HEAD" else request.method or "")
            if handler is None:
                raise Problem(405, f"{request.method} is not allowed here.", Allow=", ".join(handlers))
            data = handler(caller, **named)
            return data if isinstance(data, HttpResponseBase) else good(data)
        except Problem as problem:
            return _bad(problem)
        except workflow.Refused as refused:
            return _bad(Problem(400, refused.sentence))
        except RequestDataTooBig:
            return _bad(Problem(413, "The body is too large. Sounds go to media/uploads."))
        except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError):
            return _bad(Problem(400, "The body could not be read."))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return _bad(Problem(500, "Something went wrong in the studio. Its log has the details."))

    return view


@contextmanager
def away() -> Iterator[bool]:
    """Leave this request's desk to others for something slow that needs no database; False where no seat is free."""
    seated = take_seat()
    if seated:
        get_up()
    try:
        yield seated
    finally:
        if seated:
            sit_down()
            leave_seat()


def good(data: Any) -> JsonResponse:
    return JsonResponse({"code": 200, "message": "success", "data": data})


def _bad(problem: Problem) -> JsonResponse:
    body = {"code": problem.code, "message": problem.message}
    return JsonResponse(body, status=problem.code, headers=problem.headers)


def _person(request: HttpRequest) -> User:
    user = door.caller(request)
    if user is None:
        with away() as left:
            time.sleep(WRONG_KEY_COSTS if left else 0)
        raise Problem(401, "Unauthorized: send “Authorization: Bearer <key>” with a key of this studio that is in use.")
    if user.acting_with is not None:
        throttle(request, user.acting_with)
    return user


def throttle(request: HttpRequest, key: ApiKey) -> None:
    """Count a request of a key, together with those to the other contracts; Raises Problem: too many in this minute."""
    try:
        limits.count(request, key)
    except limits.Exceeded as over:
        raise Problem(429, str(over), **{"Retry-After": str(over.retry_after)}) from None


def read_json(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object; raises Problem for everything else."""
    raw = request.body
    if not raw:
        return {}
    kind = request.content_type
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, f"The body has to be application/json; this is {kind[:60]}.")
    try:
        found = sent.parse(raw)
    except sent.Unreadable as wrong:
        raise Problem(400, str(wrong)) from None
    if not isinstance(found, dict):
        raise Problem(400, "The body has to be a JSON object.")
    return found


# --- reading single values; each raises Problem(400) ---


def text(body: dict[str, Any], name: str, most: int = 200) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise Problem(400, f"{name} has to be a text of at most {most} characters.")
    return value.strip()


def whole(body: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Problem(400, f"{name} has to be a whole number from {low:,} to {high:,}.")
    return value


def switch(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value not in (None, True, False) or (isinstance(value, int | float) and not isinstance(value, bool)):
        raise Problem(400, f"{name} has to be true or false.")
    return bool(value)
