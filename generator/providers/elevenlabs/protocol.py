"""ElevenLabs' refusals, and the facts beside its audio.

    {"detail": {"type", "code", "message", "status", "request_id", "param", "data"}}     `status` is the older code

What may be nested is looked for in `detail` and in `detail.data`: a suggestion for a rejected prompt or plan.
"""

from collections.abc import Mapping
from typing import Any

from generator.messages import gettext_noop as _
from generator.messages import join_texts
from generator.providers import http as calls
from generator.providers.elevenlabs.models import MAX_PROMPT_CHARS
from generator.providers.elevenlabs.sections import FREE, form_values
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, ProviderError, Rejected
from generator.providers.sanitize import identifier, plain

FACTS = ("song-id", "request-id", "character-cost", "current-concurrent-requests", "maximum-concurrent-requests")
_ADMIN = _("You were not charged. Ask the administrator to correct this.")
UNCLEAR = _(
    "The connection to ElevenLabs was lost after the request was sent. The music may still be made and billed. The "
    "studio never sends a request twice."
)
_BAD_PROMPT = join_texts(_("ElevenLabs rejected this prompt: it may name an artist, or quote a song."), FREE)
_BAD_PLAN = join_texts(_("ElevenLabs rejected these sections: they may name an artist, or quote a song."), FREE)
_REJECTED = join_texts(_("ElevenLabs rejected this request."), FREE)
_NO_CAPACITY = _("ElevenLabs has no capacity right now. The studio will try again automatically.")
_KEY_REJECTED = join_texts(_("ElevenLabs rejected the studio’s API key."), _ADMIN)
_NO_CREDIT = join_texts(_("The studio’s ElevenLabs credits are used up."), _ADMIN)
_PLAN_TOO_SMALL = join_texts(_("The studio’s ElevenLabs plan or key does not include this request."), _ADMIN)
_MOVED = join_texts(
    _("ElevenLabs did not recognize the address that the studio uses; its interface may have changed."), _ADMIN
)

_CREDIT_CODES = ("quota_exceeded", "insufficient_credits", "payment_required")
_KEY_CODES = ("invalid_api_key", "missing_api_key", "needs_authorization")
_BUSY_CODES = ("rate_limit_exceeded", "concurrent_limit_exceeded", "too_many_concurrent_requests", "system_busy")


def facts_of(headers: Mapping[str, str], key: str = "") -> dict[str, str]:
    """Return what the headers of a reply say about the music, for the history."""
    return {name: plain(headers[name], key)[:200] for name in FACTS if headers.get(name)}


def job_of(headers: Mapping[str, str]) -> str:
    """Return the id under which the vendor knows the music; empty if the reply names none."""
    return next((name for header in FACTS[:2] if (name := identifier(headers.get(header)))), "")


def refusal(reply: calls.Reply, key: str) -> ProviderError:
    """Return the error that a reply without audio means. A server error leaves the outcome of the request open."""
    detail = _detail(reply)
    codes = [str(detail.get(name) or "").lower() for name in ("code", "status", "type")]
    words = plain(str(detail.get("message") or reply.text), key).strip()
    status = reply.status
    if status >= 500 or status in (408, 409) or status < 400:
        return _moved(words) if 300 <= status < 400 else InDoubt(UNCLEAR, words=words, cause=calls.cause_of(status))
    if status in (425, 429) or any(code in _BUSY_CODES for code in codes):
        return Busy(_NO_CAPACITY, words=words, retry_after=calls.retry_after(reply.headers, 30.0))
    if status == 402 or any(code in _CREDIT_CODES for code in codes):
        return OperatorMustAct(_NO_CREDIT, words=words, cause=Cause.NO_CREDIT)
    if status == 401 or any(code in _KEY_CODES for code in codes):
        return OperatorMustAct(_KEY_REJECTED, words=words, cause=Cause.KEY_REFUSED)
    if status == 403:
        return OperatorMustAct(_PLAN_TOO_SMALL, words=words, cause=Cause.NOT_ALLOWED)
    if status in (404, 405):
        return _moved(words)
    if "bad_composition_plan" in codes:
        return Rejected(_BAD_PLAN, words=words, suggestion=_suggestion(detail))
    return Rejected(_BAD_PROMPT if "bad_prompt" in codes else _REJECTED, words=words, suggestion=_suggestion(detail))


def _moved(words: str) -> OperatorMustAct:
    return OperatorMustAct(_MOVED, words=words, cause=Cause.MISCONFIGURED)


def _detail(reply: calls.Reply) -> Mapping[str, Any]:
    """Return the error of a reply; that of a failed validation is a list of what is wrong with each field."""
    try:
        content = reply.json()
    except ValueError:
        return {}
    detail = content.get("detail") if isinstance(content, dict) else None
    if isinstance(detail, list):
        problems = [str(item.get("msg", "")) for item in detail if isinstance(item, dict)]
        return {"message": "; ".join(filter(None, problems))[:2000]}
    return detail if isinstance(detail, dict) else {"message": detail} if isinstance(detail, str) else {}


def _suggestion(detail: Mapping[str, Any]) -> dict[str, str]:
    """Return the vendor's suggestion as values of the form; empty if there is none that can be used."""
    data = detail.get("data")
    for place in (detail, data if isinstance(data, dict) else {}):
        prompt, composition = place.get("prompt_suggestion"), place.get("composition_plan_suggestion")
        if isinstance(prompt, str) and 0 < len(text := plain(prompt).strip()) <= MAX_PROMPT_CHARS:
            return {"text": text}
        if isinstance(composition, dict) and (values := form_values(composition)):
            return {name: plain(value) for name, value in values.items()}
    return {}
