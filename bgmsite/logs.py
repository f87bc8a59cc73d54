"""Log formatting: one line per record, bounded in length, without terminal control characters or secrets."""

import logging
import re
from typing import Any

MAX_LINE_CHARS = 2000  # characters of a message or a traceback line
MAX_LINES = 80  # of a traceback; its beginning and end are kept
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CREDENTIAL = re.compile(r"(?i)(authorization|api[_-]?key|password|secret|token)(\W+)(bearer\s+)?[^\s,;&\"']+")
# URLs that grant access by themselves (share links, invitations, signed files, password resets), and API keys.
_ADDRESS = re.compile(
    r"(/(?:join|s|l|o|media/put|media/files|media/stems|accounts/password/reset/key|accounts/confirm-email)/)"
    r"[^/\s?#\"'<>)]+"
)
_KEY = re.compile(r"\b(bgm_[A-Za-z0-9]{8})_[^\s,;&\"']+")


class Brief(logging.Filter):
    """A filter that drops the traceback of `django.security` records: the client is at fault, not the code."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.exc_info = None
        return True


class Line(logging.Formatter):
    """A formatter that escapes and shortens text that may come from a request: paths, headers, exception messages."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = plain(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        lines = [plain(line) for line in super().formatException(ei).splitlines()]
        if len(lines) > MAX_LINES:
            half = MAX_LINES // 2
            lines = [*lines[:half], f"… {len(lines) - MAX_LINES} more lines …", *lines[-half:]]
        return "\n".join(lines)


def plain(text: str) -> str:
    """Return a text as one line of at most MOST characters, with credentials redacted."""
    text = redacted(text[: 2 * MAX_LINE_CHARS])
    text = _CONTROL.sub(
        lambda match: match[0].encode("unicode_escape", "backslashreplace").decode(), text[: MAX_LINE_CHARS + 1]
    )
    return f"{text[:MAX_LINE_CHARS]}…" if len(text) > MAX_LINE_CHARS else text


def redacted(text: str) -> str:
    """Return a text with everything that looks like a credential redacted."""
    text = _CREDENTIAL.sub(r"\1\2[redacted]", text)
    return _KEY.sub(r"\1_[redacted]", _ADDRESS.sub(r"\1[redacted]", text))
