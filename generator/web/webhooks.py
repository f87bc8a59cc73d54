"""A project's webhooks, for its owners: made, changed, tried, paused, deleted; and the log of what they were told."""

from collections.abc import Callable, Sequence
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from generator import access, workflow
from generator.models import Project, Webhook, WebhookMessage
from generator.web.htmx import Request
from generator.workflow import Refused

LINES = 50
Act = Callable[[Request, Webhook], str]


@login_required
@require_http_methods(["GET", "POST"])
def webhooks(request: Request, ref: str) -> HttpResponse:
    """Those of one project, and making another; other members are told whom to ask."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    may_manage, refused = access.can_manage(request.user, project), None
    if request.method == "POST" and not may_manage:
        return render(request, "403.html", status=403)
    if request.method == "POST":
        try:
            made = workflow.webhooks.make(project, request.user, *_typed(request), base=_base(request))
            messages.success(request, f"“{made.name}” is made. Give its secret to the receiver, then send a test.")
            return redirect("webhook", made.ref)
        except Refused as caught:
            refused = caught
    found = {
        "project": project,
        "here": "project-webhooks",
        "may_manage": may_manage,
        "rows": _rows(project) if may_manage else (),
        **_form(request, refused),
    }
    return render(request, "projects/webhooks.html", found, status=422 if refused else 200)


def _rows(project: Project) -> list[tuple[Webhook, WebhookMessage | None]]:
    """Each webhook with the last message that has been tried."""
    return [(hook, hook.messages.filter(attempts__gt=0).first()) for hook in project.webhooks.all()]


def _typed(request: Request) -> tuple[str, str, list[str]]:
    return request.POST.get("name", ""), request.POST.get("url", ""), request.POST.getlist("event")


def _form(request: Request, refused: Refused | None, chosen: Sequence[str] = ()) -> dict:
    """What the form needs; after a refusal what was typed is still in it."""
    ticked = request.POST.getlist("event") if refused else chosen
    return {
        "refused": refused,
        "typed": request.POST if refused else {},
        "events": [(event, about, event in ticked) for event, about in workflow.webhooks.EVENTS.items()],
    }


def _base(request: Request) -> str:
    return request.build_absolute_uri("/")


@login_required
@require_http_methods(["GET", "POST"])
def webhook(request: Request, ref: str) -> HttpResponse:
    """One webhook: its secret, its settings, its log."""
    hook, refused = get_object_or_404(access.webhooks(request.user), ref=ref), None
    if request.method == "POST":
        try:
            workflow.webhooks.change(hook, request.user, *_typed(request))
            messages.success(request, "Saved.")
            return redirect("webhook", hook.ref)
        except Refused as caught:
            refused = caught
    log, older = _log(hook, request.GET.get("before", ""))
    found = {
        "hook": hook,
        "project": hook.project,
        "here": "project-webhooks",
        "may_manage": True,
        "log": log,
        "older": older,
        **_form(request, refused, hook.events),
    }
    return render(request, "projects/webhook.html", found, status=422 if refused else 200)


def _log(hook: Webhook, before: str) -> tuple[list[WebhookMessage], int | None]:
    """A page of the log, the newest first, and where the next one begins."""
    rows = hook.messages.select_related("webhook").prefetch_related("tries")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-id")[: LINES + 1])
    return found[:LINES], found[LINES - 1].pk if len(found) > LINES else None


def _one(act: Act) -> Callable[[Request, str], HttpResponse]:
    """By POST: do something to one webhook of the person's own projects, say the sentence it returns, show the page."""

    @login_required
    @require_POST
    @wraps(act)
    def asked(request: Request, ref: str) -> HttpResponse:
        hook = get_object_or_404(access.webhooks(request.user), ref=ref)
        messages.success(request, act(request, hook))
        return redirect("webhook", hook.ref) if hook.pk else redirect("project-webhooks", hook.project.ref)

    return asked


@_one
def test(request: Request, hook: Webhook) -> str:
    workflow.webhooks.send_test(hook)
    return "A test is on its way; see the log below."


@_one
def pause(request: Request, hook: Webhook) -> str:
    workflow.webhooks.pause(hook, request.user)
    return "Paused. What happens meanwhile is kept for 30 days."


@_one
def resume(request: Request, hook: Webhook) -> str:
    workflow.webhooks.resume(hook, request.user)
    return "Resumed. What was kept is sent now."


@_one
def rotate(request: Request, hook: Webhook) -> str:
    workflow.webhooks.rotate(hook, request.user)
    return "There is a new secret. For a day, messages are signed with the old one as well."


@_one
def delete(request: Request, hook: Webhook) -> str:
    workflow.webhooks.delete(hook, request.user)
    return f"“{hook.name}” is deleted, and its log with it."


@login_required
@require_POST
def resend(request: Request, ref: str) -> HttpResponse:
    """Send one message of the log again, under its own id."""
    message = get_object_or_404(access.webhook_messages(request.user), ref=ref)
    try:
        workflow.webhooks.resend(message)
        messages.success(request, "It is sent again.")
    except Refused as refused:
        messages.warning(request, refused.sentence)
    assert message.webhook is not None  # access gives no others
    return redirect("webhook", message.webhook.ref)
