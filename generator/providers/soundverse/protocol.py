"""Soundverse's wire format: a framer that finds the JSON objects in a stream, and a parser for one object.

The vendor calls its stream server-sent events, but the sample beside it parses bare JSON lines; both exist, and no
stream satisfies both parsers (docs/providers.md, "Soundverse: framing"). So bytes are split into lines at \\n, \\r\\n
or \\r only (a raw U+2028 inside a text does not end a line), decoded as whole lines, and parsed in both formats.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.messages import gettext_noop as _
from generator.messages import join_texts
from generator.providers.base import Output, Progress, Snapshot
from generator.providers.errors import Busy, Cause, Failed, InDoubt, OperatorMustAct, ProviderError, Rejected
from generator.providers.sanitize import identifier, plain, refuse_constant, tidy, web_address

MAX_LINE_BYTES = 1_000_000  # bytes
MAX_USELESS_LINES = 20  # lines in a row
MAX_OPEN_CHARS = 100_000  # of an object that spans several lines
_DECODER = json.JSONDecoder(strict=False, parse_constant=refuse_constant)
_BLANK = re.compile(r"[ \t\r\n]*")
_FRAMING = re.compile(r":|(event|id|retry|data)(:|$)")


class Framer:
    """Converter from bytes to JSON objects; chunk boundaries make no difference.

    `useless` counts consecutive lines that were neither objects nor framing; after more than MAX_USELESS_LINES the
    stream is `hopeless` and nothing more is read from it. `done`: the stream sent `[DONE]`. A line may hold several
    objects without a separator. An incomplete object at the end of its line is kept open until a later line completes
    it, is a whole object itself, or (inside an event) is blank.
    """

    def __init__(self) -> None:
        self.useless = 0
        self.done = False
        self.hopeless = False
        self._line = bytearray()
        self._too_long = False
        self._after_cr = False
        self._first = True
        self._open = ""
        self._in_event = False

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        objects: list[dict[str, Any]] = []
        for part in re.split(rb"([\r\n])", chunk):
            if part == b"\n" and self._after_cr:
                self._after_cr = False
            elif part in (b"\r", b"\n"):
                self._after_cr = part == b"\r"
                objects += self._end_of_line()
            elif part:
                self._after_cr = False
                self._add(part)
        return objects

    def close(self) -> list[dict[str, Any]]:
        """Parse the rest after the last line end."""
        objects = self._end_of_line() if self._line or self._too_long else []
        self._forget()
        return objects

    def _add(self, part: bytes) -> None:
        if self._too_long:
            return
        self._line += part
        if len(self._line) > MAX_LINE_BYTES:
            self._too_long = True
            self._line.clear()

    def _end_of_line(self) -> list[dict[str, Any]]:
        line, too_long = bytes(self._line), self._too_long
        self._line.clear()
        self._too_long = False
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if self.done or self.hopeless:
            return []
        if too_long:
            self._nothing()
            return []
        return self._read(line.decode("utf-8", "replace"))

    def _read(self, line: str) -> list[dict[str, Any]]:
        if line.startswith("data:"):
            return self._payload(line[5:], in_event=True)
        if not line.strip():
            if self._in_event:
                self._forget()
            return []
        return [] if _FRAMING.match(line) else self._payload(line, in_event=False)

    def _payload(self, text: str, *, in_event: bool) -> list[dict[str, Any]]:
        if text.strip() == "[DONE]":
            self.done = True
            return []
        alone = _objects(text)
        joined = _objects(f"{self._open}\n{text}") if self._open else alone
        if self._open and alone[0] and not joined[0]:
            self._forget()
            joined = alone
        objects, rest, cut_off = joined
        self._open, self._in_event = "", False
        if cut_off and len(rest) <= MAX_OPEN_CHARS:
            self._open, self._in_event = rest, in_event
        elif rest and not objects:
            self._nothing()
        if objects:
            self.useless = 0
        return objects

    def _forget(self) -> None:
        if self._open:
            self._nothing()
        self._open, self._in_event = "", False

    def _nothing(self) -> None:
        self.useless += 1
        self.hopeless = self.hopeless or self.useless > MAX_USELESS_LINES


def _objects(text: str) -> tuple[list[dict[str, Any]], str, bool]:
    """Return the objects at the start of a text, the remaining text, and whether it is a truncated object."""
    objects: list[dict[str, Any]] = []
    position = _match_end(_BLANK, text, 0)
    while position < len(text):
        try:
            value, end = _DECODER.raw_decode(text, position)
        except json.JSONDecodeError as error:
            is_cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
            return objects, text[position:], text[position] == "{" and is_cut_off
        except (ValueError, RecursionError):
            return objects, text[position:], False
        if not isinstance(value, dict):
            return objects, text[position:], False
        objects.append(value)
        position = _match_end(_BLANK, text, end)
    return objects, "", False


def _match_end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


# --- parsing of one object ---

SUCCESS = ("completed", "complete", "successful", "succeeded", "success")
FAILURE = ("failed", "failure", "rejected", "error", "cancelled", "canceled")
_IDS = ("message_id", "messageId", "task_id", "job_id")
_NO_ERROR = ("", "false", "none", "null", "0")
_PERCENT = re.compile(r"\b(\d{1,3})\s?%")


@dataclass(frozen=True)
class ParsedReply:
    """The content of a chunk, a sync response or a status response, whichever spellings it uses."""

    provider_job_id: str
    stage: str
    percent: int | None
    complete: bool
    failed: bool
    refused: bool  # has the form of the vendor's refusals, whatever the HTTP status
    message: str
    audio_url: str
    title: str
    cover_url: str
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def progress(self) -> Progress:
        if self.failed or self.refused:
            return Progress.FAILED
        return Progress.COMPLETED if self.complete and self.audio_url else Progress.RUNNING

    def snapshot(self, provider_job_id: str = "") -> Snapshot:
        """Convert to a snapshot; `provider_job_id` is the id known before, which stays the job's id."""
        done = self.progress == Progress.COMPLETED
        output = Output(self.audio_url, self.title, self.cover_url)
        return Snapshot(
            progress=self.progress,
            provider_job_id=provider_job_id or self.provider_job_id,
            stage=self.stage,
            percent=self.percent,
            outputs=(output,) if done else (),
            error=self.message if self.progress == Progress.FAILED else "",
            raw=self.raw,
        )


def parse_reply(body: Mapping[str, Any], key: str = "") -> ParsedReply:
    """Parse one object. A status response may wrap it in `data`, and some list their audio in `audioData`."""
    inner = body.get("data")
    merged = {**body, **inner} if isinstance(inner, dict) else dict(body)
    audios = merged.get("audioData")
    if isinstance(audios, list) and audios and isinstance(audios[0], dict):
        merged = {**audios[0], **merged}
    status = _text(merged.get("status")).lower()
    error_text = _text(merged.get("error"))
    has_error = error_text.lower() not in _NO_ERROR
    complaints = (complaint(merged), error_text if has_error and error_text.lower() != "true" else "")
    message = " · ".join(dict.fromkeys(filter(None, complaints))) or _text(merged.get("content"))
    return ParsedReply(
        provider_job_id=next((id_text for name in _IDS if (id_text := identifier(merged.get(name)))), ""),
        stage=_text(merged.get("content") or merged.get("operation") or merged.get("status"))[:80],
        percent=_percent(merged),
        complete=_is_true(merged["isComplete"]) if "isComplete" in merged else status in SUCCESS,
        failed=has_error or status in FAILURE,
        refused=is_refusal(merged),
        message=plain(message or status, key),
        audio_url=_address(merged, "audio_url", "audioUrl"),
        title=_text(merged.get("song_name") or merged.get("songName"))[:200],
        cover_url=_address(merged, "album_art", "albumArt"),
        raw=tidy(dict(body), key),
    )


def is_refusal(body: Mapping[str, Any]) -> bool:
    """Return whether `success` is false, or there is a `detail` in what is otherwise neither a chunk nor a result."""
    if _is_false(body.get("success")):
        return True
    usual = {"isComplete", "audio_url", "audioUrl"} & body.keys() or _is_true(body.get("success"))
    return not usual and bool({"detail", "Detail"} & body.keys())


def complaint(body: Mapping[str, Any]) -> str:
    """Return the vendor's message in a refusal: `message`, `detail` (a text or a list of errors), `Detail`, `error`."""
    for name in ("message", "detail", "Detail", "error"):
        value = body.get(name)
        if isinstance(value, list):
            value = "; ".join(filter(None, map(_problem, value)))
        if (text := _text(value)) and text.lower() not in (*_NO_ERROR, "true"):
            return text
    return ""


def _problem(item: Any) -> str:
    if not isinstance(item, dict):
        return _text(item)
    location = item.get("loc")
    place = ".".join(str(part) for part in location if part != "body") if isinstance(location, list) else ""
    return f"{place}: {_text(item.get('msg'))}".strip(": ")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("message") or value.get("msg") or json.dumps(value)[:500]
    return "" if value is None else plain(str(value)).strip()[:2000]


def _is_true(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1")


def _is_false(value: Any) -> bool:
    return value is False or str(value).strip().lower() == "false"


def _address(body: Mapping[str, Any], *names: str) -> str:
    return next((address for name in names if (address := web_address(body.get(name)))), "")


def _percent(body: Mapping[str, Any]) -> int | None:
    """Return the stated progress, or a percentage in the text. Tokens are ignored: they do not reach their total."""
    stated = body.get("progress")
    if isinstance(stated, (int, float)) and not isinstance(stated, bool) and 0 <= stated <= 100:
        return int(stated)
    match = _PERCENT.search(_text(body.get("content")))
    return min(int(match[1]), 100) if match else None


# --- refusals ---

FREE = _("You were not charged.")
UNCLEAR = _(
    "The connection to Soundverse was lost after the request was sent. The music may still be made and billed. The "
    "studio never sends a request twice."
)
_ADMIN = _("You were not charged. Ask the administrator to correct this.")
_NO_CAPACITY = _("Soundverse has no capacity right now. The studio will try again automatically.")
_NO_CREDIT = join_texts(_("The studio’s Soundverse credit is used up."), _ADMIN)
_KEY_REJECTED = join_texts(_("Soundverse rejected the studio’s API key."), _ADMIN)
_MOVED = join_texts(
    _("Soundverse did not recognize the API address that the studio uses; the API may have changed."), _ADMIN
)
COULD_NOT = _("Soundverse could not generate this. You were not charged. Try again, or choose another model.")
_PROMPT = join_texts(_("Soundverse cannot use this prompt. Describe in a few words what the music is for."), FREE)
_POLICY = join_texts(
    _("Soundverse rejected this prompt: it names an artist or contains a word that is not allowed."), FREE
)
_REJECTED = join_texts(_("Soundverse rejected this request."), FREE)
# Deliberately narrow: a refusal may quote the prompt, and a user's text must not look like our problem.
_TEXTS: tuple[tuple[str, type[ProviderError], str], ...] = (
    (r"rate.?limits?( has| have)?( been)? (passed|exceeded|reached)|too many requests", Busy, _NO_CAPACITY),
    (r"insufficient (balance|credit|fund)|(not enough|out of) (balance|credit)", OperatorMustAct, _NO_CREDIT),
    (
        r"(invalid|revoked|missing|expired).{0,12}api.?key|unauthori[sz]ed|not authenticated",
        OperatorMustAct,
        _KEY_REJECTED,
    ),
    (r"nsfw|artist|explicit|policy|is not allowed|prohibited", Rejected, _POLICY),
    (r"(invalid|empty|missing).*prompt|prompt.*(invalid|empty|required)", Rejected, _PROMPT),
)
_CODES: Mapping[int, tuple[type[ProviderError], str]] = {
    301: (OperatorMustAct, _MOVED),
    307: (OperatorMustAct, _MOVED),
    308: (OperatorMustAct, _MOVED),
    401: (OperatorMustAct, _KEY_REJECTED),
    402: (OperatorMustAct, _NO_CREDIT),
    403: (OperatorMustAct, _KEY_REJECTED),
    404: (OperatorMustAct, _MOVED),
    405: (OperatorMustAct, _MOVED),
    408: (InDoubt, UNCLEAR),
    425: (Busy, _NO_CAPACITY),
    429: (Busy, _NO_CAPACITY),
}


_CAUSES: dict[str, Cause] = {
    _NO_CREDIT: Cause.NO_CREDIT,
    _KEY_REJECTED: Cause.KEY_REFUSED,
    _MOVED: Cause.MISCONFIGURED,
    UNCLEAR: Cause.NO_ANSWER,
}


def refusal(code: int, body: Mapping[str, Any] | None, text: str, wait: float) -> ProviderError:
    """Return the error that a response means; `body` is set if it is JSON.

    The vendor documents its refusals without HTTP codes, so their messages are read before the code. A server error
    that is not in the form of a refusal leaves the outcome of the request open.
    """
    message = (complaint(body) if body is not None else "") or text.strip()
    kind, sentence = _meaning(code, body, message)
    if kind is Busy:
        return Busy(sentence, words=message, retry_after=wait)
    return kind(sentence, words=message, cause=_CAUSES.get(sentence, Cause.NONE))


def _meaning(code: int, body: Mapping[str, Any] | None, message: str) -> tuple[type[ProviderError], str]:
    if body is not None and (code < 500 or _is_false(body.get("success"))):
        for pattern, kind, sentence in _TEXTS:
            if re.search(pattern, message, re.IGNORECASE):
                return kind, sentence
    if code in _CODES:
        return _CODES[code]
    if body is not None and "Detail" in body:
        return Failed, COULD_NOT
    if 400 <= code < 500:
        return Rejected, _REJECTED
    if 200 <= code < 300 and body is not None:
        return (Rejected, _REJECTED) if "detail" in body else (Failed, COULD_NOT)
    return InDoubt, UNCLEAR
