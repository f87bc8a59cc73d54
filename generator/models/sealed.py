"""Secrets in the database: encrypted at rest with a key derived from SECRET_KEY, readable again after it was rotated.

Fernet (AES-128-CBC with HMAC-SHA256, github.com/fernet/spec) over a key from HKDF-SHA256 (RFC 5869). Whoever has the
database alone, such as a backup without its `env`, cannot read them.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

PURPOSE = b"bgm-studio sealed fields"
UNREADABLE = ""  # sealed under a SECRET_KEY that is gone: as good as not set


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
    """The text again; UNREADABLE where the key it was sealed with is gone."""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return UNREADABLE


class SealedField(models.TextField):
    """A text that is encrypted in its column. It cannot be searched for, and empty stays empty."""

    def get_prep_value(self, value):
        plain = super().get_prep_value(value)
        return seal(plain) if plain else ""

    def from_db_value(self, value, expression, connection):
        return unseal(value) if value else ""
