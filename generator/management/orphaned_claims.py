"""Release what dead workers hold, when it is certain that no other cluster works on the same database.

With SQLite the lock on DIR makes it certain. On PostgreSQL every supervisor holds one advisory lock *shared*; the one
that can also take it *exclusively* is alone. When others are at work, dead claims simply expire.
"""

import logging

from django.conf import settings
from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from django_q.models import OrmQ

from generator.services.generation import cancellation

log = logging.getLogger("studio")

LOCK = 0x57D10  # number of our advisory lock


class Presence:
    """This cluster's presence, visible to other supervisors; releases dead claims when there are no others."""

    def __init__(self) -> None:
        self._connection: BaseDatabaseWrapper | None = None  # its own: the lock lasts as long as the connection

    def let_go(self, *, on_purpose: bool = False) -> None:
        """Release tasks taken and rows claimed by dead workers, unless someone else may own them."""
        if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            _release(on_purpose)
            return
        try:
            self._show()
            if self._query_lock("SELECT pg_try_advisory_lock(%s)"):
                try:
                    _release(on_purpose)
                finally:
                    self._query_lock("SELECT pg_advisory_unlock(%s)")
            else:
                log.info("other clusters are running: claims left behind will expire")
        except Error as error:
            log.warning("claims left behind could not be released: %s", error)
            self._connection = None

    def _show(self) -> None:
        if self._connection is None:
            self._query_lock("SELECT pg_try_advisory_lock_shared(%s)")

    def _query_lock(self, sql: str) -> bool:
        if self._connection is None:
            self._connection = connections.create_connection("default")
            self._connection.inc_thread_sharing()  # at the end it is used from another thread
        with self._connection.cursor() as cursor:
            cursor.execute(sql, [LOCK])
            return bool(cursor.fetchone()[0])


def _release(on_purpose: bool) -> None:
    now = timezone.now()
    OrmQ.objects.filter(lock__gt=now).update(lock=now)
    cancellation.cluster_restarted(on_purpose=on_purpose)
