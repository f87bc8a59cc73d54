"""Who may hear a track: its project, only its author, or anyone with a link; and for how long."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.models import ShareLink, State, Track
from generator.services.generation import comparisons
from generator.services.library import sharing, tracks
from generator.services.team import projects
from tests.conftest import COMPOSER
from tests.refusals import code_of


def post(client, door, public_id, /, **sent):
    return client.post(reverse(door, args=[public_id]), sent)


@pytest.fixture
def other(member) -> Client:
    """An owner of the same project: no role sees private tracks of others."""
    client = Client()
    client.force_login(member("owner"))
    return client


@pytest.fixture
def secret(user_client, make_track) -> Track:
    """A track that is private to Ada."""
    track = make_track("Hushed waltz", bpm=77.0, musical_key="F♯ minor")
    tracks.tag(Track.objects.filter(pk=track.pk), "confidential")
    assert post(user_client, "visibility", track.public_id, to="private").status_code == 302
    return track


# --- private ---


def looks(project, track) -> Iterator[str]:
    """Yield every page on which a member might find a track of the project."""
    yield from (
        f"/projects/{project.public_id}/",
        f"/projects/{project.public_id}/?q=hushed",
        f"/projects/{project.public_id}/?tag=confidential",
    )
    yield from (
        f"/projects/{project.public_id}/tracks/",
        f"/projects/{project.public_id}/running/",
        f"/projects/{project.public_id}/trash/",
    )
    yield from (f"/projects/{project.public_id}/references/", f"/projects/{project.public_id}/settings/", "/projects/")
    yield from (f"/spend/ledger-entries/?project={project.public_id}", f"/spend/?project={project.public_id}")


def test_a_private_track_is_on_no_page_of_anybody_else(secret, project, other, user_client):
    for page in looks(project, secret):
        shown = other.get(page).content.decode()
        assert "Hushed waltz" not in shown.replace("?q=hushed", ""), page
        assert secret.public_id not in shown, page
    own = user_client.get(f"/projects/{project.public_id}/?q=hushed").content.decode()
    assert "Hushed waltz" in own
    assert "data-private" in own


def test_a_private_track_counts_in_nobody_elses_facets(secret, project, other, user_client, make_track):
    make_track("Another", bpm=120.0)
    assert other.get(f"/projects/{project.public_id}/").context["total"].value == 1
    assert "confidential" not in other.get(f"/projects/{project.public_id}/").content.decode()
    assert user_client.get(f"/projects/{project.public_id}/").context["total"].value == 2


@pytest.mark.parametrize("door", ["track", "audio", "cover", "stems"])
def test_nothing_of_a_private_track_is_served_to_anybody_else(secret, other, user_client, door):
    where = reverse(door, args=[secret.public_id])
    assert other.get(where).status_code == 404
    assert user_client.get(where).status_code == 200
    assert other.get(reverse("download", args=[secret.public_id, "wav"])).status_code == 404


def test_the_stems_of_a_private_track_are_private(secret, other, user_client, make_stem):
    stem = make_stem(secret)
    assert other.get(reverse("stem-audio", args=[stem.public_id])).status_code == 404
    assert user_client.get(reverse("stem-audio", args=[stem.public_id])).status_code == 200


def test_nobody_else_changes_a_private_track(secret, project, other):
    for door in (
        "track-edit",
        "star",
        "move-to-trash",
        "restore",
        "stem-separation",
        "visibility",
        "share",
        "track-reference",
    ):
        assert post(other, door, secret.public_id, title="Mine", on="1", days="7").status_code == 404, door
    for action in ("bin", "tag", "star", "zip"):
        post(other, "bulk", project.public_id, action=action, track=secret.public_id, tag="x")
    secret.refresh_from_db()
    assert (secret.title, secret.trashed_at, secret.stars.count()) == ("Hushed waltz", None, 0)
    assert [tag.name for tag in secret.tags.all()] == ["confidential"]


def test_emptying_the_bin_spares_what_one_cannot_see(secret, project, other, user_client):
    post(user_client, "move-to-trash", secret.public_id)
    post(other, "delete-permanently", project.public_id, everything="1", sure="1")
    assert Track.objects.filter(pk=secret.pk).exists()
    post(user_client, "delete-permanently", project.public_id, everything="1", sure="1")
    assert not Track.objects.filter(pk=secret.pk).exists()


def test_a_sibling_and_a_running_card_do_not_tell(secret, project, other, make_track, user):
    sibling = make_track("Open sibling", generation=secret.generation, take=2)
    assert "Hushed waltz" not in other.get(sibling.get_absolute_url()).content.decode()
    type(secret.generation).objects.filter(pk=secret.generation_id).update(state=State.COLLECTING)
    shown = other.get(f"/projects/{project.public_id}/running/").content.decode()
    assert sibling.public_id in shown
    assert secret.public_id not in shown


def test_a_comparison_leaves_a_private_candidate_out(project, user, user_client, other, make_track):
    sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    many = comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, "fakepoll/one"), **sent)
    runs = list(many.generations.all())
    open_, private = (make_track(f"Take {run.letter}", generation=run) for run in runs)
    post(user_client, "visibility", private.public_id, to="private")
    shown = other.get(reverse("compare", args=[many.public_id])).content.decode()
    assert open_.public_id in shown
    assert private.public_id not in shown


def test_a_reference_from_a_track_that_became_private_is_hidden(project, user_client, other, track, make_reference):
    taken = make_reference("From the waltz", track=track)
    post(user_client, "visibility", track.public_id, to="private")
    assert "From the waltz" not in other.get(f"/projects/{project.public_id}/references/").content.decode()
    assert other.get(reverse("reference-audio", args=[taken.public_id])).status_code == 404
    assert "From the waltz" in user_client.get(f"/projects/{project.public_id}/references/").content.decode()
    post(user_client, "move-to-trash", track.public_id)
    post(user_client, "delete-permanently", project.public_id, everything="1", sure="1")
    assert "From the waltz" not in other.get(f"/projects/{project.public_id}/references/").content.decode()


def test_no_reference_is_taken_from_a_private_track(secret, user_client, project):
    reply = post(user_client, "track-reference", secret.public_id)
    assert reply.status_code == 403
    assert code_of(reply) == "private_track"
    assert not project.references.exists()


def test_only_the_author_decides_and_may_change_their_mind(track, other, user_client, secret):
    reply = post(other, "visibility", track.public_id, to="private")
    assert reply.status_code == 422
    assert b"Only Ada" in reply.content
    post(user_client, "visibility", secret.public_id, to="project")
    assert other.get(secret.get_absolute_url()).status_code == 200


def test_the_record_says_so_without_the_title(secret, project, user_client):
    said = [line.text for line in project.audit_log.project_changes()]
    assert said == ["Made one of their tracks private"]
    post(user_client, "share", secret.public_id, days="7")
    assert "Hushed" not in project.audit_log.project_changes().first().text


def test_an_approved_track_is_not_made_private(track, user_client, user):
    track.approvals.create(by=user)
    reply = post(user_client, "visibility", track.public_id, to="private")
    assert reply.status_code == 422
    assert b"Withdraw the approval first" in reply.content


# --- links ---


@pytest.fixture
def link(user_client, track) -> ShareLink:
    post(user_client, "share", track.public_id, days="7")
    return ShareLink.objects.get()


@pytest.fixture
def address(user_client, track, link) -> str:
    """Return the address, as its maker copies it from the page."""
    shown = user_client.get(track.get_absolute_url()).content.decode()
    return re.search(r'value="http://testserver(/s/[^"]+)"', shown)[1]


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
    assert visitor.get(reverse("audio", args=[track.public_id])).status_code == 302


def test_a_made_up_or_changed_address_opens_nothing(address, link):
    public_id, _, signature = address.removeprefix("/s/").rstrip("/").partition(".")
    changed = (
        f"{public_id}.",
        f"{public_id}.{'A' * 43}",
        f"{'A' * 16}.{signature}",
        "x.y",
        f"{public_id}.{signature}x",
    )
    for root, wrong in (*(("s", one) for one in changed), *(("l", one) for one in (public_id, *changed))):
        for part in ("", "audio", "cover", "download"):
            assert Client().get(f"/{root}/{wrong}/{part}").status_code == 404, wrong
    for part in ("", "cover"):  # "audio" and "download" were addresses of stems (tests/web/site/test_old_addresses.py)
        assert Client().get(f"/s/{public_id}/{part}").status_code == 404


def test_the_database_alone_opens_nothing(address, link):
    stored = {str(value) for value in ShareLink.objects.values_list()[0]}
    assert not any(address.removeprefix("/s/").rstrip("/") in value for value in stored)
    assert not any(address.partition(".")[2].rstrip("/") in value for value in stored)


def every_part(address) -> set[int]:
    return {Client().get(f"{address}{part}").status_code for part in ("", "audio", "cover", "download")}


def test_a_link_ends_on_its_day(address, link):
    ShareLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert every_part(address) == {410}
    page = Client().get(address)
    assert b'data-reason="expired"' in page.content
    assert b"css/tokens.css" in page.content
    assert page["X-Robots-Tag"] == "noindex, nofollow"


def test_a_link_is_taken_back_at_once(user_client, address, link, project):
    kept = Client().get(f"{address}audio")
    assert "no-cache" in kept["Cache-Control"]
    post(user_client, "revoke", link.public_id)
    assert every_part(address) == {410}
    assert Client().get(f"{address}audio", headers={"if-none-match": kept["ETag"]}).status_code == 410
    assert [line.text for line in project.audit_log.project_changes()] == [
        "Revoked a share link to “Tea time”",
        "Created a share link to “Tea time”, without download, for 7 days",
    ]


def test_a_link_rests_while_its_track_is_in_the_bin_or_its_project_archived(user_client, address, track, project, user):
    post(user_client, "move-to-trash", track.public_id)
    assert every_part(address) == {410}
    post(user_client, "restore", track.public_id)
    assert Client().get(address).status_code == 200
    projects.archive(project, user)
    assert every_part(address) == {410}


def test_making_a_track_private_takes_its_links_back(user_client, address, track):
    post(user_client, "visibility", track.public_id, to="private")
    assert every_part(address) == {410}


def test_its_author_may_share_a_private_track(user_client, secret, other):
    post(user_client, "share", secret.public_id, days="1")
    link = ShareLink.objects.get()
    assert Client().get(reverse("shared", args=[sharing.address_of(link)])).status_code == 200
    assert post(other, "revoke", link.public_id).status_code == 404


def test_download_only_where_the_link_allows_it(user_client, track, address, link):
    assert b"/download" not in Client().get(address).content
    assert Client().get(f"{address}download").status_code == 403
    post(user_client, "share", track.public_id, days="7", allow_download="on")
    free = reverse("shared", args=[sharing.address_of(ShareLink.objects.first())])
    assert b"/download" in Client().get(free).content
    reply = Client().get(f"{free}download")
    assert reply["Content-Disposition"].startswith('attachment; filename="')
    assert len(reply.getvalue()) == track.size
    assert ShareLink.objects.first().downloads == 1


def test_visits_and_plays_are_counted_and_seeking_is_not(user_client, address, link, track):
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
    assert re.search(r"1 visit,\s+1 play\b", user_client.get(track.get_absolute_url()).content.decode())


@pytest.mark.parametrize("days", ["", "0", "2", "9999", "x", "-7"])
def test_a_link_works_for_one_of_the_times_on_offer(user_client, track, days):
    assert post(user_client, "share", track.public_id, days=days).status_code == 422
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
    assert 'id="sharing"' in shown
    assert "/l/" not in shown
    assert 'id="share-with-link"' not in shown
