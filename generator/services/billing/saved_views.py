"""Saved views of the work list: a person's named filters."""

from django.utils.translation import gettext as _

from generator.models import SavedView, User
from generator.services.errors import UserError

MAX_VIEWS = 20
_MAX_NAME_CHARS = SavedView._meta.get_field("name").max_length or 0


def views_of(user: User) -> list[SavedView]:
    """Return a person's saved views by name."""
    return list(SavedView.objects.filter(user=user))


def save(user: User, name: str, query: str) -> SavedView:
    """Save filters under a name; the same name replaces the earlier filters.

    Raises:
        UserError: no name or a long one, or too many saved views.
    """
    name = " ".join(name.split())
    if not name:
        raise UserError(_("Enter a name for the view."), "name", code="required")
    if len(name) > _MAX_NAME_CHARS:
        raise UserError(_("Use at most {limit} characters.").format(limit=_MAX_NAME_CHARS), "name", code="too_long")
    views = SavedView.objects.filter(user=user)
    if views.exclude(name=name).count() >= MAX_VIEWS:
        sentence = _("You already have {count} saved views, the maximum. Delete some first.")
        raise UserError(sentence.format(count=MAX_VIEWS), "name", code="limit_reached")
    return views.update_or_create(name=name, user=user, defaults={"query": query})[0]


def delete(user: User, pk: int) -> None:
    """Delete one of a person's saved views; idempotent."""
    SavedView.objects.filter(user=user, pk=pk).delete()
