"""Fields that several records share."""

import secrets

from django.db import models

REF_BYTES = 12


def new_ref() -> str:
    """Make a public, unguessable name for a row: 16 URL-safe characters, so that addresses never leak counts."""
    return secrets.token_urlsafe(REF_BYTES)


class RefField(models.CharField):
    """The public name of a row in URLs; the integer key stays inside."""

    def __init__(self, **kwargs):
        kwargs.update(max_length=16, unique=True, default=new_ref, editable=False)
        super().__init__(**kwargs)


class MicrosField(models.BigIntegerField):
    """An amount of money in micro-dollars (generator.money)."""
