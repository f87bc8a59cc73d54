"""Who asks: the person behind the key in the `Authorization` header, as often as the key may."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from generator import access, workflow
from generator.api import door, limits
from generator.api.v1.problems import Problem
from generator.models import Project, User


class Bearer(HttpBearer):
    def __call__(self, request: HttpRequest) -> Any:
        """The caller, narrowed to what the key may; None: no key, or a bad one.

        Raises:
            Problem: the key has asked too often.
        """
        user = door.caller(request)
        if user is not None and user.acting_with is not None:
            try:
                limits.count(request, user.acting_with)
            except limits.Exceeded as over:
                raise Problem(429, str(over), Retry_After=str(over.retry_after)) from None
        return user

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return self(request)


def caller(request: HttpRequest) -> User:
    """The person a request is from; only behind `Bearer`."""
    return request.auth  # type: ignore[attr-defined]


def find_project(request: HttpRequest, ref: str) -> Project:
    """Raises Problem: there is none for this key."""
    found = access.projects(caller(request)).filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such project for this key.")
    return found


def project_of(user: User, ref: str | None) -> Project:
    """The project a request names, else the one where its program works.

    Raises:
        Problem: there is none for this key.
    """
    found = access.projects(user).filter(ref=ref or workflow.keys.home(user).ref).first()
    if found is None:
        raise Problem(404, "There is no such project for this key.", "project")
    return found


def must_edit(user: User, project: Project) -> None:
    """Raises Problem: this key, or its maker, may not make or change anything there."""
    if access.can_edit(user, project):
        return
    key = user.acting_with
    if key and key.scope == "read":
        raise Problem(403, "This key may only read. Make one that may generate.")
    raise Problem(403, f"You may listen and download in {project.name}; ask an owner for the editor role.")
