"""Address ownership: nobody signs in under, or joins with, an address that they have not verified."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from generator import permissions
from generator.models import Invitation, Role, User
from generator.services.team import invitations

PASSWORD = "a long enough password"
ADDRESS, LOGIN, SIGNUP = "/accounts/email/", "/accounts/login/", "/accounts/signup/"


def sign_in(client, email, password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def sign_up(client, email):
    return client.post(SIGNUP, {"name": "New Person", "email": email, "password1": "quite another password"})


def link_in_mail(to: str, before: str) -> str:
    """Return the path of the last link to `before` that was mailed to an address."""
    sent = [message for message in mail.outbox if message.to == [to]]
    return re.findall(rf"https?://testserver({before}\S+)", sent[-1].body)[-1]


def prove(client, email):
    path = link_in_mail(email, "/accounts/confirm-email/")
    return client.post(path)


def address_of(person) -> str:
    return User.objects.get(pk=person.pk).email


# --- changing an address requires verification ---


@pytest.fixture(
    params=["before the first login", "after a login", "after a look at the address page", "unverified row"]
)
def made_by_hand(request, synced_catalog, mailing) -> User:
    """An account made by an administrator, at every step at which its address may not be on record yet."""
    person = User.objects.create_user("eve@example.com", PASSWORD)
    EmailAddress.objects.filter(user=person).delete()
    if request.param == "after a login":
        sign_in(Client(), person.email)
    if request.param == "after a look at the address page":
        client = Client()
        client.force_login(person)
        client.get(ADDRESS)
    if request.param == "unverified row":
        EmailAddress.objects.create(user=person, email=person.email, verified=False)
    Client().post("/accounts/password/reset/", {"email": person.email})
    return person


def test_an_address_is_not_changed_before_the_new_one_is_proven(made_by_hand, client):
    client.force_login(made_by_hand)
    for action in ({"action_add": ""}, {"action_primary": ""}, {"action_send": ""}):
        client.post(ADDRESS, {"email": "grace@example.com"} | action)
        assert address_of(made_by_hand) == "eve@example.com"
    prove(Client(), "grace@example.com")
    assert address_of(made_by_hand) == "grace@example.com"


def test_an_address_that_is_being_changed_joins_nothing(made_by_hand, client, user, project):
    made = invitations.invite("grace@example.com", user, project, Role.OWNER)
    client.force_login(made_by_hand)
    for action in ({"action_add": ""}, {"action_primary": ""}):
        client.post(ADDRESS, {"email": "grace@example.com"} | action)
    client.get(reverse("join", args=[made.token]))
    assert permissions.role(made_by_hand, project) is None
    assert Invitation.objects.get(pk=made.pk).accepted_at is None


def test_the_current_address_cannot_be_taken_away(made_by_hand, client):
    client.force_login(made_by_hand)
    client.post(ADDRESS, {"email": "eve@example.com", "action_remove": ""})
    client.post(ADDRESS, {"email": "first@example.com", "action_add": ""})
    client.post(ADDRESS, {"email": "second@example.com", "action_add": ""})
    client.post(ADDRESS, {"email": "second@example.com", "action_remove": ""})
    assert address_of(made_by_hand) == "eve@example.com"
    assert sign_in(Client(), "eve@example.com").status_code == 302


def test_without_mail_nobody_changes_an_address(client, user, synced_catalog):
    client.force_login(user)
    client.post(ADDRESS, {"email": "grace@example.com", "action_add": ""})
    client.post(ADDRESS, {"email": "grace@example.com", "action_primary": ""})
    assert address_of(user) == "ada@example.com"
    assert not EmailAddress.objects.filter(email="grace@example.com").exists()
