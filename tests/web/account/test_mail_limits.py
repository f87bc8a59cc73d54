"""Limits on mails per mailbox, however the address is spelled, and on mails per sender."""

import itertools
from collections.abc import Iterator

from django.core import mail
from django.test import Client
from django.urls import reverse

from generator.models import Project, Role, User
from generator.services.errors import UserError
from generator.services.team import invitations, outgoing_mail
from generator.web.account import auth

PASSWORD = "correct horse battery"
SPELLINGS = (
    "grace@example.com",
    "GRACE@Example.com",
    "gra.ce@example.com",
    "grace+1@example.com",
    "g.race+x@example.com.",
)


def spelled() -> Iterator[str]:
    return (f"gra{'.' * (n % 2)}ce+{n}@example.com" for n in itertools.count())


def to_grace() -> int:
    return sum(outgoing_mail.mailbox(one.to[0]) == outgoing_mail.mailbox("grace@example.com") for one in mail.outbox)


def test_one_mailbox_has_many_spellings():
    assert len({outgoing_mail.mailbox(one) for one in SPELLINGS}) == 1
    others = ("grace2@example.com", "grace@example.org", "race@example.com", "+@example.com", "", "x", "@")
    assert outgoing_mail.mailbox("grace@example.com") not in {outgoing_mail.mailbox(one) for one in others}


def test_a_mailbox_is_not_filled_with_invitations(user_client, project, mailing):
    for email in itertools.islice(spelled(), 12):
        user_client.post(reverse("project-invite", args=[project.public_id]), {"email": email, "role": "viewer"})
    assert to_grace() == invitations.RECIPIENT_RATE_LIMIT[0]


def test_a_person_of_many_accounts_sends_as_many_invitations_as_one(project, monkeypatch, synced_catalog):
    monkeypatch.setattr(invitations, "SENDER_RATE_LIMIT", (4, 86_400))
    sent = 0
    for number in range(8):
        person = User.objects.create_user(f"ed{'.' * (number % 2)}dy+{number}@example.com", PASSWORD)
        Project.objects.personal_for(person)
        try:
            invitations.invite(f"guest{number}@example.com", person, project, Role.VIEWER)
            sent += 1
        except UserError:
            pass
    assert sent == 4


def test_a_mailbox_is_not_filled_with_resets(user, mailing, settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = False
    monkeypatch.setattr(auth, "MAIL_RATE_LIMIT", (7, 86_400))
    sent = []
    for number in range(12):
        client = Client(REMOTE_ADDR=f"203.0.113.{number // 6}")
        client.post(reverse("account_reset_password"), {"email": "ADA@example.com"})
        sent.append(len(mail.outbox))
    assert sent == [1, 2, 3, 4, 5, 5, 6, 7, 7, 7, 7, 7]


def test_one_person_does_not_write_to_everybody(user_client, mailing, monkeypatch):
    """Changing one's address mails a confirmation to any address that is typed."""
    monkeypatch.setattr(auth, "REQUEST_RATE_LIMIT", (3, 86_400))
    for number in range(6):
        user_client.post(reverse("account_email"), {"action_add": "1", "email": f"someone{number}@example.com"})
    assert len(mail.outbox) == 3


def test_sign_ups_do_not_fill_a_mailbox(mailing, settings, monkeypatch, synced_catalog):
    settings.STUDIO_SIGNUP = "open"
    monkeypatch.setattr(auth, "MAIL_RATE_LIMIT", (3, 86_400))
    for email in itertools.islice(spelled(), 6):
        Client().post(reverse("account_signup"), {"name": "New Person", "email": email, "password1": PASSWORD})
    assert to_grace() == 3
