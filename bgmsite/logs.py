"""Lines of the log: one a record, of bounded length, with nothing in them that a terminal would obey."""

import logging
import re

MOST = 2000  # characters of a message, and of a line of a traceback
MOST_LINES = 80  # of a traceback; its beginning and its end are kept
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


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
    """A text as one line, at most MOST characters of it."""
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape", "backslashreplace").decode(), text[: MOST + 1])
    return f"{text[:MOST]}…" if len(text) > MOST else text
