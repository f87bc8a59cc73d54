"""The cache backends: a database table, or Redis if REDIS_URL is set. The cache counts sign-ins, emails and requests,
and marks work in progress.

While Redis is unavailable, the studio keeps running, each process enforces limits on its own, and the log says so.
After a failure, Redis is not tried again for PAUSE seconds, so requests do not wait for it repeatedly.
"""

import base64
import logging
import pickle
import time
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.db import connections, router, transaction
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("studio")

RETRY_INTERVAL_S = 10.0  # seconds after a failure until Redis is tried again
TIMEOUT_S = 2.0  # seconds to wait for an answer from Redis
OPERATIONS = ("add", "get", "set", "touch", "delete", "has_key", "incr", "get_many", "set_many", "delete_many", "clear")


class Database(DatabaseCache):
    """Django's backend with atomic counters. Its own `incr` is read-then-write and resets the timeout to 300 s."""

    _table: str

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Increment a counter atomically, keep its expiry time, and return the new value.

        Raises:
            ValueError: the counter does not exist or has expired.
        """
        stored = self.make_and_validate_key(key, version=version)
        using = router.db_for_write(self.cache_model_class)
        connection = connections[using]
        lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
        table = connection.ops.quote_name(self._table)
        with transaction.atomic(using=using), connection.cursor() as cursor:
            sql = f"SELECT value FROM {table} WHERE cache_key = %s AND expires > %s{lock}"  # noqa: S608
            cursor.execute(sql, [stored, self._now(using)])
            row = cursor.fetchone()
            if row is None:
                raise ValueError(f"There is no counter {key}.")
            value: int = pickle.loads(base64.b64decode(row[0])) + delta  # noqa: S301
            encoded = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode()
            cursor.execute(f"UPDATE {table} SET value = %s WHERE cache_key = %s", [encoded, stored])  # noqa: S608
        return value

    def forget(self) -> int:
        """Delete expired rows; return how many there were."""
        using = router.db_for_write(self.cache_model_class)
        with connections[using].cursor() as cursor:
            table = connections[using].ops.quote_name(self._table)
            cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [self._now(using)])  # noqa: S608
            return int(cursor.rowcount)

    @staticmethod
    def _now(using: str) -> str | None:
        return connections[using].ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))


class Redis(RedisCache):
    """Django's Redis backend with an in-process fallback; `settings.CACHES` uses it if REDIS_URL is set."""

    _away_until = 0.0  # shared by all threads of this process

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = {"socket_timeout": TIMEOUT_S, "retry": Retry(NoBackoff(), 1), **params.get("OPTIONS", {})}
        if not str(server).startswith("unix:"):
            options.setdefault("socket_connect_timeout", TIMEOUT_S)
        super().__init__(server, {**params, "OPTIONS": options})
        self._meanwhile = LocMemCache("meanwhile", {"OPTIONS": {"MAX_ENTRIES": 50_000}})

    def _call_or_fall_back(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= Redis._away_until:
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                Redis._away_until = time.monotonic() + RETRY_INTERVAL_S
                log.warning(
                    "Redis (REDIS_URL) does not respond; this process keeps its own counters until it does: %s", error
                )
        return getattr(self._meanwhile, name)(*args, **kwargs)


def _operation(name: str) -> Callable[..., Any]:
    def ask(self: Redis, *args: Any, **kwargs: Any) -> Any:
        return self._call_or_fall_back(name, *args, **kwargs)

    return ask


for _name in OPERATIONS:
    setattr(Redis, _name, _operation(_name))
