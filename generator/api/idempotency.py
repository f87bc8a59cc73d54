"""Idempotency keys: a repeated request returns the first result and is never executed twice.

One rule for every contract: the same key with the same request returns the first result; with another request it is
rejected. Nothing is stored for a request that failed. A token is half the key and half the request, so that no two
API keys ever collide, and a different request under the same key is recognized.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest

from generator.api import auth
from generator.api.errors import ApiError
from generator.models import ApiKey, Batch, Comparison, Generation, IdempotencyRecord, User

HEADER = "Idempotency-Key"
MAX_KEY_CHARS = 255
_HALF_CHARS = 32  # hexadecimal: 128 bits


class KeyReused(ApiError):
    """The same key was used before with another request."""

    def __init__(self) -> None:
        super().__init__(409, "This Idempotency-Key was used for another request. Choose a new one.", HEADER)


def header_of(request: HttpRequest) -> str | None:
    """Return the trimmed header of a vendor's client; None if it is missing or empty."""
    return request.headers.get(HEADER, "").strip() or None


def token_of(user: User, header: str | None, content: object) -> str:
    """Return the token of an `Idempotency-Key`; a fresh one without it. `content`: what makes two requests the same.

    Raises:
        ApiError: the header is empty or too long.
    """
    if header is None:
        return auth.hash_idempotency_key(user, "")
    if not 0 < len(header) <= MAX_KEY_CHARS:
        raise ApiError(400, f"An {HEADER} has 1 to {MAX_KEY_CHARS} characters.", HEADER)
    request = json.dumps(content, sort_keys=True).encode()
    return auth.hash_idempotency_key(user, header)[:_HALF_CHARS] + sha256(request).hexdigest()[:_HALF_CHARS]


@contextmanager
def lock_key(user: User, header: str | None, token: str) -> Iterator[None]:
    """Serialize requests with the same key, under the lock of the API key's row, in one transaction.

    Raises:
        KeyReused: this key was used for another request.
    """
    if header is None or user.api_key is None:
        yield
        return
    with transaction.atomic():
        ApiKey.objects.select_for_update().get(pk=user.api_key.pk)
        _check_unused(user.api_key, user, token)
        yield


def _check_unused(key: ApiKey, user: User, token: str) -> None:
    first, after = token[:_HALF_CHARS], token[:_HALF_CHARS] + "g"
    same_key = {"author": user, "idempotency_key__gte": first, "idempotency_key__lt": after}
    if any(
        model.objects.filter(**same_key).exclude(idempotency_key=token).exists()
        for model in (Generation, Comparison, Batch)
    ):
        raise KeyReused
    if IdempotencyRecord.objects.filter(key=key, token__gte=first, token__lt=after).exclude(token=token).exists():
        raise KeyReused


def find_record(token: str) -> IdempotencyRecord | None:
    """Return what was created for a token before; call it within `turn`."""
    return IdempotencyRecord.objects.filter(token=token).first()


def save_record(user: User, token: str, location: str) -> None:
    """Store where the result of a token can be read; call it within `turn`."""
    assert user.api_key is not None
    IdempotencyRecord.objects.create(key=user.api_key, token=token, location=location)
