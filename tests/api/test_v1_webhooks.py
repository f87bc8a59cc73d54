"""Webhooks by program: a key of scope manage can do what the pages can."""

import pytest
from django.test import Client

from generator.models import Scope, Webhook, WebhookDelivery
from generator.services.team import api_keys
from generator.services.webhooks import delivery as webhooks_delivery
from tests.fakes.receiver import Receiver


@pytest.fixture
def call(user):
    """Call as Ada's program: `call("GET", "webhooks")`; with another scope: `call(…, scope=Scope.READ)`."""
    tokens = {}

    def _call(method: str, path: str, body=None, scope: Scope = Scope.MANAGE):
        if scope not in tokens:
            tokens[scope] = api_keys.make(user, "farm", scope)[1]
        sent = {} if method == "GET" else {"content_type": "application/json"}
        sent |= {} if body is None else {"data": body}
        headers = {"authorization": f"Bearer {tokens[scope]}"}
        return getattr(Client(), method.lower())(f"/api/v1/{path}", headers=headers, **sent)

    return _call


@pytest.fixture
def made(call, project) -> dict:
    ask = {"project": project.public_id, "name": "farm", "url": "https://example.com/in", "events": ["track.created"]}
    reply = call("POST", "webhooks", ask)
    assert reply.status_code == 201
    return reply.json()


def test_one_is_made_listed_read_changed_and_deleted(call, project, made):
    assert made["secret"].startswith("whsec_")
    assert [one["id"] for one in call("GET", f"webhooks?project={project.public_id}").json()["items"]] == [made["id"]]
    assert call("GET", f"webhooks/{made['id']}").json() == made
    changed = call("PATCH", f"webhooks/{made['id']}", {"events": [], "paused": True}).json()
    assert (changed["name"], changed["url"], changed["events"]) == (made["name"], made["url"], [])
    assert changed["paused_at"]
    assert call("PATCH", f"webhooks/{made['id']}", {"paused": False}).json()["paused_at"] is None
    assert call("DELETE", f"webhooks/{made['id']}").status_code == 204
    assert not Webhook.objects.exists()


def test_its_secret_is_changed(call, made):
    fresh = call("POST", f"webhooks/{made['id']}/rotate-secret").json()
    assert fresh["secret"] != made["secret"]
    assert fresh["previous_secret_expires_at"]


def test_a_test_is_sent_read_in_the_log_and_sent_again(call, made):
    with Receiver() as receiver:
        Webhook.objects.update(url=receiver.url)
        told = call("POST", f"webhooks/{made['id']}/test")
        assert (told.status_code, told.json()["status"]) == (202, "pending")
        webhooks_delivery.run()
        (line,) = call("GET", f"webhooks/{made['id']}/deliveries").json()["items"]
        assert (line["status"], line["event"], line["attempts"][0]["status_code"]) == ("delivered", "webhook.test", 200)
        assert call("POST", f"webhook-deliveries/{line['id']}/resend").status_code == 202
        webhooks_delivery.run()
        assert [seen.headers["webhook-id"] for seen in receiver.seen] == [line["message_id"]] * 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"url": "nowhere"}, "url"), ({"name": " "}, "name"), ({"events": ["no.such"]}, "events")],
)
def test_what_makes_no_sense_is_refused_with_the_field(call, project, wrong, field):
    ask = {"project": project.public_id, "name": "farm", "url": "https://example.com/in"}
    reply = call("POST", "webhooks", ask | wrong)
    assert (reply.status_code, reply.json()["field"]) == (422, field)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("scope", [Scope.READ, Scope.GENERATE])
def test_lesser_keys_see_and_do_nothing(call, project, made, scope):
    WebhookDelivery.objects.create(project=project, webhook=Webhook.objects.get(), event="x", attempts=1)
    delivery = WebhookDelivery.objects.get().public_id
    assert call("GET", "webhooks", scope=scope).json()["items"] == []
    assert (
        call(
            "POST", "webhooks", {"project": project.public_id, "name": "n", "url": "https://a.example/"}, scope
        ).status_code
        == 403
    )
    for method, path in [
        ("GET", f"webhooks/{made['id']}"),
        ("PATCH", f"webhooks/{made['id']}"),
        ("DELETE", f"webhooks/{made['id']}"),
        ("POST", f"webhooks/{made['id']}/test"),
        ("POST", f"webhooks/{made['id']}/rotate-secret"),
        ("GET", f"webhooks/{made['id']}/deliveries"),
        ("POST", f"webhook-deliveries/{delivery}/resend"),
    ]:
        assert call(method, path, {} if method == "PATCH" else None, scope).status_code == 404, path
