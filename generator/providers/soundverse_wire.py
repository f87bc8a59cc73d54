"""Soundverse's bytes: a framer that finds the JSON objects of a stream, and what one object says.

The vendor calls its stream server-sent events, but the sample beside it parses bare JSON lines; both exist, and no
stream pleases both parsers (docs/providers.md, "Soundverse: framing"). So lines are cut from bytes at \\n, \\r\\n or
\\r only (a raw U+2028 inside a text does not end a line), decoded whole, and read as either.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.providers.base import Output, Progress, Snapshot
from generator.providers.errors import Busy, Cause, Failed, InDoubt, OperatorMustAct, ProviderError, Rejected
from generator.providers.outside import identifier, plain, refuse_constant, tidy, web_address

MOST_LINE = 1_000_000  # bytes
MOST_USELESS = 20  # lines in a row
MOST_OPEN = 100_000  # characters of an object that goes over several lines
_DECODER = json.JSONDecoder(strict=False, parse_constant=refuse_constant)
_BLANK = re.compile(r"[ \t\r\n]*")
_FRAMING = re.compile(r":|(event|id|retry|data)(:|$)")


class Framer:
    """Bytes in, JSON objects out; how the bytes are cut into chunks makes no difference.

    `useless` counts the lines in a row that were neither objects nor framing; after more than MOST_USELESS the stream
    is `hopeless` and nothing more is read from it. `done`: the stream said `[DONE]`.
    Objects may be glued together in a line. One that is not whole at the end of its line is kept open until a later
    line completes it, is a whole object itself, or (inside an event) is blank.
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
        found: list[dict[str, Any]] = []
        for part in re.split(rb"([\r\n])", chunk):
            if part == b"\n" and self._after_cr:
                self._after_cr = False
            elif part in (b"\r", b"\n"):
                self._after_cr = part == b"\r"
                found += self._end_of_line()
            elif part:
                self._after_cr = False
                self._add(part)
        return found

    def close(self) -> list[dict[str, Any]]:
        """Read what was left without an end of line."""
        found = self._end_of_line() if self._line or self._too_long else []
        self._forget()
        return found

    def _add(self, part: bytes) -> None:
        if self._too_long:
            return
        self._line += part
        if len(self._line) > MOST_LINE:
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
        found, rest, cut_off = joined
        self._open, self._in_event = "", False
        if cut_off and len(rest) <= MOST_OPEN:
            self._open, self._in_event = rest, in_event
        elif rest and not found:
            self._nothing()
        if found:
            self.useless = 0
        return found

    def _forget(self) -> None:
        if self._open:
            self._nothing()
        self._open, self._in_event = "", False

    def _nothing(self) -> None:
        self.useless += 1
        self.hopeless = self.hopeless or self.useless > MOST_USELESS


def _objects(text: str) -> tuple[list[dict[str, Any]], str, bool]:
    """The objects a text begins with, what is left after them, and whether that is an object that was cut off."""
    found: list[dict[str, Any]] = []
    at = _end(_BLANK, text, 0)
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
            return found, text[at:], text[at] == "{" and cut
        except (ValueError, RecursionError):
            return found, text[at:], False
        if not isinstance(value, dict):
            return found, text[at:], False
        found.append(value)
        at = _end(_BLANK, text, end)
    return found, "", False


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


# --- what one object says ---

SUCCESS = ("completed", "complete", "successful", "succeeded", "success")
FAILURE = ("failed", "failure", "rejected", "error", "cancelled", "canceled")
_IDS = ("message_id", "messageId", "task_id", "job_id")
_NO_ERROR = ("", "false", "none", "null", "0")
_PERCENT = re.compile(r"\b(\d{1,3})\s?%")


@dataclass(frozen=True)
class Said:
    """What a chunk, a synchronous answer or a status answer says, whichever of their spellings it uses."""

    handle: str
    stage: str
    percent: int | None
    complete: bool
    failed: bool
    refused: bool  # it has the shape of the vendor's refusals, whatever HTTP said
    words: str
    audio_url: str
    title: str
    cover_url: str
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def progress(self) -> Progress:
        if self.failed or self.refused:
            return Progress.FAILED
        return Progress.COMPLETED if self.complete and self.audio_url else Progress.RUNNING

    def snapshot(self, handle: str = "") -> Snapshot:
        """`handle`: the id known before, which stays the job's id."""
        done = self.progress == Progress.COMPLETED
        output = Output(self.audio_url, self.title, self.cover_url)
        return Snapshot(
            progress=self.progress,
            handle=handle or self.handle,
            stage=self.stage,
            percent=self.percent,
            outputs=(output,) if done else (),
            error=self.words if self.progress == Progress.FAILED else "",
            raw=self.raw,
        )


def said(body: Mapping[str, Any], key: str = "") -> Said:
    """Read one object. A status answer may wrap it in `data`, and some list their audio in `audioData`."""
    inner = body.get("data")
    whole = {**body, **inner} if isinstance(inner, dict) else dict(body)
    audios = whole.get("audioData")
    if isinstance(audios, list) and audios and isinstance(audios[0], dict):
        whole = {**audios[0], **whole}
    status = _text(whole.get("status")).lower()
    error = _text(whole.get("error"))
    wrong = error.lower() not in _NO_ERROR
    complaints = (complaint(whole), error if wrong and error.lower() != "true" else "")
    words = " · ".join(dict.fromkeys(filter(None, complaints))) or _text(whole.get("content"))
    return Said(
        handle=next((found for name in _IDS if (found := identifier(whole.get(name)))), ""),
        stage=_text(whole.get("content") or whole.get("operation") or whole.get("status"))[:80],
        percent=_percent(whole),
        complete=_true(whole["isComplete"]) if "isComplete" in whole else status in SUCCESS,
        failed=wrong or status in FAILURE,
        refused=is_refusal(whole),
        words=plain(words or status, key),
        audio_url=_address(whole, "audio_url", "audioUrl"),
        title=_text(whole.get("song_name") or whole.get("songName"))[:200],
        cover_url=_address(whole, "album_art", "albumArt"),
        raw=tidy(dict(body), key),
    )


def is_refusal(body: Mapping[str, Any]) -> bool:
    """`success` is false, or there is a `detail` in what is otherwise neither a chunk nor a result."""
    if _is_false(body.get("success")):
        return True
    usual = {"isComplete", "audio_url", "audioUrl"} & body.keys() or _true(body.get("success"))
    return not usual and bool({"detail", "Detail"} & body.keys())


def complaint(body: Mapping[str, Any]) -> str:
    """The vendor's words in a refusal: `message`, `detail` (a text, or a list of what is wrong), `Detail`, `error`."""
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
    where = item.get("loc")
    place = ".".join(str(part) for part in where if part != "body") if isinstance(where, list) else ""
    return f"{place}: {_text(item.get('msg'))}".strip(": ")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("message") or value.get("msg") or json.dumps(value)[:500]
    return "" if value is None else plain(str(value)).strip()[:2000]


def _true(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1")


def _is_false(value: Any) -> bool:
    return value is False or str(value).strip().lower() == "false"


def _address(body: Mapping[str, Any], *names: str) -> str:
    return next((found for name in names if (found := web_address(body.get(name)))), "")


def _percent(body: Mapping[str, Any]) -> int | None:
    """The progress it states, or a percentage in its text. Tokens are no measure: they do not reach their total."""
    stated = body.get("progress")
    if isinstance(stated, (int, float)) and not isinstance(stated, bool) and 0 <= stated <= 100:
        return int(stated)
    found = _PERCENT.search(_text(body.get("content")))
    return min(int(found[1]), 100) if found else None


# --- refusals ---

FREE = "It cost nothing."
UNCLEAR = (
    "Soundverse's answer broke off after the request was sent. It may be working on it, and it may cost; the studio "
    "never sends it twice."
)
_ADMIN = "Please tell the administrator; it cost nothing."
_ROOM = "Soundverse has no room just now; the studio tries again by itself."
_MONEY = f"The studio's credit at Soundverse is used up. {_ADMIN}"
_KEY = f"Soundverse does not accept the studio's key. {_ADMIN}"
_MOVED = f"Soundverse does not know the address the studio uses; its API may have moved on. {_ADMIN}"
COULD_NOT = "Soundverse could not make this. The studio charges nothing for it. Try again, or use another model."
_PROMPT = f"Soundverse cannot use this text. Say in a few words what the music is for. {FREE}"
_POLICY = f"Soundverse refused this text: it names an artist, or has a word it does not allow. {FREE}"
# Narrow on purpose: a refusal may quote the text that was sent, and a person's text must not look like our problem.
_TEXTS: tuple[tuple[str, type[ProviderError], str], ...] = (
    (r"rate.?limits?( has| have)?( been)? (passed|exceeded|reached)|too many requests", Busy, _ROOM),
    (r"insufficient (balance|credit|fund)|(not enough|out of) (balance|credit)", OperatorMustAct, _MONEY),
    (r"(invalid|revoked|missing|expired).{0,12}api.?key|unauthori[sz]ed|not authenticated", OperatorMustAct, _KEY),
    (r"nsfw|artist|explicit|policy|is not allowed|prohibited", Rejected, _POLICY),
    (r"(invalid|empty|missing).*prompt|prompt.*(invalid|empty|required)", Rejected, _PROMPT),
)
_CODES: Mapping[int, tuple[type[ProviderError], str]] = {
    301: (OperatorMustAct, _MOVED),
    307: (OperatorMustAct, _MOVED),
    308: (OperatorMustAct, _MOVED),
    401: (OperatorMustAct, _KEY),
    402: (OperatorMustAct, _MONEY),
    403: (OperatorMustAct, _KEY),
    404: (OperatorMustAct, _MOVED),
    405: (OperatorMustAct, _MOVED),
    408: (InDoubt, UNCLEAR),
    425: (Busy, _ROOM),
    429: (Busy, _ROOM),
}


_CAUSES = {_MONEY: Cause.NO_CREDIT, _KEY: Cause.KEY_REFUSED, _MOVED: Cause.MISCONFIGURED, UNCLEAR: Cause.NO_ANSWER}


def refusal(code: int, body: Mapping[str, Any] | None, text: str, wait: float) -> ProviderError:
    """The error an answer means; `body` when it is JSON.

    The vendor prints its refusals without HTTP codes, so their words are read before the code. A server's error that
    is not in the shape of a refusal leaves open what became of the request.
    """
    words = (complaint(body) if body is not None else "") or text.strip()
    kind, sentence = _meaning(code, body, words)
    if kind is Busy:
        return Busy(sentence, words=words, retry_after=wait)
    return kind(sentence, words=words, cause=_CAUSES.get(sentence, Cause.NONE))


def _meaning(code: int, body: Mapping[str, Any] | None, words: str) -> tuple[type[ProviderError], str]:
    if body is not None and (code < 500 or _is_false(body.get("success"))):
        for pattern, kind, sentence in _TEXTS:
            if re.search(pattern, words, re.IGNORECASE):
                return kind, sentence
    if code in _CODES:
        return _CODES[code]
    if body is not None and "Detail" in body:
        return Failed, COULD_NOT
    if 400 <= code < 500:
        return Rejected, f"Soundverse did not accept this request. {FREE}"
    if 200 <= code < 300 and body is not None:
        return (
            (Rejected, f"Soundverse did not accept this request. {FREE}") if "detail" in body else (Failed, COULD_NOT)
        )
    return InDoubt, UNCLEAR
