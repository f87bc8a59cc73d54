"""The pages of webhooks: made, changed, tried, paused, deleted; secrets and logs are the owners' alone."""

import html

import pytest

from generator.models import Webhook, WebhookMessage
from generator.workflow.webhooks import events, sending
from tests.fakes.receiver import Receiver

FORM = {"name": "edit suite", "url": "https://example.com/hook", "event": ["generation.ready", "track.approved"]}


@pytest.fixture
def hook(browser, project) -> Webhook:
    browser.post(f"/p/{project.ref}/webhooks/", FORM)
    return Webhook.objects.get()


def shown(reply) -> str:
    return html.unescape(reply.content.decode())


def test_a_webhook_is_made_and_found_on_the_projects_page(browser, project, hook):
    assert (hook.name, hook.url, hook.events) == ("edit suite", FORM["url"], FORM["event"])
    assert "https://example.com/hook" in shown(browser.get(f"/p/{project.ref}/webhooks/"))
    assert hook.secret in shown(browser.get(f"/w/{hook.ref}/"))
    assert "Made the webhook “edit suite”" in project.audit.first().text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Give the webhook a name"),
        ({"url": "ftp://example.com"}, "Give a web address"),
        ({"url": "https://" + "a" * 1000 + ".example"}, "too long"),
        ({"event": "no.such"}, "There is no event “no.such”"),
    ],
)
def test_what_makes_no_sense_is_said_and_what_was_typed_stays(browser, project, wrong, sentence):
    reply = browser.post(f"/p/{project.ref}/webhooks/", FORM | wrong)
    assert reply.status_code == 422
    assert sentence in shown(reply)
    assert f'value="{wrong.get("url", FORM["url"])}"' in shown(reply)
    assert not Webhook.objects.exists()


def test_it_is_changed_and_nothing_is_lost_by_a_refusal(browser, hook):
    assert browser.post(f"/w/{hook.ref}/", FORM | {"url": "nowhere"}).status_code == 422
    browser.post(f"/w/{hook.ref}/", {"name": "other", "url": "https://example.com/two"})
    hook.refresh_from_db()
    assert (hook.name, hook.url, hook.events) == ("other", "https://example.com/two", [])


def test_every_deed_is_written_down(browser, project, hook):
    for deed in ("pause", "resume", "secret", "delete"):
        browser.post(f"/w/{hook.ref}/{deed}/")
    words = [line.text.split(" the ")[0] for line in project.audit.order_by("id")]
    assert words == ["Made", "Paused", "Resumed", "Changed", "Deleted"]
    assert not Webhook.objects.exists()


def test_a_test_shows_in_the_log_with_what_was_sent_and_answered(browser, hook):
    with Receiver() as receiver:
        Webhook.objects.update(url=receiver.url)
        browser.post(f"/w/{hook.ref}/test/")
        receiver.trouble("hook", "status", status=500, body=b"out of cheese")
        sending.run()
    page = shown(browser.get(f"/w/{hook.ref}/"))
    assert "webhook.test" in page
    assert "HTTP 500" in page
    assert "out of cheese" in page
    assert WebhookMessage.objects.get().message_id in page


def test_a_line_of_the_log_is_sent_again(browser, hook):
    with Receiver() as receiver:
        Webhook.objects.update(url=receiver.url)
        browser.post(f"/w/{hook.ref}/test/")
        sending.run()
        browser.post(f"/d/{WebhookMessage.objects.get().ref}/resend/")
        sending.run()
        assert len(receiver.seen) == 2


def test_what_was_not_sent_yet_cannot_be_sent_again(browser, hook):
    browser.post(f"/w/{hook.ref}/test/")
    reply = browser.post(f"/d/{WebhookMessage.objects.get().ref}/resend/", follow=True)
    assert "has not been sent for the first time" in shown(reply)


def test_a_long_log_is_read_page_by_page(browser, hook, project):
    for _ in range(60):
        events.tell(project, "generation.ready")
    first = shown(browser.get(f"/w/{hook.ref}/"))
    older = WebhookMessage.objects.order_by("-id")[49].pk
    assert f'href="?before={older}"' in first
    assert first.count("<summary><time") == 50
    assert shown(browser.get(f"/w/{hook.ref}/?before={older}")).count("<summary><time") == 10
    assert browser.get(f"/w/{hook.ref}/?before=x").status_code == 200


def test_other_members_are_told_whom_to_ask_and_see_no_secret(client, project, hook, member):
    client.force_login(member("editor"))
    page = shown(client.get(f"/p/{project.ref}/webhooks/"))
    assert "Owners of the project" in page
    assert hook.url not in page
    assert client.get(f"/w/{hook.ref}/").status_code == 404


def test_an_owner_who_is_one_no_more_sees_nothing(client, project, hook, user, member):
    heir = member("editor")
    project.memberships.filter(user=heir).update(role="owner")
    project.memberships.filter(user=user).update(role="editor")
    client.force_login(user)
    assert client.get(f"/w/{hook.ref}/").status_code == 404


def test_a_project_has_only_so_many(browser, project, hook):
    for _ in range(25):
        reply = browser.post(f"/p/{project.ref}/webhooks/", FORM)
    assert reply.status_code == 422
    assert Webhook.objects.count() == 20
