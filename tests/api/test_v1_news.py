"""Notifications by program: one's own, newest first, limited to what the key opens."""

import pytest
from django.urls import reverse

from generator.models import Membership, NotificationKind, PrivateTrack, Project, Role, Scope
from generator.services.generation import comparisons
from generator.services.library import approvals
from generator.services.team import members, notifications
from generator.services.webhooks import endpoints
from tests.api.test_v1_generations import problem
from tests.conftest import COMPOSER, POLL


@pytest.fixture
def elsewhere(user) -> Project:
    """A second project of Ada's."""
    project = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    return project


def sentences(found: dict) -> list[str]:
    return [one["message"] for one in found["items"]]


def tell(user, *texts: str, link: str = "") -> list[str]:
    """Notify a person without a project; return the ids, oldest first."""
    for text in texts:
        notifications.notify(user, NotificationKind.BUDGET, text, link)
    return [str(row.pk) for row in user.notifications.order_by("pk")]


def test_a_piece_says_what_it_is_and_where_it_leads(program, user_client, track, user, member):
    viewer = member("viewer")
    said = approvals.comment(track, viewer, 0, "Lovely")
    [one] = program(Scope.READ).get("notifications")["items"]
    row = user.notifications.get()
    assert one == {
        "id": str(row.pk),
        "kind": "comment",
        "message": row.text,
        "project": None,
        "track": track.public_id,
        "comparison": None,
        "webhook": None,
        "pack": None,
        "page_url": f"http://testserver/notifications/{row.pk}/",
        "created_at": one["created_at"],
        "read": False,
    }
    assert user_client.get(one["page_url"]).url == f"{track.get_absolute_url()}?tab=review#comment-{said.public_id}"
    assert program().get("notifications")["items"][0]["read"] is True


def test_each_kind_leads_to_its_thing(program, user, project, track, make_hook, comparison):
    tell(user, "project", link=reverse("studio", args=[project.public_id]))
    tell(user, "comparison", link=reverse("compare", args=[comparison.public_id]))
    tell(user, "webhook", link=reverse("webhook", args=[make_hook.public_id]))
    tell(user, "money", link=reverse("spend"))
    tell(user, "invitation", link=reverse("join", args=["a-secret-token"]))
    tell(user, "nothing")
    tell(user, "a page that is no more", link="/was/here/")
    ids = ("project", "track", "comparison", "webhook")
    reply = program(Scope.MANAGE).get("notifications")
    led = {one["message"]: {name: one[name] for name in ids if one[name]} for one in reply["items"]}
    assert led == {
        "project": {"project": project.public_id},
        "comparison": {"comparison": comparison.public_id},
        "webhook": {"webhook": make_hook.public_id},
        "money": {},
        "invitation": {},
        "nothing": {},
        "a page that is no more": {},
    }
    assert "a-secret-token" not in str(reply)


@pytest.fixture
def make_hook(project, user):
    return endpoints.make(project, user, "farm", "https://example.com/in")


@pytest.fixture
def comparison(project, user):
    sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    return comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)


def test_page_by_page_while_more_comes(program, user):
    tell(user, *(f"Number {number}" for number in range(5)))
    farm = program()
    first = farm.get("notifications?limit=2")
    tell(user, "Came meanwhile")
    second = farm.get(f"notifications?limit=2&cursor={first['next_cursor']}")
    third = farm.get(f"notifications?limit=2&cursor={second['next_cursor']}")
    found = sentences(first) + sentences(second) + sentences(third)
    assert found == [f"Number {number}" for number in (4, 3, 2, 1, 0)]
    assert third["next_cursor"] is None
    problem(farm.ask("GET", "notifications?cursor=x"), 422, "validation_failed", "cursor")


def test_what_was_not_to_be_told_in_the_studio_is_not_here(program, user):
    notifications.set_preferences(
        user, {NotificationKind.BUDGET: notifications.Ways(in_app=False, browser=False, mail=True)}
    )
    tell(user, "By mail alone")
    assert program().get("notifications")["items"] == []


# --- read ---


@pytest.mark.parametrize("scope", Scope)
def test_some_are_marked_and_then_all(program, user, scope):
    ids = tell(user, "One", "Two", "Three")
    farm = program(scope)
    assert farm.post("notifications/read", {"ids": [ids[0], ids[2]]}) == {"marked": 2, "unread": 1}
    assert [one["read"] for one in farm.get("notifications")["items"]] == [True, False, True]
    assert sentences(farm.get("notifications?unread=true")) == ["Two"]
    assert farm.post("notifications/read", {"ids": ids}) == {"marked": 1, "unread": 0}
    tell(user, "Four")
    assert farm.post("notifications/read", {"ids": []}) == {"marked": 0, "unread": 1}
    assert farm.post("notifications/read", {"ids": None}) == {"marked": 1, "unread": 0}
    assert not user.notifications.unread().exists()


def test_an_empty_request_marks_all(program, user):
    tell(user, "One")
    farm = program()
    reply = farm.client.generic("POST", "/api/v1/notifications/read", headers={"authorization": f"Bearer {farm.token}"})
    assert reply.json() == {"marked": 1, "unread": 0}


@pytest.mark.parametrize("no_such", ["0", "999999999", "x", "", "9" * 30])
def test_one_that_is_not_there_marks_none(program, user, no_such):
    ids = tell(user, "One")
    problem(program().ask("POST", "notifications/read", {"ids": [*ids, no_such]}), 404, "not_found", "ids")
    assert user.notifications.unread().count() == 1


def test_what_is_asked_wrongly_is_told(program):
    problem(program().ask("POST", "notifications/read", {"id": "1"}), 422, "validation_failed", "id")
    problem(program().ask("GET", "notifications?limit=0"), 422, "validation_failed", "limit")


# --- whose ---


def test_nobody_sees_or_reads_somebody_elses(program, user, stranger):
    [one] = tell(user, "For Ada alone")
    theirs = program(Scope.MANAGE, of=stranger)
    assert theirs.get("notifications")["items"] == []
    assert theirs.post("notifications/read", {}) == {"marked": 0, "unread": 0}
    problem(theirs.ask("POST", "notifications/read", {"ids": [one]}), 404, "not_found", "ids")
    assert user.notifications.unread().count() == 1


def test_a_key_of_one_project_gets_what_leads_there_and_reads_no_more(
    program, user, project, elsewhere, make_track, make_hook, comparison
):
    here, there = make_track("Here"), make_track("There", project=elsewhere)
    tell(user, "project", link=reverse("studio", args=[project.public_id]))
    tell(user, "comparison", link=reverse("compare", args=[comparison.public_id]))
    tell(user, "track", link=f"{here.get_absolute_url()}#comment-x")
    notifications.notify(user, NotificationKind.WEBHOOK, "webhook", reverse("webhook", args=[make_hook.public_id]))
    tell(user, "another project", link=reverse("studio", args=[elsewhere.public_id]))
    tell(user, "another track", link=there.get_absolute_url())
    tell(user, "money", link=reverse("spend"))
    tell(user, "invitation", link=reverse("join", args=[project.public_id]))
    [*_, nothing] = tell(user, "nothing")
    managing = program(Scope.MANAGE, project=project)
    assert sentences(managing.get("notifications")) == ["webhook", "track", "comparison", "project"]
    assert sentences(program(Scope.READ, project=project).get("notifications")) == ["track", "comparison", "project"]
    problem(managing.ask("POST", "notifications/read", {"ids": [nothing]}), 404, "not_found", "ids")
    assert managing.post("notifications/read", {}) == {"marked": 4, "unread": 0}
    left = user.notifications.unread().values_list("text", flat=True)
    assert set(left) == {"another project", "another track", "money", "invitation", "nothing"}


def test_a_key_of_one_project_gets_nothing_of_what_it_hears_no_longer(program, user, project, track, member):
    person = member("viewer")
    tell(person, "track", link=track.get_absolute_url())
    tell(person, "project", link=reverse("studio", args=[project.public_id]))
    theirs = program(Scope.READ, of=person, project=project)
    PrivateTrack.objects.create(track=track, author=user)
    assert sentences(theirs.get("notifications")) == ["project"]
    members.remove(project, person, user)
    assert theirs.ask("GET", "notifications").json().get("items", []) == []


def test_of_webhooks_hears_a_key_that_may_manage(program, user, make_hook):
    notifications.notify(user, NotificationKind.WEBHOOK, "Paused", reverse("webhook", args=[make_hook.public_id]))
    told = {scope: sentences(program(scope).get("notifications")) for scope in Scope}
    assert told == {Scope.READ: [], Scope.GENERATE: [], Scope.MANAGE: ["Paused"]}
