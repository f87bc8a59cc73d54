"""Notification pages: the bell, the list, and the preferences."""

from functools import cache, partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.models import NotificationKind, User
from generator.services.team import notifications
from generator.services.team.notifications import Ways
from generator.web.site.htmx import Request

MAX_LISTED = 50
MAX_BROWSER_NOTIFICATIONS = 5  # most notifications that the browser shows at once
WAYS = (
    ("in_app", gettext_lazy("In the studio")),
    ("browser", gettext_lazy("In this browser")),
    ("mail", gettext_lazy("By email")),
)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@login_required
@require_GET
def notifications_page(request: Request) -> HttpResponse:
    """List the notifications, newest first."""
    rows = permissions.current_notifications(request.user).filter(in_app=True).order_by("-pk")
    before = _number(request.GET.get("before", ""))
    page_rows = list((rows.filter(pk__lt=before) if before else rows)[: MAX_LISTED + 1])
    older = page_rows[MAX_LISTED - 1].pk if len(page_rows) > MAX_LISTED else None
    context = {"here": "news", "rows": page_rows[:MAX_LISTED], "older": older, "is_first": not before}
    return render(request, "notifications/notifications.html", context)


@login_required
@require_GET
def bell(request: Request) -> HttpResponse:
    """Return the bell, with the notifications since the last request for the browser to show."""
    after = _number(request.GET.get("after", ""))
    fresh = (
        permissions.current_notifications(request.user)
        .filter(browser=True, read_at=None, pk__gt=after)
        .order_by("-pk")[:MAX_BROWSER_NOTIFICATIONS]
    )
    return render(request, "notifications/_bell.html", {"fresh": fresh, **context(request.user)})


def context(user: User) -> dict[str, Any]:
    """Return the template context of the bell; it is read when a template has the bell, once."""
    counted = cache(partial(_count, user))
    return {"unread": lambda: counted()["unread"], "newest_news": lambda: counted()["newest"] or 0}


def _count(user: User) -> dict[str, int | None]:
    """Return the number of a person's unread notifications, and the highest key of all."""
    is_unread = Q(in_app=True, read_at__isnull=True)
    rows = permissions.current_notifications(user).order_by()
    return rows.aggregate(unread=Count("pk", filter=is_unread), newest=Max("pk"))


@login_required
@require_GET
def open_notification(request: Request, pk: int) -> HttpResponse:
    """Mark a notification as read, and redirect to its link."""
    notification = get_object_or_404(permissions.current_notifications(request.user), pk=pk)
    notifications.mark_read(request.user, [notification.pk])
    return redirect(notification.link or "notifications")


@login_required
@require_POST
def read(request: Request) -> HttpResponse:
    """Mark all notifications as read."""
    notifications.mark_read(request.user)
    return redirect("notifications")


@login_required
@require_POST
def choose(request: Request) -> HttpResponse:
    """Save the notification preferences."""
    form = request.POST
    ways = {
        kind: Ways(**{channel: form.get(f"{kind}-{channel}") == "on" for channel, _ in WAYS})
        for kind in notifications.DEFAULT_CHANNELS
    }
    notifications.set_preferences(request.user, ways)
    messages.success(request, _("Saved."))
    return redirect("account")


def choices(user: User) -> list[tuple[NotificationKind, list[tuple[str, str, bool]]]]:
    """Return each kind with its channels as (name, title, is chosen)."""
    chosen = notifications.preferences_of(user)
    return [
        (kind, [(channel, str(title), getattr(ways, channel)) for channel, title in WAYS])
        for kind, ways in chosen.items()
    ]
