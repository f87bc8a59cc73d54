"""The webhook pages: made, changed, tested, paused, deleted; only owners see secrets and logs."""

import html

import pytest

from generator.models import Webhook, WebhookDelivery
from generator.services.webhooks import delivery, events
from tests.fakes.receiver import Receiver
from tests.refusals import code_of

FORM = {"name": "edit suite", "url": "https://example.com/hook", "event": ["generation.ready", "track.approved"]}


@pytest.fixture
def hook(user_client, project) -> Webhook:
    user_client.post(f"/projects/{project.public_id}/webhooks/", FORM)
    return Webhook.objects.get()


def shown(reply) -> str:
    return html.unescape(reply.content.decode())


def test_a_webhook_is_made_and_found_on_the_projects_page(user_client, project, hook):
    assert (hook.name, hook.url, hook.events) == ("edit suite", FORM["url"], FORM["event"])
    assert "https://example.com/hook" in shown(user_client.get(f"/projects/{project.public_id}/webhooks/"))
    assert hook.secret in shown(user_client.get(f"/webhooks/{hook.public_id}/"))
    assert "Created webhook “edit suite”" in project.audit_log.project_changes().first().text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "invalid_name"),
        ({"url": "ftp://example.com"}, "invalid_url"),
        ({"url": "https://" + "a" * 1000 + ".example"}, "too_long"),
        ({"event": "no.such"}, "invalid_choice"),
    ],
)
def test_what_makes_no_sense_is_said_and_what_was_typed_stays(user_client, project, wrong, code):
    reply = user_client.post(f"/projects/{project.public_id}/webhooks/", FORM | wrong)
    assert reply.status_code == 422
    assert code_of(reply) == code
    assert f'value="{wrong.get("url", FORM["url"])}"' in shown(reply)
    assert not Webhook.objects.exists()


def test_it_is_changed_and_nothing_is_lost_by_a_refusal(user_client, hook):
    assert user_client.post(f"/webhooks/{hook.public_id}/", FORM | {"url": "nowhere"}).status_code == 422
    user_client.post(f"/webhooks/{hook.public_id}/", {"name": "other", "url": "https://example.com/two"})
    hook.refresh_from_db()
    assert (hook.name, hook.url, hook.events) == ("other", "https://example.com/two", [])


def test_every_deed_is_written_down(user_client, project, hook):
    for deed in ("pause", "resume", "rotate-secret", "delete"):
        user_client.post(f"/webhooks/{hook.public_id}/{deed}/")
    words = [line.text.split()[0] for line in project.audit_log.project_changes().order_by("id")]
    assert words == ["Created", "Paused", "Resumed", "Changed", "Deleted"]
    assert not Webhook.objects.exists()


def test_a_test_shows_in_the_log_with_what_was_sent_and_answered(user_client, hook):
    with Receiver() as receiver:
        Webhook.objects.update(url=receiver.url)
        user_client.post(f"/webhooks/{hook.public_id}/test/")
        receiver.trouble("hook", "status", status=500, body=b"out of cheese")
        delivery.run()
    page = shown(user_client.get(f"/webhooks/{hook.public_id}/"))
    assert "webhook.test" in page
    assert "HTTP 500" in page
    assert "out of cheese" in page
    assert WebhookDelivery.objects.get().message_id in page


def test_a_line_of_the_log_is_sent_again(user_client, hook):
    with Receiver() as receiver:
        Webhook.objects.update(url=receiver.url)
        user_client.post(f"/webhooks/{hook.public_id}/test/")
        delivery.run()
        user_client.post(f"/webhook-deliveries/{WebhookDelivery.objects.get().public_id}/resend/")
        delivery.run()
        assert len(receiver.seen) == 2


def test_what_was_not_sent_yet_cannot_be_sent_again(user_client, hook):
    user_client.post(f"/webhooks/{hook.public_id}/test/")
    reply = user_client.post(f"/webhook-deliveries/{WebhookDelivery.objects.get().public_id}/resend/", follow=True)
    assert code_of(reply) == "not_sent"


def test_a_long_log_is_read_page_by_page(user_client, hook, project):
    for _ in range(60):
        events.publish(project, "generation.ready")
    first = shown(user_client.get(f"/webhooks/{hook.public_id}/"))
    older = WebhookDelivery.objects.order_by("-id")[49].pk
    assert f'href="?before={older}"' in first
    assert first.count("<time datetime=") == 50
    assert shown(user_client.get(f"/webhooks/{hook.public_id}/?before={older}")).count("<time datetime=") == 10
    assert user_client.get(f"/webhooks/{hook.public_id}/?before=x").status_code == 200


def test_other_members_are_told_whom_to_ask_and_see_no_secret(client, project, hook, member):
    client.force_login(member("editor"))
    page = shown(client.get(f"/projects/{project.public_id}/webhooks/"))
    assert 'id="owners-only"' in page
    assert hook.url not in page
    assert client.get(f"/webhooks/{hook.public_id}/").status_code == 404


def test_an_owner_who_is_one_no_more_sees_nothing(client, project, hook, user, member):
    heir = member("editor")
    project.memberships.filter(user=heir).update(role="owner")
    project.memberships.filter(user=user).update(role="editor")
    client.force_login(user)
    assert client.get(f"/webhooks/{hook.public_id}/").status_code == 404


def test_a_project_has_only_so_many(user_client, project, hook):
    for _ in range(25):
        reply = user_client.post(f"/projects/{project.public_id}/webhooks/", FORM)
    assert reply.status_code == 422
    assert Webhook.objects.count() == 20
