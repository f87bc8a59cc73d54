"""ElevenLabs Music as a provider: one call, whose reply is the audio.

The contract is described in docs/providers.md, "ElevenLabs". There is no job, no list and no idempotency key: the
request is sent once, and whatever is not clearly a refusal leaves it in doubt. The audio is written to disk as it
arrives (`base.Output.file`). The vendor's names for it are in the head of the reply, so they are stored before its
first byte.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx

from generator.messages import Message
from generator.messages import gettext_noop as _
from generator.providers import http as calls
from generator.providers.base import OnAccount, Output, Patience, Progress, Request, Snapshot
from generator.providers.elevenlabs import protocol
from generator.providers.elevenlabs import reply as replies
from generator.providers.elevenlabs.models import MODELS, body_of, output_format, seconds_of
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, ProviderError
from generator.providers.sanitize import plain

DEFAULT_BASE_URL = "https://api.elevenlabs.io"
_RECEIVING = _("Receiving the music")
_BAD_LIMIT = _("“max_concurrent” must be a whole number from 1 to 999.")
_NOT_TESTED = _("ElevenLabs did not answer properly. Try again later.")


class ElevenLabs(OnAccount):
    """The ElevenLabs API; implements `base.StreamProvider`, `Configurable`, `Checking`, `Testable` and `Limited`.

    The account's `extra` may hold `max_concurrent`: how many requests its plan allows at a time.
    """

    key = "elevenlabs"
    vendor_url = DEFAULT_BASE_URL
    title = "ElevenLabs"
    models = MODELS
    extra = ("max_concurrent",)

    @property
    def max_concurrent(self) -> int:
        stated = self._account.extra.get("max_concurrent", "").strip()
        return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 4 else 0

    def check(self, request: Request) -> None:
        body_of(request)
        output_format(request)

    async def stream(self, request: Request, http: httpx.AsyncClient) -> AsyncIterator[Snapshot]:
        """Send the request, once; yield the vendor's name for the music, then the complete file."""
        format, seconds = output_format(request), seconds_of(request.settings)
        options = {"params": {"output_format": format}, "json": body_of(request)}
        try:
            with replies.open_part(request) as file, calls.classify_failures():
                async with contextlib.AsyncExitStack() as stack:
                    deadline = time.monotonic() + self._account.patience.total
                    reply = await self._send(stack, http, options)
                    names = protocol.facts_of(reply.headers, self._account.key)
                    known = Snapshot(Progress.RUNNING, protocol.job_of(reply.headers), _RECEIVING, raw=names)
                    yield known
                    await replies.receive(reply, file, format, deadline, self._account.patience.gap)
                    replies.check_size(reply, file, format, seconds)
                finished = await asyncio.to_thread(replies.finish, file, format, seconds)
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise InDoubt(protocol.UNCLEAR, words=str(error), cause=cause) from None
        yield Snapshot(Progress.COMPLETED, known.provider_job_id, outputs=(Output(file=finished),), raw=names)

    async def _send(
        self, stack: contextlib.AsyncExitStack, http: httpx.AsyncClient, options: dict[str, Any]
    ) -> httpx.Response:
        """Send a request and return the open response if it brings audio; raises what it means otherwise."""
        patience, (url, headers) = self._account.patience, self._address("/v1/music")
        call = calls.open_request(
            http, "POST", url, patience=patience, seconds=patience.total, headers=headers, **options
        )
        async with asyncio.timeout(patience.total):
            reply = await stack.enter_async_context(call)
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if reply.status_code != 200 or not (kind.startswith("audio/") or kind in ("", "application/octet-stream")):
            raise await _refusal(reply, self._account.key, patience)
        return reply

    async def recover(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        return None  # there is no such call; the history page of the account lists what was made

    async def test(self, http: httpx.AsyncClient) -> str:
        """Return a sentence with the plan and the credits left; raises a ProviderError if the key cannot be used."""
        if self._account.extra.get("max_concurrent", "").strip() and not self.max_concurrent:
            raise OperatorMustAct(_BAD_LIMIT, cause=Cause.MISCONFIGURED)
        patience, (url, headers) = self._account.patience, self._address("/v1/user/subscription")
        try:
            reply = await calls.send_request(
                http, "GET", url, patience=patience, seconds=patience.poll, headers=headers
            )
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            raise Busy(_NOT_TESTED, words=str(error), cause=Cause.NO_ANSWER) from None
        if reply.status != 200:
            refused = protocol.refusal(reply, self._account.key)
            is_unclear = isinstance(refused, InDoubt)  # of a call that is free
            raise Busy(_NOT_TESTED, words=refused.words, cause=refused.cause) if is_unclear else refused
        return _subscription(reply, self._account.key)

    def _address(self, path: str) -> tuple[str, dict[str, str]]:
        """Return the address of a call and its headers; raises OperatorMustAct if the account is not complete."""
        account = self._account
        url = calls.base_url(account, DEFAULT_BASE_URL, self.title) + path
        return url, {"xi-api-key": calls.key_of(account, self.title)}


async def _refusal(reply: httpx.Response, key: str, patience: Patience) -> ProviderError:
    """Return the error that a response without audio means; an unreadable body does not change its status."""
    body = b""
    with contextlib.suppress(httpx.HTTPError, OSError, calls.NoAnswer):
        async with asyncio.timeout(patience.poll):
            body = await calls.read(reply)
    return protocol.refusal(calls.Reply(reply.status_code, reply.headers, body), key)


def _subscription(reply: calls.Reply, key: str) -> str:
    try:
        content = reply.json()
        used, limit = int(content["character_count"]), int(content["character_limit"])
        tier = plain(str(content["tier"]), key)[:60]
    except (ValueError, KeyError, TypeError):
        raise Busy(_NOT_TESTED, words=plain(reply.text, key), cause=Cause.UNUSABLE) from None
    template = _("The key works. Plan: {tier}. Credits left: {left:,} of {limit:,}.")
    return Message(template, tier=tier, left=max(limit - used, 0), limit=limit)


def _unreachable(reason: str) -> Busy:
    template = _("ElevenLabs could not be reached: {reason}. Nothing was sent, and you were not charged.")
    return Busy(Message(template, reason=reason), words=reason, retry_after=2.0, cause=Cause.UNREACHABLE)


def provider() -> ElevenLabs:
    return ElevenLabs()
