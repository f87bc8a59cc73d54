"""Two priced providers for the fake server's contract, one per remote shape; the tests set its address."""

import json
import os
from collections.abc import AsyncIterator, Collection

import httpx

from generator.currency import dollars
from generator.providers.base import ModelSpec, Output, Progress, Request, Snapshot
from generator.providers.errors import Busy, Failed, InDoubt, OperatorMustAct, ProviderError, Rejected

BASE = "FAKE_PROVIDER_URL"
_STATUS = {"created": Progress.WAITING, "completed": Progress.COMPLETED, "failed": Progress.FAILED}


def _spec(key: str, title: str) -> ModelSpec:
    return ModelSpec(
        key=key,
        title=title,
        summary="Answers from the test's own server.",
        prompt_limit=200,
        takes_max=3,
        formats=("wav",),
        list_price=dollars("0.03"),
        usual_seconds=2.0,
    )


def _snapshot(body: dict) -> Snapshot:
    return Snapshot(
        progress=_STATUS.get(body["status"], Progress.RUNNING),
        provider_job_id=body["id"],
        percent=body.get("progress"),
        outputs=tuple(Output(url) for url in body.get("files", ())),
        error=body.get("error", ""),
        retry_after=0.05 if body["status"] in ("created", "processing") else None,
        raw=body,
    )


def _refusal(reply: httpx.Response) -> ProviderError:
    words = reply.text
    if reply.status_code == 400:
        return Rejected("The provider refused this text. It cost nothing.", words=words)
    if reply.status_code == 429:
        return Busy("The provider is busy.", words=words, retry_after=0.05)
    if reply.status_code == 402:
        return OperatorMustAct("The studio's credit there is used up.", words=words)
    return InDoubt("The provider did not answer properly.", words=words)


def _asked(request: Request) -> dict:
    return {"prompt": request.prompt, "takes": request.takes, "format": request.format}


class FakePoll:
    key = "fakepoll"
    title = "Fake poll"
    models = (_spec("fakepoll/one", "Fake poll one"),)

    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot:
        try:
            reply = await http.post(f"{os.environ[BASE]}/jobs", json=_asked(request))
        except httpx.HTTPError as error:
            raise InDoubt("No answer.", words=str(error)) from error
        if reply.status_code != 200:
            raise _refusal(reply)
        return _snapshot(reply.json())

    async def poll(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot:
        try:
            reply = await http.get(f"{os.environ[BASE]}/jobs/{provider_job_id}")
        except httpx.HTTPError as error:
            raise InDoubt("No answer.", words=str(error)) from error
        if reply.status_code != 200:
            raise InDoubt("No proper answer.", words=reply.text)
        return _snapshot(reply.json())

    async def find(
        self, request: Request, since: float, http: httpx.AsyncClient, *, known: Collection[str] = ()
    ) -> Snapshot | None:
        reply = await http.get(f"{os.environ[BASE]}/jobs")
        found = [job for job in reply.json() if job["prompt"] == request.prompt and job["id"] not in known]
        return Snapshot(Progress.RUNNING, provider_job_id=found[0]["id"], raw=found[0]) if found else None


class FakeStream:
    key = "fakestream"
    title = "Fake stream"
    models = (_spec("fakestream/one", "Fake stream one"),)

    async def stream(self, request: Request, http: httpx.AsyncClient) -> AsyncIterator[Snapshot]:
        try:
            async with http.stream("POST", f"{os.environ[BASE]}/stream", json=_asked(request)) as reply:
                if reply.status_code != 200:
                    await reply.aread()
                    raise _refusal(reply)
                async for line in reply.aiter_lines():
                    yield _snapshot(json.loads(line))
        except httpx.HTTPError as error:
            raise InDoubt("The stream broke off.", words=str(error)) from error

    async def recover(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        reply = await http.get(f"{os.environ[BASE]}/jobs/{provider_job_id}")
        if reply.status_code != 200:
            raise Failed("It is gone.", words=reply.text)
        return _snapshot(reply.json())
