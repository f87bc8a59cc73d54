"""The two groups of the billing review, made at every start so that they are always there.

reviewer    may look at everybody's money, and note and mark what they saw
controller  may book as well: credit, correct, release, charge, stop, grant, set caps and prices, close months
"""

from django.contrib.auth.models import Group, Permission

REVIEWER, CONTROLLER = "Reviewer", "Controller"
_SEEN = (
    *("user", "project", "entry", "rollup", "providerbill", "generation", "track", "budget", "price", "deed"),
    *("closedmonth", "stop", "licence"),
)
LOOKS = ("look_at_money", *(f"view_{name}" for name in _SEEN))
BOOKS = ("book_money", "add_budget", "change_budget", "delete_budget", "add_price", "add_licence")


def ensure_groups() -> None:
    """Give both groups what is theirs; what an administrator has added stays."""
    mine = Permission.objects.filter(content_type__app_label="generator")
    for name, codes in {REVIEWER: LOOKS, CONTROLLER: (*LOOKS, *BOOKS)}.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*mine.filter(codename__in=codes))
