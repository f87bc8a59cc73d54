"""A program with a key that speaks the vendor's contract."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from generator.models import ApiKey, Scope
from generator.services.team import api_keys
from tests.fakes.vendors import Vendors
from tests.fakes.wavespeed import WaveSpeedShop
from tests.management.tree import Studio

BGM_PATH = "mureka-ai/mureka-v7.6/generate-bgm"
REGISTER_PATH = "mureka-ai/create-upload-id"
STEMS_PATH = "mureka-ai/stem-song"


@dataclass
class Program:
    """`program.post("models/…", prompt="…")` returns the status and the whole body of the answer."""

    token: str
    key: ApiKey | None = None

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {} if body is None else {"data": body if isinstance(body, str) else json.dumps(body)}
        sent |= {"content_type": "application/json"} if sent else {}
        signed = {"authorization": f"Bearer {self.token}"} if self.token else {}
        address = path if path.startswith("/") else f"/api/v3/{path}"
        reply = Client().generic(method, address, **sent, headers=signed | headers)
        assert reply["Content-Type"] == "application/json", reply.content[:200]
        return reply.status_code, reply.json()

    def get(self, path: str) -> Any:
        """Return the data of a successful answer."""
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
    """Give Ada's program a key: `program(scope=Scope.READ, model_override=COMPOSER, project=project)`."""

    def _program(scope: Scope = Scope.GENERATE, who=user, **more: Any) -> Program:
        key, token = api_keys.make(who, "render farm", scope, **more)
        return Program(token, key)

    return _program


# --- a real studio, for real clients ---


@dataclass
class Live:
    """A running studio, the vendor's live fake behind it, and one key per purpose."""

    studio: Studio
    vendors: Vendors
    free: str  # the composer stands in for every model
    paid: str  # no stand-in: the vendor itself answers
    poor: str  # as `paid`, with a budget of zero
    reader: str

    @property
    def url(self) -> str:
        return self.studio.url


_KEYS = """
from generator.models import Generation, Scope, State, User
from generator.services.generation.cancellation import cancel
from generator.services.team import api_keys
boss = User.objects.order_by("id").first()
for sample in Generation.objects.exclude(state__in=State.ended()).select_related("model__provider"):
    cancel(sample, boss)
made = [
    api_keys.make(boss, "free", model_override="composer/studio"),
    api_keys.make(boss, "paid"),
    api_keys.make(boss, "poor", cap=0),
    api_keys.make(boss, "reader", Scope.READ),
]
open({file!r}, "w").write(" ".join(token for _, token in made))
"""


@pytest.fixture(scope="package")
def live(tmp_path_factory, prepared) -> Iterator[Live]:
    """One studio for all tests with real clients."""
    folder = tmp_path_factory.mktemp("wavespeed")
    with Vendors() as vendors:
        env = {
            "STUDIO_PROVIDERS": "generator.providers.builtin,tests.fakes.short_timeouts.wavespeed",
            "STUDIO_PRIVATE_DOWNLOADS": "on",
            "STUDIO_PRIVATE_WEBHOOKS": "on",
            "STUDIO_STALE_SECONDS": "60",
            "STUDIO_WORKERS": "2",
            "WAVESPEED_API_KEY": vendors.wavespeed.key,
            "WAVESPEED_BASE_URL": vendors.url,
        }
        with Studio(folder, prepared, **env) as studio:
            studio.shell(_KEYS.format(file=str(folder / "keys")))
            yield Live(studio, vendors, *(folder / "keys").read_text().split())


@pytest.fixture
def shop(live) -> Iterator[WaveSpeedShop]:
    """The vendor behind the live studio; its behavior is reset afterwards."""
    usual = WaveSpeedShop()
    yield live.vendors.wavespeed
    for name in ("polls", "end", "error", "deliver"):
        setattr(live.vendors.wavespeed, name, getattr(usual, name))
