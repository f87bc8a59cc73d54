"""WaveSpeed's replies: the envelope, predictions, refusals, bills and webhooks (docs/providers.md, "WaveSpeed").

    {"code": 200, "message": "success", "data": {"id", "model", "outputs": […], "urls", "status", "created_at",
                                                 "error": "", "timings": {"inference": ms}}}

Submit and result share this envelope; a webhook's body is the bare prediction. Parsing is strict about the id, the
status and the URLs, and tolerant of everything else, because versions and copies of the API differ in it.
"""

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.currency import Micros, micros_of
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers.base import Output, Progress, Snapshot
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, ProviderError, Rejected, WebhookRefused
from generator.providers.sanitize import identifier, loads, plain, tidy, web_address

# Four are documented on the model's page, seven are the server's own; the rest are spellings seen elsewhere.
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
_STAGES = {
    Progress.WAITING: _("Queued at WaveSpeed"),
    Progress.RUNNING: _("Generating at WaveSpeed"),
}


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
    inputs: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def progress(self) -> Progress:
        return STATUSES.get(self.status, Progress.RUNNING)

    def snapshot(self) -> Snapshot:
        failed = self.progress == Progress.FAILED
        stage = _STAGES.get(self.progress, "")
        if self.status and self.status not in STATUSES:
            stage = Message("{provider} reports “{status}”", provider="WaveSpeed", status=self.status[:40])
        return Snapshot(
            progress=self.progress,
            provider_job_id=self.id,
            stage=stage,
            outputs=self.outputs,
            error=(self.error or self.status) if failed else "",
            registered_id=self.registered_id,
            raw=self.raw,
        )


@dataclass(frozen=True)
class Envelope:
    """A reply's envelope: `code` is None if there was none; `data` is unchanged."""

    code: int | None
    message: str
    data: Any


def envelope(body: Any) -> Envelope | None:
    """Parse the common envelope; None: this is not one of WaveSpeed's replies."""
    if not isinstance(body, dict) or not {"code", "message", "data", "id"} & body.keys():
        return None
    code = body.get("code")
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
        code = int(code)
    messages = [_message(body.get(name)) for name in ("message", "error_code", "error")]
    message = " ".join(dict.fromkeys(text for text in messages if text))
    data = body.get("data")
    if not isinstance(data, dict) and identifier(body.get("id")):
        data = body  # some replies, including errors, name the job beside the code
    return Envelope(code if isinstance(code, int) else None, message, data)


def prediction(data: Any, key: str = "") -> Prediction | None:
    """Parse a prediction; None: it has neither an id nor a possible status."""
    if not isinstance(data, dict):
        return None
    job, status = identifier(data.get("id")), data.get("status")
    if not job and not isinstance(status, str):
        return None
    outputs, registered = _outputs(data.get("outputs"))
    return Prediction(
        id=job,
        status=status.strip().lower() if isinstance(status, str) else "",
        model=_message(data.get("model") or data.get("model_id")),
        outputs=outputs,
        registered_id=registered,
        error=plain(_message(data.get("error")), key),
        created=moment(data.get("created_at")),
        inputs=_inputs(data),
        raw=tidy(data, key),
    )


def _message(value: Any) -> str:
    if isinstance(value, dict) and "message" in value:
        value = value["message"]
    return "" if value in (None, "", False) else plain(str(value)).strip()[:2000]


def _inputs(data: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = data.get("inputs") or data.get("input")
    if isinstance(inputs, str):
        try:
            inputs = loads(inputs)
        except ValueError:
            return {}
    return inputs if isinstance(inputs, dict) else {}


def _outputs(outputs: Any) -> tuple[tuple[Output, ...], str]:
    """Return the URLs among the outputs, without duplicates, and the id of a registered sound if there is one.

    An output is a URL, or an object that holds one. The vendor's page calls the list a string once, so a string that
    contains a list, or a single URL, is parsed as well.
    """
    if isinstance(outputs, str) and outputs.lstrip().startswith(("[", "{")):
        try:
            outputs = loads(outputs)
        except ValueError:
            outputs = None
    addresses: dict[str, None] = {}
    registered = ""
    for item in outputs if isinstance(outputs, list) else [outputs]:
        if isinstance(item, dict):
            urls = [web_address(item.get(name)) for name in ("url", "audio_url", "zip_url")]
            addresses.update(dict.fromkeys(filter(None, urls)))
            if not any(urls):
                registered = registered or identifier(item.get("id")) or identifier(item.get("audio_id"))
        elif url := web_address(item):
            addresses[url] = None
    return tuple(Output(url) for url in addresses), registered


_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def moment(text: Any) -> dt.datetime | None:
    """Parse a time with up to nine fractional digits, which is more than Python keeps; without a zone it is UTC."""
    match = _TIMESTAMP.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match:
        return None
    second, part, zone = match.groups()
    try:
        return dt.datetime.fromisoformat(
            f"{second}.{(part or '0')[:6].ljust(6, '0')}{'+00:00' if zone in (None, 'Z') else zone}"
        )
    except ValueError:
        return None


# --- refusals ---

FREE = _("You were not charged.")
_ADMIN = _("You were not charged. Ask the administrator to correct this.")
_REJECTED = join_texts(_("WaveSpeed rejected this request."), FREE)
# Deliberately narrow: a refusal may quote the prompt, and a user's text must not look like our problem.
_MONEY = re.compile(
    r"insufficient (balance|credit|fund|quota)|(balance|credit)s? (is |are )?(too low|not enough|used up|exhausted)"
    r"|(not enough|out of|no) (balance|credit|fund)|top.?up",
    re.IGNORECASE,
)
_POLICY = re.compile(r"nsfw|sensitive|moderat|policy|prohibited|inappropriate|unsafe|copyright", re.IGNORECASE)
_NO_KEY = join_texts(_("WaveSpeed rejected the studio’s API key."), _ADMIN)
_NO_MONEY = join_texts(_("The studio’s WaveSpeed credit is used up."), _ADMIN)
_NO_LEAVE = join_texts(_("The studio’s API key is not allowed to use this WaveSpeed model."), _ADMIN)
_REFUSALS = {
    404: join_texts(_("WaveSpeed no longer offers this model. Choose another."), FREE),
    413: join_texts(_("WaveSpeed rejected this request as too large. Make it shorter."), FREE),
}
UNCLEAR = _(
    "WaveSpeed did not confirm the request after it was sent. The music may still be made. The studio looks for it "
    "and never sends a request twice."
)


def refusal(code: int, message: str, wait: float) -> ProviderError:
    """Return the error of a submit's status or code. Unless it is certainly a refusal, the job may exist: InDoubt."""
    if code == 429 or code == 425:
        return Busy(
            _("WaveSpeed has no capacity right now. The studio will try again automatically."),
            words=message,
            retry_after=wait,
        )
    if code == 401:
        return OperatorMustAct(_NO_KEY, words=message, cause=Cause.KEY_REFUSED)
    if code == 402 or (code in (400, 403) and _MONEY.search(message) and not _POLICY.search(message)):
        return OperatorMustAct(_NO_MONEY, words=message, cause=Cause.NO_CREDIT)
    if code == 403:
        return OperatorMustAct(_NO_LEAVE, words=message, cause=Cause.NOT_ALLOWED)
    if code in (301, 307, 308):
        moved = join_texts(_("WaveSpeed’s API address has changed."), _ADMIN)
        return OperatorMustAct(moved, words=message, cause=Cause.MISCONFIGURED)
    if code == 408 or not 400 <= code < 500:
        return InDoubt(UNCLEAR, words=message)
    if _POLICY.search(message):
        return Rejected(
            join_texts(_("WaveSpeed rejected this prompt as not allowed. Change it and try again."), FREE),
            words=message,
        )
    return Rejected(_REFUSALS.get(code, _REJECTED), words=message)


# --- upload tickets ---

_UNSAFE_HEADERS = {"authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"}


def safe_headers(ticket_headers: Any, key: str) -> dict[str, str]:
    """Return the headers of an upload ticket, without those that we set ourselves or that would carry the key."""
    headers = (
        {str(name): str(value) for name, value in ticket_headers.items()} if isinstance(ticket_headers, dict) else {}
    )
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _UNSAFE_HEADERS
        and re.fullmatch(r"[A-Za-z0-9-]{1,80}", name)
        and re.fullmatch(r"[\x20-\x7e]{0,2000}", value)
        and not (key and key in value)
    }


# --- bills ---


@dataclass(frozen=True)
class Billing:
    """One line of WaveSpeed's own billing records. `amount` as they print it; `kind` says what it means."""

    uuid: str
    kind: str
    amount: Micros
    at: dt.datetime | None
    job: str  # the prediction's id; empty if it belongs to no job


def billing(item: Any, key: str = "") -> Billing | None:
    if not isinstance(item, dict):
        return None
    uuid, amount = identifier(item.get("uuid")), micros_of(item.get("price"))
    if not uuid or amount is None:
        return None
    prediction = item.get("prediction")
    job: Mapping[str, Any] = prediction if isinstance(prediction, dict) else {}
    return Billing(
        uuid=uuid,
        kind=_message(item.get("billing_type")).lower(),
        amount=amount,
        at=moment(item.get("created_at")),
        job=identifier(job.get("uuid") or job.get("id")),
    )


# --- webhooks ---

MAX_WEBHOOK_BYTES = 1_000_000
MAX_CLOCK_DIFFERENCE_S = 300.0  # seconds by which a delivery's clock may differ from ours, either way


@dataclass(frozen=True)
class VerifiedWebhook:
    """A verified webhook: an event that counts once (`once`), used only as a reason to poll the job by its id."""

    event: str
    once: str
    snapshot: Snapshot


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> VerifiedWebhook:
    """Check a delivery's signature and age on its raw bytes, then parse its prediction.

    The key is the secret's own text without `whsec_`; unlike in the similar standard scheme, nothing is base64 here.

    Raises:
        WebhookRefused: a check fails.
    """
    lowercase_headers = {name.lower(): value for name, value in headers.items()}
    event, timestamp, signatures = (
        lowercase_headers.get(f"webhook-{name}", "").strip() for name in ("id", "timestamp", "signature")
    )
    material = secret.strip().removeprefix("whsec_")
    if not material:
        raise WebhookRefused("the studio has no webhook secret")
    if not (event and timestamp and signatures):
        raise WebhookRefused("a webhook header is missing")
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII) or abs(now - int(timestamp)) > MAX_CLOCK_DIFFERENCE_S:
        raise WebhookRefused("the timestamp is not within five minutes of now")
    if len(body) > MAX_WEBHOOK_BYTES:
        raise WebhookRefused("the body is too large")
    signed_bytes = f"{event}.{timestamp}.".encode() + body
    expected = hmac.new(material.encode(), signed_bytes, hashlib.sha256).hexdigest().encode()
    if not any(_matches(pair, expected) for pair in signatures.split()):
        raise WebhookRefused("the signature is invalid")
    try:
        job = prediction(loads(body.decode("utf-8")))
    except ValueError:
        job = None
    if job is None or not job.id:
        raise WebhookRefused("the body is not a prediction")
    return VerifiedWebhook(event, f"{job.id}:{job.status}", job.snapshot())


def _matches(pair: str, expected: bytes) -> bool:
    version, _separator, signature = pair.partition(",")
    return version == "v3" and hmac.compare_digest(signature.encode("utf-8", "replace"), expected)
