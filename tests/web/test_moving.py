"""Moving and copying tracks between projects: the music goes, the money stays."""

import pytest
from django.test import Client
from django.urls import reverse

from generator import workflow
from generator.billing import spend
from generator.models import Entry, Generation, Membership, Project, Role, Tag, Track
from generator.workflow import media, money
from tests.conftest import BGM, COMPOSER, POLL


@pytest.fixture
def other(user) -> Project:
    """A second project of Ada's."""
    project = Project.objects.create(name="Garden tales")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    return project


@pytest.fixture
def gardener(other, stranger) -> Client:
    """Someone who knows the second project only."""
    Membership.objects.create(project=other, user=stranger, role=Role.EDITOR)
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
def paid(ask, priced, fake, run_background, project) -> Track:
    """A track that was paid for."""
    priced(POLL, "0.03")
    ask("warm lo-fi")
    run_background()
    return project.tracks.get()


def send(client, action, project, to, *tracks):
    sent = {"action": action, "to": to.ref, "track": [track.ref for track in tracks]}
    return client.post(reverse("bulk", args=[project.ref]), sent)


def titles(project) -> list[str]:
    return sorted(project.tracks.values_list("title", flat=True))


def test_many_are_moved_with_tags_comments_stars_and_address(browser, project, other, make_track, user, gardener):
    tracks = [make_track("One"), make_track("Two")]
    rows = Track.objects.filter(project=project)
    workflow.library.tag(rows, "intro")
    workflow.library.star(rows, user, True)
    workflow.review.comment(tracks[0], user, 0, "Louder")
    send(browser, "move", project, other, *tracks)
    assert (titles(project), titles(other)) == ([], ["One", "Two"])
    assert not Tag.objects.filter(project=project).exists()
    assert {tag.project for track in other.tracks.all() for tag in track.tags.all()} == {other}
    page = gardener.get(tracks[0].get_absolute_url())
    assert b"Louder" in page.content
    assert [track.title for track in gardener.get(f"/p/{other.ref}/?q=intro").context["page"].tracks] == ["Two", "One"]


def test_what_a_moved_track_cost_stays_and_is_not_told_elsewhere(browser, paid, project, other, user, gardener):
    before = spend.month(spend.scope_for(user, project.ref), spend.this_month())
    lines = list(Entry.objects.values_list())
    send(browser, "move", project, other, paid)
    assert list(Entry.objects.values_list()) == lines
    assert spend.month(spend.scope_for(user, project.ref), spend.this_month()) == before
    assert spend.month(spend.scope_for(user, other.ref), spend.this_month()).spent == 0
    assert money.differences() == []
    mine = browser.get(paid.get_absolute_url()).content.decode()
    assert "Made in Kitchen stories and moved here" in mine
    assert "Ledger lines" in mine
    theirs = gardener.get(paid.get_absolute_url()).content.decode()
    assert "Made in another project and moved here" in theirs
    assert "Kitchen stories" not in theirs
    assert "Ledger lines" not in theirs
    assert "warm lo-fi" in theirs


def test_the_brief_of_a_moved_track_can_be_used_again(browser, paid, project, other, gardener):
    send(browser, "move", project, other, paid)
    page = gardener.get(f"/p/{other.ref}/?again={paid.generation.ref}")
    assert page.context["form"].text == "warm lo-fi"


def test_a_copy_shares_the_files_and_has_papers_of_its_own(browser, paid, project, other, gardener, make_stem):
    make_stem(paid)
    send(browser, "copy", project, other, paid)
    copied = other.tracks.get()
    assert project.tracks.get() == paid
    assert copied.ref != paid.ref
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
    assert "The copy cost nothing" in page
    assert "Vocals" in page
    assert gardener.get(reverse("audio", args=[copied.ref])).getvalue() == media.path(paid.file).read_bytes()
    assert [row.title for row in gardener.get(f"/p/{other.ref}/?q=lo-fi").context["page"].tracks] == [copied.title]


def test_a_copy_costs_nothing(browser, paid, project, other, user):
    lines = Entry.objects.count()
    send(browser, "copy", project, other, paid)
    assert Entry.objects.count() == lines
    assert spend.month(spend.scope_for(user, other.ref), spend.this_month()).spent == 0
    assert money.differences() == []
    assert not Generation.objects.unsettled().exists()


def test_a_copy_outlives_its_original_and_the_other_way_round(browser, project, other, make_track):
    track = make_track()
    send(browser, "copy", project, other, track)
    copied = other.tracks.get()
    browser.post(reverse("to-bin", args=[track.ref]))
    browser.post(reverse("delete-for-good", args=[project.ref]), {"everything": "1", "sure": "1"})
    assert not Track.objects.filter(pk=track.pk).exists()
    assert browser.get(reverse("audio", args=[copied.ref])).status_code == 200
    assert browser.get(copied.get_absolute_url()).status_code == 200


def test_a_copy_of_a_copy_still_names_who_paid(browser, project, other, paid, user):
    send(browser, "copy", project, other, paid)
    send(browser, "copy", other, user.personal_project, other.tracks.get())
    assert user.personal_project.tracks.get().origin.paid_by == paid.generation


def test_both_arrive_as_drafts(browser, project, other, make_track):
    moved, copied = make_track("Moved"), make_track("Copied")
    for track in (moved, copied):
        browser.post(reverse("approve", args=[track.ref]))
    send(browser, "move", project, other, moved)
    send(browser, "copy", project, other, copied)
    assert not [track for track in other.tracks.all() if workflow.review.approval_of(track)]
    assert workflow.review.approval_of(copied)


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
def test_nobody_takes_a_private_track_of_somebody_else(browser, project, other, make_track, member, action):
    person = member("editor")
    private = make_track("Theirs", author=person)
    workflow.sharing.keep_private(private, person)
    send(browser, action, project, other, private)
    assert titles(other) == []


def test_a_private_track_stays_private_where_it_goes(browser, project, other, track, gardener):
    browser.post(reverse("visibility", args=[track.ref]), {"to": "private"})
    send(browser, "copy", project, other, track)
    send(browser, "move", project, other, track)
    assert other.tracks.count() == 2
    assert gardener.get(f"/p/{other.ref}/").context["total"].value == 0
    assert not [line for line in project.audit.all() if track.title in line.text]


def test_a_candidate_of_a_blind_comparison_stays(browser, project, other, user, make_track):
    sent = {"text": "warm", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = workflow.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    candidate = make_track("Candidate", generation=many.generations.first())
    for action in ("move", "copy"):
        send(browser, action, project, other, candidate)
    assert titles(other) == []
    workflow.comparing.reveal(many)
    send(browser, "move", project, other, candidate)
    assert titles(other) == ["Candidate"]
    assert browser.get(reverse("compare", args=[many.ref])).status_code == 200


def test_a_comparison_does_not_show_what_was_moved_out_of_sight(browser, project, other, user, make_track, member):
    sent = {"text": "warm", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = workflow.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    candidate = make_track("Candidate", generation=many.generations.first())
    workflow.comparing.reveal(many)
    send(browser, "move", project, other, candidate)
    client = Client()
    client.force_login(member("editor"))
    assert candidate.ref not in client.get(reverse("compare", args=[many.ref])).content.decode()
    assert candidate.ref in browser.get(reverse("compare", args=[many.ref])).content.decode()


def test_both_projects_record_it(browser, project, other, track):
    send(browser, "move", project, other, track)
    assert project.audit.first().text == "Moved “Tea time” away to another project"
    assert other.audit.first().text == "Moved “Tea time” here from another project"


# --- work on a track that is not there any more ---

SPLIT = "wavespeed/stem-song"


def split(track, person, key="split"):
    return workflow.actions.split(user=person, track=track, action_key=SPLIT, settings={}, idempotency_key=key)


def test_a_split_is_not_tried_again_on_somebody_elses_money(shops, browser, project, other, make_track, member):
    """Who edits the old project only must not spend in the new one."""
    track = make_track(model=BGM)
    editor = member("editor")
    generation = split(track, editor)
    workflow.cancel(generation, editor)
    send(browser, "move", project, other, track)
    client = Client()
    client.force_login(editor)
    before = Entry.objects.count()
    reply = client.post(reverse("retry", args=[generation.ref]), {"idempotency_key": "again"}, follow=True)
    assert "has been moved, or is private now" in reply.content.decode()
    assert Entry.objects.count() == before
    browser.post(reverse("retry", args=[generation.ref]), {"idempotency_key": "again"})
    assert Entry.objects.latest("id").project == other


def test_splitting_a_private_track_does_not_tell_its_title(shops, browser, project, make_track, user, member):
    track = make_track(model=BGM)
    browser.post(reverse("visibility", args=[track.ref]), {"to": "private"})
    split(track, user)
    client = Client()
    client.force_login(member("owner"))
    assert track.title not in client.get(f"/p/{project.ref}/running/").content.decode()
    lines = client.get(f"/spend/lines/?project={project.ref}").content.decode()
    assert "A private take" in lines
    assert track.title not in lines
