"""A program with a key: `program(Scope.READ)` sends requests and gets JSON back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from generator.api.compat.wavespeed import endpoint
from generator.models import ApiKey, Scope, User
from generator.services.team import api_keys

BASE = "/api/v1/"


@pytest.fixture(autouse=True)
def wrong_keys_cost_nothing(monkeypatch) -> None:
    monkeypatch.setattr(endpoint, "WRONG_KEY_DELAY_S", 0)


def _file(value: Any) -> Any:
    return SimpleUploadedFile("My theme.mp3", value) if isinstance(value, bytes) else value


class Program:
    """A key, and a way to send requests with it."""

    def __init__(self, token: str, key: ApiKey | None = None) -> None:
        self.token = token
        self.key = key
        self.client = Client()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers = sent | {name.replace("_", "-"): value for name, value in headers.items()}
        data = {"content_type": "application/json"} | ({} if body is None else {"data": body})
        if isinstance(body, dict) and any(isinstance(value, bytes) for value in body.values()):
            data = {"data": {name: _file(value) for name, value in body.items()}}  # a form with a file
        address = path if path.startswith("/") else BASE + path
        if method in ("GET", "HEAD"):
            data = {}
        return getattr(self.client, method.lower())(address, headers=headers, **data)

    def answer(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """Return the body of an answer with this status; None if it is empty."""
        reply = self.ask(method, path, body, **headers)
        assert reply.status_code == status, reply.content
        return reply.json() if reply.content else None

    def get(self, path: str, **headers: str) -> Any:
        reply = self.ask("GET", path, **headers)
        assert reply.status_code == 200, reply.content
        return reply.json()

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        reply = self.ask("POST", path, body, **headers)
        assert reply.status_code in (200, 201, 202), reply.content
        return reply.json()


@pytest.fixture
def program(user) -> Callable[..., Program]:
    """Make a key for Ada (or for `of`) and return a program with it."""

    def _program(scope: Scope = Scope.GENERATE, of: User | None = None, **more: Any) -> Program:
        key, token = api_keys.make(of or user, "render farm", scope, **more)
        return Program(token, key)

    return _program
