"""Rate limit per key: requests per minute, counted in the cache, so that all processes share the count."""

import time
from dataclasses import dataclass
from typing import Protocol, cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from generator.api.errors import ApiError
from generator.models import ApiKey

WINDOW_S = 60  # seconds; windows start with the clock's minutes


class Exceeded(ApiError):
    """A key has used up its requests of this minute."""

    def __init__(self, limit: int, retry_after: int) -> None:
        sentence = f"The rate limit of this key is {limit} requests per minute. Try again in {retry_after} s."
        super().__init__(429, sentence, Retry_After=str(retry_after))


@dataclass(frozen=True)
class Rate:
    """The rate limit of a key in this minute."""

    limit: int
    left: int
    reset: int  # seconds until the next minute

    @property
    def headers(self) -> dict[str, str]:
        values = {"Limit": self.limit, "Remaining": self.left, "Reset": self.reset}
        return {f"RateLimit-{name}": str(value) for name, value in values.items()}


class _Counted(Protocol):
    """A request after `count`."""

    rate: Rate


def count_request(request: HttpRequest, key: ApiKey) -> None:
    """Count a request of a key.

    Raises:
        Exceeded: the key has used up its requests of this minute.
    """
    limit = settings.STUDIO_API_RATE
    if not limit:
        return
    now = time.time()
    name = f"api-rate-{key.pk}-{int(now) // WINDOW_S}"
    cache.add(name, 0, WINDOW_S * 2)
    try:
        requests = cache.incr(name)
    except ValueError:  # evicted from a full cache between the two lines
        requests = 1
    reset = WINDOW_S - int(now) % WINDOW_S
    cast(_Counted, request).rate = Rate(limit, max(0, limit - requests), reset)
    if requests > limit:
        raise Exceeded(limit, reset)


def add_headers(request: HttpRequest, reply: HttpResponseBase) -> None:
    """Add the key's rate limit headers to a reply."""
    rate = getattr(request, "rate", None)
    for name, value in rate.headers.items() if rate else ():
        reply.headers[name] = value
