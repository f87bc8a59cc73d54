"""WaveSpeed's replies: the envelope, predictions, refusals, bills and webhooks (docs/providers.md, "WaveSpeed").

    {"code": 200, "message": "success", "data": {"id", "model", "outputs": […], "urls", "status", "created_at",
                                                 "error": "", "timings": {"inference": ms}}}

Submit and result share this envelope; a webhook's body is the bare prediction. Reading is strict about the id, the
status and the addresses, and tolerant of everything else, because versions and copies of the API differ in it.
"""

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from generator.money import PER_DOLLAR, Micros
from generator.providers.base import Output, Progress, Snapshot
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, ProviderError, Rejected, WebhookRefused
from generator.providers.outside import identifier, loads, plain, tidy, web_address

# Four are printed on the model's page, seven are the server's own; the rest are spellings met elsewhere.
STATUSES: Mapping[str, Progress] = {
    "created": Progress.WAITING,
    "queued": Progress.WAITING,
    "processing": Progress.RUNNING,
    "completed": Progress.COMPLETED,
    "succeeded": Progress.COMPLETED,
    "failed": Progress.FAILED,
    "error": Progress.FAILED,
    "cancelled": Progress.FAILED,
    "canceled": Progress.FAILED,
    "timeout": Progress.FAILED,
    "deleted": Progress.FAILED,
}
_STAGES = {Progress.WAITING: "Waiting its turn at WaveSpeed", Progress.RUNNING: "Being made at WaveSpeed"}


@dataclass(frozen=True)
class Prediction:
    """One job as WaveSpeed describes it."""

    id: str
    status: str
    model: str = ""
    outputs: tuple[Output, ...] = ()
    registered_id: str = ""
    error: str = ""
    created: dt.datetime | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def progress(self) -> Progress:
        return STATUSES.get(self.status, Progress.RUNNING)

    def snapshot(self) -> Snapshot:
        failed = self.progress == Progress.FAILED
        stage = _STAGES.get(self.progress, "")
        if self.status and self.status not in STATUSES:
            stage = f"WaveSpeed says “{self.status[:40]}”"
        return Snapshot(
            progress=self.progress,
            handle=self.id,
            stage=stage,
            outputs=self.outputs,
            error=(self.error or self.status) if failed else "",
            registered_id=self.registered_id,
            raw=self.raw,
        )


@dataclass(frozen=True)
class Envelope:
    """`code` is None when the reply had none; `data` is whatever stood there."""

    code: int | None
    message: str
    data: Any


def envelope(body: Any) -> Envelope | None:
    """Open the common envelope; None: this is not one of WaveSpeed's replies."""
    if not isinstance(body, dict) or not {"code", "message", "data", "id"} & body.keys():
        return None
    code = body.get("code")
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
        code = int(code)
    said = [_words(body.get(name)) for name in ("message", "error_code", "error")]
    message = " ".join(dict.fromkeys(words for words in said if words))
    data = body.get("data")
    if not isinstance(data, dict) and identifier(body.get("id")):
        data = body  # some answers, errors among them, name the job beside the code
    return Envelope(code if isinstance(code, int) else None, message, data)


def prediction(data: Any, key: str = "") -> Prediction | None:
    """Read a prediction; None: it has neither an id nor a status that could be one."""
    if not isinstance(data, dict):
        return None
    job, status = identifier(data.get("id")), data.get("status")
    if not job and not isinstance(status, str):
        return None
    outputs, registered = _outputs(data.get("outputs"))
    return Prediction(
        id=job,
        status=status.strip().lower() if isinstance(status, str) else "",
        model=_words(data.get("model") or data.get("model_id")),
        outputs=outputs,
        registered_id=registered,
        error=plain(_words(data.get("error")), key),
        created=moment(data.get("created_at")),
        asked=_asked(data),
        raw=tidy(data, key),
    )


def _words(value: Any) -> str:
    if isinstance(value, dict) and "message" in value:
        value = value["message"]
    return "" if value in (None, "", False) else plain(str(value)).strip()[:2000]


def _asked(data: Mapping[str, Any]) -> Mapping[str, Any]:
    asked = data.get("inputs") or data.get("input")
    if isinstance(asked, str):
        try:
            asked = loads(asked)
        except ValueError:
            return {}
    return asked if isinstance(asked, dict) else {}


def _outputs(found: Any) -> tuple[tuple[Output, ...], str]:
    """The addresses among the outputs, each once, and the id of a registered sound where one is among them.

    An output is an address, or an object that holds one; the vendor's page calls the list a string once, so a string
    that is a list, or a single address, is read as well.
    """
    if isinstance(found, str) and found.lstrip().startswith(("[", "{")):
        try:
            found = loads(found)
        except ValueError:
            found = None
    addresses: dict[str, None] = {}
    registered = ""
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict):
            places = [web_address(item.get(name)) for name in ("url", "audio_url", "zip_url")]
            addresses.update(dict.fromkeys(filter(None, places)))
            if not any(places):
                registered = registered or identifier(item.get("id")) or identifier(item.get("audio_id"))
        elif place := web_address(item):
            addresses[place] = None
    return tuple(Output(place) for place in addresses), registered


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def moment(text: Any) -> dt.datetime | None:
    """Parse a time with up to nine digits of a second, which is more than Python keeps; without a zone it is UTC."""
    found = _MOMENT.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found:
        return None
    second, part, zone = found.groups()
    try:
        return dt.datetime.fromisoformat(
            f"{second}.{(part or '0')[:6].ljust(6, '0')}{'+00:00' if zone in (None, 'Z') else zone}"
        )
    except ValueError:
        return None


def micros(value: Any) -> Micros | None:
    """An amount in dollars, as the API's numbers give it, exactly to the micro-dollar; None: not an amount."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value).strip())
        return Micros(round(amount * PER_DOLLAR)) if amount.is_finite() and abs(amount) < 10**9 else None
    except InvalidOperation:
        return None


# --- refusals ---

FREE = "It cost nothing."
# Narrow on purpose: a refusal may quote the text that was sent, and a person's text must not look like our problem.
_MONEY = re.compile(
    r"insufficient (balance|credit|fund|quota)|(balance|credit)s? (is |are )?(too low|not enough|used up|exhausted)"
    r"|(not enough|out of|no) (balance|credit|fund)|top.?up",
    re.IGNORECASE,
)
_POLICY = re.compile(r"nsfw|sensitive|moderat|policy|prohibited|inappropriate|unsafe|copyright", re.IGNORECASE)
_NO_KEY = "WaveSpeed does not accept the studio's key. Please tell the administrator; it cost nothing."
_NO_MONEY = "The studio's credit at WaveSpeed is used up. Please tell the administrator; it cost nothing."
_NO_LEAVE = "The studio's key may not use this model of WaveSpeed. Please tell the administrator; it cost nothing."
_REFUSED = {
    404: f"WaveSpeed does not offer this model any more. Choose another. {FREE}",
    413: f"WaveSpeed says this is too large. Make it shorter. {FREE}",
}
UNCLEAR = (
    "WaveSpeed did not answer properly after the request was sent. It may be working on it; the studio looks for it "
    "and never sends it twice."
)


def refusal(code: int, words: str, wait: float) -> ProviderError:
    """The error a submit's status or code means. Unless it is surely a refusal, the job may exist: InDoubt."""
    if code == 429 or code == 425:
        return Busy("WaveSpeed has no room just now; the studio tries again by itself.", words=words, retry_after=wait)
    if code == 401:
        return OperatorMustAct(_NO_KEY, words=words, cause=Cause.KEY_REFUSED)
    if code == 402 or (code in (400, 403) and _MONEY.search(words) and not _POLICY.search(words)):
        return OperatorMustAct(_NO_MONEY, words=words, cause=Cause.NO_CREDIT)
    if code == 403:
        return OperatorMustAct(_NO_LEAVE, words=words, cause=Cause.NOT_ALLOWED)
    if code in (301, 307, 308):
        moved = "WaveSpeed's address has moved. Please tell the administrator; nothing was made and it cost nothing."
        return OperatorMustAct(moved, words=words, cause=Cause.MISCONFIGURED)
    if code == 408 or not 400 <= code < 500:
        return InDoubt(UNCLEAR, words=words)
    if _POLICY.search(words):
        return Rejected(f"WaveSpeed refused this text as not allowed. Change it and try again. {FREE}", words=words)
    return Rejected(_REFUSED.get(code, f"WaveSpeed did not accept this request. {FREE}"), words=words)


# --- upload tickets ---

_NEVER_SENT = {"authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"}


def safe_headers(given: Any, key: str) -> dict[str, str]:
    """The headers an upload ticket asks for, without those that are ours to set or that would carry the key."""
    headers = {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _NEVER_SENT
        and re.fullmatch(r"[A-Za-z0-9-]{1,80}", name)
        and re.fullmatch(r"[\x20-\x7e]{0,2000}", value)
        and not (key and key in value)
    }


# --- bills ---


@dataclass(frozen=True)
class Billing:
    """One line of WaveSpeed's own books. `amount` as they print it; what it means is `kind`."""

    uuid: str
    kind: str
    amount: Micros
    at: dt.datetime | None
    job: str  # the prediction's id, empty when it is about no job
    status: str
    raw: Mapping[str, Any]


def billing(item: Any, key: str = "") -> Billing | None:
    if not isinstance(item, dict):
        return None
    uuid, amount = identifier(item.get("uuid")), micros(item.get("price"))
    if not uuid or amount is None:
        return None
    about = item.get("prediction")
    job: Mapping[str, Any] = about if isinstance(about, dict) else {}
    return Billing(
        uuid=uuid,
        kind=_words(item.get("billing_type")).lower(),
        amount=amount,
        at=moment(item.get("created_at")),
        job=identifier(job.get("uuid") or job.get("id")),
        status=_words(job.get("status")).lower(),
        raw=tidy(item, key),
    )


# --- webhooks ---

MOST_WEBHOOK = 1_000_000
WINDOW = 300.0  # seconds a delivery's clock may differ from ours, either way


@dataclass(frozen=True)
class Notice:
    """A webhook that holds: an event to be taken once (`once`), and only a reason to ask for the job by its id."""

    event: str
    once: str
    snapshot: Snapshot


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> Notice:
    """Check a delivery's signature and age on its raw bytes, then read the prediction in it.

    The key is the secret's own text without `whsec_`; unlike the scheme it resembles, nothing is base64 here.

    Raises:
        WebhookRefused: anything does not hold.
    """
    given = {name.lower(): value for name, value in headers.items()}
    event, at, signatures = (given.get(f"webhook-{name}", "").strip() for name in ("id", "timestamp", "signature"))
    material = secret.strip().removeprefix("whsec_")
    if not material:
        raise WebhookRefused("the studio has no webhook secret")
    if not (event and at and signatures):
        raise WebhookRefused("a webhook header is missing")
    if not re.fullmatch(r"\d{1,12}", at, re.ASCII) or abs(now - int(at)) > WINDOW:
        raise WebhookRefused("the timestamp is not within five minutes of now")
    if len(body) > MOST_WEBHOOK:
        raise WebhookRefused("the body is too large")
    message = f"{event}.{at}.".encode() + body
    right = hmac.new(material.encode(), message, hashlib.sha256).hexdigest().encode()
    if not any(_matches(pair, right) for pair in signatures.split()):
        raise WebhookRefused("the signature is not right")
    try:
        found = prediction(loads(body.decode("utf-8")))
    except ValueError:
        found = None
    if found is None or not found.id:
        raise WebhookRefused("the body is not a prediction")
    return Notice(event, f"{found.id}:{found.status}", found.snapshot())


def _matches(pair: str, right: bytes) -> bool:
    version, _, signature = pair.partition(",")
    return version == "v3" and hmac.compare_digest(signature.encode("utf-8", "replace"), right)
