"""The index of the admin: its records in sections by subject, in the order in which people need them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator.models import BudgetIncrease, ReconciliationIssue, Suspension
from generator.services.billing import period_close
from generator.services.billing.ledger import month_of
from generator.services.billing.reports import overview, spend

_plain_app_list = admin.site.get_app_list
_plain_index = admin.site.index


@dataclass(frozen=True)
class Section:
    key: str
    title: str | Promise
    about: str | Promise
    models: tuple[str, ...]  # labels, in the order shown


SECTIONS = (
    Section(
        "people",
        gettext_lazy("People"),
        gettext_lazy("Who can sign in, which projects they belong to, and what they can do."),
        ("generator.User", "auth.Group", "generator.Project", "generator.Invitation", "generator.ApiKey"),
    ),
    Section(
        "providers",
        gettext_lazy("Providers and models"),
        gettext_lazy("Where the music comes from, what it costs, and how it is licensed."),
        (
            *("generator.ProviderAccount", "generator.MusicModel", "generator.Price", "generator.License"),
            "generator.ConnectorVersion",
        ),
    ),
    Section(
        "money",
        gettext_lazy("Money"),
        gettext_lazy("Budgets, and the records behind every figure."),
        (
            *("generator.Budget", "generator.LedgerEntry", "generator.Rollup"),
            *("generator.ProviderBill", "generator.AuditLogEntry"),
        ),
    ),
    Section(
        "work",
        gettext_lazy("Work"),
        gettext_lazy("What was requested, what came back, and who can listen to it."),
        (
            *("generator.Generation", "generator.Track", "generator.Comparison", "generator.Reference"),
            *("generator.Stem", "generator.TrackUpload", "generator.Edit", "generator.GridChange"),
            *("generator.Pack", "generator.ShareLink"),
        ),
    ),
    Section(
        "background",
        gettext_lazy("Background"),
        gettext_lazy("Automatic tasks, and messages to other programs."),
        (
            *("django_q.Schedule", "django_q.OrmQ", "django_q.Failure", "django_q.Success"),
            *("generator.Webhook", "generator.WebhookDelivery", "generator.Heartbeat"),
        ),
    ),
    Section(
        "technical",
        gettext_lazy("Technical"),
        gettext_lazy("For support and troubleshooting."),
        (
            *("account.EmailAddress", "mfa.Authenticator"),
            *("generator.ProviderAction", "generator.ProviderReference"),
        ),
    ),
)


def app_list(request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
    """Return the sections with the records that the person may see, in the form of Django's list of apps."""
    apps = _plain_app_list(request, app_label)
    if app_label:
        return apps
    entries = {f"{app['app_label']}.{model['object_name']}": model for app in apps for model in app["models"]}
    placed = {label for section in SECTIONS for label in section.models}
    others = [label for label in entries if label not in placed]  # a package that a studio added
    rows = [
        _section(section, (*section.models, *others) if section.key == "technical" else section.models, entries)
        for section in SECTIONS
    ]
    return [row for row in rows if row["models"]]


def _section(section: Section, labels: Iterable[str], entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": section.title,
        "about": section.about,
        "app_label": section.key,
        "app_url": f"{reverse('admin:index')}#{section.key}",
        "has_module_perms": True,
        "models": [entries[label] for label in labels if label in entries],
    }


def index(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
    """Show the index, with the current figures of the billing review for those who may open it."""
    more = {"review": review_counts()} if request.user.has_perm("generator.view_billing") else {}
    return _plain_index(request, {"title": _("Administration"), **more, **(extra_context or {})})


@dataclass(frozen=True)
class ReviewCounts:
    month_title: str
    spent: int
    issues: int
    requests: int
    suspensions: int
    next_month: str  # the first open month, if it is over
    next_title: str


def review_counts() -> ReviewCounts:
    """Return what awaits finance now."""
    now = month_of(timezone.now())
    next_month = period_close.first_open_month()
    next_month = next_month if next_month < now else ""
    return ReviewCounts(
        spend.titled(now),
        spend.month(overview.EVERYTHING, now).spent,
        ReconciliationIssue.objects.unanswered().count(),
        BudgetIncrease.objects.open().count(),
        Suspension.objects.in_force().count(),
        next_month,
        spend.titled(next_month) if next_month else "",
    )
