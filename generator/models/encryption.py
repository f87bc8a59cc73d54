"""Secrets in the database: encrypted with a key derived from SECRET_KEY, and still readable after a key rotation.

Fernet (AES-128-CBC with HMAC-SHA256, github.com/fernet/spec) with a key from HKDF-SHA256 (RFC 5869). The database
alone, such as a backup without its `env`, is not enough to read them.
"""

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

PURPOSE = b"bgm-studio sealed fields"
UNREADABLE = ""  # encrypted under a SECRET_KEY that is gone: treated as not set


def _cipher() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


@lru_cache
def _key(secret: str) -> bytes:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return base64.urlsafe_b64encode(derived)


def seal(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the decrypted text; UNREADABLE if its key is gone."""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return UNREADABLE


if TYPE_CHECKING:  # Django's field classes take type arguments only in their stubs
    from django.db.models.expressions import Combinable

    _TextField = models.TextField[str | Combinable, str]
else:
    _TextField = models.TextField


class EncryptedField(_TextField):
    """A text that is encrypted in its column. It cannot be searched for, and an empty text stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return seal(plain) if plain else ""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str:
        return unseal(value) if value else ""
