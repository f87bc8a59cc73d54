"""Leaving, removal, demotion, deactivation: everything that depended on the role ends with it."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from generator.models import (
    ApiKey,
    AuditLogEntry,
    Budget,
    BudgetIncrease,
    Generation,
    Invitation,
    Membership,
    NotificationKind,
    Project,
    Role,
    Scope,
    ShareLink,
    User,
    Webhook,
    WebhookDelivery,
)
from generator.services.billing import budget_alerts, budget_requests
from generator.services.library import approvals, sharing
from generator.services.team import api_keys, invitations, notification_digest, notifications
from generator.services.webhooks import endpoints, events

NAME = "Kitchen stories"


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


class Held:
    """One of everything that a person can leave behind in a project."""

    def __init__(self, person: User, project: Project, track, generation) -> None:
        self.person, self.project = person, project
        self.invitation = invitations.invite("guest@example.com", person, project, Role.OWNER)
        self.studio = invitations.invite("other@example.com", person)
        self.key, self.token = api_keys.make(person, "farm", Scope.MANAGE, project=project)
        self.reading, _ = api_keys.make(person, "reader", Scope.READ, project=project)
        self.everywhere, _ = api_keys.make(person, "anywhere", Scope.MANAGE)
        self.hook = endpoints.make(project, person, "suite", "https://example.com/in")
        self.link = sharing.share(track, person, 7, allow_download=True)
        self.cap = Budget.objects.create(project=project, cap=10**9)
        self.request = budget_requests.request_increase(self.cap, person, 5, "why")
        Generation.objects.filter(pk=generation.pk).update(key=self.key)
        generation.refresh_from_db()
        self.callback = events.request_delivery(generation, "https://example.com/back")

    def left(self) -> set[str]:
        """Return what still works."""
        key = ApiKey.objects.usable()
        link = ShareLink.objects.get(pk=self.link.pk)
        found = {
            "invitation": Client().get(reverse("join", args=[self.invitation.token])).status_code == 302,
            "studio": Client().get(reverse("join", args=[self.studio.token])).status_code == 302,
            "key": key.filter(pk=self.key.pk).exists(),
            "reading key": key.filter(pk=self.reading.pk).exists(),
            "key for everything": key.filter(pk=self.everywhere.pk).exists(),
            "webhook": Webhook.objects.filter(pk=self.hook.pk, paused_at=None).exists(),
            "callback": WebhookDelivery.objects.filter(pk=self.callback.pk, given_up_at=None).exists(),
            "link": Client().get(reverse("shared", args=[sharing.address_of(link)])).status_code == 200,
            "request": BudgetIncrease.objects.open().filter(pk=self.request.pk).exists(),
        }
        return {name for name, works in found.items() if works}


@pytest.fixture
def held(member, project, track, ask) -> Held:
    person = member("owner")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    return Held(User.objects.get(pk=person.pk), project, track, ask("warm lo-fi", user=person))


EVERYTHING = {
    "invitation", "studio", "key", "reading key", "key for everything", "webhook", "callback", "link", "request",
}  # fmt: skip
ACCOUNT = {"studio", "key for everything"}  # what belongs to the account, not to the project


def test_everything_works_before(held):
    assert held.left() == EVERYTHING


# --- leaving the project ---


def removed(user_client, held):
    user_client.post(reverse("member-remove", args=[held.project.public_id]), {"person": held.person.pk})


def left(user_client, held):
    signed_in(held.person).post(reverse("leave", args=[held.project.public_id]))


def removed_by_a_program(user_client, held):
    owner = User.objects.get(email="ada@example.com")
    _, token = api_keys.make(owner, "manager", Scope.MANAGE)
    path = f"/api/v1/projects/{held.project.public_id}/members/{held.person.pk}"
    assert Client().delete(path, headers={"authorization": f"Bearer {token}"}).status_code == 204


def taken_out_in_the_admin(user_client, held):
    User.objects.filter(email="ada@example.com").update(is_staff=True, is_superuser=True)
    rows = list(held.project.memberships.order_by("pk"))
    form = {"name": NAME, "memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
    form |= {"archived_at_0": "", "archived_at_1": ""}
    for number, row in enumerate(rows):
        form |= {f"memberships-{number}-{name}": value for name, value in
                 {"id": row.pk, "project": held.project.pk, "user": row.user_id, "role": row.role}.items()}  # fmt: skip
        if row.user_id == held.person.pk:
            form[f"memberships-{number}-DELETE"] = "on"
    assert user_client.post(f"/admin/generator/project/{held.project.pk}/change/", form).status_code == 302


@pytest.mark.parametrize("go", [removed, left, removed_by_a_program, taken_out_in_the_admin])
def test_whoever_goes_leaves_nothing_that_works(user_client, held, go):
    go(user_client, held)
    assert not held.project.memberships.filter(user=held.person).exists()
    assert held.left() == ACCOUNT
    said = " ".join(AuditLogEntry.objects.filter(project=held.project).values_list("text", flat=True))
    for word in ("invitation", "webhook", "Revoked key", "link", "request"):
        assert word in said, word


def test_whoever_goes_can_neither_renew_nor_come_back_by_their_own_invitation(user_client, held):
    removed(user_client, held)
    client = signed_in(held.person)
    assert client.post(reverse("resend", args=[held.invitation.public_id])).status_code == 404
    Membership.objects.create(project=held.project, user=held.person, role=Role.OWNER)
    assert held.left() == ACCOUNT  # what has ended stays ended


def test_an_owner_sees_what_ends_and_keeps_the_links(user_client, held, user):
    form = {"person": held.person.pk, "ask": "1"}
    page = user_client.post(reverse("member-remove", args=[held.project.public_id]), form).content.decode()
    for words in ("1 invitation", "1 webhook", "2 API keys", "1 share link", "1 budget request"):
        assert words in page
    assert held.left() == EVERYTHING
    user_client.post(
        reverse("member-remove", args=[held.project.public_id]), {"person": held.person.pk, "keep_links": "on"}
    )
    assert held.left() == ACCOUNT | {"link"}
    assert ShareLink.objects.get(pk=held.link.pk).made_by == user
    User.objects.filter(pk=held.person.pk).update(is_active=False)
    assert "link" in held.left()


def test_whoever_leaves_sees_what_ends(held):
    page = signed_in(held.person).get(reverse("leave", args=[held.project.public_id])).content
    assert b"1 share link" in page


def test_where_nothing_ends_nothing_is_asked(user_client, project, member):
    person = member("editor")
    user_client.post(reverse("member-remove", args=[project.public_id]), {"person": person.pk, "ask": "1"})
    assert not project.memberships.filter(user=person).exists()


# --- demotion ---


@pytest.mark.parametrize(
    ("role", "stays"),
    [
        ("editor", EVERYTHING - {"invitation", "webhook", "key"}),
        ("viewer", EVERYTHING - {"invitation", "webhook", "key", "link"}),
    ],
)
def test_a_lesser_role_carries_less(user_client, held, role, stays):
    user_client.post(reverse("member-role", args=[held.project.public_id]), {"person": held.person.pk, "role": role})
    assert held.left() == stays


def test_handing_over_is_a_lesser_role(user_client, held, user, member):
    heir = member("viewer")
    signed_in(held.person).post(reverse("project-transfer", args=[held.project.public_id]), {"person": heir.pk})
    assert held.left() == EVERYTHING - {"invitation", "webhook", "key"}


def test_handing_over_says_first_what_ends(held, member):
    heir, client = member("viewer"), signed_in(held.person)
    asked = {"person": heir.pk, "ask": "1"}
    page = client.post(reverse("project-transfer", args=[held.project.public_id]), asked)
    assert page.status_code == 200
    assert page.context["ending"] == ["1 invitation", "1 webhook", "1 API key"]
    assert held.left() == EVERYTHING
    assert f'value="{heir.pk}"' in page.content.decode()
    assert 'name="ask"' not in page.content.decode()


def test_a_program_that_gives_a_lesser_role_may_keep_the_links(held, user):
    _, token = api_keys.make(user, "manager", Scope.MANAGE)
    path = f"/api/v1/projects/{held.project.public_id}/members/{held.person.pk}"
    sent = {"role": "viewer", "keep_share_links": True}
    reply = Client().patch(path, sent, content_type="application/json", headers={"authorization": f"Bearer {token}"})
    assert reply.status_code == 200, reply.content
    assert "link" in held.left()
    assert ShareLink.objects.get(pk=held.link.pk).made_by == user


def test_staff_status_carries_the_invitations_to_the_studio(held):
    User.objects.filter(pk=held.person.pk).update(is_staff=False)
    assert held.left() == EVERYTHING - {"studio"}
    User.objects.filter(pk=held.person.pk).update(is_staff=True)
    assert held.left() == EVERYTHING - {"studio"}


# --- deactivation ---


def by_the_admin(user_client, person):
    User.objects.filter(email="ada@example.com").update(is_staff=True, is_superuser=True)
    form = {"email": person.email, "name": "", "time_zone": "UTC", "theme": "system", "is_staff": "on"}
    assert user_client.post(f"/admin/generator/user/{person.pk}/change/", form).status_code == 302


def by_saving(user_client, person):
    person.is_active = False
    person.save(update_fields=["is_active"])


def by_a_query(user_client, person):
    User.objects.filter(is_active=True, pk=person.pk).update(is_active=False)


def by_many_at_once(user_client, person):
    person.is_active = False
    User.objects.bulk_update([person], ["is_active"])


@pytest.mark.parametrize("deactivate", [by_the_admin, by_saving, by_a_query, by_many_at_once])
def test_a_deactivated_person_leaves_nothing_that_works(user_client, held, deactivate):
    deactivate(user_client, held.person)
    assert not User.objects.get(pk=held.person.pk).is_active
    assert held.left() == set()
    assert held.project.audit_log.project_changes().filter(text__contains="deactivated").count() == 1
    User.objects.filter(pk=held.person.pk).update(is_active=True)
    assert held.left() == set()


def test_the_administrator_is_on_record(user_client, held, user):
    by_the_admin(user_client, held.person)
    assert held.project.audit_log.project_changes().get(text__contains="deactivated").actor == user


# --- the name of a project after leaving ---


@pytest.fixture
def gone(user_client, held, track) -> User:
    """A removed person who had generated, spent, commented and got notifications; the project was renamed since."""
    person = held.person
    notifications.notify(
        person, NotificationKind.BUDGET, f"80 % of the cap on {NAME}", reverse("spend"), project=held.project
    )
    notifications.notify(
        person, NotificationKind.BUDGET, f"90 % of the cap on {NAME}", reverse("spend")
    )  # as written before
    approvals.comment(track, person, 0, "Lovely")
    removed(user_client, held)
    budget_requests.decline(
        budget_requests.request_increase(held.cap, User.objects.get(email="ada@example.com"), 5, "more"), person, "no"
    )
    return person


PAGES = [
    "/", "/projects/", "/account/", "/account/api-keys/", "/notifications/", "/notifications/bell/", "/spend/",
    "/spend/ledger-entries/", "/spend/?project={project}", "/spend/ledger-entries/?project={project}", "/invitations/",
    "/projects/{project}/", "/tracks/{track}/", "/projects/{project}/members/", "/projects/{project}/api-keys/",
    "/tracks/{track}/documents/", "/comparisons/none/", "/budgets/{cap}/request-increase/",
]  # fmt: skip
DOORS = [
    "me",
    "projects",
    "notifications",
    "spend",
    "spend/ledger-entries",
    "budget-requests",
    "prompts",
    "generations",
    "tracks",
    "references",
]


def test_the_name_of_the_project_reaches_nobody_who_has_left(gone, held, track, run_background, settings):
    settings.EMAIL_CONFIGURED = True
    things = {"project": held.project.public_id, "track": track.public_id, "cap": held.cap.pk}
    client = signed_in(gone)
    shown = {page: client.get(page.format(**things), follow=True).content.decode() for page in PAGES}
    headers = {"authorization": f"Bearer {api_keys.make(gone, 'own', Scope.MANAGE)[1]}"}
    shown |= {door: client.get(f"/api/v1/{door}", headers=headers).content.decode() for door in DOORS}
    mail.outbox.clear()
    notification_digest.send_digests()
    shown |= {"mail": " ".join(f"{one.subject} {one.body}" for one in mail.outbox if gone.email in one.to)}
    assert [page for page, text in shown.items() if NAME in text] == []


def test_who_has_left_is_told_nothing_more(gone, held, ask, run_background):
    before = gone.notifications.count()
    OrmQ.objects.all().delete()
    budget_alerts.deliver([gone.pk], "About the cap", f"The cap on {NAME}", held.project.pk)
    run_background()
    assert gone.notifications.count() == before


def test_a_withdrawn_invitation_takes_its_news_along(user_client, stranger, user, project):
    made = invitations.invite(stranger.email, user, project)
    assert stranger.notifications.count() == 1
    user_client.post(reverse("withdraw", args=[made.public_id]))
    assert not stranger.notifications.exists()
    assert not Invitation.objects.exists()
