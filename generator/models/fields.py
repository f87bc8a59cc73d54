"""Model fields that several records share."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.utils.crypto import get_random_string

PUBLIC_ID_CHARS = 16

if TYPE_CHECKING:  # Django's field classes take type arguments only in their stubs
    from django.db.models.expressions import Combinable

    StrField = models.CharField[str | Combinable, str]
    _Set = TypeVar("_Set", contravariant=True)
    _Get = TypeVar("_Get", covariant=True)
else:
    StrField = models.CharField


def new_public_id() -> str:
    """Return a new public, unguessable name for a row, so that addresses do not reveal counts.

    Letters and digits only (95 bits): a name that began with a dash would be read as a command's option.
    """
    return get_random_string(PUBLIC_ID_CHARS)


class PublicIdField(StrField):
    """The public name of a row in URLs; the integer key stays internal."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(max_length=PUBLIC_ID_CHARS, unique=True, default=new_public_id, editable=False)
        super().__init__(**kwargs)


if TYPE_CHECKING:

    class MicrosField(models.BigIntegerField[_Set, _Get]):
        """An amount of money in micro-dollars."""
else:

    class MicrosField(models.BigIntegerField):
        """Money in micro-dollars: whole millionths of a dollar (`generator.currency.MICROS_PER_DOLLAR`)."""
