"""Soundverse as a provider: one request whose answer is a stream of progress, or a single answer after minutes.

The contract is described in docs/providers.md, "Soundverse". What the account's `extra` may hold, because the vendor
has published several versions of paths and bodies:

    mode          stream (default), or sync (also called blocking)
    path          where the stream is asked for; /v5/generate/music-gen
    sync_path     where the single answer is asked for; the path above and /sync
    fields        the body's fields, in commas; a later version's: "prompt,style", or renamed: "text=prompt,style"
    status_path   where a job can be asked for by its id, such as /v5/status?message_id={id}; none is published
    user_id       sent for everyone instead of the studio's own user; also {user} in status_path
    project_id    the same for projects

There is no list of jobs and no webhook, and the charge falls before any audio exists: a stream that breaks off is
InDoubt, and is asked for again only where a status path is set.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from generator.money import dollars
from generator.providers import http as calls
from generator.providers import soundverse_wire as wire
from generator.providers.base import (
    Field,
    Kind,
    ModelSpec,
    OnAccount,
    Patience,
    Progress,
    ProviderConfig,
    Request,
    Snapshot,
)
from generator.providers.errors import Busy, Cause, Failed, InDoubt, OperatorMustAct, Rejected
from generator.providers.outside import beginning, loads, plain, tidy

HOME = "https://api.soundverse.ai"
PATH = "/v5/generate/music-gen"
EXTRA = ("mode", "path", "sync_path", "fields", "status_path", "user_id", "project_id")
FIELDS = "userId,projectId,prompt,duration,style,model,parameters"
MODEL = "mureka-7.5"
MOST_STREAM = 20_000_000  # bytes
STILL_HERE = 30.0  # seconds after which an unchanged snapshot is told again, so that the job keeps its claim

MUSIC = ModelSpec(
    key="soundverse/music",
    title="Soundverse music",
    summary="Instrumental music from a text and a style, with a cover and a title; one take at a time.",
    prompt_limit=1024,
    takes_max=1,
    formats=("mp3",),
    list_price=dollars("0.05"),
    price_is_estimate=True,
    fields=(
        Field(
            "duration", Kind.WHOLE, "Length", "A wish; the length that comes may differ.", 5, 600, 1, "seconds", (), 30
        ),
        Field("style", Kind.WORDS, "Style", "Such as: electronic, jazz, ambient", maximum=100),
        Field(
            "engine", Kind.WORDS, "Engine", "Soundverse's own name for it.", maximum=60, default=MODEL, advanced=True
        ),
        Field(
            "parameters",
            Kind.WORDS,
            "More",
            'Further settings as JSON, such as {"mood": "calm"}',
            maximum=4000,
            advanced=True,
        ),
    ),
    usual_seconds=60.0,
    unverified=(
        "The vendor prints no price and no limits for this. The price is the studio's own estimate, corrected when the "
        "bill is known."
    ),
    licence=(
        "Made by Soundverse. The licence (royalty-free, sample, distribution and so on) is that of the studio's plan "
        "there on the day it was made."
    ),
    checked="2026-11-21",
)


class Soundverse(OnAccount):
    """Implements `base.StreamProvider`, `base.Configurable` and `base.Checking`."""

    key = "soundverse"
    title = "Soundverse"
    models = (MUSIC,)

    extra = EXTRA

    def check(self, request: Request) -> None:
        body_of(request, self._account)

    async def stream(self, request: Request, http: httpx.AsyncClient) -> AsyncIterator[Snapshot]:
        """Send the request, once, and tell what comes back as it comes, the id the moment it is read."""
        account = self._account
        sync = _is_sync(account)
        patience = account.patience
        url, key, body = self._address(account, sync), calls.key_of(account, self.title), body_of(request, account)
        idempotent = {"Idempotency-Key": request.reference} if re.fullmatch(r"[\w-]{1,64}", request.reference) else {}
        silence = patience.total if sync else patience.gap
        try:
            with calls.told_apart():
                async with calls.opened(
                    http, "POST", url, patience=patience, seconds=silence, key=key, json=body, headers=idempotent
                ) as reply:
                    if not 200 <= reply.status_code < 300:
                        yield await _accepted(reply, key, patience)
                        return
                    async with contextlib.aclosing(_told(reply, key, patience, sync=sync)) as snapshots:
                        async for snapshot in snapshots:
                            yield snapshot
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise InDoubt(wire.UNCLEAR, words=str(error), cause=cause) from None

    async def recover(self, handle: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Ask for a job by its id where the account has a status path; None: it has none, or there is no such job."""
        account = self._account
        path = account.extra.get("status_path", "")
        if not path:
            return None
        user = account.extra.get("user_id", "")
        path = path.replace("{id}", quote(handle, safe="")).replace("{user}", quote(user, safe=""))
        key = calls.key_of(account, self.title)
        try:
            reply = await calls.ask(
                http,
                "GET",
                _join(calls.base_url(account, HOME, self.title), path),
                patience=account.patience,
                seconds=account.patience.poll,
                key=key,
            )
        except calls.NotSent as error:
            raise Busy(_LATER, words=error.why, retry_after=10.0, cause=Cause.UNREACHABLE) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise Busy(_LATER, words=str(error), retry_after=10.0, cause=cause) from None
        return _status(reply, handle, key)

    def _address(self, account: ProviderConfig, sync: bool) -> str:
        path = account.extra.get("path", "") or PATH
        if sync:
            path = account.extra.get("sync_path", "") or f"{path.rstrip('/')}/sync"
        return _join(calls.base_url(account, HOME, self.title), path)


_LATER = "Soundverse cannot say just now how far it is; the studio asks again."
_BUSY = "Soundverse could not be reached: {}. Nothing was sent, and nothing was paid."


def _unreachable(why: str) -> Busy:
    return Busy(_BUSY.format(why), words=why, retry_after=2.0, cause=Cause.UNREACHABLE)


def _is_sync(account: ProviderConfig) -> bool:
    return account.extra.get("mode", "").strip().lower() in ("sync", "blocking")


def _join(base: str, path: str) -> str:
    return f"{base}/{path.lstrip('/')}"


async def _accepted(reply: httpx.Response, key: str, patience: Patience) -> Snapshot:
    """The job that an error's answer names: an id is an acceptance, whatever else is said.

    Raises the error it means where it names none; a body that cannot be read changes nothing about its code.
    """
    body: bytes = b""
    try:
        async with asyncio.timeout(patience.poll):
            body = await calls.read(reply)
    except (httpx.HTTPError, OSError, calls.NoAnswer):
        pass
    whole = calls.Reply(reply.status_code, reply.headers, body)
    began = beginning(whole.text)
    if isinstance(began, dict) and (handle := wire.said(began, key).handle):
        return Snapshot(Progress.RUNNING, handle, raw=tidy(began, key))
    raise wire.refusal(
        whole.status, _object(whole, key), plain(whole.text, key), calls.retry_after(whole.headers, 60.0)
    )


def _object(reply: calls.Reply, key: str) -> Mapping[str, Any] | None:
    try:
        body = reply.json()
    except ValueError:
        return None
    return tidy(body, key) if isinstance(body, dict) else None


async def _told(reply: httpx.Response, key: str, patience: Patience, *, sync: bool) -> AsyncGenerator[Snapshot]:
    """Turn an open answer into snapshots, until the job has ended; raises when the answer ends before."""
    last: Snapshot | None = None
    told_at = time.monotonic()
    async with contextlib.aclosing(_objects(reply, patience)) as arriving:
        async for objects in arriving:
            for body in objects:
                heard = wire.said(body, key)
                snapshot = _next(heard, last, reply)
                if last is None or snapshot.progress != Progress.RUNNING or _news(last) != _news(snapshot):
                    told_at = time.monotonic()
                    yield snapshot
                if snapshot.progress != Progress.RUNNING:
                    return
                if heard.complete:
                    words = f"Soundverse says that it is finished, and gives no audio. {wire.UNCLEAR}"
                    raise InDoubt(words, cause=Cause.UNUSABLE)
                last = snapshot
            if last and time.monotonic() - told_at > STILL_HERE:
                told_at = time.monotonic()
                yield last
    if not (sync and last and last.handle):
        raise calls.NoAnswer("the answer ended before the job did")


def _next(heard: wire.Said, last: Snapshot | None, reply: httpx.Response) -> Snapshot:
    """What an object adds to what is known; a refusal before anything else was said is the refusal of the request.

    A chunk with an error comes after the acceptance, so it never means that the request may be sent again.
    """
    if last is None and not heard.handle and (heard.refused or heard.failed):
        stated = {**heard.raw, "success": False, "message": heard.words}
        error = wire.refusal(200, stated, "", calls.retry_after(reply.headers, 60.0))
        if isinstance(error, Busy) and not heard.refused:
            error = Failed(wire.COULD_NOT, words=heard.words)
        raise error
    return heard.snapshot(last.handle if last else "")


def _news(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.handle, snapshot.stage, snapshot.percent


async def _objects(reply: httpx.Response, patience: Patience) -> AsyncGenerator[list[dict[str, Any]]]:
    """The objects of an answer as its bytes arrive; what is whole is still told when the answer breaks off."""
    framer = wire.Framer()
    chunks = reply.aiter_bytes()
    ends = time.monotonic() + patience.total
    broken: Exception | None = None
    size = 0
    try:
        while not framer.done:
            async with asyncio.timeout(ends - time.monotonic()):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            size += len(chunk)
            yield framer.feed(chunk)
            if size > MOST_STREAM or framer.hopeless:
                raise calls.Unreadable("the answer is not a stream of this API")
    except (httpx.HTTPError, OSError, calls.NoAnswer) as error:
        broken = error
    yield framer.close()
    if broken:
        raise broken


def _status(reply: calls.Reply, handle: str, key: str) -> Snapshot | None:
    body = _object(reply, key)
    if reply.status == 404:
        return None
    if reply.status in (401, 402, 403):
        raise wire.refusal(reply.status, body, plain(reply.text, key), 60.0)
    if reply.status != 200 or body is None:
        words = f"HTTP {reply.status}: {plain(reply.text, key)}"
        wait = calls.retry_after(reply.headers, 10.0)
        raise Busy(_LATER, words=words, retry_after=wait, cause=calls.cause_of(reply.status))
    heard = wire.said(body, key)
    if (heard.refused and not heard.failed) or (heard.complete and not heard.audio_url):
        raise Busy(_LATER, words=heard.words, cause=Cause.UNUSABLE)
    return heard.snapshot(handle)


# --- a request as a body ---


def body_of(request: Request, account: ProviderConfig) -> dict[str, Any]:
    """The body this account's version of the API takes, under its names for the fields.

    Raises:
        Rejected: it could not be accepted; said here, before anything is spent.
        OperatorMustAct: the account asks for a field that does not exist.
    """
    body: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in (account.extra.get("fields") or FIELDS).split(","))):
        name, _, ours = item.partition("=")
        make = _MAKERS.get(ours.strip() or name.strip())
        if make is None:
            sentence = f"The studio's settings for Soundverse name a field “{item[:40]}”. {calls.TELL}"
            raise OperatorMustAct(sentence, cause=Cause.MISCONFIGURED)
        value = make(request, account)
        if value is not None:
            body[name.strip()] = value
    return body


def _prompt(request: Request, account: ProviderConfig) -> str:
    prompt = plain(request.prompt).strip()
    if not prompt:
        raise Rejected(f"Say in a few words what the music is for. {wire.FREE}")
    if len(prompt) > MUSIC.prompt_limit:
        over = len(prompt) - MUSIC.prompt_limit
        raise Rejected(f"The text is {over:,} characters too long; at most {MUSIC.prompt_limit:,} fit. {wire.FREE}")
    return prompt


def _duration(request: Request, account: ProviderConfig) -> int:
    asked = request.settings.get("duration")
    return int(asked) if isinstance(asked, (int, float)) and not isinstance(asked, bool) else 30


def _model(request: Request, account: ProviderConfig) -> str:
    name = str(request.settings.get("engine") or MODEL).strip()
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name):
        raise Rejected(f"“{name[:40]}” is not the name of an engine. {wire.FREE}")
    return name


def _parameters(request: Request, account: ProviderConfig) -> dict[str, Any] | None:
    text = str(request.settings.get("parameters") or "").strip()
    if not text:
        return None
    try:
        found = loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Rejected(f'The further settings are not JSON with braces, such as {{"mood": "calm"}}. {wire.FREE}')
    return found


_MAKERS: Mapping[str, Callable[[Request, ProviderConfig], Any]] = {
    "userId": lambda request, account: account.extra.get("user_id") or request.user_ref,
    "projectId": lambda request, account: account.extra.get("project_id") or request.project_ref,
    "prompt": _prompt,
    "duration": _duration,
    "style": lambda request, account: str(request.settings.get("style") or "").strip() or None,
    "model": _model,
    "parameters": _parameters,
}


def provider() -> Soundverse:
    return Soundverse()
