"""What every door for programs does first: know the caller by the key in the `Authorization` header."""

import secrets
from collections.abc import Mapping
from hashlib import sha256

from django.http import HttpRequest

from generator import workflow
from generator.models import Generation, Project, User


def caller(request: HttpRequest) -> User | None:
    """The person behind `Authorization: Bearer <key>`, narrowed to what the key may; None: no key, or a bad one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return workflow.keys.caller(token.strip()) if kind.lower() == "bearer" and token.strip() else None


def once(user: User, given: str) -> str:
    """The submit's own key for an `Idempotency-Key`: no other API key, and nobody else, ever meets it. Empty: fresh."""
    key = user.acting_with.pk if user.acting_with else 0
    return sha256(f"{key}\n{given}".encode(errors="replace")).hexdigest() if given else secrets.token_hex(32)


def ask(
    user: User,
    project: Project,
    model_key: str,
    text: str,
    idempotency_key: str | workflow.CheckoutRequest,
    *,
    takes: int | None = None,
    format: str | None = None,
    fields: Mapping[str, object],
) -> Generation:
    """Submit for a program as the form does for a person; what is not said is the model's default.

    Raises:
        Refused: it cannot be done; `field` says which part of the request is at fault.
    """
    spec = workflow.choice_of(model_key).spec
    for name in fields:
        if spec.field(name) is None:
            raise workflow.Refused(f"{spec.title} has no field “{name[:40]}”.", name)
    return workflow.submit(
        user=user,
        project=project,
        model_key=model_key,
        text=text,
        takes=spec.takes_default if takes is None else takes,
        format=format or spec.formats[0],
        settings=workflow.clean_settings(spec, fields),
        idempotency_key=idempotency_key,
    )
