"""The two ways a message is signed; both over `id.timestamp.body`, both with HMAC-SHA256.

a project's webhook   Standard Webhooks 1.0 (standardwebhooks.com): `v1,<base64>`, the key is the secret's base64
a program's own       WaveSpeed's way (docs/api_wavespeed.md): `v3,<hex>`, the key is the secret's own text
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


class NoSecret(Exception):
    """There is nothing to sign with: the secret was sealed under a SECRET_KEY that is gone."""


def new_secret() -> str:
    """A fresh secret: 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(message_id: str, timestamp: int, signature: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }


def standard(message_id: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> str:
    """A signature for each secret, with a space between: while a secret is changed, either of them opens it.

    Raises:
        NoSecret: none of them can be read.
    """
    keys = [base64.b64decode(secret.removeprefix(PREFIX)) for secret in secrets if secret]
    if not keys:
        raise NoSecret
    macs = [base64.b64encode(_mac(key, message_id, timestamp, body)) for key in keys]
    return " ".join(f"v1,{mac.decode()}" for mac in macs)


def wavespeed(message_id: str, timestamp: int, body: bytes, secret: str) -> str:
    """Raises NoSecret."""
    if not secret:
        raise NoSecret
    return f"v3,{_mac(secret.removeprefix(PREFIX).encode(), message_id, timestamp, body).hex()}"


def _mac(key: bytes, message_id: str, timestamp: int, body: bytes) -> bytes:
    return hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
