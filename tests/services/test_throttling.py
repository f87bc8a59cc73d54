"""Limits on what people can fill: files made on demand, invitations, name lengths, and other additions."""

import datetime as dt

import pytest
from django.conf import settings as conf
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from generator.models import Invitation, NotificationKind, Project, Rendition, User
from generator.models.one_line import cleaned, is_visible, trouble, validate_one_line
from generator.services import throttling
from generator.services.errors import UserError
from generator.services.library import media, rendition_storage, renditions, tracks
from generator.services.team import api_keys, invitations, notification_digest, notifications, projects

BAD = [
    "a\nb",
    "a\rBcc: x@y.z",
    "a\x00b",
    "a\u202egpj",
    "a\u2028b",
    "a\u2066b",
    "\u200b",
    "\u200b\u2060\ufeff",
    "\u3164",
    "a\x85b",
]
GOOD = ["Ada", "Zoë O’Neil", "窓の雨", "👩‍🎤", "می‌خواهم", "a - b & c", "…", "🎹"]


@pytest.mark.parametrize("text", BAD)
def test_one_rule_for_lines(text):
    assert trouble(text)
    with pytest.raises(ValidationError):
        validate_one_line(text)


@pytest.mark.parametrize("text", GOOD)
def test_lines_that_are_fine(text):
    assert not trouble(text)
    assert cleaned(text) == text
    assert is_visible(text)


@pytest.mark.parametrize("text", BAD)
def test_every_door_for_names_refuses_what_is_not_one_line(text, user_client, user, project, make_track):
    track = make_track("Tea")
    doors = [
        lambda: projects.start(text, user),
        lambda: projects.rename(project, text, user),
        lambda: tracks.rename(track, text),
        lambda: tracks.tag(type(track).objects.filter(pk=track.pk), text),
        lambda: api_keys.make(user, text),
    ]
    for door in doors:
        with pytest.raises(UserError):
            door()
    reply = user_client.post("/account/", {"name": text, "theme": "system", "time_zone": ""})
    assert reply.status_code in (400, 422) or b"errorlist" in reply.content
    user.refresh_from_db()
    assert user.name == "Ada"


def test_a_name_that_was_stored_with_a_line_break_keeps_no_mail_from_anybody(user, stranger, settings):
    settings.EMAIL_CONFIGURED = True
    User.objects.filter(pk=user.pk).update(email="ada@example.com")
    for person in (user, stranger):
        notifications.notify(
            person, NotificationKind.BUDGET, "80 % is used", subject="80 % of the cap on Ada\nBcc: eve@example.com"
        )
    assert [one.to for one in mail.outbox] == [[user.email], [stranger.email]]
    assert all("\n" not in one.subject for one in mail.outbox)


def test_whatever_its_way_a_name_is_stored_as_one_line(user):
    made = Project.objects.create(name="a\nb")
    made.refresh_from_db()
    assert made.name == "a b"


def test_invitations_are_limited_by_person_and_by_address(user_client, user, project, stranger, settings):
    settings.EMAIL_CONFIGURED = True
    User.objects.filter(pk=user.pk).update(name="Win $1000 now")
    one = invitations.invite("friend@example.com", user, project)
    for _ in range(invitations.RECIPIENT_RATE_LIMIT[0] - 1):
        assert user_client.post(reverse("resend", args=[one.public_id])).status_code in (200, 302)
    sent = len(mail.outbox)
    user_client.post(reverse("resend", args=[one.public_id]))
    assert len(mail.outbox) == sent, "the address has had enough"
    with pytest.raises(throttling.TooOften):
        invitations.invite("Friend@example.com", stranger, None)
    assert not any("$1000" in message.subject for message in mail.outbox)
    before = Invitation.objects.count()
    for number in range(invitations.SENDER_RATE_LIMIT[0] + 5):
        user_client.post("/invitations/", {"email": f"p{number}@example.com", "project": project.pk, "role": "viewer"})
    assert Invitation.objects.count() - before <= invitations.SENDER_RATE_LIMIT[0]


def test_a_comment_chooses_no_subject(user, make_track, member):
    track = make_track("Tea")
    row = notifications.Notification(kind=NotificationKind.COMMENT, text="Eve on “Tea”: click here", recipient=user)
    assert "click" not in notification_digest._subject([row])
    assert track


def levelled(track, lufs: float, days: int, size: int = 1000) -> Rendition:
    file = media.keep_bytes(f"{track.pk}/{lufs}".encode(), "flac")
    recipe = {"format": "flac", "lufs": lufs}
    when = timezone.now() - dt.timedelta(days=days)
    made = {"recipe": recipe, "recipe_hash": renditions._hash(recipe), "file": file, "size": size, "created_at": when}
    return Rendition.objects.create(track=track, **made)


def test_only_fixed_loudnesses_are_made(user_client, make_track):
    track = make_track("Tea")
    for lufs in (-16.3, -40.0, -31.0, -5.0, float("nan")):
        with pytest.raises(UserError):
            renditions.ready(track, "wav", lufs)
    assert renditions.ready(track, "wav", -16.5) is None
    assert len(renditions.LEVELS_LUFS) == 43


def test_what_was_not_asked_for_the_longest_goes_first(make_track, settings):
    track, other = make_track("Tea"), make_track("Milk")
    rows = [levelled(track, -10.0 - number, days=100 - number) for number in range(rendition_storage.MAX_LEVELS + 3)]
    notes = Rendition.objects.create(
        track=track, recipe_hash="x", recipe={"format": "midi"}, file="", size=1, created_at=rows[0].created_at
    )
    renditions.ready(track, "flac", rows[0].recipe["lufs"])  # the oldest is requested again
    assert rendition_storage.make_room(track) == 3
    left = set(Rendition.objects.values_list("pk", flat=True))
    assert rows[0].pk in left
    assert notes.pk in left
    assert not {row.pk for row in rows[1:4]} & left
    assert not media.path(rows[1].file).exists()
    settings.STUDIO_RENDITIONS_MB = 0.005
    levelled(other, -20.0, days=1)
    rendition_storage.make_room(other)
    assert sum(Rendition.objects.values_list("size", flat=True)) <= 5000
    assert conf.STUDIO_RENDITIONS_MB == 0.005


def test_making_files_is_limited_by_person(user_client, make_track, monkeypatch, user):
    monkeypatch.setattr(renditions, "RENDITION_RATE_LIMIT", (3, 600))
    track = make_track("Tea")
    for lufs in (-14.0, -15.0, -16.0):
        renditions.request_rendition(track, "wav", lufs, by=user)
        renditions.request_rendition(track, "wav", lufs, by=user)  # in progress: not counted
    with pytest.raises(throttling.TooOften) as refused:
        renditions.request_rendition(track, "wav", -17.0, by=user)
    assert refused.value.retry_after > 0
