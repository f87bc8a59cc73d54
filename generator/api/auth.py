"""Authentication shared by all APIs: identify the caller by the key in the `Authorization` header."""

import secrets
from collections.abc import Mapping
from hashlib import sha256

from django.http import HttpRequest

from generator.api import throttling
from generator.models import Generation, Project, User
from generator.providers.base import ModelSpec, Value
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.services.generation.checkout import CheckoutRequest
from generator.services.team import api_keys


def user_of(request: HttpRequest) -> User | None:
    """Return the user behind `Authorization: Bearer <key>`, narrowed to the key's rights; None without a valid key.

    The request is counted for the key, together with those to the other APIs.

    Raises:
        Exceeded: the key has used up its requests of this minute.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    user = api_keys.user_for_token(token.strip()) if kind.lower() == "bearer" and token.strip() else None
    if user is not None and user.api_key is not None:
        throttling.count_request(request, user.api_key)
    return user


def hash_idempotency_key(user: User, header: str) -> str:
    """Return the stored form of an `Idempotency-Key`, unique to this API key and user; a fresh one if empty."""
    key = user.api_key.pk if user.api_key else 0
    return sha256(f"{key}\n{header}".encode(errors="replace")).hexdigest() if header else secrets.token_hex(32)


def submit_generation(
    user: User,
    project: Project,
    model_key: str,
    text: str,
    idempotency_key: str | CheckoutRequest,
    *,
    takes: int | None = None,
    format: str | None = None,
    fields: Mapping[str, object],
) -> Generation:
    """Submit a generation for a program as the form does for a person; omitted values are the model's defaults.

    Raises:
        UserError: it cannot be done; `field` names the invalid part of the request.
    """
    spec = submit.choice_of(model_key).spec
    return submit.submit(
        user=user,
        project=project,
        model_key=model_key,
        text=text,
        takes=spec.takes_default if takes is None else takes,
        format=format or spec.formats[0],
        settings=clean_named_settings(spec, fields),
        idempotency_key=idempotency_key,
    )


def clean_named_settings(spec: ModelSpec, fields: Mapping[str, object]) -> dict[str, Value]:
    """Do the same as `clean_settings`, but refuse unknown names: a program does not see which fields there are."""
    for name in fields:
        if spec.field(name) is None:
            raise UserError(f"{spec.title} has no field “{name[:40]}”.", name)
    return submit.clean_settings(spec, fields)
