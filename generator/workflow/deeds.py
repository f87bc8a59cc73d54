"""Writing down who did what with money, in the transaction in which it was done."""

from typing import Any

from generator.models import Deed, User


def record(actor: User | None, what: Deed.What, text: str, **about: Any) -> Deed:
    """Add a line; `about` is the user, project, generation or entry it concerns."""
    return Deed.objects.create(actor=actor, what=what, text=text, **about)
