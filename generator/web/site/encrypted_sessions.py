"""Encrypted sessions in the database. They hold values that a copy of the database must not reveal, such as the secret
of a second factor during setup and the token of a password reset."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from generator.models.encryption import UNREADABLE, seal, unseal


class SessionStore(DatabaseStore):
    """Django's database sessions, encrypted; `settings.SESSION_ENGINE` names this module."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(super().encode(session_dict))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return the session data; sessions from before encryption was added are signed, and read as they are."""
        stored = session_data.decode(errors="replace") if isinstance(session_data, bytes) else session_data
        unsealed = unseal(stored)
        return super().decode(stored if unsealed == UNREADABLE else unsealed)
