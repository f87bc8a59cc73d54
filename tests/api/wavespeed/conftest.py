"""A program with a key, asking in the contract's words."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from generator.models import ApiKey, Scope
from generator.workflow import keys

BGM_PATH = "mureka-ai/mureka-v7.6/generate-bgm"
REGISTER_PATH = "mureka-ai/create-upload-id"
STEMS_PATH = "mureka-ai/stem-song"


@dataclass
class Program:
    """`program.post("models/…", prompt="…")`: the status and the whole body of the answer."""

    token: str
    key: ApiKey | None = None

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {} if body is None else {"data": body if isinstance(body, str) else json.dumps(body)}
        sent |= {"content_type": "application/json"} if sent else {}
        signed = {"authorization": f"Bearer {self.token}"} if self.token else {}
        reply = Client().generic(method, f"/api/v3/{path}", **sent, headers=signed | headers)
        assert reply["Content-Type"] == "application/json", reply.content[:200]
        return reply.status_code, reply.json()

    def get(self, path: str) -> Any:
        """The data of a good answer."""
        return self.good(self("GET", path))

    def post(self, path: str, body: Any = None, **named: Any) -> Any:
        return self.good(self("POST", path, named if body is None else body))

    @staticmethod
    def good(answer: tuple[int, dict[str, Any]]) -> Any:
        status, said = answer
        assert status == 200, said
        assert set(said) == {"code", "message", "data"}
        assert (said["code"], said["message"]) == (200, "success")
        return said["data"]


@pytest.fixture
def program(user) -> Callable[..., Program]:
    """Give Ada's program a key: `program(scope=Scope.READ, stand_in=COMPOSER, project=project)`."""

    def _program(scope: Scope = Scope.GENERATE, who=user, **more: Any) -> Program:
        key, token = keys.make(who, "render farm", scope, **more)
        return Program(token, key)

    return _program
