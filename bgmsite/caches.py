"""The cache in Redis, and what becomes of it while Redis is away: counted in this process, and said in the log.

It counts sign-ins and requests and marks what is being made; without it the studio goes on, and a limit holds in each
process by itself. After a failure Redis is asked again only when a pause is over, so nobody waits for it twice.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("studio")

PAUSE = 10.0  # seconds until Redis is asked again
TIMEOUT = 2.0  # seconds it may take to answer
OPERATIONS = ("add", "get", "set", "touch", "delete", "has_key", "incr", "get_many", "set_many", "delete_many", "clear")


class Redis(RedisCache):
    """Django's own; `settings.CACHES` names it where REDIS_URL is set."""

    _away_until = 0.0  # of this process, whichever thread found out

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = {"socket_timeout": TIMEOUT, "retry": Retry(NoBackoff(), 1), **params.get("OPTIONS", {})}
        if not str(server).startswith("unix:"):
            options.setdefault("socket_connect_timeout", TIMEOUT)
        super().__init__(server, {**params, "OPTIONS": options})
        self._meanwhile = LocMemCache("meanwhile", {"OPTIONS": {"MAX_ENTRIES": 50_000}})

    def _ask(self, name: str, *given: Any, **named: Any) -> Any:
        if time.monotonic() >= Redis._away_until:
            try:
                return getattr(super(), name)(*given, **named)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                Redis._away_until = time.monotonic() + PAUSE
                log.warning("Redis (REDIS_URL) does not answer; this process counts by itself until it does: %s", error)
        return getattr(self._meanwhile, name)(*given, **named)


def _operation(name: str) -> Callable[..., Any]:
    def ask(self: Redis, *given: Any, **named: Any) -> Any:
        return self._ask(name, *given, **named)

    return ask


for _name in OPERATIONS:
    setattr(Redis, _name, _operation(_name))
