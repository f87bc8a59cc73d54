"""The two signatures of webhook messages; both are HMAC-SHA256 over `id.timestamp.body`.

a project's webhook   Standard Webhooks 1.0 (standardwebhooks.com): `v1,<base64>`, the key is the decoded secret
a program's own       WaveSpeed's scheme (docs/providers.md): `v3,<hex>`, the key is the secret's text without PREFIX
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


class NoSecret(Exception):
    """No secret can be read: it was encrypted under a SECRET_KEY that is gone."""


def new_secret() -> str:
    """Return a new secret of 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(message_id: str, timestamp: int, signature: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }


def standard(message_id: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> str:
    """Return one signature per secret, separated by spaces. During a change of secrets, either one verifies.

    Raises:
        NoSecret: none of the secrets can be read.
    """
    keys = [base64.b64decode(secret.removeprefix(PREFIX)) for secret in secrets if secret]
    if not keys:
        raise NoSecret
    macs = [base64.b64encode(_mac(key, message_id, timestamp, body)) for key in keys]
    return " ".join(f"v1,{mac.decode()}" for mac in macs)


def wavespeed(message_id: str, timestamp: int, body: bytes, secret: str) -> str:
    """Return the signature in WaveSpeed's scheme. Raises NoSecret if the secret cannot be read."""
    if not secret:
        raise NoSecret
    return f"v3,{_mac(secret.removeprefix(PREFIX).encode(), message_id, timestamp, body).hex()}"


def _mac(key: bytes, message_id: str, timestamp: int, body: bytes) -> bytes:
    return hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
