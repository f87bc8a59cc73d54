"""How often a key may ask: so many requests a minute, counted in the cache, so that all processes count together."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from generator.models import ApiKey

WINDOW = 60  # seconds; windows begin with the clock's minutes


class Exceeded(Exception):
    """A key has used up its minute; the argument is a sentence."""

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(f"This key may ask {limit} times a minute. Go on in {retry_after} s.")
        self.retry_after = retry_after  # seconds


@dataclass(frozen=True)
class Rate:
    """Where a key stands in this minute."""

    limit: int
    left: int
    reset: int  # seconds until the next minute

    @property
    def headers(self) -> dict[str, str]:
        told = {"Limit": self.limit, "Remaining": self.left, "Reset": self.reset}
        return {f"RateLimit-{name}": str(value) for name, value in told.items()}


def count(request: HttpRequest, key: ApiKey) -> None:
    """Count a request of a key.

    Raises:
        Exceeded: it has used up this minute.
    """
    limit = settings.STUDIO_API_RATE
    if not limit:
        return
    now = time.time()
    name = f"api-rate-{key.pk}-{int(now) // WINDOW}"
    cache.add(name, 0, WINDOW * 2)
    try:
        asked = cache.incr(name)
    except ValueError:  # thrown out of a full cache between the two lines
        asked = 1
    reset = WINDOW - int(now) % WINDOW
    request.rate = Rate(limit, max(0, limit - asked), reset)  # type: ignore[attr-defined]
    if asked > limit:
        raise Exceeded(limit, reset)


def tell(request: HttpRequest, reply: HttpResponseBase) -> None:
    """Say with a reply where its key stands."""
    rate = getattr(request, "rate", None)
    for name, value in rate.headers.items() if rate else ():
        reply.headers[name] = value
