"""The vendors' live fake, and both adapters pointed at it, with long timeouts except where silence is tested."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from generator.providers import http
from generator.providers.base import Patience, ProviderConfig, Request, Snapshot
from generator.providers.errors import ProviderError
from generator.providers.soundverse.client import Soundverse
from generator.providers.wavespeed.client import WaveSpeed
from tests.conftest import BGM

CALM = Patience(connect=10, submit=20, poll=20, gap=20, total=30)  # a busy machine must not look like a silent vendor
SHORT_PATIENCE = Patience(connect=0.3, submit=0.3, poll=0.3, gap=0.3, total=0.6)
SLOW = ("hang", "drip")


@pytest.fixture
def account(vendors) -> ProviderConfig:
    return ProviderConfig(vendors.url, vendors.wavespeed.key, patience=CALM, private_ok=True)


def brief(model: str = BGM, prompt: str = "warm lo-fi under a cooking video", **changes: Any) -> Request:
    request = Request(model, prompt, 1, "mp3", {}, "7", "prj_1", "gen_1")
    return dataclasses.replace(request, **changes)


def tune(prompt: str = "warm lo-fi", settings: dict[str, Any] | None = None) -> Request:
    return brief("soundverse/music", prompt, settings=settings or {})


def with_short_timeouts(provider: Any) -> Any:
    return provider.using(dataclasses.replace(provider._account, patience=SHORT_PATIENCE))


class Caller:
    """Calls an adapter's methods to their end: `shop.submit(request)`, `shop.poll(id)`, and so on."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            async def once() -> Any:
                async with http.client() as connection:
                    return await getattr(self.provider, name)(*args, http=connection, **named)

            return asyncio.run(once())

        return call

    def facing(self, do: str) -> "Caller":
        """Return the same with short timeouts if the fault is that nothing comes."""
        return Caller(with_short_timeouts(self.provider)) if do in SLOW else self

    def refused(self, name: str, *args: Any, **named: Any) -> ProviderError:
        """Return the error that a call ends with."""
        with pytest.raises(ProviderError) as raised:
            getattr(self, name)(*args, **named)
        return raised.value


@pytest.fixture
def wavespeed(account) -> Caller:
    return Caller(WaveSpeed().using(account))


@pytest.fixture
def soundverse(vendors, account) -> Callable[..., Any]:
    """A Soundverse adapter with these extras: `soundverse(mode="sync")`."""

    def make(key: str = vendors.soundverse.key, **extra: str) -> Soundverse:
        return Soundverse(dataclasses.replace(account, key=key, extra=extra))

    return make


def listen(provider: Soundverse, request: Request) -> tuple[list[Snapshot], ProviderError | None]:
    """Return all snapshots of a stream, and the error it ends with."""

    async def once() -> tuple[list[Snapshot], ProviderError | None]:
        told: list[Snapshot] = []
        try:
            async with http.client() as connection:
                async for snapshot in provider.stream(request, connection):
                    told.append(snapshot)  # noqa: PERF401  what was told before an error counts too
        except ProviderError as error:
            return told, error
        return told, None

    return asyncio.run(once())
