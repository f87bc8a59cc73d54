"""Webhooks of a project, for its owners with a key of scope `manage`: as on the page."""

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from generator import permissions
from generator.api import signed_files
from generator.api.v1.auth import project_of, user_of
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.models import DeliveryAttempt, Webhook, WebhookDelivery
from generator.services.webhooks import endpoints
from generator.services.webhooks import events as webhooks_events

router = Router(tags=["Webhooks"])
_EVENTS = f"Any of {', '.join(webhooks_events.EVENTS)}; empty: all, including future ones."


class WebhookBase(Strict):
    name: str = Field(max_length=60)
    url: str = Field(max_length=1000, examples=["https://example.com/hooks/bgm"])
    events: list[str] = Field([], max_length=50, description=_EVENTS)


class WebhookIn(WebhookBase):
    project: str = Field("", max_length=16, description="Empty: the default project of the key.")


class WebhookPatch(Strict):
    """Omitted fields stay unchanged."""

    name: str | None = Field(None, max_length=60)
    url: str | None = Field(None, max_length=1000)
    events: list[str] | None = Field(None, max_length=50, description=_EVENTS)
    paused: bool | None = Field(None, description="false: resume, and send the messages that were held back.")


class WebhookOut(Schema):
    id: Ref
    project: Ref
    name: str
    url: str
    events: list[str] = Field(description="Empty: all.")
    secret: str = Field(description="The key of the signatures (Standard Webhooks).", examples=["whsec_…"])
    previous_secret_expires_at: dt.datetime | None = Field(
        description="Until then messages are also signed with the previous secret."
    )
    paused_at: dt.datetime | None
    paused_reason: str
    consecutive_failures: int
    created_at: dt.datetime


class DeliveryAttemptOut(Schema):
    started_at: dt.datetime
    ended_at: dt.datetime | None = Field(description="null: in progress, or interrupted.")
    status_code: int | None = Field(description="HTTP status; null: no response.")
    duration_ms: int
    error: str
    response_body: str = Field(description="The beginning of the response.")


class WebhookDeliveryOut(Schema):
    id: Ref
    message_id: str = Field(description="The `webhook-id` header, the same for every attempt.")
    webhook: Ref
    event: str
    status: Literal["pending", "retrying", "delivered", "failed", "held"] = Field(
        description="held: kept until the webhook is resumed."
    )
    created_at: dt.datetime
    next_attempt_at: dt.datetime | None
    delivered_at: dt.datetime | None
    body: str = Field(description="The body that was sent; empty before the first attempt.")
    attempts: list[DeliveryAttemptOut]


def _webhook_out(row: Webhook) -> WebhookOut:
    return WebhookOut(
        id=row.public_id,
        project=row.project.public_id,
        name=row.name,
        url=row.url,
        events=row.events,
        secret=row.secret,
        previous_secret_expires_at=row.former_until if len(row.secrets) > 1 else None,
        paused_at=row.paused_at,
        paused_reason=row.paused_why,
        consecutive_failures=row.failures_in_a_row,
        created_at=row.created_at,
    )


# The outcome of a message → its status in this API.
_STATUSES: dict[str, Any] = {
    "on its way": "pending",
    "trying again": "retrying",
    "delivered": "delivered",
    "given up": "failed",
    "kept": "held",
}


def _delivery_out(row: WebhookDelivery) -> WebhookDeliveryOut:
    assert row.webhook is not None  # permissions return no others
    return WebhookDeliveryOut(
        id=row.public_id,
        message_id=row.message_id,
        webhook=row.webhook.public_id,
        event=row.event,
        status=_STATUSES[row.outcome],
        created_at=row.at,
        next_attempt_at=row.due_at,
        delivered_at=row.delivered_at,
        body=row.body,
        attempts=[_attempt_out(attempt) for attempt in row.delivery_attempts.all()],
    )


def _attempt_out(row: DeliveryAttempt) -> DeliveryAttemptOut:
    return DeliveryAttemptOut(
        started_at=row.at,
        ended_at=row.ended_at,
        status_code=row.status,
        duration_ms=row.ms,
        error=row.error,
        response_body=row.reply,
    )


def _find_webhook(request: HttpRequest, public_id: str) -> Webhook:
    webhook = permissions.webhooks(user_of(request)).filter(public_id=public_id).first()
    if webhook is None:
        raise Problem(404, "Webhook not found. Owners manage webhooks, with a key of scope “manage”.")
    return webhook


@router.get("/webhooks", response=Page[WebhookOut], summary="List webhooks, newest first")
def list_webhooks(
    request: HttpRequest, query: Query[PageQuery], project: str = Query("", max_length=16)
) -> PageContent[WebhookOut]:
    rows = permissions.webhooks(user_of(request))
    rows = rows.filter(project=project_of(user_of(request), project)) if project else rows
    return page(rows, query, _webhook_out)


@router.post("/webhooks", response={201: WebhookOut}, summary="Create a webhook")
def create_webhook(request: HttpRequest, ask: WebhookIn) -> Status[WebhookOut]:
    user = user_of(request)
    project = project_of(user, ask.project)
    if not permissions.can_manage(user, project):
        raise Problem(403, "Only owners can manage webhooks, with a key of scope “manage”.")
    base = signed_files.base_url(request)
    return Status(201, _webhook_out(endpoints.make(project, user, ask.name, ask.url, ask.events, base=base)))


@router.get("/webhooks/{webhook_id}", response=WebhookOut, summary="Get a webhook with its secret")
def get_webhook(request: HttpRequest, webhook_id: str) -> WebhookOut:
    return _webhook_out(_find_webhook(request, webhook_id))


@router.patch("/webhooks/{webhook_id}", response=WebhookOut, summary="Update, pause or resume a webhook")
def update_webhook(request: HttpRequest, webhook_id: str, ask: WebhookPatch) -> WebhookOut:
    user, webhook = user_of(request), _find_webhook(request, webhook_id)
    current = {"name": webhook.name, "url": webhook.url, "event_names": webhook.events}
    requested = {"name": ask.name, "url": ask.url, "event_names": ask.events}
    endpoints.change(webhook, user, **current | {key: value for key, value in requested.items() if value is not None})
    if ask.paused is not None:
        (endpoints.pause if ask.paused else endpoints.resume)(webhook, user)
    return _webhook_out(_find_webhook(request, webhook_id))


@router.delete("/webhooks/{webhook_id}", response={204: None}, summary="Delete a webhook and its log")
def delete_webhook(request: HttpRequest, webhook_id: str) -> Status[None]:
    endpoints.delete(_find_webhook(request, webhook_id), user_of(request))
    return Status(204, None)


@router.post("/webhooks/{webhook_id}/rotate-secret", response=WebhookOut, summary="Rotate the secret of a webhook")
def rotate_webhook_secret(request: HttpRequest, webhook_id: str) -> WebhookOut:
    """Create a new secret. For a day, messages are signed with both."""
    webhook = _find_webhook(request, webhook_id)
    endpoints.rotate(webhook, user_of(request))
    return _webhook_out(webhook)


@router.post("/webhooks/{webhook_id}/test", response={202: WebhookDeliveryOut}, summary="Send a test message")
def test_webhook(request: HttpRequest, webhook_id: str) -> Status[WebhookDeliveryOut]:
    return Status(202, _delivery_out(endpoints.send_test(_find_webhook(request, webhook_id))))


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    response=Page[WebhookDeliveryOut],
    summary="List the deliveries of a webhook, newest first",
)
def list_webhook_deliveries(
    request: HttpRequest, webhook_id: str, query: Query[PageQuery]
) -> PageContent[WebhookDeliveryOut]:
    rows = _find_webhook(request, webhook_id).deliveries.select_related("webhook").prefetch_related("delivery_attempts")
    return page(rows, query, _delivery_out)


def _find_delivery(request: HttpRequest, public_id: str) -> WebhookDelivery:
    rows = (
        permissions.webhook_deliveries(user_of(request)).select_related("webhook").prefetch_related("delivery_attempts")
    )
    delivery = rows.filter(public_id=public_id).first()
    if delivery is None:
        raise Problem(404, "Webhook delivery not found, or not accessible with this key.")
    return delivery


@router.get(
    "/webhook-deliveries/{delivery_id}", response=WebhookDeliveryOut, summary="Get a webhook delivery with its attempts"
)
def get_webhook_delivery(request: HttpRequest, delivery_id: str) -> WebhookDeliveryOut:
    return _delivery_out(_find_delivery(request, delivery_id))


@router.post(
    "/webhook-deliveries/{delivery_id}/resend", response={202: WebhookDeliveryOut}, summary="Resend a webhook delivery"
)
def resend_webhook_delivery(request: HttpRequest, delivery_id: str) -> Status[WebhookDeliveryOut]:
    endpoints.resend(_find_delivery(request, delivery_id))
    return Status(202, _delivery_out(_find_delivery(request, delivery_id)))
