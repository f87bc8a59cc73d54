"""What every operation does besides its own work.

query, form, body           unknown or repeated names are rejected; so is a body where none is accepted
HEAD                        wherever GET is
GET                         carries an ETag; `urls` answers 304 to a matching If-None-Match
PATCH, PUT, DELETE          with an If-Match that is not the current ETag: 412, and nothing changes
POST that makes or sends    honors Idempotency-Key, and says in Location where to read the result
"""

from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import sha256
from inspect import signature
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils.datastructures import MultiValueDict
from ninja import Router, Schema, Status
from ninja.operation import Operation, PathView
from pydantic import BaseModel

from generator.api import idempotency
from generator.api.v1.auth import ApiRequest, user_of
from generator.api.v1.parsing import Json
from generator.api.v1.problems import CHANGED_DETAIL, Problem
from generator.http import etags
from generator.models import Comment, Edit, Preset, Project, ShareLink, Track, TrackUpload, Webhook

View = Callable[..., Any]
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CHANGES = frozenset({"PATCH", "PUT", "DELETE"})
# Where to read the result of a POST, by the names of the operations that make, send or renew something.
LOCATIONS = {
    **dict.fromkeys(
        (
            *("create_generation", "retry_generation", "create_variation", "create_mix", "create_stem_separation"),
            *("register_reference", "use_next_model"),
        ),
        "generations/{id}",
    ),
    **dict.fromkeys(("create_reference", "create_reference_from_track"), "references/{id}"),
    **dict.fromkeys(("create_webhook", "rotate_webhook_secret"), "webhooks/{id}"),
    **dict.fromkeys(("test_webhook", "resend_webhook_delivery"), "webhook-deliveries/{id}"),
    **dict.fromkeys(("create_invitation", "renew_invitation"), "projects/{project_id}/invitations/{id}"),
    "create_project": "projects/{id}",
    "create_comparison": "comparisons/{id}",
    "create_batch": "batches/{id}",
    "copy_track": "tracks/{id}",
    "create_comment": "comments/{id}",
    "create_edit": "edits/{id}",
    "create_pack": "packs/{id}",
    "create_upload": "uploads/{id}",
    "create_share_link": "share-links/{id}",
    "create_preset": "presets/{id}",
    "create_budget_request": "budget-requests/{id}",
}
# What other POSTs return when repeated: the path of the object that they change; empty: no content.
RESULTS = {
    **dict.fromkeys(("archive_project", "unarchive_project", "transfer_project", "leave_project", "cancel_upload"), ""),
    **dict.fromkeys(("cancel_generation", "dismiss_generation"), "generations/{generation_id}"),
    "cancel_batch": "batches/{batch_id}",
    **dict.fromkeys(("pick", "reveal"), "comparisons/{comparison_id}"),
    **dict.fromkeys(("trash_track", "restore_track", "move_track", "approve"), "tracks/{track_id}"),
    **dict.fromkeys(("trash_reference", "restore_reference"), "references/{reference_id}"),
    **dict.fromkeys(("grant_budget_request", "decline_budget_request"), "budget-requests/{request_id}"),
    **dict.fromkeys(("cancel_edit", "create_edit_files"), "edits/{edit_id}"),
    **dict.fromkeys(("cancel_pack", "share_pack", "unshare_pack"), "packs/{pack_id}"),
    **dict.fromkeys(("create_stems", "upload_stems"), "tracks/{track_id}/stems"),
    "correct_cost": "uploads/{upload_id}",
}
# The row to lock while an object is compared with If-Match and changed, by its path parameter.
_ROWS: dict[str, Any] = {
    "track_id": Track,
    "comment_id": Comment,
    "share_link_id": ShareLink,
    "webhook_id": Webhook,
    "preset_id": Preset,
    "edit_id": Edit,
    "upload_id": TrackUpload,
    "project_id": Project,
}
# Operations whose idempotency tokens were stored under an earlier name.
_TOKEN_NAMES = {"create_stems": "make_stems"}
_READERS: dict[str, View] = {}  # views that show one object, by operation name


def wrap_operations(router: Router) -> None:
    """Wrap every operation of a router."""
    for view in router.path_operations.values():
        for operation in view.operations:
            if "GET" in operation.methods:
                _READERS[operation.view_func.__name__] = operation.view_func
                operation.methods = [*operation.methods, *({"HEAD"} - {*operation.methods})]
            operation.view_func = _wrap(operation, view)


def names_in(operation: Operation, *sources: str) -> frozenset[str]:
    """Return the names of its query, form or file parameters."""
    models = [model for model in operation.models if model.__ninja_param_source__ in sources]
    return frozenset(name for model in models for name in getattr(model, "__ninja_flatten_map__", model.model_fields))


def reads_idempotency_key(operation: Operation) -> bool:
    """Return whether it handles the header itself, as generations do, which have rows of their own for it."""
    return "idempotency_key" in operation.signature.signature.parameters


def reader_of(view: PathView) -> View | None:
    """Return the view that shows the object of a path; None if there is none."""
    return next((operation.view_func for operation in view.operations if "GET" in operation.methods), None)


def etag_of(value: BaseModel) -> str:
    return f'"{sha256(value.model_dump_json().encode()).hexdigest()[:32]}"'


def _wrap(operation: Operation, view: PathView) -> View:
    run, check = operation.view_func, _checker(operation)
    name, methods = run.__name__, frozenset(operation.methods)
    if name in LOCATIONS:
        run = _with_location(run, name, operation)
    elif name in RESULTS:
        run = _with_idempotency(run, name, operation)
    elif methods & CHANGES:
        run = _with_if_match(run, view)
    is_read = bool(methods & {"GET", "PATCH", "PUT"})

    @wraps(operation.view_func)
    def checked(request: ApiRequest, **kwargs: Any) -> Any:
        check(request)
        result = run(request, **kwargs)
        if is_read and isinstance(result, Schema):
            request.etag = etag_of(result)
        return result

    return checked


# --- unknown or repeated input ---


def _checker(operation: Operation) -> Callable[[HttpRequest], None]:
    """Return a check that raises Problem for unknown input, or for a repeated single value."""
    query, form = names_in(operation, "query"), names_in(operation, "form", "file")
    sources = {model.__ninja_param_source__ for model in operation.models}
    takes_nothing = bool(WRITES & {*operation.methods}) and not sources & {"form", "file", "body"}

    def check(request: HttpRequest) -> None:
        _check_names(request.GET, query, "query parameter")
        if form:
            _check_names(request.POST, form, "field")
            _check_names(request.FILES, form, "field")
        elif takes_nothing and request.body.strip():
            _check_empty(Json().parse_body(request))

    return check


def _check_names(values_by_name: MultiValueDict[str, Any], allowed: frozenset[str], kind: str) -> None:
    for name, values in sorted(values_by_name.lists()):
        if name not in allowed:
            raise Problem(422, f"Unknown {kind} “{name[:60]}”.", name[:120])
        if len(values) > 1:
            raise Problem(422, f"The {kind} “{name}” is given {len(values)} times.", name)


def _check_empty(body: Any) -> None:
    if body in (None, {}):
        return
    name = min(body) if isinstance(body, dict) else None
    raise Problem(422, "This operation takes no body.", name and name[:120])


# --- If-Match ---


def _with_if_match(run: View, view: PathView) -> View:
    @wraps(run)
    def wrapped(request: HttpRequest, **kwargs: Any) -> Any:
        if_match = request.headers.get("if-match")
        if if_match is None:
            return run(request, **kwargs)
        with transaction.atomic():
            _lock(kwargs)
            _check_current(request, if_match, reader_of(view), kwargs)
            return run(request, **kwargs)

    return wrapped


def _lock(parameters: Mapping[str, Any]) -> None:
    for name, model in _ROWS.items():
        if name in parameters:
            model.objects.select_for_update().filter(public_id=parameters[name]).values_list("pk").first()


def _check_current(request: HttpRequest, if_match: str, show: View | None, parameters: Mapping[str, Any]) -> None:
    """Raise Problem if the object has changed since it was read."""
    names = {name: value for name, value in parameters.items() if name.endswith("_id") or name == "budget_id"}
    if not etags.matches(if_match, etag_of(show(request, **names)) if show else "*"):
        raise Problem(412, CHANGED_DETAIL, "If-Match")


# --- Idempotency-Key and Location ---


def _with_location(run: View, name: str, operation: Operation) -> View:
    is_repeatable = reads_idempotency_key(operation)
    run_once = run if is_repeatable else _with_idempotency(run, name, operation)

    @wraps(run)
    def wrapped(request: ApiRequest, **kwargs: Any) -> Any:
        result = run_once(request, **kwargs)
        request.location = _location(name, result, kwargs)
        return result

    return wrapped


def _location(name: str, result: Any, parameters: Mapping[str, Any]) -> str:
    if name in RESULTS:
        path = RESULTS[name].format(**parameters)
        return reverse("api:v1:api-root") + path if path else ""
    value = result.value if isinstance(result, Status) else result
    return reverse("api:v1:api-root") + LOCATIONS[name].format(**{**parameters, "id": value.id})


def _with_idempotency(run: View, name: str, operation: Operation) -> View:
    """Execute, or return what the same request made before, as it is now."""
    status = next(iter(operation.response_models))

    @wraps(run)
    def wrapped(request: HttpRequest, **kwargs: Any) -> Any:
        user, header = user_of(request), request.headers.get("idempotency-key")
        if header is None:
            return run(request, **kwargs)
        token = idempotency.token_of(
            user, header, [_TOKEN_NAMES.get(name, name), {key: _plain(value) for key, value in kwargs.items()}]
        )
        with idempotency.lock_key(user, header, token):
            if record := idempotency.find_record(token):
                return Status(status, _read(request, record.location))
            result = run(request, **kwargs)
            idempotency.save_record(user, token, _location(name, result, kwargs))
            return result

    return wrapped


def _read(request: HttpRequest, location: str) -> Any:
    """Return the object at one of our locations; None if there is no content."""
    if not location:
        return None
    match = resolve(location)
    show = _READERS[match.url_name or ""]
    missing = signature(show).parameters.keys() - {"request", *match.kwargs}
    return show(request, **match.kwargs, **dict.fromkeys(missing))


def _plain(value: Any) -> Any:
    """Return a parameter as JSON; of a file, its name and its hash."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, UploadedFile):
        digest = sha256()
        for chunk in value.chunks():
            digest.update(chunk)
        value.seek(0)
        return [value.name, digest.hexdigest()]
    return value
