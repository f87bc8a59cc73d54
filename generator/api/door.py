"""What every door for programs does first: know the caller by the key in the `Authorization` header."""

from collections.abc import Mapping

from django.http import HttpRequest

from generator import workflow
from generator.models import Generation, Project, User


def caller(request: HttpRequest) -> User | None:
    """The person behind `Authorization: Bearer <key>`, narrowed to what the key may; None: no key, or a bad one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return workflow.keys.caller(token.strip()) if kind.lower() == "bearer" and token.strip() else None


def ask(
    user: User,
    project: Project,
    model_key: str,
    text: str,
    idempotency_key: str,
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
