"""WaveSpeed as a provider: submit once, then poll by id; its references, stems, prices, bills and webhooks.

The contract is described in docs/providers.md, "WaveSpeed". The account's `extra` may hold:

    webhook_url     where WaveSpeed may announce a finished job; must be https

URLs in replies (`urls.get`) are never followed: every URL that receives the key is built here, from the account's base
address. A submit is sent at most once; if its outcome is unknown, it is InDoubt and `find` looks for the job.
"""

import asyncio
import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from generator.currency import Micros, micros_of, show
from generator.messages import Message
from generator.messages import gettext_noop as _
from generator.providers import http as calls
from generator.providers.base import OnAccount, Progress, Request, Snapshot
from generator.providers.errors import Busy, Cause, Failed, InDoubt, OperatorMustAct, PriceChanged, Rejected
from generator.providers.importing import Offer
from generator.providers.sanitize import beginning, plain, web_address
from generator.providers.wavespeed import catalog_entry, catalog_offer, protocol
from generator.providers.wavespeed.body import CORRECTABLE, body_of, corrected, path_of, same_request
from generator.providers.wavespeed.models import ACTIONS, MODELS

DEFAULT_BASE_URL = "https://api.wavespeed.ai"
EXTRA = ("webhook_url",)
PAGE_SIZE = 100
MAX_PAGES = 10
QUOTE_TIMEOUT_S = 10.0  # a submit must not wait long for a quote, because its claim expires
MAX_CLOCK_SKEW_S = 120.0  # seconds of possible difference between their clock and ours
MAX_CATALOG_BYTES = 16_000_000
MAX_UPLOAD_BYTES = 10_000_000  # Mureka's limit for a reference
UPLOAD_TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mid": "audio/midi",
}

_NO_CATALOG = _("WaveSpeed’s catalog could not be read. Try again later; nothing was changed.")
_NO_PROGRESS = _("WaveSpeed did not report the progress. The studio will check again automatically.")


class WaveSpeed(OnAccount):
    """The WaveSpeed API; implements `base.PollProvider`, `base.Configurable`, `base.Checking` and `base.Acting`."""

    key = "wavespeed"
    vendor_url = DEFAULT_BASE_URL
    title = "WaveSpeed"
    verify_webhook = staticmethod(protocol.verify_webhook)
    corrected = staticmethod(corrected)
    correctable = CORRECTABLE
    models = MODELS
    actions = ACTIONS
    max_upload_bytes = MAX_UPLOAD_BYTES
    extra = EXTRA

    # --- jobs ---

    def check(self, request: Request) -> None:
        body_of(request)

    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot:
        """Send the request, once, unless the vendor's quote differs from the hold."""
        await self.agree(request, http)
        body, path = body_of(request), path_of(request)
        account = self._account
        webhook_url = account.extra.get("webhook_url", "")
        query = f"?{urlencode({'webhook': webhook_url})}" if webhook_url.startswith("https://") else ""
        try:
            reply = await self._send(http, "POST", path + query, account.patience.submit, json=body)
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            raise InDoubt(protocol.UNCLEAR, words=str(error), cause=Cause.NO_ANSWER) from None
        return self._accepted(reply)

    def _accepted(self, reply: calls.Reply) -> Snapshot:
        """Interpret a submit's answer: an id means acceptance, whatever its status and other content.

        From an error response only the id is trusted; the job's state is polled.
        """
        envelope = _envelope(reply) or protocol.envelope(beginning(reply.text))
        code = reply.status
        error_text = reply.text
        if envelope:
            code = envelope.code if 200 <= reply.status < 300 and envelope.code is not None else reply.status
            error_text = envelope.message or error_text
            job = protocol.prediction(envelope.data, self._account.key)
            if job and job.id:
                return job.snapshot() if 200 <= code < 300 else Snapshot(Progress.RUNNING, job.id, raw=job.raw)
            if job and job.snapshot().error and 200 <= code < 300:
                raise Failed(
                    _("WaveSpeed could not generate this. You were not charged. Try again, or choose another model."),
                    words=job.error or job.status,
                )
        error_text = plain(error_text, self._account.key)
        if 200 <= code < 300:
            raise InDoubt(protocol.UNCLEAR, words=error_text, cause=Cause.UNUSABLE if envelope else Cause.NO_ANSWER)
        raise protocol.refusal(code, error_text, calls.retry_after(reply.headers, 60.0))

    async def poll(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Poll a job. A bad answer says nothing about the job, so it is Busy; None: WaveSpeed has no such job."""
        job = await self._prediction(f"predictions/{quote(provider_job_id, safe='')}/result", http)
        job = job or await self._prediction(f"predictions/{quote(provider_job_id, safe='')}", http)
        if job is None:
            return None
        if job.id and job.id != provider_job_id:
            raise Busy(_NO_PROGRESS, words=f"the response was about {job.id}", retry_after=30.0, cause=Cause.UNUSABLE)
        return job.snapshot()

    async def _prediction(self, path: str, http: httpx.AsyncClient) -> protocol.Prediction | None:
        """Read a prediction; None only if the API itself, not a proxy before it, says that there is none."""
        reply = await self._ask(http, "GET", path)
        envelope = _envelope(reply)
        if envelope and 404 in (reply.status, envelope.code):
            return None
        job = (
            protocol.prediction(envelope.data, self._account.key) if envelope and _is_success(reply, envelope) else None
        )
        if job is None or not job.status:
            raise self._unusable(reply)
        return job

    async def find(
        self, request: Request, since: float, http: httpx.AsyncClient, *, known: Collection[str] = ()
    ) -> Snapshot | None:
        """Search the list of jobs for the one made by this request, after its submit got no answer.

        The job must be of the model, contain everything that was sent, and have started between the submit and its
        timeout. It must also be the only match: several cannot be told apart, and the content of an unreadable page is
        unknown.

        Raises:
            InDoubt: several jobs match, or the list is longer than is read.
            Busy: the list cannot be read at the moment.
        """
        body = body_of(request)
        path = path_of(request)
        earliest, latest = since - MAX_CLOCK_SKEW_S, since + self._account.patience.submit + MAX_CLOCK_SKEW_S
        query = {"model": path, "include_inputs": True}
        query |= {"created_after": _utc(earliest), "created_before": _utc(latest)}
        matches: dict[str, protocol.Prediction] = {}
        async for job in self._pages("predictions", query, http, must_be_complete=True):
            item = protocol.prediction(job, self._account.key)
            if item is None or not item.id or item.created is None or item.id in known:
                continue
            began = item.created.timestamp()
            if began < earliest:
                break  # newest first
            if began <= latest and item.model in (path, "") and same_request(body, item.inputs):
                matches[item.id] = item
        if len(matches) > 1:
            raise InDoubt(
                Message("WaveSpeed lists {count} jobs that could be this generation.", count=len(matches)),
                cause=Cause.UNUSABLE,
            )
        return next(iter(matches.values())).snapshot() if matches else None

    # --- money ---

    async def balance(self, http: httpx.AsyncClient) -> Micros:
        """Return the remaining credit. Raises Busy if it cannot be read."""
        data = await self._data(http, "GET", "balance")
        amount = micros_of(data.get("balance"))
        if amount is None:
            raise Busy(_("WaveSpeed’s response about the balance could not be read."), words=str(data)[:500])
        return amount

    async def _quote(self, request: Request, http: httpx.AsyncClient) -> tuple[Micros, ...] | None:
        """Return the quote for a request with all its inputs: whatever is left out is quoted at its cheapest."""
        body = body_of(request)
        return await self.price(path_of(request), body, http, with_older=not request.entry)

    async def price(
        self, path: str, inputs: Mapping[str, Any], http: httpx.AsyncClient, *, with_older: bool = True
    ) -> tuple[Micros, ...] | None:
        """Return WaveSpeed's quote for one run with these inputs: the price, and the discounted price if there is one.

        The older contract has only the price of one take, which is multiplied here; `with_older` leaves it out where a
        run costs something else than its takes. None: there is no quote.
        """
        quote_input = {"model_id": path, "inputs": dict(inputs)}
        calls_and_names = (("model/price", ("price", "discounted_price")), ("model/pricing", ("unit_price",)))
        for call, names in calls_and_names if with_older else calls_and_names[:1]:
            reply = await self._ask(http, "POST", call, max_seconds=QUOTE_TIMEOUT_S, json=quote_input)
            envelope = _envelope(reply)
            if not (envelope and _is_success(reply, envelope) and isinstance(envelope.data, dict)):
                continue
            if str(envelope.data.get("currency") or "USD").upper() != "USD":
                return None
            times = int(inputs.get("number_of_songs", 1)) if call == "model/pricing" else 1
            amounts = [micros_of(envelope.data.get(name)) for name in names]
            if amounts[0] is not None:
                return tuple(Micros(amount * times) for amount in amounts if amount is not None)
        return None

    async def agree(self, request: Request, http: httpx.AsyncClient) -> None:
        """Raise PriceChanged before anything is sent if the vendor's quote differs from the hold.

        An estimate may turn out too high, never too low. A missing quote, or one that cannot be read, stops nothing;
        only if no connection can be made, or the key is refused, is the request not tried either.
        """
        if request.price is None:
            return
        try:
            quoted = await self._quote(request, http)
        except Busy as error:
            if error.cause == Cause.UNREACHABLE:
                raise _unreachable(error.words) from None
            return
        except OperatorMustAct as error:
            if error.cause in (Cause.NO_CREDIT, Cause.NOT_ALLOWED):
                return  # the key may lack permission for quotes only; the submit itself will tell
            raise
        # Per-take prices have six decimals: rounding errors add up over the takes. A formula's result is rounded once.
        tolerance = 1 if request.entry else request.takes / 2
        is_agreed = any(abs(request.price - amount) <= tolerance for amount in quoted or ())
        if not quoted or is_agreed or (request.price_is_estimate and min(quoted) <= request.price):
            return
        raise PriceChanged(
            Message(
                "WaveSpeed now charges {price} for this; the studio’s price list says {listed_price}. "
                "Nothing was sent. Ask the administrator to confirm the new price.",
                price=show(quoted[0]),
                listed_price=show(request.price),
            ),
            theirs=quoted[0],
            ours=request.price,
            words=path_of(request),
        )

    async def billings(self, since: float, until: float, http: httpx.AsyncClient) -> list[protocol.Billing]:
        """Return WaveSpeed's own billing records between two moments in Unix seconds: charges and known refunds."""
        query = {"start_time": _utc(since), "end_time": _utc(until)}
        lines = [
            protocol.billing(item, self._account.key) async for item in self._pages("billings/search", query, http)
        ]
        return [line for line in lines if line]

    # --- uploads ---

    async def upload(self, file: Path, http: httpx.AsyncClient) -> str:
        """Upload a file of ours to WaveSpeed and return its URL there. Free of charge."""
        kind = UPLOAD_TYPES.get(file.suffix.lower())
        content = await asyncio.to_thread(_beginning, file, MAX_UPLOAD_BYTES + 1)
        if kind is None or not 0 < len(content) <= MAX_UPLOAD_BYTES:
            raise Rejected(_("Choose an MP3, M4A, WAV, FLAC, or MIDI file of at most 10 MB. You were not charged."))
        ticket = {"filename": f"reference{file.suffix.lower()}", "size": len(content), "content_type": kind}
        try:
            data = await self._data(http, "POST", "media/uploads", json=ticket)
        except Busy as error:
            raise (_unreachable(error.words) if error.cause == Cause.UNREACHABLE else error) from None
        upload = data.get("upload")
        target_spec: Mapping[str, Any] = upload if isinstance(upload, dict) else {}
        target, file_url = web_address(target_spec.get("url")), web_address(data.get("download_url"))
        if not target or not file_url or str(target_spec.get("method", "PUT")).upper() != "PUT":
            raise Busy(_("WaveSpeed’s response to the upload request could not be read."), words=str(data)[:500])
        await self._put(target, content, protocol.safe_headers(target_spec.get("headers"), self._account.key), http)
        return file_url

    async def _put(self, target: str, content: bytes, headers: dict[str, str], http: httpx.AsyncClient) -> None:
        """Send the bytes to the file server: without the key, and never to an address inside our own network."""
        account = self._account
        try:
            await asyncio.to_thread(calls.check_address, target, private_ok=account.private_ok)
            reply = await calls.send_request(
                http,
                "PUT",
                target,
                patience=account.patience,
                seconds=account.patience.submit,
                content=content,
                headers=headers,
            )
        except calls.DownloadFailed as error:
            raise Busy(_("WaveSpeed sent an upload address that cannot be used."), words=str(error)) from None
        except calls.NotSent as error:
            raise _unreachable(error.why) from None
        except calls.NoAnswer as error:
            raise Busy(_("The upload to WaveSpeed was interrupted."), words=str(error), cause=Cause.NO_ANSWER) from None
        if not 200 <= reply.status < 300:
            raise Busy(_("WaveSpeed’s file server rejected the upload."), words=f"HTTP {reply.status}")

    # --- catalog ---

    async def read_catalog(self, http: httpx.AsyncClient) -> list[Mapping[str, Any]]:
        """Return the entries of the account's catalog; about a thousand, in one answer of several megabytes."""
        try:
            reply = await self._ask(http, "GET", "models", max_bytes=MAX_CATALOG_BYTES)
        except Busy as error:
            raise Busy(_NO_CATALOG, words=error.words, cause=error.cause) from None
        envelope = _envelope(reply)
        entries = envelope.data if envelope and _is_success(reply, envelope) else None
        if not isinstance(entries, list) or not entries:
            error_text = f"HTTP {reply.status}: {plain(reply.text[:500], self._account.key)}"
            raise Busy(_NO_CATALOG, words=error_text, cause=Cause.UNUSABLE)
        return [entry for entry in entries if isinstance(entry, dict)]

    def offer(self, raw: Mapping[str, Any]) -> Offer:
        return catalog_offer.offer(raw, self._account.base_url.strip() or DEFAULT_BASE_URL)

    frozen_offer = staticmethod(catalog_offer.frozen_offer)
    changes = staticmethod(catalog_entry.changes)

    # --- calls ---

    async def _send(
        self, http: httpx.AsyncClient, method: str, path: str, seconds: float, **options: Any
    ) -> calls.Reply:
        account = self._account
        key = calls.key_of(account, self.title)
        base = calls.base_url(account, DEFAULT_BASE_URL, self.title).removesuffix("/api/v3")
        url = f"{base}/api/v3/{path}"
        return await calls.send_request(
            http, method, url, patience=account.patience, seconds=seconds, key=key, **options
        )

    async def _ask(
        self, http: httpx.AsyncClient, method: str, path: str, *, max_seconds: float = 600.0, **options: Any
    ) -> calls.Reply:
        """Make a call that starts no job: Busy if it gets no answer, OperatorMustAct if the key is refused."""
        try:
            seconds = min(self._account.patience.poll, max_seconds)
            reply = await self._send(http, method, path, seconds, **options)
        except calls.NotSent as error:
            raise Busy(_NO_PROGRESS, words=error.why, retry_after=10.0, cause=Cause.UNREACHABLE) from None
        except calls.NoAnswer as error:
            cause = Cause.UNUSABLE if isinstance(error, calls.Unreadable) else Cause.NO_ANSWER
            raise Busy(_NO_PROGRESS, words=str(error), retry_after=10.0, cause=cause) from None
        envelope = _envelope(reply)
        code = envelope.code if envelope and reply.status == 200 and envelope.code else reply.status
        if code in (401, 402, 403):
            error_text = plain(envelope.message if envelope else reply.text, self._account.key)
            raise protocol.refusal(code, error_text, 60.0)
        return reply

    async def _data(self, http: httpx.AsyncClient, method: str, path: str, **options: Any) -> dict[str, Any]:
        reply = await self._ask(http, method, path, **options)
        envelope = _envelope(reply)
        if not (envelope and _is_success(reply, envelope) and isinstance(envelope.data, dict)):
            raise self._unusable(reply)
        return envelope.data

    async def _pages(
        self, path: str, query: Mapping[str, Any], http: httpx.AsyncClient, *, must_be_complete: bool = False
    ) -> Any:
        """Yield the items of a paginated list; `must_be_complete`: raise InDoubt if there are more than MAX_PAGES."""
        for page in range(1, MAX_PAGES + 1):
            data = await self._data(http, "POST", path, json={"page": page, "page_size": PAGE_SIZE, **query})
            items = data.get("items")
            items = items if isinstance(items, list) else []
            for item in items:
                yield item
            total = data.get("total")
            has_more = data.get("has_more") is True or (isinstance(total, int) and page * PAGE_SIZE < total)
            if not items or not has_more:
                return
        if must_be_complete:
            raise InDoubt(_("WaveSpeed lists more jobs than the studio reads."), cause=Cause.UNUSABLE)

    def _unusable(self, reply: calls.Reply) -> Busy:
        error_text = f"HTTP {reply.status}: {plain(reply.text, self._account.key)}"
        wait = calls.retry_after(reply.headers, 10.0)
        return Busy(_NO_PROGRESS, words=error_text, retry_after=wait, cause=calls.cause_of(reply.status))


def _unreachable(reason: str) -> Busy:
    return Busy(
        Message("WaveSpeed could not be reached: {reason}. Nothing was sent, and you were not charged.", reason=reason),
        words=reason,
        retry_after=2.0,
        cause=Cause.UNREACHABLE,
    )


def _envelope(reply: calls.Reply) -> protocol.Envelope | None:
    try:
        return protocol.envelope(reply.json())
    except ValueError:
        return None


def _is_success(reply: calls.Reply, envelope: protocol.Envelope) -> bool:
    return reply.status == 200 and envelope.code in (None, 200)


def _beginning(file: Path, max_bytes: int) -> bytes:
    with file.open("rb") as stream:
        return stream.read(max_bytes)


def _utc(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def provider() -> WaveSpeed:
    return WaveSpeed()
