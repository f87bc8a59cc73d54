"""News: who is told what, by which ways, and that a mail comes at most once a day."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator import workflow
from generator.models import Generation, NewsKind, Notification, State
from generator.workflow import mailing, news, tasks
from tests.conftest import COMPOSER, POLL

KIND = NewsKind


def heard(person) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in person.notifications.order_by("id")]


def choose(client, *wanted) -> None:
    client.post(reverse("news-choices"), {f"{kind}-{way}": "on" for kind, way in wanted})


def later(hours: float) -> None:
    """Let time pass for what was written and mailed."""
    ago = dt.timedelta(hours=hours)
    for one in Notification.objects.all():
        one.created_at -= ago
        one.mailed_at = one.mailed_at and one.mailed_at - ago
        one.save()


# --- what is told ---


def test_finished_music_is_told_to_whoever_asked(browser, user, project, ask, fake, run_background):
    asked = ask("warm lo-fi", takes=2)
    Generation.objects.update(created_at=asked.created_at - 2 * news.SEEN)
    run_background()
    assert heard(user) == [("done", "“warm lo-fi”: 2 takes are ready to play.")]
    assert user.notifications.get().link == reverse("studio", args=[project.ref])


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
    assert heard(user) == [("failed", f"“warm lo-fi”: {generation.error_sentence}")]


def test_what_one_cancels_oneself_is_no_news(user, ask):
    workflow.cancel(ask(model=COMPOSER), user)
    assert heard(user) == []


def test_a_comment_is_told_to_the_author_and_to_those_who_spoke(track, user, member):
    viewer, editor, silent = member("viewer"), member("editor"), member("owner")
    workflow.review.comment(track, viewer, 0, "Lovely")
    workflow.review.comment(track, editor, 0, "Too loud")
    workflow.review.comment(track, user, 0, "Thanks")
    assert heard(user) == [
        ("comment", f"{viewer.label} on “Tea time”: Lovely"),
        ("comment", f"{editor.label} on “Tea time”: Too loud"),
    ]
    assert [text for _, text in heard(viewer)] == [
        f"{editor.label} on “Tea time”: Too loud",
        "Ada on “Tea time”: Thanks",
    ]
    assert heard(silent) == []


def test_who_no_longer_hears_the_track_is_told_nothing(track, user, member, project):
    person = member("viewer")
    workflow.review.comment(track, person, 0, "Lovely")
    workflow.members.remove(project, person, user)
    workflow.review.comment(track, user, 0, "Secret now")
    assert heard(person) == []


def test_an_invitation_is_told_to_those_with_an_account(user, stranger, project):
    workflow.people.invite("EVE@example.com", user, project)
    workflow.people.invite("nobody@example.com", user, project)
    assert heard(stranger) == [("invitation", "Ada invites you to “Kitchen stories”")]
    assert stranger.notifications.get().link == reverse("projects")


# --- the bell and the list ---


def test_the_bell_counts_what_is_unread(browser, user):
    assert b'aria-label="News"' in browser.get("/spend/").content
    for number in range(3):
        news.tell(user, KIND.BUDGET, f"Budget {number}")
    assert b'aria-label="News, 3 unread"' in browser.get("/spend/").content
    browser.post(reverse("news-read"))
    assert b'aria-label="News"' in browser.get("/spend/").content


def test_following_a_piece_reads_it_and_leads_on(browser, user, track):
    news.tell(user, KIND.COMMENT, "Somebody said something", track.get_absolute_url())
    one = user.notifications.get()
    assert browser.get(reverse("news-follow", args=[one.pk])).url == track.get_absolute_url()
    one.refresh_from_db()
    assert one.read_at
    assert not user.notifications.unread().exists()


def test_nobody_reads_somebody_elses_news(user, stranger):
    news.tell(user, KIND.BUDGET, "For Ada alone")
    client = Client()
    client.force_login(stranger)
    assert client.get(reverse("news-follow", args=[user.notifications.get().pk])).status_code == 404
    assert b"For Ada alone" not in client.get(reverse("news")).content
    client.post(reverse("news-read"))
    assert user.notifications.unread().count() == 1


def test_the_list_goes_back_page_by_page(browser, user):
    for number in range(60):
        news.tell(user, KIND.BUDGET, f"Number {number:02}")
    first = browser.get(reverse("news"))
    assert [row.text for row in first.context["rows"]] == [f"Number {number:02}" for number in range(59, 9, -1)]
    second = browser.get(f"{reverse('news')}?before={first.context['older']}")
    assert [row.text for row in second.context["rows"]] == [f"Number {number:02}" for number in range(9, -1, -1)]
    assert second.context["older"] is None


def test_an_open_page_is_told_once_by_the_browser(browser, user):
    news.tell(user, KIND.DONE, "Old")
    known = browser.get("/spend/").context["newest_news"]
    news.tell(user, KIND.DONE, "Fresh & new")
    reply = browser.get(f"{reverse('bell')}?after={known}")
    assert b'data-tell="Fresh &amp; new"' in reply.content
    assert b"Old" not in reply.content
    assert b"data-tell" not in browser.get(f"{reverse('bell')}?after={reply.context['newest_news']}").content


# --- the ways ---


def test_people_choose_the_ways(browser, user):
    choose(browser, (KIND.DONE, "mail"), (KIND.COMMENT, "in_app"))
    news.tell(user, KIND.DONE, "By mail alone")
    news.tell(user, KIND.COMMENT, "In the studio alone")
    news.tell(user, KIND.FAILED, "Not at all")
    rows = {one.text: (one.in_app, one.browser, one.mail) for one in user.notifications.all()}
    assert rows == {"By mail alone": (False, False, True), "In the studio alone": (True, False, False)}
    shown = browser.get(reverse("news")).content.decode()
    assert "In the studio alone" in shown
    assert "By mail alone" not in shown
    account = browser.get(reverse("account")).content.decode()
    assert '<input type="checkbox" name="done-mail" checked>' in account
    assert '<input type="checkbox" name="done-in_app">' in account


def test_a_choice_is_ones_own(browser, user, stranger):
    choose(browser)
    news.tell(stranger, KIND.DONE, "Hello")
    assert heard(stranger) == [("done", "Hello")]


def test_the_account_page_says_when_nothing_can_be_mailed(browser, settings):
    assert b"nothing is mailed" in browser.get(reverse("account")).content
    settings.EMAIL_CONFIGURED = True
    assert b"at most once a day" in browser.get(reverse("account")).content


# --- mail ---


@pytest.fixture
def post(settings):
    settings.EMAIL_CONFIGURED = True
    settings.STUDIO_URL = "https://studio.example.com/"


def test_a_mail_holds_everything_unread_with_links(post, user, track):
    news.tell(user, KIND.COMMENT, "First", track.get_absolute_url())
    news.tell(user, KIND.BUDGET, "Second")
    news.tell(user, KIND.DONE, "Not by mail")
    tasks.hourly()
    (message,) = mail.outbox
    assert message.to == [user.email]
    assert message.subject == "BGM Studio: 2 pieces of news"
    assert f"First\n  https://studio.example.com{track.get_absolute_url()}" in message.body
    assert "Second" in message.body
    assert "Not by mail" not in message.body


def test_a_mail_comes_at_most_once_a_day(post, user):
    news.tell(user, KIND.BUDGET, "First")
    assert news.mail() == 1
    news.tell(user, KIND.BUDGET, "Second")
    assert news.mail() == 0
    later(22)
    assert news.mail() == 0
    later(2)
    assert news.mail() == 1
    assert [message.subject for message in mail.outbox] == ["First", "Second"]
    later(48)
    assert news.mail() == 0


def test_what_was_read_in_the_studio_is_not_mailed(post, user):
    news.tell(user, KIND.BUDGET, "First")
    news.mark_read(user)
    assert news.mail() == 0


def test_nothing_is_mailed_without_a_mail_server_nor_long_after(user, settings):
    news.tell(user, KIND.BUDGET, "First")
    assert news.mail() == 0
    settings.EMAIL_CONFIGURED = True
    later(24 * 8)
    assert news.mail() == 0
    assert not mail.outbox


def test_a_mail_that_could_not_be_sent_is_sent_later(post, user, monkeypatch):
    news.tell(user, KIND.BUDGET, "First")

    def broken(*_, **__):
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as patched:
        patched.setattr(mailing, "send_mail", broken)
        assert news.mail() == 0
    assert news.mail() == 1


def test_old_news_is_forgotten(user):
    news.tell(user, KIND.DONE, "Long ago")
    Notification.objects.update(created_at=timezone.now() - dt.timedelta(days=181))
    news.tell(user, KIND.DONE, "Just now")
    news.forget()
    assert heard(user) == [("done", "Just now")]


def test_a_long_brief_fits(user, ask, fake, run_background):
    fake.script.submit = "reject"
    ask("piano " * 33, model=POLL)
    run_background()
    assert len(user.notifications.get().text) <= 300
