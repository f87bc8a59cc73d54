"""The vendors' live fake, and the two adapters pointed at it: patient, except where silence is what is tested."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from generator.providers import http
from generator.providers.base import Patience, ProviderConfig, Request, Snapshot
from generator.providers.errors import ProviderError
from generator.providers.soundverse import Soundverse
from generator.providers.wavespeed import WaveSpeed

BGM = "wavespeed/mureka-v7.6-bgm"
CALM = Patience(connect=10, submit=20, poll=20, gap=20, total=30)  # a busy machine must not look like a silent vendor
HASTY = Patience(connect=0.3, submit=0.3, poll=0.3, gap=0.3, total=0.6)
SLOW = ("hang", "drip")


@pytest.fixture
def account(vendors) -> ProviderConfig:
    return ProviderConfig(vendors.url, vendors.wavespeed.key, patience=CALM, private_ok=True)


def brief(model: str = BGM, prompt: str = "warm lo-fi under a cooking video", **changes: Any) -> Request:
    request = Request(model, prompt, 1, "mp3", {}, "7", "prj_1", "gen_1")
    return dataclasses.replace(request, **changes)


def tune(prompt: str = "warm lo-fi", settings: dict[str, Any] | None = None) -> Request:
    return brief("soundverse/music", prompt, settings=settings or {})


def hasty(provider: Any) -> Any:
    return provider.using(dataclasses.replace(provider._account, patience=HASTY))


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
        """The same with little patience when the trouble is that nothing comes."""
        return Caller(hasty(self.provider)) if do in SLOW else self

    def refused(self, name: str, *args: Any, **named: Any) -> ProviderError:
        """The error a call ends with."""
        with pytest.raises(ProviderError) as raised:
            getattr(self, name)(*args, **named)
        return raised.value


@pytest.fixture
def wavespeed(account) -> Caller:
    return Caller(WaveSpeed().using(account))


@pytest.fixture
def soundverse(vendors, account) -> Callable[..., Any]:
    """A Soundverse with these extras: `soundverse(mode="sync")`."""

    def make(key: str = vendors.soundverse.key, **extra: str) -> Soundverse:
        return Soundverse(dataclasses.replace(account, key=key, extra=extra))

    return make


def listen(provider: Soundverse, request: Request) -> tuple[list[Snapshot], ProviderError | None]:
    """Everything a stream tells, and the error it ends with."""

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
