"""Webhook pages for project owners: create, change, test, pause, delete, and the delivery log."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generator import permissions
from generator.models import Project, Webhook, WebhookDelivery
from generator.services.errors import UserError
from generator.services.webhooks import endpoints, events
from generator.web.site.htmx import Request

MAX_LINES = 50
Act = Callable[[Request, Webhook], str]


@login_required
@require_http_methods(["GET", "POST"])
def webhooks(request: Request, public_id: str) -> HttpResponse:
    """List the webhooks of a project, and create one; other members see whom to ask."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    may_manage, error = permissions.can_manage(request.user, project), None
    if request.method == "POST" and not may_manage:
        return render(request, "403.html", status=403)
    if request.method == "POST":
        try:
            new_webhook = endpoints.make(project, request.user, *_typed(request), base=_base(request))
            message = _("“{name}” was created. Add its secret to the receiving program, then send a test.")
            messages.success(request, message.format(name=new_webhook.name))
            return redirect("webhook", new_webhook.public_id)
        except UserError as problem:
            error = problem
    context = {
        "project": project,
        "here": "project-webhooks",
        "may_manage": may_manage,
        "rows": _rows(project) if may_manage else (),
        **_form(request, error),
    }
    return render(request, "projects/webhooks.html", context, status=422 if error else 200)


def _rows(project: Project) -> list[tuple[Webhook, WebhookDelivery | None]]:
    """Return each webhook with its last attempted delivery."""
    return [(webhook, webhook.deliveries.filter(attempts__gt=0).first()) for webhook in project.webhooks.all()]


def _typed(request: Request) -> tuple[str, str, list[str]]:
    return request.POST.get("name", ""), request.POST.get("url", ""), request.POST.getlist("event")


def _form(request: Request, error: UserError | None, chosen: Sequence[str] = ()) -> dict[str, Any]:
    """Return the template context of the form; after an error it keeps what was typed."""
    ticked = request.POST.getlist("event") if error else chosen
    return {
        "error": error,
        "typed": request.POST if error else {},
        "events": [(event, about, event in ticked) for event, about in events.EVENTS.items()],
    }


def _base(request: Request) -> str:
    return request.build_absolute_uri("/")


@login_required
@require_http_methods(["GET", "POST"])
def webhook(request: Request, public_id: str) -> HttpResponse:
    """Show one webhook with its secret, settings and log; save its settings."""
    webhook, error = get_object_or_404(permissions.webhooks(request.user), public_id=public_id), None
    if request.method == "POST":
        try:
            endpoints.change(webhook, request.user, *_typed(request))
            messages.success(request, _("Saved."))
            return redirect("webhook", webhook.public_id)
        except UserError as problem:
            error = problem
    log, older = _log(webhook, request.GET.get("before", ""))
    context = {
        "webhook": webhook,
        "project": webhook.project,
        "here": "project-webhooks",
        "may_manage": True,
        "log": log,
        "older": older,
        **_form(request, error, webhook.events),
    }
    return render(request, "projects/webhook.html", context, status=422 if error else 200)


def _log(webhook: Webhook, before: str) -> tuple[list[WebhookDelivery], int | None]:
    """Return a page of deliveries, newest first, and the cursor of the next page."""
    rows = webhook.deliveries.select_related("webhook").prefetch_related("delivery_attempts")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    log = list(rows.order_by("-id")[: MAX_LINES + 1])
    return log[:MAX_LINES], log[MAX_LINES - 1].pk if len(log) > MAX_LINES else None


def _action_view(act: Act) -> Callable[[Request, str], HttpResponse]:
    """Make a POST view of a function that acts on a webhook; the text it returns is shown to the user."""

    @login_required
    @require_POST
    @wraps(act)
    def wrapper(request: Request, public_id: str) -> HttpResponse:
        webhook = get_object_or_404(permissions.webhooks(request.user), public_id=public_id)
        messages.success(request, act(request, webhook))
        return (
            redirect("webhook", webhook.public_id)
            if webhook.pk
            else redirect("project-webhooks", webhook.project.public_id)
        )

    return wrapper


@_action_view
def test(request: Request, webhook: Webhook) -> str:
    endpoints.send_test(webhook)
    return _("A test is being sent. See the log below.")


@_action_view
def pause(request: Request, webhook: Webhook) -> str:
    endpoints.pause(webhook, request.user)
    return _("Paused. New events are kept for 30 days.")


@_action_view
def resume(request: Request, webhook: Webhook) -> str:
    endpoints.resume(webhook, request.user)
    return _("Resumed. Events kept during the pause are being sent.")


@_action_view
def rotate(request: Request, webhook: Webhook) -> str:
    endpoints.rotate(webhook, request.user)
    return _("New secret created. For one day, messages are also signed with the old one.")


@_action_view
def delete(request: Request, webhook: Webhook) -> str:
    endpoints.delete(webhook, request.user)
    return _("“{name}” and its log were deleted.").format(name=webhook.name)


@login_required
@require_POST
def resend(request: Request, public_id: str) -> HttpResponse:
    """Send one delivery again, with the same id."""
    delivery = get_object_or_404(permissions.webhook_deliveries(request.user), public_id=public_id)
    try:
        endpoints.resend(delivery)
        messages.success(request, _("The message is being sent again."))
    except UserError as error:
        messages.warning(request, error.sentence, extra_tags=error.code)
    assert delivery.webhook is not None  # guaranteed by permissions
    return redirect("webhook", delivery.webhook.public_id)
