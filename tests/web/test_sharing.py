"""Who hears a track: its project, its author alone, or whoever has a link; and for how long."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator import workflow
from generator.models import ShareLink, State, Track
from tests.conftest import COMPOSER


def post(client, door, ref, /, **sent):
    return client.post(reverse(door, args=[ref]), sent)


@pytest.fixture
def other(member) -> Client:
    """An owner of the same project: no role sees what is private."""
    client = Client()
    client.force_login(member("owner"))
    return client


@pytest.fixture
def secret(browser, make_track) -> Track:
    """A track that Ada keeps to herself."""
    track = make_track("Hushed waltz", bpm=77.0, musical_key="F♯ minor")
    workflow.library.tag(Track.objects.filter(pk=track.pk), "confidential")
    assert post(browser, "visibility", track.ref, to="private").status_code == 302
    return track


# --- private ---


def looks(project, track) -> Iterator[str]:
    """Every page on which a member might meet a track of the project."""
    yield from (f"/p/{project.ref}/", f"/p/{project.ref}/?q=hushed", f"/p/{project.ref}/?tag=confidential")
    yield from (f"/p/{project.ref}/more/", f"/p/{project.ref}/running/", f"/p/{project.ref}/bin/")
    yield from (f"/p/{project.ref}/references/", f"/p/{project.ref}/settings/", "/projects/")
    yield from (f"/spend/lines/?project={project.ref}", f"/spend/?project={project.ref}")


def test_a_private_track_is_on_no_page_of_anybody_else(secret, project, other, browser):
    for page in looks(project, secret):
        shown = other.get(page).content.decode()
        assert "Hushed waltz" not in shown.replace("?q=hushed", ""), page
        assert secret.ref not in shown, page
    own = browser.get(f"/p/{project.ref}/?q=hushed").content.decode()
    assert "Hushed waltz" in own
    assert "only you" in own


def test_a_private_track_counts_in_nobody_elses_facets(secret, project, other, browser, make_track):
    make_track("Another", bpm=120.0)
    assert other.get(f"/p/{project.ref}/").context["total"].value == 1
    assert "confidential" not in other.get(f"/p/{project.ref}/").content.decode()
    assert browser.get(f"/p/{project.ref}/").context["total"].value == 2


@pytest.mark.parametrize("door", ["track", "audio", "cover", "stems"])
def test_nothing_of_a_private_track_is_served_to_anybody_else(secret, other, browser, door):
    where = reverse(door, args=[secret.ref])
    assert other.get(where).status_code == 404
    assert browser.get(where).status_code == 200
    assert other.get(reverse("download", args=[secret.ref, "wav"])).status_code == 404


def test_the_stems_of_a_private_track_are_private(secret, other, browser, make_stem):
    stem = make_stem(secret)
    assert other.get(reverse("stem-audio", args=[stem.ref])).status_code == 404
    assert browser.get(reverse("stem-audio", args=[stem.ref])).status_code == 200


def test_nobody_else_changes_a_private_track(secret, project, other):
    for door in ("track-edit", "star", "to-bin", "restore", "split", "visibility", "share", "track-reference"):
        assert post(other, door, secret.ref, title="Mine", on="1", days="7").status_code == 404, door
    for action in ("bin", "tag", "star", "zip"):
        post(other, "bulk", project.ref, action=action, track=secret.ref, tag="x")
    secret.refresh_from_db()
    assert (secret.title, secret.binned_at, secret.stars.count()) == ("Hushed waltz", None, 0)
    assert [tag.name for tag in secret.tags.all()] == ["confidential"]


def test_emptying_the_bin_spares_what_one_cannot_see(secret, project, other, browser):
    post(browser, "to-bin", secret.ref)
    post(other, "delete-for-good", project.ref, everything="1", sure="1")
    assert Track.objects.filter(pk=secret.pk).exists()
    post(browser, "delete-for-good", project.ref, everything="1", sure="1")
    assert not Track.objects.filter(pk=secret.pk).exists()


def test_a_sibling_and_a_running_card_do_not_tell(secret, project, other, make_track, user):
    sibling = make_track("Open sibling", generation=secret.generation, take=2)
    assert "Hushed waltz" not in other.get(sibling.get_absolute_url()).content.decode()
    type(secret.generation).objects.filter(pk=secret.generation_id).update(state=State.COLLECTING)
    shown = other.get(f"/p/{project.ref}/running/").content.decode()
    assert sibling.ref in shown
    assert secret.ref not in shown


def test_a_comparison_leaves_a_private_candidate_out(project, user, browser, other, make_track):
    sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = workflow.submit_many(user=user, project=project, model_keys=(COMPOSER, "fakepoll/one"), **sent)
    runs = list(many.generations.all())
    open_, private = (make_track(f"Take {run.letter}", generation=run) for run in runs)
    post(browser, "visibility", private.ref, to="private")
    shown = other.get(reverse("compare", args=[many.ref])).content.decode()
    assert open_.ref in shown
    assert private.ref not in shown


def test_a_reference_from_a_track_that_became_private_is_hidden(project, browser, other, track, make_reference):
    taken = make_reference("From the waltz", track=track)
    post(browser, "visibility", track.ref, to="private")
    assert "From the waltz" not in other.get(f"/p/{project.ref}/references/").content.decode()
    assert other.get(reverse("reference-audio", args=[taken.ref])).status_code == 404
    assert "From the waltz" in browser.get(f"/p/{project.ref}/references/").content.decode()
    post(browser, "to-bin", track.ref)
    post(browser, "delete-for-good", project.ref, everything="1", sure="1")
    assert "From the waltz" not in other.get(f"/p/{project.ref}/references/").content.decode()


def test_no_reference_is_taken_from_a_private_track(secret, browser, project):
    reply = post(browser, "track-reference", secret.ref)
    assert reply.status_code == 403
    assert b"for the whole project" in reply.content
    assert not project.references.exists()


def test_only_the_author_decides_and_may_change_their_mind(track, other, browser, secret):
    reply = post(other, "visibility", track.ref, to="private")
    assert reply.status_code == 422
    assert b"Only Ada" in reply.content
    post(browser, "visibility", secret.ref, to="project")
    assert other.get(secret.get_absolute_url()).status_code == 200


def test_the_record_says_so_without_the_title(secret, project, browser):
    said = [line.text for line in project.audit.all()]
    assert said == ["Made a track of theirs private"]
    post(browser, "share", secret.ref, days="7")
    assert "Hushed" not in project.audit.first().text


def test_an_approved_track_is_not_made_private(track, browser, user):
    track.approvals.create(by=user)
    reply = post(browser, "visibility", track.ref, to="private")
    assert reply.status_code == 422
    assert b"Withdraw the approval first" in reply.content


# --- links ---


@pytest.fixture
def link(browser, track) -> ShareLink:
    post(browser, "share", track.ref, days="7")
    return ShareLink.objects.get()


@pytest.fixture
def address(browser, track, link) -> str:
    """The address, as its maker copies it from the page."""
    shown = browser.get(track.get_absolute_url()).content.decode()
    return re.search(r'value="http://testserver(/l/[^"]+)"', shown)[1]


def test_a_link_plays_one_track_without_an_account(address, track, make_track):
    visitor = Client()
    page = visitor.get(address)
    assert page.status_code == 200
    assert "Tea time" in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert b'name="robots" content="noindex' in page.content
    for header in ("style-src 'self'", "script-src 'self'"):
        assert header in page["Content-Security-Policy"]
    assert b"style=" not in page.content
    whole = visitor.get(f"{address}audio")
    part = visitor.get(f"{address}audio", headers={"range": "bytes=10-19"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 10-19/{track.size}")
    assert part.getvalue() == whole.getvalue()[10:20]
    assert visitor.get(f"{address}cover").status_code == 200
    assert visitor.get(track.get_absolute_url()).status_code == 302
    assert visitor.get(reverse("audio", args=[track.ref])).status_code == 302


def test_a_made_up_or_changed_address_opens_nothing(address, link):
    ref, _, signature = address.removeprefix("/l/").rstrip("/").partition(".")
    for wrong in (ref, f"{ref}.", f"{ref}.{'A' * 43}", f"{'A' * 16}.{signature}", "x.y", f"{ref}.{signature}x"):
        for part in ("", "audio", "cover", "download"):
            assert Client().get(f"/l/{wrong}/{part}").status_code == 404, wrong


def test_the_database_alone_opens_nothing(address, link):
    stored = {str(value) for value in ShareLink.objects.values_list()[0]}
    assert not any(address.removeprefix("/l/").rstrip("/") in value for value in stored)
    assert not any(address.partition(".")[2].rstrip("/") in value for value in stored)


def every_part(address) -> set[int]:
    return {Client().get(f"{address}{part}").status_code for part in ("", "audio", "cover", "download")}


def test_a_link_ends_on_its_day(address, link):
    ShareLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert every_part(address) == {410}
    page = Client().get(address)
    assert b"This link has ended" in page.content
    assert b"css/tokens.css" in page.content
    assert page["X-Robots-Tag"] == "noindex, nofollow"


def test_a_link_is_taken_back_at_once(browser, address, link, project):
    kept = Client().get(f"{address}audio")
    assert "no-cache" in kept["Cache-Control"]
    post(browser, "revoke", link.ref)
    assert every_part(address) == {410}
    assert Client().get(f"{address}audio", headers={"if-none-match": kept["ETag"]}).status_code == 410
    assert [line.text for line in project.audit.all()] == [
        "Took back a link to “Tea time”",
        "Shared “Tea time” by a link to listen, for 1 week",
    ]


def test_a_link_rests_while_its_track_is_in_the_bin_or_its_project_archived(browser, address, track, project, user):
    post(browser, "to-bin", track.ref)
    assert every_part(address) == {410}
    post(browser, "restore", track.ref)
    assert Client().get(address).status_code == 200
    workflow.projects.archive(project, user)
    assert every_part(address) == {410}


def test_making_a_track_private_takes_its_links_back(browser, address, track):
    post(browser, "visibility", track.ref, to="private")
    assert every_part(address) == {410}


def test_its_author_may_share_a_private_track(browser, secret, other):
    post(browser, "share", secret.ref, days="1")
    link = ShareLink.objects.get()
    assert Client().get(reverse("shared", args=[workflow.sharing.address_of(link)])).status_code == 200
    assert post(other, "revoke", link.ref).status_code == 404


def test_download_only_where_the_link_allows_it(browser, track, address, link):
    assert b"/download" not in Client().get(address).content
    assert Client().get(f"{address}download").status_code == 403
    post(browser, "share", track.ref, days="7", allow_download="on")
    free = reverse("shared", args=[workflow.sharing.address_of(ShareLink.objects.first())])
    assert b"/download" in Client().get(free).content
    reply = Client().get(f"{free}download")
    assert reply["Content-Disposition"].startswith('attachment; filename="')
    assert len(reply.getvalue()) == track.size
    assert ShareLink.objects.first().downloads == 1


def test_visits_and_plays_are_counted_and_seeking_is_not(browser, address, link, track):
    visitor = Client()
    visitor.get(address)
    visitor.head(address)
    visitor.get(f"{address}audio", headers={"range": "bytes=0-"})
    for piece in ("bytes=0-1", "bytes=2000-", "bytes=100-200"):
        visitor.get(f"{address}audio", headers={"range": piece})
    visitor.head(f"{address}audio")
    link.refresh_from_db()
    assert (link.visits, link.plays, link.downloads) == (1, 1, 0)
    assert link.last_used_at
    assert "1 visit, 1 play" in browser.get(track.get_absolute_url()).content.decode()


@pytest.mark.parametrize("days", ["", "0", "2", "9999", "x", "-7"])
def test_a_link_works_for_one_of_the_times_on_offer(browser, track, days):
    assert post(browser, "share", track.ref, days=days).status_code == 422
    assert not ShareLink.objects.exists()


def test_a_rotated_secret_keeps_links_good(address, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert Client().get(address).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert Client().get(address).status_code == 404


def test_viewers_see_who_hears_it_and_no_links(address, track, member):
    client = Client()
    client.force_login(member("viewer"))
    shown = client.get(track.get_absolute_url()).content.decode()
    assert "Who hears it" in shown
    assert "/l/" not in shown
    assert "Make a link" not in shown
