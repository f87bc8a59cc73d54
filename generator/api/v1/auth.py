"""Authentication: the user behind the key in the `Authorization` header, within the key's rate limit."""

from typing import Any, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from generator import permissions
from generator.api import auth
from generator.api.v1.problems import Problem
from generator.models import Project, User
from generator.services.team import api_keys

NO_PROJECT = "Project not found, or not accessible with this key."


class ApiRequest(HttpRequest):
    """The type of a request with what ninja and `operations` set. For type annotations only; never instantiated."""

    auth: User
    etag: str
    location: str


class Bearer(HttpBearer):
    def __call__(self, request: HttpRequest) -> Any:
        return auth.user_of(request)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return self(request)


def user_of(request: HttpRequest) -> User:
    """Return the user of a request; only behind `Bearer`."""
    return cast(ApiRequest, request).auth


def find_project(request: HttpRequest, public_id: str) -> Project:
    """Return a project; raise Problem if this key has no access to it."""
    project = permissions.projects(user_of(request)).filter(public_id=public_id).first()
    if project is None:
        raise Problem(404, NO_PROJECT)
    return project


def project_of(user: User, public_id: str | None) -> Project:
    """Return the project that a request names, else the home project of its key.

    Raises:
        Problem: this key has no such project.
    """
    project = permissions.projects(user).filter(public_id=public_id or api_keys.home(user).public_id).first()
    if project is None:
        raise Problem(404, NO_PROJECT, "project")
    return project


def must_edit(user: User, project: Project) -> None:
    """Raise Problem if this key, or its maker, may not create or change anything there."""
    if permissions.can_edit(user, project):
        return
    key = user.api_key
    if key and key.scope == "read":
        raise Problem(403, "This key has the scope “read”. Use a key with the scope “generate”.")
    raise Problem(403, f"You are a viewer in {project.name}. To change something, ask an owner for the editor role.")
