"""ACE-Step as a provider: a music model on the operator's own machine, behind the API server that comes with it.

Its account is an address and, if the server was started with one, a key. The address may be on the private network or
this machine, and files are fetched from that very address only. Nothing costs money, so a submit that got no answer is
sent again: what may be lost is time of the machine.

The server has traps (docs/providers.md, "ACE-Step"): it answers an unknown id with an empty list for ever, keeps a job
that a restart interrupted at its last progress for an hour, and reports success without a file.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import httpx

from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers import http as calls
from generator.providers import own_server
from generator.providers.acestep.models import STUDIO, body_of
from generator.providers.base import FileAccess, OnAccount, Output, Progress, ProviderConfig, Request, Snapshot
from generator.providers.errors import Busy, Cause, OperatorMustAct, Rejected
from generator.providers.sanitize import identifier, loads, plain, tidy

FILES = "/v1/audio?"  # how the address of a finished file begins
WAITING, DONE, FAILED = 0, 1, 2  # states of a job
_NOT_REACHED = _("The ACE-Step server could not be reached: {reason}. The studio will try again automatically.")
_NO_USE = _("The ACE-Step server’s response could not be used. The studio will try again automatically.")
_NO_MUSIC = _("The ACE-Step server could not make this. Try again, or change the prompt.")
_BAD_KEY = _("The ACE-Step server refused the studio’s key.")


class AceStep(OnAccount):
    """The ACE-Step API server; implements `base.PollProvider`, `base.Configurable`, `base.Guarded`, `base.Testable`."""

    key = "acestep"
    title = "ACE-Step"
    key_is_optional = True
    models = (STUDIO,)

    @property
    def has_key(self) -> bool:
        """Return whether the server's address is set; a key is optional."""
        return bool(self._account.base_url.strip())

    # --- jobs ---

    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot:
        reply = await self._call(http, "POST", "/release_task", self._account.patience.submit, json=body_of(request))
        code, data, error = _content(reply)
        job = identifier(data.get("task_id")) if isinstance(data, dict) else ""
        if reply.status == 429:
            wait = calls.retry_after(reply.headers, 30.0)
            raise Busy(_("The queue of the ACE-Step server is full."), words=error, retry_after=wait)
        if 400 <= code < 500:
            raise Rejected(_("The ACE-Step server rejected the request."), words=error)
        if not job:
            raise self._unusable(reply)
        return Snapshot(Progress.WAITING, job, position=_position(data), raw=tidy(data))

    async def poll(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Poll a job; None: the server does not know it, or no longer does since it was restarted."""
        found = await self._job(provider_job_id, http)
        if found is None or found.progress not in (Progress.WAITING, Progress.RUNNING):
            return found
        if await self._is_idle(http):
            # It may have ended between the two calls.
            found = await self._job(provider_job_id, http)
            if found and found.progress in (Progress.WAITING, Progress.RUNNING):
                sentence = _("The ACE-Step server was restarted before the music was finished. Try again.")
                return replace(found, progress=Progress.FAILED, error=sentence)
        return found

    async def find(
        self, request: Request, since: float, http: httpx.AsyncClient, *, known: Collection[str] = ()
    ) -> Snapshot | None:
        return None  # it lists no jobs

    async def _job(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        asked = {"task_id_list": [provider_job_id]}
        reply = await self._call(http, "POST", "/query_result", self._account.patience.poll, json=asked)
        _code, data, _error = _content(reply)
        if not isinstance(data, list):
            raise self._unusable(reply)
        rows = [row for row in data if isinstance(row, dict) and row.get("task_id") == provider_job_id]
        items = _items(rows[0].get("result")) if rows else None
        if not rows or items is None:
            raise self._unusable(reply)
        return self._snapshot(provider_job_id, rows[0].get("status"), items)

    def _snapshot(self, job: str, status: object, items: list[dict[str, Any]]) -> Snapshot | None:
        raw = {"result": tidy(items, self._account.key)}
        if status == DONE:
            outputs = tuple(Output(url) for item in items if (url := self._file_url(item.get("file"))))
            if outputs:
                return Snapshot(Progress.COMPLETED, job, outputs=outputs, raw=raw)
            return Snapshot(Progress.FAILED, job, error=_NO_MUSIC, raw=raw)
        if status == FAILED:
            reason = next((str(item["error"]) for item in items if item.get("error")), "")
            last_line = plain(reason, self._account.key).strip().rpartition("\n")[2][:300]  # of a traceback
            error = join_texts(_NO_MUSIC, last_line) if last_line else _NO_MUSIC
            return Snapshot(Progress.FAILED, job, error=error, raw=raw)
        if not items:
            return None
        done = items[0].get("progress")
        percent = round(100 * done) if isinstance(done, int | float) and 0 < done <= 1 else None
        return Snapshot(Progress.RUNNING if percent else Progress.WAITING, job, percent=percent, raw=raw)

    async def _is_idle(self, http: httpx.AsyncClient) -> bool:
        """Return whether the server says that nothing runs or waits; False if it says nothing about it."""
        reply = await self._call(http, "GET", "/v1/stats", self._account.patience.poll)
        _code, data, _error = _content(reply)
        jobs = data.get("jobs") if isinstance(data, dict) else None
        running = jobs.get("running") if isinstance(jobs, dict) else None
        # Not the count of queued jobs: a request that a full queue refused stays in it.
        return running == 0 and isinstance(data, dict) and data.get("queue_size") == 0

    def _file_url(self, file: object) -> str:
        """Return the address of a finished file; empty if it is not one of this server's."""
        if not isinstance(file, str) or not file.startswith(FILES) or not file.isprintable() or len(file) > 2000:
            return ""
        return self._account.base_url.strip().rstrip("/") + file

    # --- the door ---

    def access(self, url: str) -> FileAccess:
        """Let files be fetched with the key, from the private network as well, if they are at the account's address."""
        account = self._account
        if not url.startswith(account.base_url.strip().rstrip("/") + FILES):
            return FileAccess()
        return FileAccess(headers=_authorization(account), private_ok=True)

    async def test(self, http: httpx.AsyncClient) -> str:
        """Return a sentence about the server that answers; raises a ProviderError if none does."""
        reply = await self._call(http, "GET", "/v1/stats", self._account.patience.poll)
        code, data, _error = _content(reply)
        if code != 200 or not isinstance(data, dict):
            raise self._unusable(reply)
        waiting = data.get("queue_size")
        return Message(
            "The ACE-Step server answers. Jobs in its queue: {count}.", count=waiting if isinstance(waiting, int) else 0
        )

    async def _call(
        self, http: httpx.AsyncClient, method: str, path: str, seconds: float, **options: Any
    ) -> calls.Reply:
        account = self._account
        base = await asyncio.to_thread(own_server.address_of, account.base_url, self.title)
        headers = _authorization(account)
        try:
            reply = await calls.send_request(
                http, method, base + path, patience=account.patience, seconds=seconds, headers=headers, **options
            )
        except calls.NotSent as error:
            raise _unreachable(error.why, Cause.UNREACHABLE) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise _unreachable(str(error), cause) from None
        if reply.status in (401, 403):
            raise OperatorMustAct(_BAD_KEY, words=plain(reply.text, account.key), cause=Cause.KEY_REFUSED)
        return reply

    def _unusable(self, reply: calls.Reply) -> Busy:
        words = f"HTTP {reply.status}: {plain(reply.text, self._account.key)}"
        return Busy(_NO_USE, words=words, retry_after=10.0, cause=calls.cause_of(reply.status))


def _authorization(account: ProviderConfig) -> dict[str, str]:
    return {"Authorization": f"Bearer {calls.key_of(account, AceStep.title)}"} if account.key.strip() else {}


def _unreachable(reason: str, cause: Cause) -> Busy:
    return Busy(Message(_NOT_REACHED, reason=reason), words=reason, retry_after=10.0, cause=cause)


def _content(reply: calls.Reply) -> tuple[int, Any, str]:
    """Return an answer's code, data and error; errors come as HTTP status with `detail`, or as `code` in HTTP 200."""
    try:
        content = reply.json()
    except ValueError:
        return reply.status, None, plain(reply.text)[:500]
    if not isinstance(content, Mapping):
        return reply.status, None, ""
    code = content.get("code") if reply.status == 200 else reply.status
    error = content.get("error") or content.get("detail") or ""
    return code if isinstance(code, int) else reply.status, content.get("data"), plain(str(error))[:500]


def _items(result: object) -> list[dict[str, Any]] | None:
    """Return the takes of a job, which are JSON within JSON; None if they cannot be read."""
    try:
        items = loads(result) if isinstance(result, str) else result
    except ValueError:
        return None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else None


def _position(data: Mapping[str, Any]) -> int | None:
    place = data.get("queue_position")
    return place if isinstance(place, int) and not isinstance(place, bool) and place > 0 else None


def provider() -> AceStep:
    return AceStep()
