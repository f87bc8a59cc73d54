"""How often something may be done, counted in the cache, so that all processes count together."""

import time

from django.core.cache import cache

from generator.workflow.refused import Refused


class TooOften(Refused):
    """It may be done again in `retry_after` seconds."""

    def __init__(self, sentence: str, field: str | None, retry_after: int) -> None:
        super().__init__(sentence, field)
        self.retry_after = retry_after


def count(name: str, most: int, seconds: int, sentence: str, field: str | None = None) -> None:
    """Count one more of something that may be done `most` times in so many seconds.

    Raises:
        TooOften: it was done so often already; this one is not to be done.
    """
    now = int(time.time())
    key = f"throttle/{name}/{now // seconds}"
    cache.add(key, 0, seconds * 2)
    try:
        done = cache.incr(key)
    except ValueError:  # thrown out of a full cache between the two lines
        done = 1
    if done > most:
        raise TooOften(sentence, field, seconds - now % seconds)
