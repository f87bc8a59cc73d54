"""Lines of the log: one a record, bounded, with nothing in them that a terminal would obey, and no secrets."""

import logging
import re

MOST = 2000  # characters of a message, and of a line of a traceback
MOST_LINES = 80  # of a traceback; its beginning and its end are kept
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CREDENTIAL = re.compile(r"(?i)(authorization|api[_-]?key|password|secret|token)(\W+)(bearer\s+)?[^\s,;&\"']+")
# Addresses that open something to whoever has them (links, invitations, signed files, resets), and API keys.
_ADDRESS = re.compile(
    r"(/(?:join|l|o|media/put|media/files|media/stems|accounts/password/reset/key|accounts/confirm-email)/)"
    r"[^/\s?#\"'<>)]+"
)
_KEY = re.compile(r"\b(bgm_[A-Za-z0-9]{8})_[^\s,;&\"']+")


class Brief(logging.Filter):
    """Leaves out where somebody else's fault was noticed, which says nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.exc_info = None
        return True


class Line(logging.Formatter):
    """Escapes and shortens what comes from a request: paths, headers, words of an exception."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = plain(record.message)
        return super().formatMessage(record)

    def formatException(self, ei) -> str:
        lines = [plain(line) for line in super().formatException(ei).splitlines()]
        if len(lines) > MOST_LINES:
            half = MOST_LINES // 2
            lines = [*lines[:half], f"… {len(lines) - MOST_LINES} more lines …", *lines[-half:]]
        return "\n".join(lines)


def plain(text: str) -> str:
    """A text as one line, at most MOST characters of it, without what opens a door."""
    text = redacted(text[: 2 * MOST])
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape", "backslashreplace").decode(), text[: MOST + 1])
    return f"{text[:MOST]}…" if len(text) > MOST else text


def redacted(text: str) -> str:
    """A text without anything that looks like a credential."""
    text = _CREDENTIAL.sub(r"\1\2[redacted]", text)
    return _KEY.sub(r"\1_[redacted]", _ADDRESS.sub(r"\1[redacted]", text))
