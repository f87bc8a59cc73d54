"""Invitations: who sees their links and when, who can join with one, and where it leads."""

import re
from hashlib import sha256

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generator import permissions
from generator.models import Invitation, Membership, Project, Role, User
from generator.services.billing import roles
from generator.services.team import invitations
from tests.web.account.test_email_addresses import link_in_mail, prove, sign_in, sign_up

SIGNUP, LINK = "/accounts/signup/", re.compile(r"/join/[\w-]+/")


@pytest.fixture
def invitation(user, project) -> Invitation:
    return invitations.invite("guest@example.com", user, project, Role.OWNER)


@pytest.fixture
def link(invitation) -> str:
    return reverse("join", args=[invitation.token])


@pytest.fixture(params=["staff", "superuser", "controller"])
def official(request, synced_catalog) -> Client:
    """An admin user who is not a member of the project."""
    flags = {"is_staff": True, "is_superuser": request.param == "superuser"}
    person = User.objects.create_user("boss@example.com", "a long enough password", **flags)
    if request.param == "controller":
        roles.ensure_groups()
        person.groups.set(roles.Group.objects.all())
    client = Client()
    client.force_login(person)
    return client


def links_on(reply) -> list[str]:
    return LINK.findall(reply.content.decode())


# --- who sees a link ---


def test_officials_see_no_invitation_of_a_project(official, invitation, link):
    pages = [reverse("invite"), f"/admin/generator/invitation/{invitation.pk}/change/", "/admin/generator/invitation/"]
    shown = [official.get(page).content.decode() for page in pages]
    assert all(invitation.token not in page and invitation.digest not in page for page in shown)
    assert invitation.email not in shown[0]
    for door in ("resend", "withdraw"):
        assert official.post(reverse(door, args=[invitation.public_id])).status_code == 404
    assert Client().get(link).status_code == 302


def test_a_link_is_shown_once(user_client, project):
    asked = {"email": "new@example.com", "role": "viewer"}
    [link] = set(links_on(user_client.post(reverse("project-invite", args=[project.public_id]), asked)))
    for page in (reverse("project-members", args=[project.public_id]), reverse("invite"), reverse("projects")):
        assert links_on(user_client.get(page)) == []
    [renewed] = set(links_on(user_client.post(reverse("resend", args=[Invitation.objects.get().public_id]))))
    assert (Client().get(link).status_code, Client().get(renewed).status_code) == (410, 302)


def test_the_database_holds_no_link(invitation):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM generator_invitation")
        kept = str(cursor.fetchall())
    assert invitation.token not in kept
    assert sha256(invitation.token.encode()).hexdigest() in kept


def test_following_a_link_keeps_its_token_in_no_table(client, link, invitation):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(link)
    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert written
    assert invitation.token not in str(written)
    assert invitation.token not in str(dict(client.session))


def test_who_has_an_account_is_told_without_the_link(stranger, user, project):
    made = invitations.invite(stranger.email, user, project)
    assert made.token not in stranger.notifications.get().link


# --- several at once ---


FIVE = """Lovelace, Ada <ADA.L@example.com>, "Bo Diddley" <bo@example.com>; cy@example.com
Dee Dee  dee@example.com,
<eve.e@example.com>, bo@example.com"""


def test_several_are_invited_at_once_with_their_names(mailing, user_client, project):
    reply = user_client.post(reverse("project-invite", args=[project.public_id]), {"email": FIVE, "role": "viewer"})
    made = {one.email: one.name for one in Invitation.objects.filter(project=project, role="viewer")}
    assert made == {
        "ada.l@example.com": "Lovelace, Ada",
        "bo@example.com": "Bo Diddley",
        "cy@example.com": "",
        "dee@example.com": "Dee Dee",
        "eve.e@example.com": "",
    }
    assert len(set(links_on(reply))) == 5
    assert sorted(message.to[0] for message in mail.outbox) == sorted(made)


def test_each_address_has_its_own_result(user_client, project, user, invitation):
    text = f"new@example.com, {user.email}, guest@example.com, no address"
    reply = user_client.post(reverse("project-invite", args=[project.public_id]), {"email": text, "role": "viewer"})
    results = [(one.invitee.email, one.invitation is not None) for one in reply.context["results"]]
    assert results == [
        ("new@example.com", True),
        (user.email, False),
        ("guest@example.com", False),
        ("address", False),
    ]
    assert reply.context["typed"]["email"].splitlines() == [user.email, "guest@example.com", "no <address>"]


def test_if_nobody_can_be_invited_the_text_stays(user_client, project, user, invitation):
    text = f"{user.email}, guest@example.com"
    for address, more in (
        (reverse("project-invite", args=[project.public_id]), {}),
        (reverse("invite"), {"project": project.pk}),
    ):
        reply = user_client.post(address, {"email": text, "role": "viewer", **more})
        assert reply.status_code == 422
        assert text in reply.content.decode()
    assert Invitation.objects.get() == invitation


def test_no_more_than_a_roomful_is_invited_at_once(user_client, project):
    text = ", ".join(f"p{number}@example.com" for number in range(21))
    reply = user_client.post(reverse("project-invite", args=[project.public_id]), {"email": text, "role": "viewer"})
    assert reply.status_code == 422
    assert not Invitation.objects.exists()


def test_the_inviter_is_told_who_has_joined_and_the_form_proposes_the_name(client, user, project):
    made = invitations.invite("new@example.com", user, project, Role.VIEWER, "Grace Hopper")
    client.get(reverse("join", args=[made.token]))
    assert client.get(SIGNUP).context["form"]["name"].value() == "Grace Hopper"
    sign_up(client, "new@example.com")
    told = user.notifications.get(kind="joined")
    assert told.text == "New Person has joined “Kitchen stories”."
    assert told.link == reverse("project-members", args=[project.public_id])


def test_a_name_in_use_is_kept(client, stranger, user, project):
    User.objects.filter(pk=stranger.pk).update(name="Eve")
    made = invitations.invite(stranger.email, user, project, Role.VIEWER, "Somebody else")
    client.force_login(stranger)
    client.get(reverse("join", args=[made.token]))
    stranger.refresh_from_db()
    assert stranger.name == "Eve"
    assert user.notifications.filter(kind="joined").exists()


def test_who_left_the_project_is_not_told_of_it(client, stranger, user, project, member):
    made = invitations.invite(stranger.email, user, project, Role.VIEWER)
    member("owner")
    Membership.objects.filter(user=user, project=project).update(role=Role.EDITOR)
    client.force_login(stranger)
    assert client.get(reverse("join", args=[made.token])).status_code == 410
    assert not user.notifications.filter(kind="joined").exists()


# --- who can use it ---


def test_a_copied_link_joins_nobody_before_the_address_is_proven(mailing, client, link, invitation, project):
    client.get(link)
    assert sign_up(client, invitation.email).url == "/accounts/confirm-email/"
    assert not Membership.objects.filter(user__email=invitation.email, project=project).exists()
    assert client.get(reverse("studio", args=[project.public_id])).status_code == 302  # not even signed in
    prove(Client(), invitation.email)
    assert sign_in(client, invitation.email, "quite another password").status_code == 302
    assert client.get("/", follow=True).redirect_chain[-1][0] == reverse("studio", args=[project.public_id])
    assert permissions.role(User.objects.get(email=invitation.email), project) == Role.OWNER


def test_a_mailed_link_is_proof_enough(mailing, user_client, client, project):
    user_client.post(
        reverse("project-invite", args=[project.public_id]), {"email": "new@example.com", "role": "viewer"}
    )
    guest = Client()
    assert guest.get(link_in_mail("new@example.com", "/join/")).url == SIGNUP
    sign_up(guest, "new@example.com")
    assert permissions.role(User.objects.get(email="new@example.com"), project) == Role.VIEWER


def test_the_proof_of_one_link_proves_no_other(mailing, user_client, user, project, link, invitation):
    user_client.post(
        reverse("project-invite", args=[project.public_id]), {"email": "new@example.com", "role": "viewer"}
    )
    proof = link_in_mail("new@example.com", "/join/").partition("?")[2]
    guest = Client()
    guest.get(f"{link}?{proof}")
    assert sign_up(guest, invitation.email).url == "/accounts/confirm-email/"


def test_an_account_with_an_unproven_address_joins_nothing_by_it(mailing, client, user, project):
    squatter = User.objects.create_user("grace@example.com", "a long enough password")
    squatter.emailaddress_set.update(verified=False)
    made = invitations.invite("grace@example.com", user, project, Role.OWNER)
    client.force_login(squatter)
    assert client.get(reverse("join", args=[made.token])).status_code == 403
    assert client.post(reverse("accept-invitation", args=[made.public_id])).status_code == 404
    assert b"Kitchen stories" not in client.get(reverse("projects")).content
    assert not squatter.notifications.exists()
    client.post("/accounts/email/", {"email": "grace@example.com", "action_send": ""})
    prove(Client(), "grace@example.com")
    reply = client.post(reverse("accept-invitation", args=[made.public_id]))
    assert reply.url == reverse("studio", args=[project.public_id]) + "#library"


def test_without_mail_the_link_and_the_address_are_proof(client, open_studio, user, project):
    sign_up(client, "grace@example.com")  # anyone could have
    made = invitations.invite("grace@example.com", user, project, Role.OWNER)
    assert b"Kitchen stories" not in client.get(reverse("projects")).content
    assert client.post(reverse("accept-invitation", args=[made.public_id])).status_code == 404
    reply = client.get(reverse("join", args=[made.token]))
    assert reply.url == reverse("studio", args=[project.public_id]) + "#library"


@pytest.fixture
def open_studio(settings, synced_catalog):
    settings.STUDIO_SIGNUP = "open"


def test_an_invitation_of_before_the_hashes_still_opens(client, invitation, project):
    token = "an-older-token-as-the-migration-hashed-it"
    Invitation.objects.filter(pk=invitation.pk).update(digest=sha256(token.encode()).hexdigest())
    assert client.get(reverse("join", args=[token])).url == SIGNUP


# --- where it leads ---


def test_an_invited_person_lands_in_the_project_and_knows_by_whom(client, link, invitation, project):
    client.get(link)
    sent = {"name": "New Person", "email": invitation.email, "password1": "quite another password"}
    reply = client.post(SIGNUP, sent, follow=True)
    assert reply.redirect_chain[-1][0] == reverse("studio", args=[project.public_id]) + "#library"
    assert b"Ada invited you to \xe2\x80\x9cKitchen stories\xe2\x80\x9d" in reply.content
    assert client.get("/").url == reverse("studio", args=[project.public_id])


def test_a_person_with_an_account_lands_there_too(client, stranger, user, project):
    link = reverse("join", args=[invitations.invite(stranger.email, user, project).token])
    client.get(link)
    client.post("/accounts/login/", {"login": stranger.email, "password": "a long enough password", "next": link})
    reply = client.get(link, follow=True)
    assert reply.redirect_chain[-1][0] == reverse("studio", args=[project.public_id]) + "#library"
    assert b"Ada invited you to" in reply.content


def test_home_is_the_project_of_the_invitation_for_who_has_made_nothing_yet(stranger, user, project):
    invitations.accept(invitations.invite(stranger.email, user, project), stranger)
    client = Client()
    client.force_login(stranger)
    assert client.get("/").url == reverse("studio", args=[project.public_id])


def test_home_is_the_invitation_for_who_is_in_no_project_yet(stranger, user, project):
    invitations.invite(stranger.email, user, project)
    client = Client()
    client.force_login(stranger)
    assert client.get("/").url == reverse("projects")


def test_an_invitation_to_the_studio_alone_leads_to_ones_own_project(client, official, synced_catalog):
    [link] = set(links_on(official.post(reverse("invite"), {"email": "new@example.com", "role": "editor"})))
    client.get(link)
    sign_up(client, "new@example.com")
    own = Project.objects.get(personal_to__email="new@example.com")
    assert client.get("/").url == reverse("studio", args=[own.public_id])


def test_mail_is_sent_once_to_whom_it_is_for(mailing, user_client, project):
    user_client.post(
        reverse("project-invite", args=[project.public_id]), {"email": "new@example.com", "role": "viewer"}
    )
    assert [message.to for message in mail.outbox] == [["new@example.com"]]


def test_pending_invitations_are_listed_by_their_names(official, user_client, invitation, project):
    Invitation.objects.update(name="Gus Guest")
    assert (
        b"<strong>Gus Guest</strong>" in user_client.get(reverse("project-members", args=[project.public_id])).content
    )
    Invitation.objects.update(project=None)
    assert b"<strong>Gus Guest</strong>" in official.get(reverse("invite")).content
