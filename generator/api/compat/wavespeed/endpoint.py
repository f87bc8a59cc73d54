"""Shared handling of all addresses of this contract: authentication, body, envelope and errors.

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
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from generator import permissions
from generator.api import auth, json_body, throttling
from generator.api.errors import ApiError
from generator.api.signed_files import base_url
from generator.http import etags
from generator.http.connection_slots import leave_stream_slot, leave_worker_slot, take_stream_slot, take_worker_slot
from generator.models import ApiKey, Project, User
from generator.services.errors import UserError
from generator.services.team import api_keys

log = logging.getLogger(__name__)

Problem = ApiError  # as the other modules of this contract call it
WRONG_KEY_DELAY_S = 0.2  # seconds: one known client retries at once, forever, when its key is rejected


@dataclass
class Call:
    """A request with its user."""

    request: HttpRequest
    user: User

    @property
    def key(self) -> ApiKey:
        assert self.user.api_key is not None
        return self.user.api_key

    @property
    def base(self) -> str:
        return base_url(self.request)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON object of the body; empty if there was no body."""
        return read_json(self.request)

    @cached_property
    def project(self) -> Project:
        """The project of this call: the one it names, else the key's own, else the user's personal one."""
        requested_id = self.request.GET.get("project") or self.request.headers.get("x-project", "")
        projects = permissions.projects(self.user)
        projects = (
            projects.filter(public_id=requested_id) if requested_id else projects.filter(pk=api_keys.home(self.user).pk)
        )
        project = projects.first()
        if project is None:
            raise Problem(404 if requested_id else 403, "There is no such project, or this key cannot access it.")
        return project

    @property
    def editable_project(self) -> Project:
        """The same project, if this call may create something there."""
        if not permissions.can_edit(self.user, self.project):
            role = permissions.role(self.user, self.project)
            raise Problem(
                403,
                f"This key may not generate in “{self.project.name}”: with the scope “{self.key.scope}” it has the "
                f"role “{role}” there. Use an editor's key with the scope “generate”.",
            )
        return self.project


Handler = Callable[..., Any]


def endpoint(public: bool = False, **handlers: Handler) -> Callable[..., HttpResponseBase]:
    """Return the view of an address: method → handler, which takes a `Call` and returns the `data`, or a full response.

    `public`: no key is required; the handler takes only the request.
    """

    head_methods = ("HEAD",) if "GET" in handlers else ()
    allowed = ", ".join((*handlers, *head_methods, "OPTIONS"))

    @csrf_exempt
    def view(request: HttpRequest, **arguments: str) -> HttpResponseBase:
        reply = etags.not_modified(request, respond(request, **arguments))
        throttling.add_headers(request, reply)
        return reply

    def respond(request: HttpRequest, **arguments: str) -> HttpResponseBase:
        try:
            if "\x00" in request.path or any("\x00" in word for pair in request.GET.items() for word in pair):
                raise Problem(400, "The address contains an invalid character.")
            if request.method == "OPTIONS":
                return HttpResponse(status=204, headers={"Allow": allowed})
            caller = request if public else Call(request, _authenticate(request))
            handler = handlers.get("GET" if request.method == "HEAD" else request.method or "")
            if handler is None:
                raise Problem(405, f"{request.method} is not allowed here.", Allow=allowed)
            data = handler(caller, **arguments)
            return data if isinstance(data, HttpResponseBase) else success(data)
        except Problem as problem:
            return _failure(problem)
        except UserError as error:
            return _failure(Problem(400, error.sentence))
        except RequestDataTooBig:
            return _failure(Problem(413, "The body is too large. Send audio to media/uploads."))
        except (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError):
            return _failure(Problem(400, "The body could not be read."))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return _failure(Problem(500, "Internal error. The studio's log has the details."))

    return view


@contextmanager
def release_worker_slot() -> Iterator[bool]:
    """Release this request's work slot during slow work without a database; yield False if no wait slot is free."""
    is_released = take_stream_slot()
    if is_released:
        leave_worker_slot()
    try:
        yield is_released
    finally:
        if is_released:
            take_worker_slot()
            leave_stream_slot()


def success(data: Any) -> JsonResponse:
    return JsonResponse({"code": 200, "message": "success", "data": data})


def _failure(problem: Problem) -> JsonResponse:
    body = {"code": problem.status, "message": problem.detail}
    return JsonResponse(body, status=problem.status, headers=problem.headers)


def _authenticate(request: HttpRequest) -> User:
    user = auth.user_of(request)
    if user is None:
        with release_worker_slot() as is_released:
            time.sleep(WRONG_KEY_DELAY_S if is_released else 0)
        raise Problem(401, "Unauthorized: send “Authorization: Bearer <key>” with a valid API key of this studio.")
    return user


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Return the body as a JSON object; raise Problem for everything else."""
    raw = request.body
    if not raw:
        return {}
    content_type = request.content_type
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        raise Problem(415, f"The body must be application/json; it is {content_type[:60]}.")
    value = json_body.parse(raw)
    if not isinstance(value, dict):
        raise Problem(400, "The body must be a JSON object.")
    return value


# --- reading single values; each raises Problem(400) ---


def text(body: dict[str, Any], name: str, max_length: int = 200) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > max_length:
        raise Problem(400, f"{name} must be a text of at most {max_length} characters.")
    return value.strip()


def whole_number(body: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Problem(400, f"{name} must be a whole number from {low:,} to {high:,}.")
    return value


def switch(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value not in (None, True, False) or (isinstance(value, int | float) and not isinstance(value, bool)):
        raise Problem(400, f"{name} must be true or false.")
    return bool(value)
