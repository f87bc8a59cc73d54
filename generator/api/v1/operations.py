"""What every operation does besides its own work.

unknown query parameters    refused, as unknown fields of a body are
GET of one object           carries an ETag; `urls` answers 304 to a matching If-None-Match
PATCH, PUT, DELETE          with an If-Match that is not the current ETag: 412, and nothing changes
POST that makes or sends    honours Idempotency-Key, and says in Location where the result is read
"""

from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import sha256
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.urls import resolve, reverse
from ninja import Router, Schema, Status
from ninja.operation import Operation, PathView
from pydantic import BaseModel

from generator.api import idempotency
from generator.api.v1.caller import caller
from generator.api.v1.problems import Problem
from generator.api.v1.reading import once, turn
from generator.models import Comment, Project, ShareLink, Track, Webhook

View = Callable[..., Any]
CHANGES = frozenset({"PATCH", "PUT", "DELETE"})
# Where the result of a POST is read, by the names of the operations that make, send or renew something.
LOCATIONS = {
    **dict.fromkeys(
        (
            *("create_generation", "retry_generation", "create_version", "create_balance", "create_split"),
            "register_reference",
        ),
        "generations/{id}",
    ),
    **dict.fromkeys(("create_reference", "create_reference_from_track"), "references/{id}"),
    **dict.fromkeys(("create_webhook", "rotate_secret"), "webhooks/{id}"),
    **dict.fromkeys(("test_webhook", "resend_delivery"), "deliveries/{id}"),
    **dict.fromkeys(("create_invitation", "renew_invitation"), "projects/{project_id}/invitations/{id}"),
    "create_project": "projects/{id}",
    "create_comparison": "comparisons/{id}",
    "copy_track": "tracks/{id}",
    "create_comment": "comments/{id}",
    "create_link": "links/{id}",
    "create_request": "requests/{id}",
}
# The row that is locked while an object is compared with If-Match and changed, by the parameter of its path.
_ROWS: dict[str, Any] = {
    "track_id": Track,
    "comment_id": Comment,
    "link_id": ShareLink,
    "webhook_id": Webhook,
    "project_id": Project,
}
_READERS: dict[str, View] = {}  # what shows one object, by the name of its operation


def prepare(router: Router) -> None:
    """Have every operation of a router do this."""
    for view in router.path_operations.values():
        for operation in view.operations:
            if "GET" in operation.methods:
                _READERS[operation.view_func.__name__] = operation.view_func
            operation.view_func = _prepared(operation, view)


def query_names(operation: Operation) -> frozenset[str]:
    """The query parameters it takes."""
    models = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return frozenset(name for model in models for name in model.__ninja_flatten_map__)  # type: ignore[attr-defined]


def reads_idempotency_key(operation: Operation) -> bool:
    """Whether it deals with the header itself: runs do, which are told apart by rows of their own."""
    return "idempotency_key" in operation.signature.signature.parameters


def shown_by(view: PathView) -> View | None:
    """What shows the object of a path; None: nothing does."""
    return next((one.view_func for one in view.operations if "GET" in one.methods), None)


def etag_of(value: BaseModel) -> str:
    return f'"{sha256(value.model_dump_json().encode()).hexdigest()[:32]}"'


def _prepared(operation: Operation, view: PathView) -> View:
    act, known = operation.view_func, query_names(operation)
    name, methods = act.__name__, frozenset(operation.methods)
    if name in LOCATIONS:
        act = _located(act, name, operation)
    elif methods & CHANGES:
        act = _matching(act, view)
    is_read = bool(methods & {"GET", "PATCH", "PUT"})

    @wraps(operation.view_func)
    def checked(request: HttpRequest, **kwargs: Any) -> Any:
        if unknown := sorted(request.GET.keys() - known):
            raise Problem(422, f"There is no query parameter “{unknown[0][:60]}” here.", unknown[0][:120])
        result = act(request, **kwargs)
        if is_read and isinstance(result, Schema):
            request.etag = etag_of(result)  # type: ignore[attr-defined]
        return result

    return checked


# --- If-Match ---


def _matching(act: View, view: PathView) -> View:
    @wraps(act)
    def matched(request: HttpRequest, **kwargs: Any) -> Any:
        wanted = request.headers.get("if-match")
        if wanted is None:
            return act(request, **kwargs)
        with transaction.atomic():
            _lock(kwargs)
            _check_current(request, wanted, shown_by(view), kwargs)
            return act(request, **kwargs)

    return matched


def _lock(parameters: Mapping[str, Any]) -> None:
    for name, model in _ROWS.items():
        if name in parameters:
            model.objects.select_for_update().filter(ref=parameters[name]).values_list("pk").first()


def _check_current(request: HttpRequest, wanted: str, show: View | None, parameters: Mapping[str, Any]) -> None:
    """Raises Problem: it is not as it was when it was read."""
    names = {name: value for name, value in parameters.items() if name.endswith("_id") or name == "who"}
    current = etag_of(show(request, **names)) if show else None
    # Proxies that compress mark a tag as weak; it is still the version that was read.
    given = {one.strip().removeprefix("W/") for one in wanted.split(",")}
    if current is None or not given & {current, "*"}:
        raise Problem(412, "It was changed since you read it. Read it again, then decide.", "If-Match")


# --- Idempotency-Key and Location ---


def _located(act: View, name: str, operation: Operation) -> View:
    does_it_itself, status = reads_idempotency_key(operation), next(iter(operation.response_models))

    @wraps(act)
    def located(request: HttpRequest, **kwargs: Any) -> Any:
        made = act(request, **kwargs) if does_it_itself else _once(act, name, status, request, kwargs)
        request.location = _location(name, made, kwargs)  # type: ignore[attr-defined]
        return made

    return located


def _location(name: str, made: Any, parameters: Mapping[str, Any]) -> str:
    value = made.value if isinstance(made, Status) else made
    return reverse("api:v1:api-root") + LOCATIONS[name].format(**{**parameters, "id": value.id})


def _once(act: View, name: str, status: int, request: HttpRequest, parameters: Mapping[str, Any]) -> Any:
    """Carry out, or answer with what the same request made before, as it is now."""
    user, header = caller(request), request.headers.get("idempotency-key")
    if header is None:
        return act(request, **parameters)
    token = once(user, header, [name, {key: _plain(value) for key, value in parameters.items()}])
    with turn(user, header, token):
        if before := idempotency.recall(token):
            found = resolve(before.location)
            return Status(status, _READERS[found.url_name or ""](request, **found.kwargs))
        made = act(request, **parameters)
        idempotency.remember(user, token, _location(name, made, parameters))
        return made


def _plain(value: Any) -> Any:
    """A parameter as JSON has it; of a file, its name and its hash."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, UploadedFile):
        digest = sha256()
        for chunk in value.chunks():
            digest.update(chunk)
        value.seek(0)
        return [value.name, digest.hexdigest()]
    return value
