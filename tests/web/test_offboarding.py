"""Leaving, being removed, getting a lesser role, being deactivated: what hung on the role ends with it."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from generator import workflow
from generator.models import (
    ApiKey,
    AuditLine,
    Budget,
    Generation,
    Invitation,
    Membership,
    NewsKind,
    Project,
    Raise,
    Role,
    Scope,
    ShareLink,
    User,
    Webhook,
    WebhookMessage,
)
from generator.workflow import keys, news, raising, sharing

NAME = "Kitchen stories"


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


class Held:
    """One of everything that a person can leave behind in a project."""

    def __init__(self, person: User, project: Project, track, generation) -> None:
        self.person, self.project = person, project
        self.invitation = workflow.people.invite("guest@example.com", person, project, Role.OWNER)
        self.studio = workflow.people.invite("other@example.com", person)
        self.key, self.token = keys.make(person, "farm", Scope.MANAGE, project=project)
        self.reading, _ = keys.make(person, "reader", Scope.READ, project=project)
        self.everywhere, _ = keys.make(person, "anywhere", Scope.MANAGE)
        self.hook = workflow.webhooks.make(project, person, "suite", "https://example.com/in")
        self.link = sharing.share(track, person, 7, allow_download=True)
        self.cap = Budget.objects.create(project=project, cap=10**9)
        self.request = raising.ask_for_more(self.cap, person, 5, "why")
        Generation.objects.filter(pk=generation.pk).update(key=self.key)
        generation.refresh_from_db()
        self.callback = workflow.webhooks.events.ask_for(generation, "https://example.com/back")

    def left(self) -> set[str]:
        """What still works."""
        key = ApiKey.objects.usable()
        link = ShareLink.objects.get(pk=self.link.pk)
        found = {
            "invitation": Client().get(reverse("join", args=[self.invitation.token])).status_code == 302,
            "studio": Client().get(reverse("join", args=[self.studio.token])).status_code == 302,
            "key": key.filter(pk=self.key.pk).exists(),
            "reading key": key.filter(pk=self.reading.pk).exists(),
            "key for everything": key.filter(pk=self.everywhere.pk).exists(),
            "webhook": Webhook.objects.filter(pk=self.hook.pk, paused_at=None).exists(),
            "callback": WebhookMessage.objects.filter(pk=self.callback.pk, given_up_at=None).exists(),
            "link": Client().get(reverse("shared", args=[sharing.address_of(link)])).status_code == 200,
            "request": Raise.objects.open().filter(pk=self.request.pk).exists(),
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
ACCOUNT = {"studio", "key for everything"}  # what hangs on the account, not on the project


def test_everything_works_before(held):
    assert held.left() == EVERYTHING


# --- out of the project ---


def removed(browser, held):
    browser.post(reverse("member-remove", args=[held.project.ref]), {"person": held.person.pk})


def left(browser, held):
    signed_in(held.person).post(reverse("leave", args=[held.project.ref]))


def removed_by_a_program(browser, held):
    owner = User.objects.get(email="ada@example.com")
    _, token = keys.make(owner, "manager", Scope.MANAGE)
    path = f"/api/v1/projects/{held.project.ref}/members/{held.person.pk}"
    assert Client().delete(path, headers={"authorization": f"Bearer {token}"}).status_code == 204


def taken_out_in_the_admin(browser, held):
    User.objects.filter(email="ada@example.com").update(is_staff=True, is_superuser=True)
    rows = list(held.project.memberships.order_by("pk"))
    form = {"name": NAME, "memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
    form |= {"archived_at_0": "", "archived_at_1": ""}
    for number, row in enumerate(rows):
        form |= {f"memberships-{number}-{name}": value for name, value in
                 {"id": row.pk, "project": held.project.pk, "user": row.user_id, "role": row.role}.items()}  # fmt: skip
        if row.user_id == held.person.pk:
            form[f"memberships-{number}-DELETE"] = "on"
    assert browser.post(f"/admin/generator/project/{held.project.pk}/change/", form).status_code == 302


@pytest.mark.parametrize("go", [removed, left, removed_by_a_program, taken_out_in_the_admin])
def test_whoever_goes_leaves_nothing_that_works(browser, held, go):
    go(browser, held)
    assert not held.project.memberships.filter(user=held.person).exists()
    assert held.left() == ACCOUNT
    said = " ".join(AuditLine.objects.filter(project=held.project).values_list("text", flat=True))
    for word in ("invitation", "webhook", "Revoked the key", "link", "request"):
        assert word in said, word


def test_whoever_goes_can_neither_renew_nor_come_back_by_their_own_invitation(browser, held):
    removed(browser, held)
    client = signed_in(held.person)
    assert client.post(reverse("resend", args=[held.invitation.ref])).status_code == 404
    Membership.objects.create(project=held.project, user=held.person, role=Role.OWNER)
    assert held.left() == ACCOUNT  # what has ended does not work again


def test_an_owner_sees_what_ends_and_keeps_the_links(browser, held, user):
    form = {"person": held.person.pk, "ask": "1"}
    page = browser.post(reverse("member-remove", args=[held.project.ref]), form).content.decode()
    for words in ("1 invitation", "1 webhook", "2 API keys", "1 share link", "1 request for more"):
        assert words in page
    assert held.left() == EVERYTHING
    browser.post(reverse("member-remove", args=[held.project.ref]), {"person": held.person.pk, "keep_links": "on"})
    assert held.left() == ACCOUNT | {"link"}
    assert ShareLink.objects.get(pk=held.link.pk).made_by == user
    User.objects.filter(pk=held.person.pk).update(is_active=False)
    assert "link" in held.left()


def test_whoever_leaves_sees_what_ends(held):
    page = signed_in(held.person).get(reverse("leave", args=[held.project.ref])).content
    assert b"1 share link" in page


def test_where_nothing_ends_nothing_is_asked(browser, project, member):
    person = member("editor")
    browser.post(reverse("member-remove", args=[project.ref]), {"person": person.pk, "ask": "1"})
    assert not project.memberships.filter(user=person).exists()


# --- a lesser role ---


@pytest.mark.parametrize(
    ("role", "stays"),
    [
        ("editor", EVERYTHING - {"invitation", "webhook", "key"}),
        ("viewer", EVERYTHING - {"invitation", "webhook", "key", "link"}),
    ],
)
def test_a_lesser_role_carries_less(browser, held, role, stays):
    browser.post(reverse("member-role", args=[held.project.ref]), {"person": held.person.pk, "role": role})
    assert held.left() == stays


def test_handing_over_is_a_lesser_role(browser, held, user, member):
    heir = member("viewer")
    signed_in(held.person).post(reverse("project-transfer", args=[held.project.ref]), {"person": heir.pk})
    assert held.left() == EVERYTHING - {"invitation", "webhook", "key"}


def test_staff_status_carries_the_invitations_to_the_studio(held):
    User.objects.filter(pk=held.person.pk).update(is_staff=False)
    assert held.left() == EVERYTHING - {"studio"}
    User.objects.filter(pk=held.person.pk).update(is_staff=True)
    assert held.left() == EVERYTHING - {"studio"}


# --- deactivated ---


def by_the_admin(browser, person):
    User.objects.filter(email="ada@example.com").update(is_staff=True, is_superuser=True)
    form = {"email": person.email, "name": "", "time_zone": "UTC", "theme": "system", "is_staff": "on"}
    assert browser.post(f"/admin/generator/user/{person.pk}/change/", form).status_code == 302


def by_saving(browser, person):
    person.is_active = False
    person.save(update_fields=["is_active"])


def by_a_query(browser, person):
    User.objects.filter(is_active=True, pk=person.pk).update(is_active=False)


def by_many_at_once(browser, person):
    person.is_active = False
    User.objects.bulk_update([person], ["is_active"])


@pytest.mark.parametrize("deactivate", [by_the_admin, by_saving, by_a_query, by_many_at_once])
def test_a_deactivated_person_leaves_nothing_that_works(browser, held, deactivate):
    deactivate(browser, held.person)
    assert not User.objects.get(pk=held.person.pk).is_active
    assert held.left() == set()
    assert held.project.audit.filter(text__contains="deactivated").count() == 1
    User.objects.filter(pk=held.person.pk).update(is_active=True)
    assert held.left() == set()


def test_the_administrator_is_on_record(browser, held, user):
    by_the_admin(browser, held.person)
    assert held.project.audit.get(text__contains="deactivated").actor == user


# --- the name of a project one has left ---


@pytest.fixture
def gone(browser, held, track) -> User:
    """Somebody who has made, spent, commented and been told, and was then removed; the project got a new name since."""
    person = held.person
    news.tell(person, NewsKind.BUDGET, f"80 % of the cap on {NAME}", reverse("spend"), project=held.project)
    news.tell(person, NewsKind.BUDGET, f"90 % of the cap on {NAME}", reverse("spend"))  # as it was told before
    workflow.review.comment(track, person, 0, "Lovely")
    removed(browser, held)
    raising.decline(raising.ask_for_more(held.cap, User.objects.get(email="ada@example.com"), 5, "more"), person, "no")
    return person


PAGES = [
    "/", "/projects/", "/account/", "/account/keys/", "/news/", "/news/bell/", "/spend/", "/spend/lines/",
    "/spend/?project={project}", "/spend/lines/?project={project}", "/people/invite/", "/p/{project}/", "/t/{track}/",
    "/p/{project}/people/", "/p/{project}/keys/", "/t/{track}/papers/", "/c/none/", "/budgets/{cap}/more/",
]  # fmt: skip
DOORS = ["me", "projects", "news", "spend", "spend/lines", "requests", "prompts", "generations", "tracks", "references"]


def test_the_name_of_the_project_reaches_nobody_who_has_left(gone, held, track, run_background, settings):
    settings.EMAIL_CONFIGURED = True
    things = {"project": held.project.ref, "track": track.ref, "cap": held.cap.pk}
    client = signed_in(gone)
    shown = {page: client.get(page.format(**things), follow=True).content.decode() for page in PAGES}
    headers = {"authorization": f"Bearer {keys.make(gone, 'own', Scope.MANAGE)[1]}"}
    shown |= {door: client.get(f"/api/v1/{door}", headers=headers).content.decode() for door in DOORS}
    mail.outbox.clear()
    news.mail()
    shown |= {"mail": " ".join(f"{one.subject} {one.body}" for one in mail.outbox if gone.email in one.to)}
    assert [page for page, text in shown.items() if NAME in text] == []


def test_who_has_left_is_told_nothing_more(gone, held, ask, run_background):
    before = gone.notifications.count()
    OrmQ.objects.all().delete()
    workflow.warnings.deliver([gone.pk], "About the cap", f"The cap on {NAME}", held.project.pk)
    run_background()
    assert gone.notifications.count() == before


def test_a_withdrawn_invitation_takes_its_news_along(browser, stranger, user, project):
    made = workflow.people.invite(stranger.email, user, project)
    assert stranger.notifications.count() == 1
    browser.post(reverse("withdraw", args=[made.ref]))
    assert not stranger.notifications.exists()
    assert not Invitation.objects.exists()
