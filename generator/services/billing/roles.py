"""The two groups of the billing review, ensured at every start.

reviewer    may see all billing data, add notes and mark issues
controller  may also book: credit, correct, release, charge, suspend, grant, set budgets and prices, close months
"""

from django.contrib.auth.models import Group, Permission

REVIEWER, CONTROLLER = "Reviewer", "Controller"
_VIEWED_MODELS = (
    *("user", "project", "ledgerentry", "rollup", "providerbill", "generation", "track", "budget", "price"),
    *("auditlogentry", "closedmonth", "suspension", "license"),
)
VIEW_PERMISSIONS = ("view_billing", *(f"view_{name}" for name in _VIEWED_MODELS))
BOOK_PERMISSIONS = ("manage_billing", "add_budget", "change_budget", "delete_budget", "add_price", "add_license")


def ensure_groups() -> None:
    """Create both groups and add their permissions. Permissions added by an administrator are kept."""
    permissions = Permission.objects.filter(content_type__app_label="generator")
    for name, codes in {REVIEWER: VIEW_PERMISSIONS, CONTROLLER: (*VIEW_PERMISSIONS, *BOOK_PERMISSIONS)}.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codes))
