"""Fields that several records share."""

from django.db import models
from django.utils.crypto import get_random_string

REF_LENGTH = 16


def new_ref() -> str:
    """Make a public, unguessable name for a row, so that addresses never leak counts.

    Letters and digits only (95 bits): a name that began with a dash would be an option to a command.
    """
    return get_random_string(REF_LENGTH)


class RefField(models.CharField):
    """The public name of a row in URLs; the integer key stays inside."""

    def __init__(self, **kwargs):
        kwargs.update(max_length=REF_LENGTH, unique=True, default=new_ref, editable=False)
        super().__init__(**kwargs)


class MicrosField(models.BigIntegerField):
    """An amount of money in micro-dollars (generator.money)."""
