"""Moving and copying tracks between projects: the music moves, the money stays."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from generator.models import Generation, LedgerEntry, Membership, Project, Role, Tag, Track
from generator.services.billing import ledger
from generator.services.billing.reports import spend
from generator.services.generation import cancellation, comparisons
from generator.services.library import approvals, media, sharing
from generator.services.library import tracks as library_tracks
from generator.services.provider_jobs import provider_actions
from tests.conftest import BGM, COMPOSER, POLL
from tests.refusals import code_of


@pytest.fixture
def other(user) -> Project:
    """A second project of Ada's."""
    project = Project.objects.create(name="Garden tales")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    return project


@pytest.fixture
def gardener(other, stranger) -> Client:
    """A client of a person who is a member of the second project only."""
    Membership.objects.create(project=other, user=stranger, role=Role.EDITOR)
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
def paid(ask, priced, fake, run_background, project) -> Track:
    """A paid track."""
    priced(POLL, "0.03")
    ask("warm lo-fi")
    run_background()
    return project.tracks.get()


def send(client, action, project, to, *tracks):
    sent = {"action": action, "to": to.public_id, "track": [track.public_id for track in tracks]}
    return client.post(reverse("bulk", args=[project.public_id]), sent)


def titles(project) -> list[str]:
    return sorted(project.tracks.values_list("title", flat=True))


def test_many_are_moved_with_tags_comments_stars_and_address(user_client, project, other, make_track, user, gardener):
    tracks = [make_track("One"), make_track("Two")]
    rows = Track.objects.filter(project=project)
    library_tracks.tag(rows, "intro")
    library_tracks.star(rows, user, True)
    approvals.comment(tracks[0], user, 0, "Louder")
    send(user_client, "move", project, other, *tracks)
    assert (titles(project), titles(other)) == ([], ["One", "Two"])
    assert not Tag.objects.filter(project=project).exists()
    assert {tag.project for track in other.tracks.all() for tag in track.tags.all()} == {other}
    page = gardener.get(tracks[0].get_absolute_url())
    assert b"Louder" in page.content
    assert [track.title for track in gardener.get(f"/projects/{other.public_id}/?q=intro").context["page"].tracks] == [
        "Two",
        "One",
    ]


def test_what_a_moved_track_cost_stays_and_is_not_told_elsewhere(user_client, paid, project, other, user, gardener):
    before = spend.month(spend.scope_for(user, project.public_id), spend.this_month())
    lines = list(LedgerEntry.objects.values_list())
    send(user_client, "move", project, other, paid)
    assert list(LedgerEntry.objects.values_list()) == lines
    assert spend.month(spend.scope_for(user, project.public_id), spend.this_month()) == before
    assert spend.month(spend.scope_for(user, other.public_id), spend.this_month()).spent == 0
    assert ledger.differences() == []
    mine = user_client.get(paid.get_absolute_url()).content.decode()
    assert re.search(r'data-origin="moved">[^<]*Kitchen stories', mine)
    assert 'id="ledger-entries"' in mine
    theirs = gardener.get(paid.get_absolute_url()).content.decode()
    assert 'data-origin="moved"' in theirs
    assert "Kitchen stories" not in theirs
    assert 'id="ledger-entries"' not in theirs
    assert "warm lo-fi" in theirs


def test_the_brief_of_a_moved_track_can_be_used_again(user_client, paid, project, other, gardener):
    send(user_client, "move", project, other, paid)
    page = gardener.get(f"/projects/{other.public_id}/?again={paid.generation.public_id}")
    assert page.context["form"].text == "warm lo-fi"


def test_a_copy_shares_the_files_and_has_papers_of_its_own(user_client, paid, project, other, gardener, make_stem):
    make_stem(paid)
    send(user_client, "copy", project, other, paid)
    copied = other.tracks.get()
    assert project.tracks.get() == paid
    assert copied.public_id != paid.public_id
    assert (copied.file, copied.sha256, copied.cover, copied.author) == (
        paid.file,
        paid.sha256,
        paid.cover,
        paid.author,
    )
    assert copied.generation.prompt.text == "warm lo-fi"
    assert copied.generation.model == paid.generation.model
    assert (copied.origin.source, copied.origin.paid_by) == (paid, paid.generation)
    page = gardener.get(copied.get_absolute_url()).content.decode()
    assert 'data-origin="copied"' in page
    assert "Vocals" in page
    assert gardener.get(reverse("audio", args=[copied.public_id])).getvalue() == media.path(paid.file).read_bytes()
    assert [row.title for row in gardener.get(f"/projects/{other.public_id}/?q=lo-fi").context["page"].tracks] == [
        copied.title
    ]


def test_a_copy_costs_nothing(user_client, paid, project, other, user):
    lines = LedgerEntry.objects.count()
    send(user_client, "copy", project, other, paid)
    assert LedgerEntry.objects.count() == lines
    assert spend.month(spend.scope_for(user, other.public_id), spend.this_month()).spent == 0
    assert ledger.differences() == []
    assert not Generation.objects.unsettled().exists()


def test_a_copy_outlives_its_original_and_the_other_way_round(user_client, project, other, make_track):
    track = make_track()
    send(user_client, "copy", project, other, track)
    copied = other.tracks.get()
    user_client.post(reverse("move-to-trash", args=[track.public_id]))
    user_client.post(reverse("delete-permanently", args=[project.public_id]), {"everything": "1", "sure": "1"})
    assert not Track.objects.filter(pk=track.pk).exists()
    assert user_client.get(reverse("audio", args=[copied.public_id])).status_code == 200
    assert user_client.get(copied.get_absolute_url()).status_code == 200


def test_a_copy_of_a_copy_still_names_who_paid(user_client, project, other, paid, user):
    send(user_client, "copy", project, other, paid)
    send(user_client, "copy", other, user.personal_project, other.tracks.get())
    assert user.personal_project.tracks.get().origin.paid_by == paid.generation


def test_both_arrive_as_drafts(user_client, project, other, make_track):
    moved, copied = make_track("Moved"), make_track("Copied")
    for track in (moved, copied):
        user_client.post(reverse("approve", args=[track.public_id]))
    send(user_client, "move", project, other, moved)
    send(user_client, "copy", project, other, copied)
    assert not [track for track in other.tracks.all() if approvals.approval_of(track)]
    assert approvals.approval_of(copied)


@pytest.mark.parametrize("action", ["move", "copy"])
def test_it_takes_the_right_to_edit_on_both_sides(project, other, track, stranger, user, action):
    client = Client()
    client.force_login(stranger)
    here = Membership.objects.create(project=project, user=stranger, role=Role.VIEWER)
    there = Membership.objects.create(project=other, user=stranger, role=Role.EDITOR)
    assert send(client, action, project, other, track).status_code == 403
    Membership.objects.filter(pk=here.pk).update(role=Role.EDITOR)
    Membership.objects.filter(pk=there.pk).update(role=Role.VIEWER)
    send(client, action, project, other, track)
    there.delete()
    send(client, action, project, other, track)
    assert (titles(project), titles(other)) == (["Tea time"], [])


@pytest.mark.parametrize("action", ["move", "copy"])
def test_nobody_takes_a_private_track_of_somebody_else(user_client, project, other, make_track, member, action):
    person = member("editor")
    private = make_track("Theirs", author=person)
    sharing.keep_private(private, person)
    send(user_client, action, project, other, private)
    assert titles(other) == []


def test_a_private_track_stays_private_where_it_goes(user_client, project, other, track, gardener):
    user_client.post(reverse("visibility", args=[track.public_id]), {"to": "private"})
    send(user_client, "copy", project, other, track)
    send(user_client, "move", project, other, track)
    assert other.tracks.count() == 2
    assert gardener.get(f"/projects/{other.public_id}/").context["total"].value == 0
    assert not [line for line in project.audit_log.project_changes() if track.title in line.text]


def test_a_candidate_of_a_blind_comparison_stays(user_client, project, other, user, make_track):
    sent = {"text": "warm", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    candidate = make_track("Candidate", generation=many.generations.first())
    for action in ("move", "copy"):
        send(user_client, action, project, other, candidate)
    assert titles(other) == []
    comparisons.reveal(many)
    send(user_client, "move", project, other, candidate)
    assert titles(other) == ["Candidate"]
    assert user_client.get(reverse("compare", args=[many.public_id])).status_code == 200


def test_a_comparison_does_not_show_what_was_moved_out_of_sight(user_client, project, other, user, make_track, member):
    sent = {"text": "warm", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    candidate = make_track("Candidate", generation=many.generations.first())
    comparisons.reveal(many)
    send(user_client, "move", project, other, candidate)
    client = Client()
    client.force_login(member("editor"))
    assert candidate.public_id not in client.get(reverse("compare", args=[many.public_id])).content.decode()
    assert candidate.public_id in user_client.get(reverse("compare", args=[many.public_id])).content.decode()


def test_both_projects_record_it(user_client, project, other, track):
    send(user_client, "move", project, other, track)
    assert project.audit_log.project_changes().first().text == "Moved “Tea time” to another project"
    assert other.audit_log.project_changes().first().text == "Moved “Tea time” here from another project"


# --- work on a track that no longer exists ---

SPLIT = "wavespeed/stem-song"


def split(track, person, key="split"):
    return provider_actions.separate_stems(user=person, track=track, action_key=SPLIT, settings={}, idempotency_key=key)


def test_a_split_is_not_tried_again_on_somebody_elses_money(
    paid_providers, user_client, project, other, make_track, member
):
    """An editor of the old project only must not spend in the new one."""
    track = make_track(model=BGM)
    editor = member("editor")
    generation = split(track, editor)
    cancellation.cancel(generation, editor)
    send(user_client, "move", project, other, track)
    client = Client()
    client.force_login(editor)
    before = LedgerEntry.objects.count()
    reply = client.post(reverse("retry", args=[generation.public_id]), {"idempotency_key": "again"}, follow=True)
    assert code_of(reply) == "source_gone"
    assert LedgerEntry.objects.count() == before
    user_client.post(reverse("retry", args=[generation.public_id]), {"idempotency_key": "again"})
    assert LedgerEntry.objects.latest("id").project == other


def test_splitting_a_private_track_does_not_tell_its_title(
    paid_providers, user_client, project, make_track, user, member
):
    track = make_track(model=BGM)
    user_client.post(reverse("visibility", args=[track.public_id]), {"to": "private"})
    split(track, user)
    client = Client()
    client.force_login(member("owner"))
    assert track.title not in client.get(f"/projects/{project.public_id}/running/").content.decode()
    lines = client.get(f"/spend/ledger-entries/?project={project.public_id}").content.decode()
    assert "Private take" in lines
    assert track.title not in lines
