"""Idempotency keys: what was already done for a key is answered again, and never done twice.

One rule for every contract: the same key with the same request answers with the first result; with another request it
is refused. Nothing is remembered of a request that failed. A token is half the key and half the request it came with,
so that no two API keys ever meet, and another request under the same key can be told.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.db import transaction

from generator.api import door
from generator.models import ApiKey, Comparison, Generation, IdempotencyRecord, User

MAX_KEY_LENGTH = 255  # characters
_HALF = 32  # hexadecimal characters: 128 bits


class KeyReused(Exception):
    """The same key came with another request before."""


def token_of(user: User, header: str | None, about: object) -> str:
    """What is remembered for an `Idempotency-Key`; without one, a fresh token. `about`: what makes two requests one."""
    if header is None:
        return door.once(user, "")
    request = json.dumps(about, sort_keys=True).encode()
    return door.once(user, header)[:_HALF] + sha256(request).hexdigest()[:_HALF]


@contextmanager
def turn(user: User, header: str | None, token: str) -> Iterator[None]:
    """Let requests with one key take turns, under the lock of the API key's row, all in one transaction.

    Raises:
        KeyReused: this key was used for another request.
    """
    if header is None or user.acting_with is None:
        yield
        return
    with transaction.atomic():
        ApiKey.objects.select_for_update().get(pk=user.acting_with.pk)
        _check_unused(user.acting_with, user, token)
        yield


def _check_unused(key: ApiKey, user: User, token: str) -> None:
    first, after = token[:_HALF], token[:_HALF] + "g"
    bought = {"author": user, "idempotency_key__gte": first, "idempotency_key__lt": after}
    if any(kind.objects.filter(**bought).exclude(idempotency_key=token).exists() for kind in (Generation, Comparison)):
        raise KeyReused
    if IdempotencyRecord.objects.filter(key=key, token__gte=first, token__lt=after).exclude(token=token).exists():
        raise KeyReused


def recall(token: str) -> IdempotencyRecord | None:
    """What was made for a token before; call it within `turn`."""
    return IdempotencyRecord.objects.filter(token=token).first()


def remember(user: User, token: str, location: str) -> None:
    """Keep where the result of a token can be read; call it within `turn`."""
    assert user.acting_with is not None
    IdempotencyRecord.objects.create(key=user.acting_with, token=token, location=location)
