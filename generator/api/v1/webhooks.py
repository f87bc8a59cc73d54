"""A project's webhooks, for its owners and a key that may manage: as on the page."""

import datetime as dt

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from generator import access, workflow
from generator.api import outputs
from generator.api.v1.caller import caller, project_of
from generator.api.v1.pages import Page, Wanted, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.models import Webhook, WebhookMessage

router = Router(tags=["Webhooks"])
_EVENTS = f"Of {', '.join(workflow.webhooks.EVENTS)}; none: all, also what is added later."


class WebhookAsk(Strict):
    name: str = Field(max_length=60)
    url: str = Field(max_length=1000, examples=["https://example.com/hooks/bgm"])
    events: list[str] = Field([], max_length=50, description=_EVENTS)


class WebhookNew(WebhookAsk):
    project: str = Field("", max_length=16, description="Empty: where the key works.")


class WebhookChange(Strict):
    """What is left out stays as it is."""

    name: str | None = Field(None, max_length=60)
    url: str | None = Field(None, max_length=1000)
    events: list[str] | None = Field(None, max_length=50, description=_EVENTS)
    paused: bool | None = Field(None, description="false: resume, and send what was kept.")


class WebhookOut(Schema):
    id: Ref
    project: Ref
    name: str
    url: str
    events: list[str] = Field(description="Empty: all.")
    secret: str = Field(description="The key of Standard Webhooks' signatures.", examples=["whsec_…"])
    former_secret_until: dt.datetime | None = Field(description="Until then the secret before signs as well.")
    paused_at: dt.datetime | None
    paused_why: str
    failures_in_a_row: int
    created_at: dt.datetime


class TryOut(Schema):
    at: dt.datetime
    ended_at: dt.datetime | None = Field(description="null: on its way, or the studio stopped over it.")
    status: int | None = Field(description="HTTP; null: there was no answer.")
    ms: int
    error: str
    reply: str = Field(description="The beginning of the answer.")


class DeliveryOut(Schema):
    id: Ref
    message_id: str = Field(description="The receiver's `webhook-id`, the same at every try.")
    webhook: Ref
    event: str
    outcome: str = Field(description="delivered, given up, kept, trying again, on its way")
    at: dt.datetime
    next_try_at: dt.datetime | None
    delivered_at: dt.datetime | None
    body: str = Field(description="What was sent; empty before the first try.")
    tries: list[TryOut]


def _hook(row: Webhook) -> WebhookOut:
    return WebhookOut(
        id=row.ref,
        project=row.project.ref,
        name=row.name,
        url=row.url,
        events=row.events,
        secret=row.secret,
        former_secret_until=row.former_until if len(row.secrets) > 1 else None,
        paused_at=row.paused_at,
        paused_why=row.paused_why,
        failures_in_a_row=row.failures_in_a_row,
        created_at=row.created_at,
    )


def _delivery(row: WebhookMessage) -> DeliveryOut:
    assert row.webhook is not None  # access gives no others
    facts = ("at", "ended_at", "status", "ms", "error", "reply")
    return DeliveryOut(
        id=row.ref,
        message_id=row.message_id,
        webhook=row.webhook.ref,
        event=row.event,
        outcome=row.outcome,
        at=row.at,
        next_try_at=row.due_at,
        delivered_at=row.delivered_at,
        body=row.body,
        tries=[TryOut(**{name: getattr(one, name) for name in facts}) for one in row.tries.all()],
    )


def _one(request: HttpRequest, ref: str) -> Webhook:
    found = access.webhooks(caller(request)).filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such webhook for this key. Owners manage them, with a key that may manage.")
    return found


@router.get("/webhooks", response=Page[WebhookOut], summary="Webhooks of the projects this key manages")
def list_webhooks(request: HttpRequest, wanted: Query[Wanted], project: str = Query("", max_length=16)):
    rows = access.webhooks(caller(request))
    rows = rows.filter(project=project_of(caller(request), project)) if project else rows
    return page(rows, wanted, _hook)


@router.post("/webhooks", response={201: WebhookOut}, summary="Have an address told what happens in a project")
def create_webhook(request: HttpRequest, ask: WebhookNew):
    user = caller(request)
    project = project_of(user, ask.project)
    if not access.can_manage(user, project):
        raise Problem(403, "Owners manage webhooks, with a key that may manage.")
    base = outputs.base_url(request)
    return Status(201, _hook(workflow.webhooks.make(project, user, ask.name, ask.url, ask.events, base=base)))


@router.get("/webhooks/{webhook_id}", response=WebhookOut, summary="One webhook, with its secret")
def get_webhook(request: HttpRequest, webhook_id: str):
    return _hook(_one(request, webhook_id))


@router.patch("/webhooks/{webhook_id}", response=WebhookOut, summary="Change, pause or resume a webhook")
def change_webhook(request: HttpRequest, webhook_id: str, ask: WebhookChange):
    user, hook = caller(request), _one(request, webhook_id)
    kept = {"name": hook.name, "url": hook.url, "wanted": hook.events}
    asked = {"name": ask.name, "url": ask.url, "wanted": ask.events}
    workflow.webhooks.change(hook, user, **kept | {key: value for key, value in asked.items() if value is not None})
    if ask.paused is not None:
        (workflow.webhooks.pause if ask.paused else workflow.webhooks.resume)(hook, user)
    return _hook(_one(request, webhook_id))


@router.delete("/webhooks/{webhook_id}", response={204: None}, summary="Delete a webhook and its log")
def delete_webhook(request: HttpRequest, webhook_id: str):
    workflow.webhooks.delete(_one(request, webhook_id), caller(request))
    return Status(204, None)


@router.post("/webhooks/{webhook_id}/secret", response=WebhookOut, summary="Make a new secret; both sign for a day")
def rotate_secret(request: HttpRequest, webhook_id: str):
    hook = _one(request, webhook_id)
    workflow.webhooks.rotate(hook, caller(request))
    return _hook(hook)


@router.post("/webhooks/{webhook_id}/test", response={202: DeliveryOut}, summary="Send a test, once")
def test_webhook(request: HttpRequest, webhook_id: str):
    return Status(202, _delivery(workflow.webhooks.send_test(_one(request, webhook_id))))


@router.get("/webhooks/{webhook_id}/deliveries", response=Page[DeliveryOut], summary="What it was told")
def list_deliveries(request: HttpRequest, webhook_id: str, wanted: Query[Wanted]):
    rows = _one(request, webhook_id).messages.select_related("webhook").prefetch_related("tries")
    return page(rows, wanted, _delivery)


def _message(request: HttpRequest, ref: str) -> WebhookMessage:
    rows = access.webhook_messages(caller(request)).select_related("webhook").prefetch_related("tries")
    found = rows.filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such delivery for this key.")
    return found


@router.get("/deliveries/{delivery_id}", response=DeliveryOut, summary="One delivery, with its attempts")
def get_delivery(request: HttpRequest, delivery_id: str):
    return _delivery(_message(request, delivery_id))


@router.post("/deliveries/{delivery_id}/resend", response={202: DeliveryOut}, summary="Send it again, under its own id")
def resend_delivery(request: HttpRequest, delivery_id: str):
    workflow.webhooks.resend(_message(request, delivery_id))
    return Status(202, _delivery(_message(request, delivery_id)))
