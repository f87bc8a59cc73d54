"""The server side of WaveSpeed's contract: envelope, models, money, history, uploads and signed webhooks.

Fixed paths come before the catch-all `POST /api/v3/<model path>`; model paths contain slashes and dots. A successful
submit is answered with exactly 200, its `data` is always an object, and no success has a top-level `error`.
"""

import datetime as dt
import hashlib
import hmac
import json
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes import wavespeed_catalog

SECRET = "whsec_demo-secret"
_FOUR = {
    "prompt": (str, lambda value: 0 < len(value.strip()) <= 1024),
    "number_of_songs": (int, lambda value: 1 <= value <= 3),
    "output_format": (str, lambda value: value in ("mp3", "wav", "flac")),
}
_IDS = dict.fromkeys(("instrumental_id", "reference_id", "vocal_id", "melody_id"), (str, bool))
_TWO = {name: _FOUR[name] for name in ("prompt", "output_format")}
_AUDIO = {"audio": (str, lambda value: value.startswith("http"))}
_PURPOSES = ("audio", "instrumental", "melody", "reference", "remix", "vocal", "voice")


@dataclass(frozen=True)
class Model:
    price: float
    fields: dict[str, Any]
    required: tuple[str, ...] = ("prompt",)
    per_song: bool = True


MODELS = {
    "mureka-ai/mureka-v7.6/generate-bgm": Model(0.03, {**_FOUR, "instrumental_id": _IDS["instrumental_id"]}),
    "mureka-ai/mureka-v8/generate-bgm": Model(0.045, {**_FOUR, "instrumental_id": _IDS["instrumental_id"]}),
    "mureka-ai/mureka-v9/generate-bgm": Model(0.045, {**_FOUR, "instrumental_id": _IDS["instrumental_id"]}),
    "mureka-ai/mureka-v9.5/generate-bgm": Model(0.225, _TWO),
    "mureka-ai/mureka-v7.6/generate-song": Model(
        0.03, {**_FOUR, **_IDS, "lyrics": (str, lambda value: 0 < len(value) <= 3000)}, ("lyrics",)
    ),
    "mureka-ai/create-upload-id": Model(
        0.01, {**_AUDIO, "purpose": (str, lambda value: value in _PURPOSES)}, ("audio",), False
    ),
    "mureka-ai/stem-song": Model(
        0.06, {**_AUDIO, "model": (str, lambda value: value.startswith("audio-separation-"))}, ("audio",), False
    ),
}


@dataclass
class Job:
    id: str
    model: str
    inputs: dict[str, Any]
    created: float
    charged: float
    webhook: str = ""
    polls: int = 0
    status: str = "created"
    error: str = ""
    refunded: bool = False

    @property
    def takes(self) -> int:
        """Return the number of files: the count's name differs between models."""
        return int(self.inputs.get("number_of_songs", self.inputs.get("num_samples", 1)))

    @property
    def created_at(self) -> str:
        """Return the time with nine digits of a second, as the vendor prints it."""
        whole = dt.datetime.fromtimestamp(int(self.created), dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{whole}.{int(self.created % 1 * 1e9):09d}Z"


@dataclass
class WaveSpeedShop:
    """The vendor's records and its next behavior; tests set the latter before they submit."""

    key: str = "ws_live_0123456789abcdef0123456789abcdef01234567"
    polls: int = 1  # number of "processing" answers before the end
    end: str = "completed"  # or any other status
    error: str = "the model ran out of ideas"
    deliver: int | None = None
    outputs: list[Any] | None = None  # exactly these instead of files
    prices: dict[str, float] = field(default_factory=lambda: {path: model.price for path, model in MODELS.items()})
    discounts: dict[str, float] = field(default_factory=dict)
    quotes: str = "price"  # price, pricing (only the older contract), none
    inputs_listed: bool = True
    hook_times: int = 1
    hook_early: bool = False
    balance: float = 10.0
    jobs: list[Job] = field(default_factory=list)
    bills: list[dict[str, Any]] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    catalog: list[Any] = field(  # what GET /models lists besides the models above
        default_factory=lambda: [*wavespeed_catalog.MUSIC, *wavespeed_catalog.OTHER, *wavespeed_catalog.BROKEN]
    )

    def entry(self, path: str) -> dict[str, Any] | None:
        """Return the catalog's entry of a path that is no model of its own here."""
        if path in MODELS:
            return None
        entries = (item for item in self.catalog if isinstance(item, dict) and item.get("model_id") == path)
        return next((item for item in entries if item.get("api_schema", {}).get("api_schemas")), None)

    def is_known(self, path: str) -> bool:
        return path in MODELS or self.entry(path) is not None

    def price_of(self, path: str, inputs: dict[str, Any]) -> float:
        if entry := self.entry(path):
            return wavespeed_catalog.price(entry, inputs)
        return round(self.prices[path] * (inputs.get("number_of_songs", 1) if MODELS[path].per_song else 1), 6)

    def accept(self, path: str, inputs: dict[str, Any], webhook: str = "") -> Job:
        job = Job(uuid.uuid4().hex, path, inputs, time.time(), self.price_of(path, inputs), webhook)
        self.jobs.append(job)
        self.balance = round(self.balance - job.charged, 6)
        self._bill("deduct", job.charged, job)
        return job

    def refund(self, job: Job, takes: int | None = None) -> None:
        """Refund a failed job, as the vendor does within hours; with `takes`, only some of them."""
        job.refunded = True
        asked = job.takes
        amount = round(job.charged * (asked if takes is None else takes) / asked, 6)
        self.balance = round(self.balance + amount, 6)
        self._bill("refund", amount, job)

    def _bill(self, kind: str, amount: float, job: Job) -> None:
        about = {"uuid": job.id, "model_uuid": job.model, "status": job.status}
        at = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
        line = {"uuid": uuid.uuid4().hex, "billing_type": kind, "price": amount, "created_at": at, "prediction": about}
        self.bills.insert(0, line)

    def advance(self, job: Job) -> None:
        job.polls += 1
        if job.status in ("created", "processing"):
            job.status = "processing" if job.polls <= self.polls else self.end
            job.error = self.error if job.status == "failed" else ""

    def prediction(self, job: Job, base: str) -> dict[str, Any]:
        done = job.status == "completed"
        return {
            "id": job.id,
            "model": job.model,
            "outputs": self._outputs(job, base) if done else [],
            "urls": {"get": f"https://api.wavespeed.ai/api/v3/predictions/{job.id}/result"},
            "has_nsfw_contents": None,
            "status": job.status,
            "created_at": job.created_at,
            "error": job.error,
            "timings": {"inference": 41_873 if done else 0},
        }

    def _outputs(self, job: Job, base: str) -> list[Any]:
        if self.outputs is not None:
            return self.outputs
        if job.model.endswith("create-upload-id"):
            registered = str(int(job.id[:12], 16))
            return [{"id": registered, "purpose": job.inputs.get("purpose", "audio"), "audio_id": registered}]
        count = job.takes if self.deliver is None else self.deliver
        ending = str(job.inputs.get("output_format", "mp3")).partition("_")[0]
        return [f"{base}/cdn/{job.id}-{number}.{ending}" for number in range(1, count + 1)]

    def signed(self, job: Job, base: str, event: str = "") -> tuple[dict[str, str], bytes]:
        """Return a webhook delivery as the vendor signs it: the bare prediction with its input."""
        body = json.dumps({**self.prediction(job, base), "input": job.inputs}).encode()
        event, at = event or f"evt_{uuid.uuid4().hex}", str(int(time.time()))
        key = SECRET.removeprefix("whsec_").encode()
        signature = hmac.new(key, f"{event}.{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"webhook-id": event, "webhook-timestamp": at, "webhook-signature": f"v3,{signature}"}
        return {"Content-Type": "application/json", **headers}, body

    def deliver_hook(self, job: Job, base: str) -> None:
        if not job.webhook:
            return
        headers, body = self.signed(job, base)
        for _ in range(self.hook_times):
            request = urllib.request.Request(job.webhook, body, headers, method="POST")
            urllib.request.urlopen(request, timeout=5).close()


def problem(path: str, inputs: Any, entry: dict[str, Any] | None = None) -> str:
    """Return why the vendor's schema check refuses a submit; empty if it is valid."""
    if entry is not None:
        return wavespeed_catalog.problem(entry, inputs)
    model = MODELS[path]
    if not isinstance(inputs, dict):
        return "request body must be an object"
    for name in model.required:
        if name not in inputs:
            return f"{name} is required"
    for name, value in inputs.items():
        if name not in model.fields:
            return f"additional property {name} is not allowed"
        kind, fine = model.fields[name]
        if not isinstance(value, kind) or isinstance(value, bool) or not fine(value):
            return f"{name} is not valid"
    return ""


class WaveSpeedRoutes:
    """The part of the handler that implements this contract; mixed into `vendors.VendorHandler`."""

    def wavespeed(self, path: str) -> None:
        shop: WaveSpeedShop = self.fake.wavespeed
        if self.headers.get("authorization") != f"Bearer {shop.key}":
            return self.error(401, "Unauthorized: invalid API key")
        fixed = {
            ("POST", "predictions"): self.history,
            ("GET", "predictions"): self.history,
            ("POST", "predictions/delete"): self.delete_jobs,
            ("POST", "media/uploads"): self.ticket,
            ("POST", "media/upload/binary"): self.binary,
            ("POST", "upload"): self.binary,
            ("POST", "uploads"): self.binary,
            ("POST", "model/price"): self.quote,
            ("POST", "model/pricing"): self.unit_price,
            ("POST", "billings/search"): self.billings,
            ("POST", "user/usage_stats"): self.usage,
            ("GET", "models"): self.catalogue,
            ("GET", "balance"): lambda: self.good("balance", {"balance": shop.balance}),
            ("GET", "webhook/secret"): lambda: self.good("secret", {"secret": SECRET}),
        }.get((self.command, path))
        if fixed:
            return fixed()
        if path.startswith("predictions/"):
            return self.result(path.split("/"))
        return self.submit(path)

    def good(self, route: str, data: object) -> None:
        body = {"code": 200, "message": "success", "data": data}
        self.misbehave(self.fake.take(route), json.dumps(body).encode())
        self.send_json(200, body)

    def error(self, code: int, message: str) -> None:
        self.send_json(code, {"code": code, "message": message})

    def submit(self, path: str) -> None:
        shop, row = self.fake.wavespeed, self.fake.take("submit")
        if row and not row.accept:
            self.misbehave(row)
        if not shop.is_known(path) or self.command != "POST":
            return self.error(404, "model not found")
        inputs = json.loads(self.body)
        if wrong := problem(path, inputs, shop.entry(path)):
            return self.error(400, wrong)
        if shop.balance < shop.price_of(path, inputs):
            return self.error(402, "Insufficient credits. Please top up.")
        hook = parse_qs(urlsplit(self.path).query).get("webhook", [""])[0]
        job = shop.accept(path, inputs, hook)
        if shop.hook_early:
            job.status = shop.end
            shop.deliver_hook(job, self.fake.url)
        body = {"code": 200, "message": "success", "data": shop.prediction(job, self.fake.url)}
        self.misbehave(row, json.dumps(body).encode())
        self.send_json(200, body)

    def result(self, parts: list[str]) -> None:
        shop = self.fake.wavespeed
        row = self.fake.take("result")
        job = next((job for job in shop.jobs if job.id == parts[1]), None)
        if job is None or parts[2:] not in ([], ["result"]):
            self.misbehave(row)
            return self.error(404, "prediction not found")
        if self.command == "DELETE":
            shop.jobs.remove(job)
            return self.send_json(200, {"code": 200, "message": "success", "data": {}})
        was = job.status
        shop.advance(job)
        body = {"code": 200, "message": "success", "data": shop.prediction(job, self.fake.url)}
        self.misbehave(row, json.dumps(body).encode())
        self.send_json(200, body)
        if job.status in ("completed", "failed") and was != job.status:
            shop.deliver_hook(job, self.fake.url)

    def history(self) -> None:
        shop, asked = self.fake.wavespeed, json.loads(self.body or b"{}")
        page, size = asked.get("page", 1), asked.get("page_size", 20)
        if page < 1 or not 1 <= size <= 100:
            return self.error(400, "page is not valid")
        jobs = [job for job in reversed(shop.jobs) if asked.get("model") in (None, job.model)]
        if after := asked.get("created_after"):
            jobs = [job for job in jobs if job.created >= dt.datetime.fromisoformat(after).timestamp()]
        if before := asked.get("created_before"):
            jobs = [job for job in jobs if job.created <= dt.datetime.fromisoformat(before).timestamp()]
        items = [shop.prediction(job, self.fake.url) for job in jobs[(page - 1) * size : page * size]]
        if asked.get("include_inputs") and shop.inputs_listed:
            for item, job in zip(items, jobs[(page - 1) * size :], strict=False):
                item["inputs"] = job.inputs
        self.good("list", {"page": page, "total": len(jobs), "items": items})

    def delete_jobs(self) -> None:
        ids = json.loads(self.body)["ids"]
        gone = [job for job in self.fake.wavespeed.jobs if job.id in ids]
        for job in gone:
            self.fake.wavespeed.jobs.remove(job)
        self.good("delete", {"deleted_count": len(gone)})

    def quote(self) -> None:
        shop, asked = self.fake.wavespeed, json.loads(self.body)
        path, inputs = asked["model_id"], asked.get("inputs", {})
        if shop.quotes != "price" or not shop.is_known(path):
            return self.error(404, "not found")
        price = shop.price_of(path, inputs)
        data = {"model_id": path, "price": price, "discounted_price": price, "currency": "USD"}
        if path in shop.discounts:
            data["discounted_price"] = round(price * shop.discounts[path] / shop.prices[path], 6)
        self.good("price", data)

    def unit_price(self) -> None:
        shop, path = self.fake.wavespeed, json.loads(self.body)["model_id"]
        if shop.quotes == "none" or not shop.is_known(path):
            return self.error(404, "not found")
        self.good("pricing", {"model_id": path, "unit_price": shop.price_of(path, {}), "currency": "USD"})

    def billings(self) -> None:
        asked, bills = json.loads(self.body), self.fake.wavespeed.bills
        page, size = asked["page"], asked["page_size"]
        items = bills[(page - 1) * size : page * size]
        self.good("billings", {"page": page, "has_more": page * size < len(bills), "items": items})

    def usage(self) -> None:
        jobs = self.fake.wavespeed.jobs
        amount = sum(job.charged for job in jobs)
        day = {"date": dt.datetime.now(dt.UTC).date().isoformat(), "amount": amount, "count": len(jobs)}
        self.good("usage", {"per_model_usage": [], "daily_usage": [day], "summary": {"amount": amount}})

    def catalogue(self) -> None:
        shop = self.fake.wavespeed
        built_in = [
            wavespeed_catalog.entry(
                path, model.price, dict.fromkeys(model.fields, wavespeed_catalog.text()), model.required
            )
            for path, model in MODELS.items()
            if not any(isinstance(item, dict) and item.get("model_id") == path for item in shop.catalog)
        ]
        self.good("models", wavespeed_catalog.listed(self.fake.url, [*built_in, *shop.catalog]))

    def ticket(self) -> None:
        asked = json.loads(self.body)
        name = f"{uuid.uuid4().hex}-{asked['filename']}"
        headers = {"Content-Type": asked.get("content_type", "application/octet-stream"), "x-amz-acl": "private"}
        way = {"method": "PUT", "url": f"{self.fake.url}/put/{name}", "headers": headers}
        home = f"{self.fake.url}/cdn/up/{name}"
        data = {"type": "audio", "download_url": home, "filename": name, "size": asked["size"], "upload": way}
        self.good("upload", data)

    def binary(self) -> None:
        name = f"{uuid.uuid4().hex}.bin"
        self.fake.wavespeed.uploads[name] = self.body
        home = f"{self.fake.url}/cdn/up/{name}"
        data = {"type": "audio", "download_url": home, "url": home, "filename": name, "size": len(self.body)}
        self.good("upload", data)
