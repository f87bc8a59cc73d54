"""Soundverse as a provider: one request, answered by a stream of progress, or by a single response after minutes.

The contract is described in docs/providers.md, "Soundverse". The account's `extra` may hold the following, because the
vendor has published several versions of paths and bodies:

    mode          stream (default), or sync (also called blocking)
    path          path of the stream request; /v5/generate/music-gen
    sync_path     path of the sync request; the path above and /sync
    fields        the body's fields, comma-separated; a later version's: "prompt,style", or renamed: "text=prompt,style"
    status_path   path to query a job by its id, such as /v5/status?message_id={id}; none is published
    user_id       sent for all users instead of the studio's own user; also {user} in status_path
    project_id    the same for projects

There is no list of jobs and no webhook, and the charge is made before any audio exists: an interrupted stream is
InDoubt, and the job is queried again only if a status path is set.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from generator.currency import dollars
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers import http as calls
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
from generator.providers.sanitize import beginning, loads, plain, tidy
from generator.providers.soundverse import protocol

DEFAULT_BASE_URL = "https://api.soundverse.ai"
DEFAULT_PATH = "/v5/generate/music-gen"
EXTRA = ("mode", "path", "sync_path", "fields", "status_path", "user_id", "project_id")
DEFAULT_FIELDS = "userId,projectId,prompt,duration,style,model,parameters"
DEFAULT_ENGINE = "mureka-7.5"
MAX_STREAM_BYTES = 20_000_000  # bytes
KEEPALIVE_INTERVAL_S = (
    30.0  # seconds after which an unchanged snapshot is yielded again, so that the job keeps its claim
)

MUSIC = ModelSpec(
    key="soundverse/music",
    title="Soundverse music",
    summary=_("Instrumental music from a prompt and a style, with a cover and a title. One take at a time."),
    prompt_limit=1024,
    takes_max=1,
    formats=("mp3",),
    list_price=dollars("0.05"),
    price_is_estimate=True,
    fields=(
        Field(
            "duration",
            Kind.WHOLE,
            _("Length"),
            _("Approximate; the actual length may differ."),
            5,
            600,
            _("seconds"),
            (),
            30,
        ),
        Field("style", Kind.WORDS, _("Style"), _("For example: electronic, jazz, ambient"), maximum=100),
        Field(
            "engine",
            Kind.WORDS,
            _("Engine"),
            _("Soundverse’s name for the engine."),
            maximum=60,
            default=DEFAULT_ENGINE,
            advanced=True,
        ),
        Field(
            "parameters",
            Kind.WORDS,
            _("More settings"),
            _('Additional settings as JSON, such as {"mood": "calm"}'),
            maximum=4000,
            advanced=True,
        ),
    ),
    usual_seconds=60.0,
    unverified=(
        _(
            "The vendor publishes neither a price nor limits for this model. The price is the studio’s estimate and is "
            "corrected when the bill is known."
        )
    ),
    license=(
        "Made by Soundverse. The license (royalty-free, sample, distribution and so on) is that of the studio's "
        "Soundverse plan on the day it was made."
    ),
    checked="2026-11-21",
)


class Soundverse(OnAccount):
    """The Soundverse API; implements `base.StreamProvider`, `base.Configurable` and `base.Checking`."""

    key = "soundverse"
    vendor_url = DEFAULT_BASE_URL
    title = "Soundverse"
    models = (MUSIC,)

    extra = EXTRA

    def check(self, request: Request) -> None:
        body_of(request, self._account)

    async def stream(self, request: Request, http: httpx.AsyncClient) -> AsyncIterator[Snapshot]:
        """Send the request, once, and yield snapshots as they arrive; the job id is yielded as soon as it is read."""
        account = self._account
        sync = _is_sync(account)
        patience = account.patience
        url, key, body = self._address(account, sync), calls.key_of(account, self.title), body_of(request, account)
        idempotent = {"Idempotency-Key": request.reference} if re.fullmatch(r"[\w-]{1,64}", request.reference) else {}
        silence = patience.total if sync else patience.gap
        try:
            with calls.classify_failures():
                async with calls.open_request(
                    http, "POST", url, patience=patience, seconds=silence, key=key, json=body, headers=idempotent
                ) as reply:
                    if not 200 <= reply.status_code < 300:
                        yield await _accepted_job(reply, key, patience)
                        return
                    async with contextlib.aclosing(_read_snapshots(reply, key, patience, sync=sync)) as snapshots:
                        async for snapshot in snapshots:
                            yield snapshot
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise InDoubt(protocol.UNCLEAR, words=str(error), cause=cause) from None

    async def recover(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Query a job by its id if the account has a status path; None: there is no path, or no such job."""
        account = self._account
        path = account.extra.get("status_path", "")
        if not path:
            return None
        user = account.extra.get("user_id", "")
        path = path.replace("{id}", quote(provider_job_id, safe="")).replace("{user}", quote(user, safe=""))
        key = calls.key_of(account, self.title)
        try:
            reply = await calls.send_request(
                http,
                "GET",
                _join(calls.base_url(account, DEFAULT_BASE_URL, self.title), path),
                patience=account.patience,
                seconds=account.patience.poll,
                key=key,
            )
        except calls.NotSent as error:
            raise Busy(_NO_PROGRESS, words=error.why, retry_after=10.0, cause=Cause.UNREACHABLE) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise Busy(_NO_PROGRESS, words=str(error), retry_after=10.0, cause=cause) from None
        return _status(reply, provider_job_id, key)

    def _address(self, account: ProviderConfig, sync: bool) -> str:
        path = account.extra.get("path", "") or DEFAULT_PATH
        if sync:
            path = account.extra.get("sync_path", "") or f"{path.rstrip('/')}/sync"
        return _join(calls.base_url(account, DEFAULT_BASE_URL, self.title), path)


_NOT_JSON = _('The additional settings must be a JSON object, such as {"mood": "calm"}.')
_NO_PROGRESS = _("Soundverse did not report the progress. The studio will check again automatically.")


def _unreachable(reason: str) -> Busy:
    template = _("Soundverse could not be reached: {reason}. Nothing was sent, and you were not charged.")
    sentence = Message(template, reason=reason)
    return Busy(sentence, words=reason, retry_after=2.0, cause=Cause.UNREACHABLE)


def _is_sync(account: ProviderConfig) -> bool:
    return account.extra.get("mode", "").strip().lower() in ("sync", "blocking")


def _join(base: str, path: str) -> str:
    return f"{base}/{path.lstrip('/')}"


async def _accepted_job(reply: httpx.Response, key: str, patience: Patience) -> Snapshot:
    """Return the job named in an error response: an id means acceptance, whatever else the response says.

    Raises the error that the response means if it names no job; an unreadable body does not change its code.
    """
    body: bytes = b""
    try:
        async with asyncio.timeout(patience.poll):
            body = await calls.read(reply)
    except (httpx.HTTPError, OSError, calls.NoAnswer):
        pass
    answer = calls.Reply(reply.status_code, reply.headers, body)
    first_object = beginning(answer.text)
    if isinstance(first_object, dict) and (provider_job_id := protocol.parse_reply(first_object, key).provider_job_id):
        return Snapshot(Progress.RUNNING, provider_job_id, raw=tidy(first_object, key))
    raise protocol.refusal(
        answer.status, _object(answer, key), plain(answer.text, key), calls.retry_after(answer.headers, 60.0)
    )


def _object(reply: calls.Reply, key: str) -> Mapping[str, Any] | None:
    try:
        body = reply.json()
    except ValueError:
        return None
    return tidy(body, key) if isinstance(body, dict) else None


async def _read_snapshots(
    reply: httpx.Response, key: str, patience: Patience, *, sync: bool
) -> AsyncGenerator[Snapshot]:
    """Convert an open response to snapshots until the job has ended; raises if the response ends earlier."""
    last: Snapshot | None = None
    yielded_at = time.monotonic()
    async with contextlib.aclosing(_objects(reply, patience)) as batches:
        async for objects in batches:
            for body in objects:
                parsed = protocol.parse_reply(body, key)
                snapshot = _merge(parsed, last, reply)
                if (
                    last is None
                    or snapshot.progress != Progress.RUNNING
                    or _visible_state(last) != _visible_state(snapshot)
                ):
                    yielded_at = time.monotonic()
                    yield snapshot
                if snapshot.progress != Progress.RUNNING:
                    return
                if parsed.complete:
                    sentence = join_texts(_("Soundverse reported success but delivered no audio."), protocol.UNCLEAR)
                    raise InDoubt(sentence, cause=Cause.UNUSABLE)
                last = snapshot
            if last and time.monotonic() - yielded_at > KEEPALIVE_INTERVAL_S:
                yielded_at = time.monotonic()
                yield last
    if not (sync and last and last.provider_job_id):
        raise calls.NoAnswer("the answer ended before the job did")


def _merge(parsed: protocol.ParsedReply, last: Snapshot | None, reply: httpx.Response) -> Snapshot:
    """Merge an object into what is known; a refusal before anything else is a refusal of the request.

    A chunk with an error comes after acceptance, so it never means that the request may be sent again.
    """
    if last is None and not parsed.provider_job_id and (parsed.refused or parsed.failed):
        stated = {**parsed.raw, "success": False, "message": parsed.message}
        error = protocol.refusal(200, stated, "", calls.retry_after(reply.headers, 60.0))
        if isinstance(error, Busy) and not parsed.refused:
            error = Failed(protocol.COULD_NOT, words=parsed.message)
        raise error
    return parsed.snapshot(last.provider_job_id if last else "")


def _visible_state(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.provider_job_id, snapshot.stage, snapshot.percent


async def _objects(reply: httpx.Response, patience: Patience) -> AsyncGenerator[list[dict[str, Any]]]:
    """Yield the objects of a response as bytes arrive; complete objects are yielded even if the response breaks off."""
    framer = protocol.Framer()
    chunks = calls.pieces(reply)
    deadline = time.monotonic() + patience.total
    broken: Exception | None = None
    size = 0
    try:
        while not framer.done:
            async with asyncio.timeout(deadline - time.monotonic()):
                chunk = await anext(chunks, None)
            if chunk is None:
                break
            size += len(chunk)
            yield framer.feed(chunk)
            if size > MAX_STREAM_BYTES or framer.hopeless:
                raise calls.Unreadable("the answer is not a stream of this API")
    except (httpx.HTTPError, OSError, calls.NoAnswer) as error:
        broken = error
    yield framer.close()
    if broken:
        raise broken


def _status(reply: calls.Reply, provider_job_id: str, key: str) -> Snapshot | None:
    body = _object(reply, key)
    if reply.status == 404:
        return None
    if reply.status in (401, 402, 403):
        raise protocol.refusal(reply.status, body, plain(reply.text, key), 60.0)
    if reply.status != 200 or body is None:
        error_text = f"HTTP {reply.status}: {plain(reply.text, key)}"
        wait = calls.retry_after(reply.headers, 10.0)
        raise Busy(_NO_PROGRESS, words=error_text, retry_after=wait, cause=calls.cause_of(reply.status))
    parsed = protocol.parse_reply(body, key)
    if (parsed.refused and not parsed.failed) or (parsed.complete and not parsed.audio_url):
        raise Busy(_NO_PROGRESS, words=parsed.message, cause=Cause.UNUSABLE)
    return parsed.snapshot(provider_job_id)


# --- request body ---


def body_of(request: Request, account: ProviderConfig) -> dict[str, Any]:
    """Build the request body for this account's version of the API, with its names for the fields.

    Raises:
        Rejected: it could not be accepted; raised here, before anything is spent.
        OperatorMustAct: the account lists a field that does not exist.
    """
    body: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in (account.extra.get("fields") or DEFAULT_FIELDS).split(","))):
        name, _separator, field_name = item.partition("=")
        make = _MAKERS.get(field_name.strip() or name.strip())
        if make is None:
            sentence = join_texts(
                Message("The studio’s settings for Soundverse contain an unknown field “{name}”.", name=item[:40]),
                calls.ASK_ADMIN,
            )
            raise OperatorMustAct(sentence, cause=Cause.MISCONFIGURED)
        value = make(request, account)
        if value is not None:
            body[name.strip()] = value
    return body


def _prompt(request: Request, account: ProviderConfig) -> str:
    prompt = plain(request.prompt).strip()
    if not prompt:
        raise Rejected(join_texts(_("Describe in a few words what the music is for."), protocol.FREE))
    if len(prompt) > MUSIC.prompt_limit:
        over = len(prompt) - MUSIC.prompt_limit
        sentence = Message(
            "The prompt is {over:,} characters over the limit of {limit:,}.", over=over, limit=MUSIC.prompt_limit
        )
        raise Rejected(join_texts(sentence, protocol.FREE))
    return prompt


def _duration(request: Request, account: ProviderConfig) -> int:
    duration = request.settings.get("duration")
    return int(duration) if isinstance(duration, (int, float)) and not isinstance(duration, bool) else 30


def _model(request: Request, account: ProviderConfig) -> str:
    name = str(request.settings.get("engine") or DEFAULT_ENGINE).strip()
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name):
        raise Rejected(join_texts(Message("“{name}” is not a valid engine name.", name=name[:40]), protocol.FREE))
    return name


def _parameters(request: Request, account: ProviderConfig) -> dict[str, Any] | None:
    text = str(request.settings.get("parameters") or "").strip()
    if not text:
        return None
    try:
        parameters = loads(text)
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise Rejected(join_texts(_NOT_JSON, protocol.FREE))
    return parameters


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
