"""Rate limits, counted in the cache, so that all processes share the counts."""

import time

from django.core.cache import cache

from generator.services.errors import UserError


class TooOften(UserError):
    """A rate limit was exceeded; retry in `retry_after` seconds."""

    code = "rate_limited"

    def __init__(self, sentence: str, field: str | None, retry_after: int) -> None:
        super().__init__(sentence, field)
        self.retry_after = retry_after


def count(name: str, limit: int, seconds: int, sentence: str, field: str | None = None) -> None:
    """Count one action of `name`, which is allowed `limit` times per window of `seconds`.

    Raises:
        TooOften: the limit is reached; do not perform this action.
    """
    now = int(time.time())
    key = f"throttle/{name}/{now // seconds}"
    cache.add(key, 0, seconds * 2)
    try:
        done = cache.incr(key)
    except ValueError:  # evicted from a full cache between the two calls
        done = 1
    if done > limit:
        raise TooOften(sentence, field, seconds - now % seconds)
