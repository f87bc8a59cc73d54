"""WaveSpeed as a provider: submit once, then ask by the id; its references, stems, prices, bills and webhooks.

The contract is described in docs/providers.md, "WaveSpeed". What the account's `extra` may hold:

    webhook_url     where WaveSpeed may announce a finished job; must be https

Addresses in replies (`urls.get`) are never followed: every address that gets the key is built here, from the account's
base address. A submit is sent at most once; whatever leaves its outcome open is InDoubt and is looked for by `find`.
"""

import asyncio
import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from generator.money import Micros, show
from generator.providers import http as calls
from generator.providers import wavespeed_wire as wire
from generator.providers.base import OnAccount, Progress, Request, Snapshot, Value
from generator.providers.errors import Busy, Cause, Failed, InDoubt, PriceChanged, Rejected
from generator.providers.outside import beginning, identifier, plain, web_address
from generator.providers.wavespeed_body import CORRECTABLE, body_of, corrected, recipe_of, same_request
from generator.providers.wavespeed_models import ACTIONS, MODELS, PURPOSES, REGISTER

HOME = "https://api.wavespeed.ai"
EXTRA = ("webhook_url",)
PAGE = 100
MOST_PAGES = 10
QUOTE_SECONDS = 10.0  # a submit must not wait long for a quote: its claim runs out
SKEW = 120.0  # seconds by which their clock may differ from ours
MOST_UPLOAD = 10_000_000  # what Mureka takes as a reference
UPLOADS = {".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".wav": "audio/wav", ".flac": "audio/flac", ".mid": "audio/midi"}

_BUSY = "WaveSpeed could not be reached: {}. Nothing was sent, and nothing was paid."
_LATER = "WaveSpeed cannot say just now how far it is; the studio asks again."
verify_webhook = wire.verify_webhook


class WaveSpeed(OnAccount):
    """Implements `base.PollProvider`, `base.Configurable`, `base.Checking` and `base.Acting`."""

    key = "wavespeed"
    title = "WaveSpeed"
    verify_webhook = staticmethod(wire.verify_webhook)
    corrected = staticmethod(corrected)
    correctable = CORRECTABLE
    models = MODELS
    actions = ACTIONS
    most_upload = MOST_UPLOAD
    extra = EXTRA

    # --- the job ---

    def check(self, request: Request) -> None:
        body_of(request)

    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot:
        """Send the request, once, unless the vendor's quote is not the price that was set aside."""
        await self.agree(request, http)
        body, recipe = body_of(request), recipe_of(request)
        account = self._account
        hook = account.extra.get("webhook_url", "")
        query = f"?{urlencode({'webhook': hook})}" if hook.startswith("https://") else ""
        try:
            reply = await self._send(http, "POST", recipe.path + query, account.patience.submit, json=body)
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            raise InDoubt(wire.UNCLEAR, words=str(error), cause=Cause.NO_ANSWER) from None
        return self._accepted(reply)

    def _accepted(self, reply: calls.Reply) -> Snapshot:
        """What a submit's answer means: an id is an acceptance, whatever its status and whatever else is wrong.

        What an error's answer says of the job besides its id is not believed; the job is asked for.
        """
        found = _envelope(reply) or wire.envelope(beginning(reply.text))
        code = reply.status
        words = reply.text
        if found:
            code = found.code if 200 <= reply.status < 300 and found.code is not None else reply.status
            words = found.message or words
            job = wire.prediction(found.data, self._account.key)
            if job and job.id:
                return job.snapshot() if 200 <= code < 300 else Snapshot(Progress.RUNNING, job.id, raw=job.raw)
            if job and job.snapshot().error and 200 <= code < 300:
                raise Failed("WaveSpeed could not make this. It cost nothing.", words=job.error or job.status)
        words = plain(words, self._account.key)
        if 200 <= code < 300:
            raise InDoubt(wire.UNCLEAR, words=words, cause=Cause.UNUSABLE if found else Cause.NO_ANSWER)
        raise wire.refusal(code, words, calls.retry_after(reply.headers, 60.0))

    async def poll(self, handle: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Ask for a job. A bad answer says nothing about the job, so it is Busy; None: WaveSpeed has no such job."""
        job = await self._prediction(f"predictions/{quote(handle, safe='')}/result", http)
        job = job or await self._prediction(f"predictions/{quote(handle, safe='')}", http)
        if job is None:
            return None
        if job.id and job.id != handle:
            raise Busy(_LATER, words=f"it answered about {job.id}", retry_after=30.0, cause=Cause.UNUSABLE)
        return job.snapshot()

    async def _prediction(self, path: str, http: httpx.AsyncClient) -> wire.Prediction | None:
        """Read a prediction; None only when the API itself, not something before it, says that it has none."""
        reply = await self._ask(http, "GET", path)
        found = _envelope(reply)
        if found and 404 in (reply.status, found.code):
            return None
        job = wire.prediction(found.data, self._account.key) if found and _fine(reply, found) else None
        if job is None or not job.status:
            raise self._no_use(reply)
        return job

    async def find(
        self, request: Request, since: float, http: httpx.AsyncClient, *, known: Collection[str] = ()
    ) -> Snapshot | None:
        """Look through the list of jobs for the one this request made when its submit got no answer.

        It must be of the model, hold everything that was asked, and have begun between the submit and its time-out;
        and it must be the only one: of several nobody can say which is whose, and what an unreadable page holds is
        unknown.

        Raises:
            InDoubt: several jobs could be it, or the list is longer than is read.
            Busy: the list cannot be read just now.
        """
        body = body_of(request)
        recipe = recipe_of(request)
        earliest, latest = since - SKEW, since + self._account.patience.submit + SKEW
        asked = {"model": recipe.path, "include_inputs": True}
        asked |= {"created_after": _utc(earliest), "created_before": _utc(latest)}
        found: dict[str, wire.Prediction] = {}
        async for job in self._pages("predictions", asked, http, whole=True):
            item = wire.prediction(job, self._account.key)
            if item is None or not item.id or item.created is None or item.id in known:
                continue
            began = item.created.timestamp()
            if began < earliest:
                break  # newest first
            if began <= latest and item.model in (recipe.path, "") and same_request(body, item.asked):
                found[item.id] = item
        if len(found) > 1:
            raise InDoubt(f"WaveSpeed lists {len(found)} jobs that could be this one.", cause=Cause.UNUSABLE)
        return next(iter(found.values())).snapshot() if found else None

    # --- money ---

    async def balance(self, http: httpx.AsyncClient) -> Micros:
        """What is left of the credit. Raises Busy when it cannot be read."""
        data = await self._data(http, "GET", "balance")
        amount = wire.micros(data.get("balance"))
        if amount is None:
            raise Busy("WaveSpeed's answer about the balance could not be read.", words=str(data)[:500])
        return amount

    async def price(self, path: str, inputs: Mapping[str, Any], http: httpx.AsyncClient) -> tuple[Micros, ...] | None:
        """What WaveSpeed asks for one run with these inputs: its price, and the discounted one when there is one.

        The older contract knows only the price of one take, which is multiplied here. None: it gives no quote.
        """
        asked = {"model_id": path, "inputs": dict(inputs)}
        for call, names in (("model/price", ("price", "discounted_price")), ("model/pricing", ("unit_price",))):
            reply = await self._ask(http, "POST", call, most_seconds=QUOTE_SECONDS, json=asked)
            found = _envelope(reply)
            if not (found and _fine(reply, found) and isinstance(found.data, dict)):
                continue
            if str(found.data.get("currency") or "USD").upper() != "USD":
                return None
            times = int(inputs.get("number_of_songs", 1)) if call == "model/pricing" else 1
            amounts = [wire.micros(found.data.get(name)) for name in names]
            if amounts[0] is not None:
                return tuple(Micros(amount * times) for amount in amounts if amount is not None)
        return None

    async def agree(self, request: Request, http: httpx.AsyncClient) -> None:
        """Stop before anything is sent when the vendor's quote is not what was set aside.

        An estimate may turn out too high, never too low. No quote, or a quote that cannot be had, stops nothing; only
        where no connection can be made the request is not tried either.
        """
        if request.price is None:
            return
        try:
            quoted = await self.price(recipe_of(request).path, body_of(request), http)
        except Busy as error:
            if error.cause == Cause.UNREACHABLE:
                raise _unreachable(error.words) from None
            return
        if not quoted or request.price in quoted or (request.price_is_estimate and min(quoted) <= request.price):
            return
        raise PriceChanged(
            f"WaveSpeed now asks {show(quoted[0])} for this; the studio's price list says {show(request.price)}. "
            f"Nothing was sent. The administrator has to confirm the new price.",
            theirs=quoted[0],
            ours=request.price,
            words=recipe_of(request).path,
        )

    async def billings(self, since: float, until: float, http: httpx.AsyncClient) -> list[wire.Billing]:
        """WaveSpeed's own books between two moments in Unix seconds: charges, and refunds when they are seen."""
        asked = {"start_time": _utc(since), "end_time": _utc(until)}
        lines = [wire.billing(item, self._account.key) async for item in self._pages("billings/search", asked, http)]
        return [line for line in lines if line]

    # --- files, references, webhooks, tidying up ---

    async def upload(self, file: Path, http: httpx.AsyncClient) -> str:
        """Hand WaveSpeed a sound of ours and return the address it now has there. It costs nothing."""
        kind = UPLOADS.get(file.suffix.lower())
        content = await asyncio.to_thread(_beginning, file, MOST_UPLOAD + 1)
        if kind is None or not 0 < len(content) <= MOST_UPLOAD:
            raise Rejected("A reference is an MP3, M4A, WAV, FLAC or MIDI file of at most 10 MB. It cost nothing.")
        ticket = {"filename": f"reference{file.suffix.lower()}", "size": len(content), "content_type": kind}
        try:
            data = await self._data(http, "POST", "media/uploads", json=ticket)
        except Busy as error:
            raise (_unreachable(error.words) if error.cause == Cause.UNREACHABLE else error) from None
        given = data.get("upload")
        way: Mapping[str, Any] = given if isinstance(given, dict) else {}
        target, home = web_address(way.get("url")), web_address(data.get("download_url"))
        if not target or not home or str(way.get("method", "PUT")).upper() != "PUT":
            raise Busy("WaveSpeed's answer about the upload could not be read.", words=str(data)[:500])
        await self._put(target, content, wire.safe_headers(way.get("headers"), self._account.key), http)
        return home

    async def _put(self, target: str, content: bytes, headers: dict[str, str], http: httpx.AsyncClient) -> None:
        """Send the bytes to the file server: without the key, and never to an address inside our own network."""
        account = self._account
        try:
            await asyncio.to_thread(calls.check_address, target, private_ok=account.private_ok)
            reply = await calls.ask(
                http,
                "PUT",
                target,
                patience=account.patience,
                seconds=account.patience.submit,
                content=content,
                headers=headers,
            )
        except calls.DownloadFailed as error:
            raise Busy("WaveSpeed named an upload address that cannot be used.", words=str(error)) from None
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            raise Busy("The upload to WaveSpeed broke off.", words=str(error), cause=Cause.NO_ANSWER) from None
        if not 200 <= reply.status < 300:
            raise Busy("WaveSpeed's file server did not take the upload.", words=f"HTTP {reply.status}")

    async def upload_id(
        self, url: str, purpose: str, http: httpx.AsyncClient, *, price: Micros | None = None
    ) -> Snapshot:
        """Begin registering an uploaded sound: a paid job; its last snapshot has the id as `registered_id`."""
        if purpose not in PURPOSES:
            raise Rejected("WaveSpeed does not know that use of a reference. It cost nothing.")
        settings: dict[str, Value] = {"audio": url, "purpose": purpose}
        return await self.submit(Request(REGISTER.key, "", 1, "", settings, "", "", "", price), http)

    async def webhook_secret(self, http: httpx.AsyncClient) -> str:
        """The secret that signs this key's webhooks; another key has another one."""
        data = await self._data(http, "GET", "webhook/secret")
        secret = data.get("secret")
        if not isinstance(secret, str) or not secret.strip():
            raise Busy("WaveSpeed's answer about the webhook secret could not be read.")
        return secret.strip()

    async def delete(self, ids: Iterable[str], http: httpx.AsyncClient) -> int:
        """Delete jobs and their files there; how many it says are gone. It is not known to stop a charge."""
        wanted = [found for found in map(identifier, ids) if found]
        if not wanted:
            return 0
        data = await self._data(http, "POST", "predictions/delete", json={"ids": wanted})
        count = data.get("deleted_count")
        return count if isinstance(count, int) else len(wanted)

    # --- calls ---

    async def _send(self, http: httpx.AsyncClient, method: str, path: str, seconds: float, **sent: Any) -> calls.Reply:
        account = self._account
        key = calls.key_of(account, self.title)
        base = calls.base_url(account, HOME, self.title).removesuffix("/api/v3")
        url = f"{base}/api/v3/{path}"
        return await calls.ask(http, method, url, patience=account.patience, seconds=seconds, key=key, **sent)

    async def _ask(
        self, http: httpx.AsyncClient, method: str, path: str, *, most_seconds: float = 600.0, **sent: Any
    ) -> calls.Reply:
        """Make a call that changes nothing: Busy when it gets no answer, OperatorMustAct when the key is refused."""
        try:
            seconds = min(self._account.patience.poll, most_seconds)
            reply = await self._send(http, method, path, seconds, **sent)
        except calls.NotSent as error:
            raise Busy(_LATER, words=error.why, retry_after=10.0, cause=Cause.UNREACHABLE) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise Busy(_LATER, words=str(error), retry_after=10.0, cause=cause) from None
        found = _envelope(reply)
        code = found.code if found and reply.status == 200 and found.code else reply.status
        if code in (401, 402, 403):
            words = plain(found.message if found else reply.text, self._account.key)
            raise wire.refusal(code, words, 60.0)
        return reply

    async def _data(self, http: httpx.AsyncClient, method: str, path: str, **sent: Any) -> dict[str, Any]:
        reply = await self._ask(http, method, path, **sent)
        found = _envelope(reply)
        if not (found and _fine(reply, found) and isinstance(found.data, dict)):
            raise self._no_use(reply)
        return found.data

    async def _pages(self, path: str, asked: Mapping[str, Any], http: httpx.AsyncClient, *, whole: bool = False) -> Any:
        """Walk a list of theirs, page by page; `whole`: raise InDoubt when there is more than MOST_PAGES."""
        for page in range(1, MOST_PAGES + 1):
            data = await self._data(http, "POST", path, json={"page": page, "page_size": PAGE, **asked})
            items = data.get("items")
            items = items if isinstance(items, list) else []
            for item in items:
                yield item
            total = data.get("total")
            more = data.get("has_more") is True or (isinstance(total, int) and page * PAGE < total)
            if not items or not more:
                return
        if whole:
            raise InDoubt("WaveSpeed lists more jobs than are read.", cause=Cause.UNUSABLE)

    def _no_use(self, reply: calls.Reply) -> Busy:
        words = f"HTTP {reply.status}: {plain(reply.text, self._account.key)}"
        wait = calls.retry_after(reply.headers, 10.0)
        return Busy(_LATER, words=words, retry_after=wait, cause=calls.cause_of(reply.status))


def _unreachable(why: str) -> Busy:
    return Busy(_BUSY.format(why), words=why, retry_after=2.0, cause=Cause.UNREACHABLE)


def _envelope(reply: calls.Reply) -> wire.Envelope | None:
    try:
        return wire.envelope(reply.json())
    except ValueError:
        return None


def _fine(reply: calls.Reply, found: wire.Envelope) -> bool:
    return reply.status == 200 and found.code in (None, 200)


def _beginning(file: Path, most: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(most)


def _utc(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def provider() -> WaveSpeed:
    return WaveSpeed()
