"""Approval, with its author and time; and comments at a position of a track."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from generator import permissions
from generator.models import Approval, ApprovalRequest, Comment, Project, Role
from generator.services.generation import comparisons
from generator.services.library import approvals
from tests.conftest import COMPOSER, POLL
from tests.refusals import code_of


def post(client, door, public_id, /, **sent):
    return client.post(reverse(door, args=[public_id]), sent)


@pytest.fixture
def signed_in(member):
    """A signed-in member of the project: `client, person = signed_in("editor")`."""

    def _signed_in(role: str):
        person, client = member(role), Client()
        client.force_login(person)
        return client, person

    return _signed_in


# --- approval ---


def test_an_owner_approves_and_everyone_sees_by_whom(user_client, track, project, signed_in):
    post(user_client, "approve", track.public_id)
    viewer, _ = signed_in("viewer")
    detail = viewer.get(track.get_absolute_url()).content.decode()
    assert "data-approved" in detail
    assert "by Ada" in detail
    assert reverse("approve", args=[track.public_id]) not in detail
    assert 'class="badge badge-good"' in viewer.get(f"/projects/{project.public_id}/").content.decode()


def test_an_approval_is_withdrawn_and_both_are_kept(user_client, track, project, user):
    post(user_client, "approve", track.public_id)
    post(user_client, "approve", track.public_id, on="0")
    post(user_client, "approve", track.public_id)
    assert [(one.by, one.withdrawn_by) for one in track.approvals.order_by("id")] == [(user, user), (user, None)]
    assert [line.text for line in project.audit_log.project_changes()][:2] == [
        "Approved “Tea time” for use",
        "Withdrew the approval of “Tea time”",
    ]


def test_approving_twice_is_approving_once(user_client, track, user):
    post(user_client, "approve", track.public_id)
    post(user_client, "approve", track.public_id)
    assert track.approvals.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(track=track, by=user)


def test_a_named_approver_alone_approves_whatever_their_role(user_client, track, project, signed_in):
    viewer, person = signed_in("viewer")
    Project.objects.filter(pk=project.pk).update(approver=person)
    reply = post(user_client, "approve", track.public_id)
    assert reply.status_code == 422
    assert code_of(reply) == "not_permitted"
    assert post(viewer, "approve", track.public_id).status_code == 302
    assert approvals.approval_of(track).by == person


def test_when_the_approver_leaves_the_owners_approve_again(user_client, track, project, member, user):
    person = member("editor")
    Project.objects.filter(pk=project.pk).update(approver=person)
    post(user_client, "member-remove", project.public_id, person=person.pk)
    project.refresh_from_db()
    assert project.approver is None
    assert permissions.can_approve(user, project)
    assert project.audit_log.project_changes().first().text == f"Removed {person.label}; owners now approve tracks"


def test_editors_do_not_approve_where_owners_do(track, signed_in):
    editor, _ = signed_in("editor")
    assert post(editor, "approve", track.public_id).status_code == 422
    assert reverse("approve", args=[track.public_id]) not in editor.get(track.get_absolute_url()).content.decode()
    assert not Approval.objects.exists()


def test_neither_a_binned_nor_a_private_nor_a_blind_track_is_approved(user_client, project, user, make_track):
    trashed, private = make_track("Binned"), make_track("Private")
    post(user_client, "move-to-trash", trashed.public_id)
    post(user_client, "visibility", private.public_id, to="private")
    sent = {"text": "warm", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    blind = make_track("Blind", generation=many.generations.first())
    for track in (trashed, private):
        assert post(user_client, "approve", track.public_id).status_code == 422
    assert post(user_client, "approve", blind.public_id).url == f"/comparisons/{many.public_id}/"
    assert not Approval.objects.exists()


def test_the_library_narrows_to_what_is_approved(user_client, project, make_track):
    first, second = make_track("First"), make_track("Second")
    assert "Approved for use" not in user_client.get(f"/projects/{project.public_id}/").content.decode()
    post(user_client, "approve", first.public_id)
    page = user_client.get(f"/projects/{project.public_id}/?status=approved")
    assert [track.title for track in page.context["page"].tracks] == ["First"]
    facet = next(one for one in page.context["facets"] if one.name == "status")
    assert {choice.value: choice.count.value for choice in facet.choices} == {"approved": 1, "draft": 1}
    drafts = user_client.get(f"/projects/{project.public_id}/?status=draft")
    assert [track.pk for track in drafts.context["page"].tracks] == [second.pk]


def test_htmx_gets_the_badge_alone(user_client, track):
    reply = user_client.post(reverse("approve", args=[track.public_id]), headers={"hx-request": "true"})
    assert b"<html" not in reply.content
    assert b'name="on" value="0"' in reply.content
    assert "library-changed" in reply["HX-Trigger"]


# --- requests for approval ---


@pytest.fixture
def maker(signed_in):
    return signed_in("editor")


def told(person) -> list[str]:
    return [one.text for one in person.notifications.filter(kind="approval").order_by("id")]


def test_a_maker_asks_and_is_told_that_it_was_approved(user_client, user, track, maker):
    client, person = maker
    assert post(client, "request-approval", track.public_id).status_code == 302
    assert told(user) == [f"{person.label} asked you to approve “Tea time”."]
    assert user.notifications.get().link == f"{track.get_absolute_url()}#approval"
    assert "data-requested" in user_client.get(track.get_absolute_url()).content.decode()
    post(user_client, "approve", track.public_id)
    assert told(person) == ["Ada approved “Tea time”."]
    assert approvals.open_request(track) is None


def test_a_maker_is_told_why_it_was_declined_and_asks_again(user_client, user, track, maker, project):
    client, person = maker
    post(client, "request-approval", track.public_id)
    post(user_client, "approve", track.public_id, decline="1", answer=" Too\nloud. ")
    post(user_client, "approve", track.public_id, decline="1", answer="again")  # nothing is open any more
    assert told(person) == ["Ada declined to approve “Tea time”. Too loud."]
    assert not Approval.objects.exists()
    shown = client.get(track.get_absolute_url()).content.decode()
    assert "data-declined" in shown
    assert "Too loud." in shown
    post(client, "request-approval", track.public_id)
    assert "data-requested" in client.get(track.get_absolute_url()).content.decode()
    assert [line.text for line in project.audit_log.project_changes()][:3] == [
        "Requested approval of “Tea time”",
        "Declined to approve “Tea time”",
        "Requested approval of “Tea time”",
    ]


def test_asking_twice_is_asking_once(user, track, maker):
    client, person = maker
    post(client, "request-approval", track.public_id)
    assert post(client, "request-approval", track.public_id).status_code == 302
    assert (len(told(user)), track.approval_requests.count()) == (1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalRequest.objects.create(track=track, requested_by=person)


def test_the_named_approver_alone_is_asked(user, track, maker, project, member):
    approver = member("viewer")
    Project.objects.filter(pk=project.pk).update(approver=approver)
    post(maker[0], "request-approval", track.public_id)
    assert (len(told(approver)), told(user)) == (1, [])


@pytest.mark.parametrize(("role", "code"), [("viewer", "not_permitted"), ("owner", "can_approve")])
def test_only_makers_who_cannot_approve_ask(track, signed_in, role, code):
    client, _ = signed_in(role)
    reply = post(client, "request-approval", track.public_id)
    assert (reply.status_code, code_of(reply)) == (422, code)
    assert (
        reverse("request-approval", args=[track.public_id]) not in client.get(track.get_absolute_url()).content.decode()
    )


def test_only_approvers_decline(track, maker):
    client, _ = maker
    post(client, "request-approval", track.public_id)
    assert post(client, "approve", track.public_id, decline="1").status_code == 422
    assert approvals.open_request(track)


def test_a_long_reason_is_refused(user_client, track, maker):
    post(maker[0], "request-approval", track.public_id)
    reply = post(user_client, "approve", track.public_id, decline="1", answer="x" * 301)
    assert code_of(reply) == "too_long"
    assert approvals.open_request(track)


def test_nobody_asks_about_what_cannot_be_approved(maker, make_track, project):
    client, person = maker
    trashed, private = make_track("Binned"), make_track("Private", author=person)
    post(client, "move-to-trash", trashed.public_id)
    post(client, "visibility", private.public_id, to="private")
    sent = {"text": "warm", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = comparisons.submit_many(user=person, project=project, model_keys=(COMPOSER, POLL), **sent)
    blind = make_track("Blind", generation=many.generations.first())
    for track in (trashed, private):
        assert post(client, "request-approval", track.public_id).status_code == 422
    assert post(client, "request-approval", blind.public_id).url == f"/comparisons/{many.public_id}/"
    assert not ApprovalRequest.objects.exists()


# --- comments ---


@pytest.fixture
def long_track(make_track):
    return make_track("Long", length_ms=60_000)


@pytest.mark.parametrize(
    ("typed", "at_ms"), [("0:12", 12_000), ("12", 12_000), ("0:12.5", 12_500), ("1:00", 60_000), ("", 0)]
)
def test_a_comment_is_pinned_to_its_time(user_client, long_track, typed, at_ms):
    reply = post(user_client, "comment", long_track.public_id, at=typed, text="  The flute is too loud\r\nhere ")
    assert reply.url == f"{long_track.get_absolute_url()}?tab=review#comments"
    said = Comment.objects.get()
    assert (said.at_ms, said.text) == (at_ms, "The flute is too loud\nhere")
    page = user_client.get(long_track.get_absolute_url()).content.decode()
    assert f'cx="{at_ms / 600:.2f}%"' in page
    assert f'data-seek-ms="{at_ms}"' in page
    assert f'href="#comment-{said.public_id}"' in page


BAD_TIMES = ("2:00", "-1", "soon", "nan", "1e999")


@pytest.mark.parametrize(
    ("typed", "text"), [*((time, "x") for time in BAD_TIMES), ("0:10", "  "), ("0:10", "x" * 1001)]
)
def test_what_cannot_be_kept_is_said_and_stays_typed(user_client, long_track, typed, text):
    reply = post(user_client, "comment", long_track.public_id, at=typed, text=text)
    assert reply.status_code == 422
    assert b'role="alert"' in reply.content
    assert f'value="{typed}"' in reply.content.decode()
    assert not Comment.objects.exists()


def test_viewers_comment_too(long_track, signed_in):
    viewer, person = signed_in("viewer")
    post(viewer, "comment", long_track.public_id, at="0:05", text="Lovely")
    assert Comment.objects.get().author == person


def test_one_rewords_only_what_one_said(user_client, long_track, signed_in):
    viewer, _ = signed_in("viewer")
    post(viewer, "comment", long_track.public_id, at="0:05", text="Lovly")
    said = Comment.objects.get()
    assert post(user_client, "comment-edit", said.public_id, text="Mine").status_code == 404
    post(viewer, "comment-edit", said.public_id, text="Lovely")
    said.refresh_from_db()
    assert said.text == "Lovely"
    assert said.edited_at
    assert "edited" in user_client.get(long_track.get_absolute_url()).content.decode()


def test_one_deletes_what_one_said_and_an_owner_everything(user_client, long_track, signed_in):
    editor, _ = signed_in("editor")
    post(user_client, "comment", long_track.public_id, at="0", text="Ada’s")
    post(editor, "comment", long_track.public_id, at="0", text="Theirs")
    adas, theirs = Comment.objects.order_by("id")
    assert post(editor, "comment-delete", adas.public_id).status_code == 404
    post(editor, "comment-delete", theirs.public_id)
    assert list(Comment.objects.all()) == [adas]
    post(editor, "comment", long_track.public_id, at="0", text="Again")
    post(user_client, "comment-delete", Comment.objects.get(text="Again").public_id)
    assert list(Comment.objects.all()) == [adas]


def test_a_resolved_comment_leaves_the_waveform_and_can_be_opened_again(user_client, long_track, user):
    post(user_client, "comment", long_track.public_id, at="0:30", text="Too loud")
    said = Comment.objects.get()
    post(user_client, "comment-resolve", said.public_id, on="1")
    said.refresh_from_db()
    assert said.resolved_by == user
    page = user_client.get(long_track.get_absolute_url()).content.decode()
    assert 'class="pin"' not in page
    assert 'id="resolved-comments"' in page
    post(user_client, "comment-resolve", said.public_id, on="0")
    assert 'class="pin"' in user_client.get(long_track.get_absolute_url()).content.decode()


def test_viewers_resolve_only_their_own(user_client, long_track, signed_in):
    viewer, _ = signed_in("viewer")
    post(user_client, "comment", long_track.public_id, at="0", text="Ada’s")
    assert post(viewer, "comment-resolve", Comment.objects.get().public_id, on="1").status_code == 404


def test_the_comments_of_a_private_track_are_private(user_client, long_track, signed_in):
    owner, _ = signed_in("owner")
    post(owner, "comment", long_track.public_id, at="0", text="Nice")
    said = Comment.objects.get()
    post(user_client, "visibility", long_track.public_id, to="private")
    for door in ("comment-edit", "comment-resolve", "comment-delete"):
        assert post(owner, door, said.public_id, text="x").status_code == 404, door
    assert owner.get(reverse("comments", args=[long_track.public_id])).status_code == 404


def test_htmx_gets_the_comments_and_the_pins(user_client, long_track):
    headers = {"hx-request": "true", "hx-target": "comments"}
    sent = {"at": "0:15", "text": "<b>Bold</b>"}
    reply = user_client.post(reverse("comment", args=[long_track.public_id]), sent, headers=headers).content.decode()
    assert "<html" not in reply
    assert "&lt;b&gt;Bold" in reply
    assert re.search(r'<svg class="pins"[^>]*hx-swap-oob="true"', reply)
    assert 'cx="25.00%"' in reply


def test_an_editor_of_another_project_says_nothing_here(long_track, stranger):
    client = Client()
    client.force_login(stranger)
    assert post(client, "comment", long_track.public_id, at="0", text="x").status_code == 404
    assert permissions.role(stranger, long_track.project) is None
    assert Role.OWNER in {row.role for row in stranger.memberships.all()}
