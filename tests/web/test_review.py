"""Approved for use, by whom and when; and what people say about a moment of a track."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from generator import access, workflow
from generator.models import Approval, Comment, Project, Role
from tests.conftest import COMPOSER, POLL


def post(client, door, ref, /, **sent):
    return client.post(reverse(door, args=[ref]), sent)


@pytest.fixture
def signed_in(member):
    """A signed-in member of the project: `client, person = signed_in("editor")`."""

    def _signed_in(role: str):
        person, client = member(role), Client()
        client.force_login(person)
        return client, person

    return _signed_in


# --- approval ---


def test_an_owner_approves_and_everyone_sees_by_whom(browser, track, project, signed_in):
    post(browser, "approve", track.ref)
    viewer, _ = signed_in("viewer")
    detail = viewer.get(track.get_absolute_url()).content.decode()
    assert "Approved for use" in detail
    assert "by Ada" in detail
    assert "Withdraw" not in detail
    assert "Approved" in viewer.get(f"/p/{project.ref}/").content.decode()


def test_an_approval_is_withdrawn_and_both_are_kept(browser, track, project, user):
    post(browser, "approve", track.ref)
    post(browser, "approve", track.ref, on="0")
    post(browser, "approve", track.ref)
    assert [(one.by, one.withdrawn_by) for one in track.approvals.order_by("id")] == [(user, user), (user, None)]
    assert [line.text for line in project.audit.all()][:2] == [
        "Approved “Tea time” for use",
        "Withdrew the approval of “Tea time”",
    ]


def test_approving_twice_is_approving_once(browser, track, user):
    post(browser, "approve", track.ref)
    post(browser, "approve", track.ref)
    assert track.approvals.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(track=track, by=user)


def test_a_named_approver_alone_approves_whatever_their_role(browser, track, project, signed_in):
    viewer, person = signed_in("viewer")
    Project.objects.filter(pk=project.pk).update(approver=person)
    reply = post(browser, "approve", track.ref)
    assert reply.status_code == 422
    assert f"{person.label} approves tracks here." in reply.content.decode()
    assert post(viewer, "approve", track.ref).status_code == 302
    assert workflow.review.approval_of(track).by == person


def test_when_the_approver_leaves_the_owners_approve_again(browser, track, project, member, user):
    person = member("editor")
    Project.objects.filter(pk=project.pk).update(approver=person)
    post(browser, "member-remove", project.ref, person=person.pk)
    project.refresh_from_db()
    assert project.approver is None
    assert access.can_approve(user, project)
    assert project.audit.first().text == f"Removed {person.label}; the owners approve tracks now"


def test_editors_do_not_approve_where_owners_do(track, signed_in):
    editor, _ = signed_in("editor")
    assert post(editor, "approve", track.ref).status_code == 422
    assert "Approve for use" not in editor.get(track.get_absolute_url()).content.decode()
    assert not Approval.objects.exists()


def test_neither_a_binned_nor_a_private_nor_a_blind_track_is_approved(browser, project, user, make_track):
    binned, private = make_track("Binned"), make_track("Private")
    post(browser, "to-bin", binned.ref)
    post(browser, "visibility", private.ref, to="private")
    sent = {"text": "warm", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = workflow.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    blind = make_track("Blind", generation=many.generations.first())
    for track in (binned, private):
        assert post(browser, "approve", track.ref).status_code == 422
    assert post(browser, "approve", blind.ref).url == f"/c/{many.ref}/"
    assert not Approval.objects.exists()


def test_the_library_narrows_to_what_is_approved(browser, project, make_track):
    first, second = make_track("First"), make_track("Second")
    assert "Approved for use" not in browser.get(f"/p/{project.ref}/").content.decode()
    post(browser, "approve", first.ref)
    page = browser.get(f"/p/{project.ref}/?status=approved")
    assert [track.title for track in page.context["page"].tracks] == ["First"]
    facet = next(one for one in page.context["facets"] if one.name == "status")
    assert {choice.value: choice.count.value for choice in facet.choices} == {"approved": 1, "draft": 1}
    drafts = browser.get(f"/p/{project.ref}/?status=draft")
    assert [track.pk for track in drafts.context["page"].tracks] == [second.pk]


def test_htmx_gets_the_badge_alone(browser, track):
    reply = browser.post(reverse("approve", args=[track.ref]), headers={"hx-request": "true"})
    assert b"<html" not in reply.content
    assert b"Withdraw" in reply.content
    assert "library-changed" in reply["HX-Trigger"]


# --- comments ---


@pytest.fixture
def long_track(make_track):
    return make_track("Long", length_ms=60_000)


@pytest.mark.parametrize(
    ("typed", "at_ms"), [("0:12", 12_000), ("12", 12_000), ("0:12.5", 12_500), ("1:00", 60_000), ("", 0)]
)
def test_a_comment_is_pinned_to_its_time(browser, long_track, typed, at_ms):
    reply = post(browser, "comment", long_track.ref, at=typed, text="  The flute is too loud\r\nhere ")
    assert reply.url == f"{long_track.get_absolute_url()}#comments"
    said = Comment.objects.get()
    assert (said.at_ms, said.text) == (at_ms, "The flute is too loud\nhere")
    page = browser.get(long_track.get_absolute_url()).content.decode()
    assert f'cx="{at_ms / 600:.2f}%"' in page
    assert f'data-seek-ms="{at_ms}"' in page
    assert f'href="#comment-{said.ref}"' in page


BAD_TIMES = ("2:00", "-1", "soon", "nan", "1e999")


@pytest.mark.parametrize(
    ("typed", "text"), [*((time, "x") for time in BAD_TIMES), ("0:10", "  "), ("0:10", "x" * 1001)]
)
def test_what_cannot_be_kept_is_said_and_stays_typed(browser, long_track, typed, text):
    reply = post(browser, "comment", long_track.ref, at=typed, text=text)
    assert reply.status_code == 422
    assert b'role="alert"' in reply.content
    assert f'value="{typed}"' in reply.content.decode()
    assert not Comment.objects.exists()


def test_viewers_comment_too(long_track, signed_in):
    viewer, person = signed_in("viewer")
    post(viewer, "comment", long_track.ref, at="0:05", text="Lovely")
    assert Comment.objects.get().author == person


def test_one_rewords_only_what_one_said(browser, long_track, signed_in):
    viewer, _ = signed_in("viewer")
    post(viewer, "comment", long_track.ref, at="0:05", text="Lovly")
    said = Comment.objects.get()
    assert post(browser, "comment-edit", said.ref, text="Mine").status_code == 404
    post(viewer, "comment-edit", said.ref, text="Lovely")
    said.refresh_from_db()
    assert said.text == "Lovely"
    assert said.edited_at
    assert "edited" in browser.get(long_track.get_absolute_url()).content.decode()


def test_one_deletes_what_one_said_and_an_owner_everything(browser, long_track, signed_in):
    editor, _ = signed_in("editor")
    post(browser, "comment", long_track.ref, at="0", text="Ada’s")
    post(editor, "comment", long_track.ref, at="0", text="Theirs")
    adas, theirs = Comment.objects.order_by("id")
    assert post(editor, "comment-delete", adas.ref).status_code == 404
    post(editor, "comment-delete", theirs.ref)
    assert list(Comment.objects.all()) == [adas]
    post(editor, "comment", long_track.ref, at="0", text="Again")
    post(browser, "comment-delete", Comment.objects.get(text="Again").ref)
    assert list(Comment.objects.all()) == [adas]


def test_a_resolved_comment_leaves_the_waveform_and_can_be_opened_again(browser, long_track, user):
    post(browser, "comment", long_track.ref, at="0:30", text="Too loud")
    said = Comment.objects.get()
    post(browser, "comment-resolve", said.ref, on="1")
    said.refresh_from_db()
    assert said.resolved_by == user
    page = browser.get(long_track.get_absolute_url()).content.decode()
    assert 'class="pin"' not in page
    assert "1 resolved" in page
    post(browser, "comment-resolve", said.ref, on="0")
    assert 'class="pin"' in browser.get(long_track.get_absolute_url()).content.decode()


def test_viewers_resolve_only_their_own(browser, long_track, signed_in):
    viewer, _ = signed_in("viewer")
    post(browser, "comment", long_track.ref, at="0", text="Ada’s")
    assert post(viewer, "comment-resolve", Comment.objects.get().ref, on="1").status_code == 404


def test_the_comments_of_a_private_track_are_private(browser, long_track, signed_in):
    owner, _ = signed_in("owner")
    post(owner, "comment", long_track.ref, at="0", text="Nice")
    said = Comment.objects.get()
    post(browser, "visibility", long_track.ref, to="private")
    for door in ("comment-edit", "comment-resolve", "comment-delete"):
        assert post(owner, door, said.ref, text="x").status_code == 404, door
    assert owner.get(reverse("comments", args=[long_track.ref])).status_code == 404


def test_htmx_gets_the_comments_and_the_pins(browser, long_track):
    headers = {"hx-request": "true", "hx-target": "comments"}
    sent = {"at": "0:15", "text": "<b>Bold</b>"}
    reply = browser.post(reverse("comment", args=[long_track.ref]), sent, headers=headers).content.decode()
    assert "<html" not in reply
    assert "&lt;b&gt;Bold" in reply
    assert re.search(r'<svg class="pins"[^>]*hx-swap-oob="true"', reply)
    assert 'cx="25.00%"' in reply


def test_an_editor_of_another_project_says_nothing_here(long_track, stranger):
    client = Client()
    client.force_login(stranger)
    assert post(client, "comment", long_track.ref, at="0", text="x").status_code == 404
    assert access.role(stranger, long_track.project) is None
    assert Role.OWNER in {row.role for row in stranger.memberships.all()}
