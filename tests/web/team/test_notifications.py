"""Notifications: who receives them, through which channels, and at most one mail per day."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.models import Edit, Generation, Notification, NotificationKind, Pack, PrivateTrack, State, Track
from generator.services.background import tasks
from generator.services.generation import cancellation
from generator.services.library import approvals
from generator.services.team import invitations, members, notification_digest, notifications, outgoing_mail
from tests.conftest import COMPOSER, POLL

KIND = NotificationKind


def heard(person) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in person.notifications.order_by("id")]


def choose(client, *wanted) -> None:
    client.post(reverse("notification-preferences"), {f"{kind}-{way}": "on" for kind, way in wanted})


def later(hours: float) -> None:
    """Move everything written and mailed into the past."""
    ago = dt.timedelta(hours=hours)
    for one in Notification.objects.all():
        one.created_at -= ago
        one.mailed_at = one.mailed_at and one.mailed_at - ago
        one.save()


# --- what is sent ---


def test_finished_music_is_told_to_whoever_asked(user_client, user, project, ask, fake, run_background):
    asked = ask("warm lo-fi", takes=2)
    Generation.objects.update(created_at=asked.created_at - 2 * notifications.PRESENCE_TIME)
    run_background()
    assert heard(user) == [("done", "“warm lo-fi”: 2 takes are ready to play.")]
    assert user.notifications.get().link == reverse("studio", args=[project.public_id])


def test_what_is_ready_while_one_looks_is_no_news(user, ask, fake, run_background):
    ask("warm lo-fi")
    run_background()
    assert Generation.objects.get().state == State.READY
    assert heard(user) == []


def test_failed_music_is_told_with_the_reason(user, ask, fake, run_background):
    fake.script.submit = "reject"
    generation = ask("warm lo-fi")
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.FAILED
    assert heard(user) == [("failed", f"“warm lo-fi”: {generation.error_message}")]


def test_what_one_cancels_oneself_is_no_news(user, ask):
    cancellation.cancel(ask(model=COMPOSER), user)
    assert heard(user) == []


def test_a_comment_is_told_to_the_author_and_to_those_who_spoke(track, user, member):
    viewer, editor, silent = member("viewer"), member("editor"), member("owner")
    approvals.comment(track, viewer, 0, "Lovely")
    approvals.comment(track, editor, 0, "Too loud")
    approvals.comment(track, user, 0, "Thanks")
    assert heard(user) == [
        ("comment", f"{viewer.label} commented on “Tea time”: Lovely"),
        ("comment", f"{editor.label} commented on “Tea time”: Too loud"),
    ]
    assert [text for _, text in heard(viewer)] == [
        f"{editor.label} commented on “Tea time”: Too loud",
        "Ada commented on “Tea time”: Thanks",
    ]
    assert heard(silent) == []


def test_who_no_longer_hears_the_track_is_told_nothing(track, user, member, project):
    person = member("viewer")
    approvals.comment(track, person, 0, "Lovely")
    members.remove(project, person, user)
    approvals.comment(track, user, 0, "Secret now")
    assert heard(person) == []


def test_an_invitation_is_told_to_those_with_an_account(user, stranger, project):
    invitations.invite("EVE@example.com", user, project)
    invitations.invite("nobody@example.com", user, project)
    assert heard(stranger) == [("invitation", "Ada invited you to “Kitchen stories”.")]
    assert stranger.notifications.get().link == reverse("projects")


def test_a_pack_tells_its_maker_that_it_is_ready(user_client, user, project, track, member, run_background):
    member("editor")
    user_client.post(reverse("packs", args=[project.public_id]), {"preset": "podcast", "title": "Handover"})
    Pack.objects.update(created_at=timezone.now() - 2 * notifications.PRESENCE_TIME)
    run_background()
    pack = Pack.objects.get()
    assert pack.state == "ready"
    (one,) = Notification.objects.all()
    assert (one.recipient, one.kind) == (user, "files")
    assert one.link == reverse("pack", args=[pack.public_id])
    assert user_client.get(reverse("notification", args=[one.pk]), follow=True).status_code == 200


def test_a_pack_that_is_ready_at_once_is_no_news_and_one_that_failed_is(
    user_client, user, project, make_track, run_background
):
    make_track()
    user_client.post(reverse("packs", args=[project.public_id]), {"preset": "podcast"})
    run_background()
    assert (Pack.objects.get().state, heard(user)) == ("ready", [])
    Track.objects.update(file="00/missing.wav")
    user_client.post(reverse("packs", args=[project.public_id]), {"preset": "podcast"})
    run_background()
    assert [kind for kind, _ in heard(user)] == ["files"]


def test_the_files_of_an_edit_are_told_to_whoever_asked_for_them_last(user_client, user, track, member, run_background):
    user_client.post(reverse("finish-preview", args=[track.public_id]), {"fade_in": "0.1"})
    edit = Edit.objects.get()
    other = member("editor")
    user_client.post(reverse("edit-save", args=[edit.public_id]), {"format": "flac"})
    Edit.objects.update(requested_by=other, requested_at=timezone.now() - 2 * notifications.PRESENCE_TIME)
    run_background()
    edit.refresh_from_db()
    assert (edit.state, heard(user)) == ("ready", [])
    assert other.notifications.get().link == f"{reverse('finish', args=[track.public_id])}?edit={edit.public_id}"


def test_an_edit_of_a_track_that_turned_private_is_told_to_nobody_else(
    user_client, user, track, member, run_background
):
    user_client.post(reverse("finish-preview", args=[track.public_id]), {"fade_in": "0.1"})
    user_client.post(reverse("edit-save", args=[Edit.objects.get().public_id]), {"format": "flac"})
    other = member("editor")
    Edit.objects.update(requested_by=other, requested_at=timezone.now() - 2 * notifications.PRESENCE_TIME)
    PrivateTrack.objects.create(track=track, author=user)
    run_background()
    assert (Edit.objects.get().state, Edit.objects.get().is_draft, heard(other)) == ("ready", False, [])


# --- the bell and the list ---


def test_the_bell_counts_what_is_unread(user_client, user):
    assert b'class="bell-count"' not in user_client.get("/spend/").content
    for number in range(3):
        notifications.notify(user, KIND.BUDGET, f"Budget {number}")
    assert b'aria-label="Notifications, 3 unread"' in user_client.get("/spend/").content
    assert b'aria-hidden="true">3</b>' in user_client.get("/spend/").content
    user_client.post(reverse("notifications-read"))
    shown = user_client.get("/spend/").content
    assert b'class="bell-count"' not in shown
    assert b'aria-label="Notifications"' in shown


def test_following_a_piece_reads_it_and_leads_on(user_client, user, track):
    notifications.notify(user, KIND.COMMENT, "Somebody said something", track.get_absolute_url())
    one = user.notifications.get()
    assert user_client.get(reverse("notification", args=[one.pk])).url == track.get_absolute_url()
    one.refresh_from_db()
    assert one.read_at
    assert not user.notifications.unread().exists()


def test_nobody_reads_somebody_elses_news(user, stranger):
    notifications.notify(user, KIND.BUDGET, "For Ada alone")
    client = Client()
    client.force_login(stranger)
    assert client.get(reverse("notification", args=[user.notifications.get().pk])).status_code == 404
    assert b"For Ada alone" not in client.get(reverse("notifications")).content
    client.post(reverse("notifications-read"))
    assert user.notifications.unread().count() == 1


def test_the_list_goes_back_page_by_page(user_client, user):
    for number in range(60):
        notifications.notify(user, KIND.BUDGET, f"Number {number:02}")
    first = user_client.get(reverse("notifications"))
    assert [row.text for row in first.context["rows"]] == [f"Number {number:02}" for number in range(59, 9, -1)]
    second = user_client.get(f"{reverse('notifications')}?before={first.context['older']}")
    assert [row.text for row in second.context["rows"]] == [f"Number {number:02}" for number in range(9, -1, -1)]
    assert second.context["older"] is None


def test_an_open_page_is_told_once_by_the_browser(user_client, user):
    notifications.notify(user, KIND.DONE, "Old")
    known = user_client.get("/spend/").context["newest_news"]()
    notifications.notify(user, KIND.DONE, "Fresh & new")
    reply = user_client.get(f"{reverse('bell')}?after={known}")
    assert b'data-tell="Fresh &amp; new"' in reply.content
    assert b"Old" not in reply.content
    newest = reply.context["newest_news"]()
    assert b"data-tell" not in user_client.get(f"{reverse('bell')}?after={newest}").content


# --- channels ---


def test_people_choose_the_ways(user_client, user):
    choose(user_client, (KIND.DONE, "mail"), (KIND.COMMENT, "in_app"))
    notifications.notify(user, KIND.DONE, "By mail alone")
    notifications.notify(user, KIND.COMMENT, "In the studio alone")
    notifications.notify(user, KIND.FAILED, "Not at all")
    rows = {one.text: (one.in_app, one.browser, one.mail) for one in user.notifications.all()}
    assert rows == {"By mail alone": (False, False, True), "In the studio alone": (True, False, False)}
    shown = user_client.get(reverse("notifications")).content.decode()
    assert "In the studio alone" in shown
    assert "By mail alone" not in shown
    account = user_client.get(reverse("account")).content.decode()
    assert '<input type="checkbox" name="done-mail" checked>' in account
    assert '<input type="checkbox" name="done-in_app">' in account


def test_a_choice_is_ones_own(user_client, user, stranger):
    choose(user_client)
    notifications.notify(stranger, KIND.DONE, "Hello")
    assert heard(stranger) == [("done", "Hello")]


def test_the_account_page_says_when_nothing_can_be_mailed(user_client, settings):
    assert b'id="no-mail"' in user_client.get(reverse("account")).content
    settings.EMAIL_CONFIGURED = True
    assert b'id="no-mail"' not in user_client.get(reverse("account")).content


# --- mail ---


@pytest.fixture
def post(settings):
    settings.EMAIL_CONFIGURED = True
    settings.STUDIO_URL = "https://studio.example.com/"


def test_a_mail_holds_everything_unread_with_links(post, user, track):
    notifications.notify(user, KIND.COMMENT, "First", track.get_absolute_url())
    notifications.notify(user, KIND.BUDGET, "Second")
    notifications.notify(user, KIND.DONE, "Not by mail")
    tasks.hourly()
    (message,) = mail.outbox
    assert message.to == [user.email]
    assert message.subject == "BGM Studio: 2 new notifications"
    assert f"First\n  https://studio.example.com{track.get_absolute_url()}" in message.body
    assert "Second" in message.body
    assert "Not by mail" not in message.body


def test_a_mail_comes_at_most_once_a_day(post, user):
    notifications.notify(user, KIND.BUDGET, "First")
    assert notification_digest.send_digests() == 1
    notifications.notify(user, KIND.BUDGET, "Second")
    assert notification_digest.send_digests() == 0
    later(22)
    assert notification_digest.send_digests() == 0
    later(2)
    assert notification_digest.send_digests() == 1
    assert [message.subject for message in mail.outbox] == ["First", "Second"]
    later(48)
    assert notification_digest.send_digests() == 0


def test_what_was_read_in_the_studio_is_not_mailed(post, user):
    notifications.notify(user, KIND.BUDGET, "First")
    notifications.mark_read(user)
    assert notification_digest.send_digests() == 0


def test_nothing_is_mailed_without_a_mail_server_nor_long_after(user, settings):
    notifications.notify(user, KIND.BUDGET, "First")
    assert notification_digest.send_digests() == 0
    settings.EMAIL_CONFIGURED = True
    later(24 * 8)
    assert notification_digest.send_digests() == 0
    assert not mail.outbox


def test_a_mail_that_could_not_be_sent_is_sent_later(post, user, monkeypatch):
    notifications.notify(user, KIND.BUDGET, "First")

    def broken(*_, **__):
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as patched:
        patched.setattr(outgoing_mail, "send_mail", broken)
        assert notification_digest.send_digests() == 0
    assert notification_digest.send_digests() == 1


def test_old_news_is_forgotten(user):
    notifications.notify(user, KIND.DONE, "Long ago")
    Notification.objects.update(created_at=timezone.now() - dt.timedelta(days=181))
    notifications.notify(user, KIND.DONE, "Just now")
    notifications.delete_expired()
    assert heard(user) == [("done", "Just now")]


def test_a_long_brief_fits(user, ask, fake, run_background):
    fake.script.submit = "reject"
    ask("piano " * 33, model=POLL)
    run_background()
    assert len(user.notifications.get().text) <= 300
