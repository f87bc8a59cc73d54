"""Delivery until acceptance: faults, deaths at every point, duplicates, pauses, and forbidden addresses."""

import datetime as dt
import socket
from collections import defaultdict

import httpcore
import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from django_q.models import OrmQ
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Standard

from generator.models import DeliveryAttempt, Generation, Heartbeat, Notification, Role, State, Webhook, WebhookDelivery
from generator.services.background import tasks
from generator.services.generation import cancellation
from generator.services.team import api_keys, projects
from generator.services.webhooks import delivery, endpoints, events
from tests.fakes.receiver import Receiver
from tests.services.webhooks.conftest import later


@pytest.fixture
def message(hook) -> WebhookDelivery:
    """One message, due now."""
    events.publish(hook.project, "budget.alert", budget={"percent": 80})
    return WebhookDelivery.objects.get()


def shown(message: WebhookDelivery) -> str:
    message.refresh_from_db()
    return message.outcome


# --- faults of the receiver ---


@pytest.mark.parametrize(
    ("do", "how", "sentence"),
    [
        ("status", {"status": 500, "body": b"out of cheese"}, "Response 500: only 2xx counts as delivered."),
        ("status", {"status": 404}, "Response 404: only 2xx counts as delivered."),
        ("redirect", {"to": "http://127.0.0.1:1/else"}, "Response 302: redirects are not followed."),
        ("reset", {}, "The connection ended without a response (ReadError)."),
        ("cut", {}, "The connection ended without a response (RemoteProtocolError)."),
        ("hang", {}, "No response within 0 seconds."),
    ],
)
def test_what_is_not_taken_is_sent_again_as_it_was(receiver, message, monkeypatch, do, how, sentence):
    monkeypatch.setattr(delivery, "TIMEOUT_S", 0.4)
    receiver.trouble("hook", do, **how)
    delivery.run()
    assert shown(message) == "trying again"
    assert message.delivery_attempts.get().error == sentence
    assert message.due_at > timezone.now() + dt.timedelta(seconds=3)
    later()
    delivery.run()
    assert shown(message) == "delivered"
    first, second = receiver.seen
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message.message_id


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_enough(receiver, message, status):
    receiver.trouble("hook", "status", status=status)
    delivery.run()
    assert shown(message) == "delivered"
    assert message.delivery_attempts.get().status == status


@pytest.mark.parametrize("do", ["drip", "endless", "headers"])
def test_an_answer_is_its_status_however_the_rest_of_it_comes(receiver, message, monkeypatch, do):
    monkeypatch.setattr(delivery, "TIMEOUT_S", 0.4)
    receiver.trouble("hook", do, seconds=0.1)
    delivery.run()
    assert shown(message) == "delivered"
    assert len(message.delivery_attempts.get().reply) <= delivery.MAX_REPLY_BYTES


def test_nobody_there_is_tried_again(message, receiver):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        Webhook.objects.update(url=f"http://127.0.0.1:{probe.getsockname()[1]}/")
    delivery.run()
    assert message.delivery_attempts.get().error == "Could not connect."
    assert shown(message) == "trying again"


def test_the_answer_is_kept_for_the_log_without_what_a_database_refuses(receiver, message):
    receiver.trouble("hook", "status", status=500, body=b"no \x00 room\xff")
    delivery.run()
    assert message.delivery_attempts.get().reply == "no  room�"


def test_retry_after_is_heeded(receiver, message):
    receiver.trouble("hook", "status", status=503, headers={"retry-after": "7200"})
    delivery.run()
    message.refresh_from_db()
    assert dt.timedelta(seconds=7_190) < message.due_at - timezone.now() <= dt.timedelta(seconds=7_200)


def test_tries_spread_over_almost_a_day_with_chance_in_them():
    waits = [delivery.wait_after(attempts) for attempts in range(1, delivery.MAX_ATTEMPTS)]
    assert 20 * 3600 < sum(waits) < 30 * 3600
    assert waits == sorted(waits) or waits[-1] > 28_000
    assert len({delivery.wait_after(3) for _ in range(20)}) > 10


def test_after_the_last_try_it_is_given_up_and_can_be_sent_again_by_hand(receiver, message):
    receiver.trouble("hook", "status", status=500, times=delivery.MAX_ATTEMPTS)
    for _ in range(delivery.MAX_ATTEMPTS + 2):
        later()
        delivery.run()
    assert shown(message) == "given up"
    assert message.delivery_attempts.count() == delivery.MAX_ATTEMPTS
    endpoints.resend(message)
    delivery.run()
    assert shown(message) == "delivered"
    assert len({seen.headers["webhook-id"] for seen in receiver.seen}) == 1


def test_one_slow_project_keeps_nobody_waiting(receiver, hook, user, monkeypatch):
    monkeypatch.setattr(delivery, "TIMEOUT_S", 1.5)
    with Receiver() as slow:
        elsewhere = projects.start("Elsewhere", user)
        endpoints.make(elsewhere, user, "slow", slow.url)
        slow.trouble("hook", "hang", times=30)
        for _ in range(30):
            events.publish(elsewhere, "budget.alert")
        for _ in range(3):
            events.publish(hook.project, "budget.alert")
        claimed = delivery.claim(delivery.MAX_CONCURRENT_DELIVERIES, delivery.Counter())
    assert sum(prepared.delivery.project == elsewhere for prepared in claimed) == delivery.MAX_CONCURRENT_PER_PROJECT
    assert sum(prepared.delivery.project == hook.project for prepared in claimed) == 3


# --- deaths and duplicates ---


def test_a_death_before_the_claim_loses_nothing(receiver, message):
    OrmQ.objects.all().delete()  # its task has died with its worker
    WebhookDelivery.objects.update(due_at=timezone.now() - cancellation.OVERDUE_TIMEOUT)
    cancellation.rescue()
    assert OrmQ.objects.count() == 1
    delivery.run()
    assert shown(message) == "delivered"


def test_a_death_between_sending_and_noting_sends_it_again_under_its_id(receiver, message):
    (prepared,) = delivery.claim(1, delivery.Counter())
    async_to_sync(delivery.send)(prepared)
    assert delivery.claim(1, delivery.Counter()) == []  # its claim is still valid
    later()
    delivery.run()
    assert shown(message) == "delivered"
    assert [one.ended_at is None for one in message.delivery_attempts.all()] == [True, False]
    assert [seen.headers["webhook-id"] for seen in receiver.seen] == [message.message_id] * 2


def test_what_kills_every_sender_is_given_up(message):
    for _ in range(delivery.MAX_ATTEMPTS):
        later()
        assert delivery.claim(1, delivery.Counter())
    later()
    assert delivery.claim(1, delivery.Counter()) == []
    assert shown(message) == "given up"


def test_a_task_that_runs_twice_sends_once(receiver, message):
    tasks.send_webhooks()
    tasks.send_webhooks()
    assert len(receiver.seen) == 1


def test_a_second_sender_leaves_at_once(receiver, message):
    Heartbeat.objects.create(name=events.SENDER, at=timezone.now())
    delivery.run()
    assert receiver.seen == []
    cancellation.cluster_restarted()
    delivery.run()
    assert len(receiver.seen) == 1


def test_a_late_failure_does_not_undo_a_delivery(receiver, message):
    (slow,) = delivery.claim(1, delivery.Counter())
    later()
    delivery.run()
    delivery.note(slow.delivery, slow.attempt, delivery.Outcome(500, "Response 500"))
    assert shown(message) == "delivered"


def test_a_message_that_cannot_be_written_does_not_keep_the_others(receiver, hook, message, monkeypatch):
    events.publish(hook.project, "budget.alert", budget={"percent": 100})
    broken = delivery.payloads.body_of

    def body_of(one):
        if one.pk == message.pk:
            raise RuntimeError("a defect")
        return broken(one)

    monkeypatch.setattr(delivery.payloads, "body_of", body_of)
    delivery.run()
    assert shown(message) == "trying again"
    assert len(receiver.seen) == 1


def test_a_webhook_that_is_deleted_meanwhile_takes_its_messages_with_it(receiver, hook, message, user):
    (prepared,) = delivery.claim(1, delivery.Counter())
    endpoints.delete(hook, user)
    delivery.note(prepared.delivery, prepared.attempt, delivery.Outcome(200))
    assert not WebhookDelivery.objects.exists()


STEPS = st.lists(
    st.sampled_from(["tell", "tell", "work", "fail", "cut", "die before", "die after", "later", "pause", "resume"]),
    max_size=25,
)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_every_event_arrives_and_keeps_its_id(receiver, hook, user, ask, steps):
    """Generations end; messages are sent, refused, cut off, interrupted, paused: in the end each arrived, unchanged."""
    receiver.rows.clear()
    receiver.seen.clear()
    with transaction.atomic():
        for step in [*steps, "resume"]:
            _do(step, receiver, hook, user, ask)
        receiver.rows.clear()
        later()
        delivery.run()
        for given_up in WebhookDelivery.objects.exclude(given_up_at=None):
            endpoints.resend(given_up)
        delivery.run()
        assert {message.outcome for message in WebhookDelivery.objects.all()} <= {"delivered"}
        came = defaultdict(set)
        for seen in receiver.seen:
            came[seen.headers["webhook-id"]].add(seen.body)
        assert set(came) == {message.message_id for message in WebhookDelivery.objects.all()}
        assert WebhookDelivery.objects.count() == steps.count("tell")
        assert {len(bodies) for bodies in came.values()} <= {1}
        transaction.set_rollback(True)


def _do(step: str, receiver: Receiver, hook: Webhook, user, ask) -> None:
    if step == "tell":
        cancellation.cancel(ask(), user)
    elif step == "work":
        delivery.run()
    elif step in ("fail", "cut"):
        receiver.trouble("hook", *{"fail": ["status"], "cut": ["cut"]}[step], status=500)
    elif step == "later":
        later()
    elif step in ("die before", "die after"):
        for prepared in delivery.claim(2, delivery.Counter()):
            if step == "die after":
                async_to_sync(delivery.send)(prepared)
    else:
        {"pause": endpoints.pause, "resume": endpoints.resume}[step](hook, user)


# --- pauses ---


def failing_for_days(hook: Webhook, times: int) -> None:
    Webhook.objects.filter(pk=hook.pk).update(
        failures_in_a_row=times, failing_since=timezone.now() - delivery.MAX_FAILING_TIME - dt.timedelta(hours=1)
    )


def test_a_webhook_that_fails_for_days_is_paused_and_its_owners_are_told(receiver, hook, message, user, member):
    other, _ = member(Role.OWNER), member(Role.EDITOR)
    failing_for_days(hook, delivery.MAX_FAILURES - 1)
    receiver.trouble("hook", "status", status=500)
    delivery.run()
    hook.refresh_from_db()
    assert hook.paused_at
    assert hook.paused_why.startswith("10 attempts in a row failed since ")
    assert {one.recipient for one in Notification.objects.all()} == {user, other}
    assert "edit suite" in Notification.objects.first().text
    assert shown(message) == "kept"


@pytest.mark.parametrize("times", [0, delivery.MAX_FAILURES - 2])
def test_a_few_failures_pause_nothing(receiver, hook, message, times):
    failing_for_days(hook, times)
    receiver.trouble("hook", "status", status=500)
    delivery.run()
    hook.refresh_from_db()
    assert hook.paused_at is None


def test_one_delivery_ends_the_row_of_failures(receiver, hook, message):
    failing_for_days(hook, 50)
    delivery.run()
    hook.refresh_from_db()
    assert (hook.failures_in_a_row, hook.failing_since) == (0, None)


def test_whoever_answers_gone_is_paused_at_once(receiver, hook, message):
    receiver.trouble("hook", "status", status=410)
    delivery.run()
    hook.refresh_from_db()
    assert hook.paused_why == "Response 410: the receiver wants no more messages."
    assert shown(message) == "given up"


def test_what_happens_during_a_pause_is_kept_and_sent_afterwards(receiver, hook, user):
    endpoints.pause(hook, user)
    events.publish(hook.project, "budget.alert")
    later()
    delivery.run()
    assert receiver.seen == []
    endpoints.resume(hook, user)
    delivery.run()
    assert len(receiver.seen) == 1


def test_what_was_written_just_while_it_was_resumed_is_not_forgotten(receiver, hook):
    WebhookDelivery.objects.create(project=hook.project, webhook=hook, event="budget.alert")
    endpoints.pick_up_kept()
    delivery.run()
    assert len(receiver.seen) == 1


# --- test messages, secrets, the log ---


def test_a_test_is_sent_once_even_while_paused_and_counts_for_nothing(receiver, hook, opened, user):
    endpoints.pause(hook, user)
    endpoints.send_test(hook)
    receiver.trouble("hook", "status", status=500)
    delivery.run()
    assert opened(receiver.seen[0])["type"] == "webhook.test"
    assert WebhookDelivery.objects.get().outcome == "given up"
    hook.refresh_from_db()
    assert hook.failures_in_a_row == 0


def test_a_changed_secret_signs_beside_the_old_one_for_a_day(receiver, hook, message, user):
    before = hook.secret
    endpoints.rotate(hook, user)
    delivery.run()
    (seen,) = receiver.seen
    for secret in (before, hook.secret):
        Standard(secret).verify(seen.body, dict(seen.headers))
    Webhook.objects.update(former_until=timezone.now())
    endpoints.resend(message)
    delivery.run()
    Standard(hook.secret).verify(receiver.seen[1].body, dict(receiver.seen[1].headers))
    assert " " not in receiver.seen[1].headers["webhook-signature"]


def test_the_secret_is_sealed_in_the_database(hook, django_db_blocker):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM generator_webhook")
        assert hook.secret not in cursor.fetchone()[0]


def test_old_log_lines_go_and_what_is_still_to_be_sent_stays(receiver, hook, message):
    delivery.run()
    events.publish(hook.project, "budget.alert")
    WebhookDelivery.objects.update(at=timezone.now() - endpoints.MAX_DELIVERY_AGE - dt.timedelta(days=1))
    assert endpoints.delete_expired() >= 1
    assert [one.outcome for one in WebhookDelivery.objects.all()] == ["on its way"]
    assert not DeliveryAttempt.objects.exists()


# --- addresses ---


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[64:ff9b::a00:1]/hook",
        "https://0.0.0.0/hook",
        "https://localhost/hook",
    ],
)
def test_private_addresses_are_never_connected_to(hook, message, settings, url):
    settings.STUDIO_PRIVATE_WEBHOOKS = False
    Webhook.objects.update(url=url)
    delivery.run()
    assert message.delivery_attempts.get().error == delivery.PRIVATE


def resolving(monkeypatch, *answers: str) -> list[str]:
    """Resolve every name to these addresses, one per lookup, and record the connections."""
    left, connected = list(answers), []

    def getaddrinfo(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (left.pop(0), port))]

    async def connect_tcp(self, host, *_, **__):
        connected.append(host)
        raise httpcore.ConnectError("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    return connected


def test_a_name_that_leads_home_is_not_connected_to(hook, message, settings, monkeypatch):
    settings.STUDIO_PRIVATE_WEBHOOKS = False
    Webhook.objects.update(url="https://rebound.example/hook")
    assert (resolving(monkeypatch, "192.168.1.5"), delivery.run())[0] == []
    assert message.delivery_attempts.get().error == delivery.PRIVATE


def test_a_name_that_changes_its_mind_gains_nothing(hook, message, settings, monkeypatch):
    """The checked address is the one connected to; the name is not resolved a second time."""
    settings.STUDIO_PRIVATE_WEBHOOKS = False
    Webhook.objects.update(url="https://rebound.example/hook")
    connected = resolving(monkeypatch, "93.184.216.34", "127.0.0.1")
    delivery.run()
    assert connected == ["93.184.216.34"]


def test_plain_http_is_not_sent_to_once_it_is_not_allowed_any_more(hook, message, receiver, settings):
    settings.STUDIO_PRIVATE_WEBHOOKS = False
    delivery.run()
    assert receiver.seen == []


# --- a secret that can no longer be decrypted ---

NOBODYS = {"SECRET_KEY": "another secret altogether", "SECRET_KEY_FALLBACKS": []}


def test_nothing_is_sent_unsigned(receiver, message):
    with override_settings(**NOBODYS):
        delivery.run()
    assert receiver.seen == []
    assert shown(message) == "trying again"
    assert message.delivery_attempts.get().error == delivery.UNSIGNED
    later()
    delivery.run()
    assert shown(message) == "delivered"


def test_what_a_key_asked_for_is_not_sent_unsigned_either(receiver, ask, user):
    user.api_key = api_keys.make(user, "farm")[0]
    generation = ask(user=user)
    Generation.objects.filter(pk=generation.pk).update(state=State.READY)
    asked = events.request_delivery(generation, f"{receiver.url}/in")
    with override_settings(**NOBODYS):
        delivery.run()
    assert receiver.seen == []
    assert asked.delivery_attempts.get().error == delivery.UNSIGNED


def test_one_readable_secret_is_enough(receiver, hook, message, user):
    endpoints.rotate(hook, user)
    Webhook.objects.filter(pk=hook.pk).update(former_secret="")
    delivery.run()
    assert shown(message) == "delivered"
