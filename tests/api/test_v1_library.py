"""The library by program: searched as on the page, played by ranges, downloaded in a format, organized."""

import pytest

from generator.http.library_filters import KINDS
from generator.http.library_query import SORTS
from generator.models import Membership, PrivateTrack, Project, Role, Scope
from generator.services.library import composer_stems, tracks
from tests.api.test_v1_generations import problem


def titles(found: dict) -> list[str]:
    return [one["title"] for one in found["items"]]


@pytest.fixture
def shelf(make_track, user):
    """Five tracks that differ in what can be searched for."""
    made = [make_track(f"Tea {n}", bpm=60.0 + 20 * n, length_ms=1000 * n, musical_key="A minor") for n in range(1, 5)]
    made.append(make_track("Rain", model="fakepoll/one", findings=[{"code": "x", "severity": "note", "sentence": "y"}]))
    return made


def test_searched_and_sorted_as_on_the_page(program, user_client, shelf, project, user):
    tracks.star(type(shelf[0]).objects.filter(pk=shelf[0].pk), user, True)
    tracks.tag(type(shelf[1]).objects.filter(pk=shelf[1].pk), "Intro")
    wanted = ["q=tea", "q=rain", "starred=1", "tag=intro", "model=fakepoll/one", "findings=1", "tempo=slow",
              "length=short", "key=A minor", f"author={user.pk}", "status=draft",
              *(f"sort={name}" for name in SORTS)]  # fmt: skip
    asked = program()
    for one in wanted:
        page = user_client.get(f"/projects/{project.public_id}/tracks/?{one}").context["page"]
        assert titles(asked.get(f"tracks?{one}")) == [track.title for track in page.tracks], one
    assert {one.partition("=")[0] for one in wanted} >= set(KINDS)


def test_page_by_page_while_more_come(program, shelf, make_track):
    asked = program()
    first = asked.get("tracks?limit=2&sort=newest")
    make_track("Came meanwhile")
    second = asked.get(f"tracks?limit=2&sort=newest&cursor={first['next_cursor']}")
    third = asked.get(f"tracks?limit=2&sort=newest&cursor={second['next_cursor']}")
    assert titles(first) + titles(second) + titles(third) == ["Rain", "Tea 4", "Tea 3", "Tea 2", "Tea 1"]
    assert third["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [("sort=best", "sort"), ("cursor=x", "cursor"), ("tempo=allegro", "tempo"), ("starred=yes", "starred"),
     ("author=ada", "author"), ("status=lost", "status"), ("limit=0", "limit"), ("limit=101", "limit"),
     ("trashed=perhaps", "trashed"), ("length=5", "length")],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_told(program, query, field):
    problem(program().ask("GET", f"tracks?{query}"), 422, "validation_failed", field)


def test_a_project_it_does_not_open_is_not_there(program, project, stranger):
    problem(program(of=stranger).ask("GET", f"tracks?project={project.public_id}"), 404, "not_found", "project")


def test_a_key_of_one_project_sees_no_other(program, make_track, project, user):
    other = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=other, user=user, role=Role.OWNER)
    there = make_track("There", project=other)
    here = program(Scope.MANAGE, project=project)
    assert titles(here.get("tracks")) == []
    problem(here.ask("GET", f"tracks/{there.public_id}"), 404, "not_found")
    assert titles(program().get("tracks")) == ["There"]


def test_what_is_private_to_somebody_else_is_not_there(program, track, member, user):
    PrivateTrack.objects.create(track=track, author=user)
    theirs = program(of=member("owner"))
    problem(theirs.ask("GET", f"tracks/{track.public_id}"), 404, "not_found")
    assert program().get(f"tracks/{track.public_id}")["private"] is True


def test_heard_whole_and_by_ranges(program, track):
    asked = program(Scope.READ)
    whole = asked.ask("GET", f"tracks/{track.public_id}/audio")
    assert len(b"".join(whole.streaming_content)) == track.size
    part = asked.ask("GET", f"tracks/{track.public_id}/audio", range="bytes=0-9")
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 0-9/{track.size}")
    head = asked.ask("HEAD", f"tracks/{track.public_id}/audio")
    assert (head.status_code, head["Content-Length"]) == (200, str(track.size))
    wrong = asked.ask("GET", f"tracks/{track.public_id}/audio", range="bytes=9999999-")
    problem(wrong, 416, "range_not_satisfiable")
    assert wrong["Content-Range"] == f"bytes */{track.size}"
    assert asked.ask("GET", f"tracks/{track.public_id}/cover")["Content-Type"] == "image/webp"


def test_fetched_in_a_format_and_a_loudness_once_it_is_made(program, track, run_background):
    asked = program(Scope.READ)
    address = f"tracks/{track.public_id}/download?format=mp3&lufs=-16"
    waiting = asked.ask("GET", address)
    assert (waiting.status_code, waiting["Retry-After"]) == (202, "2")
    assert waiting["Location"].endswith(address)
    run_background()
    made = asked.ask("GET", waiting["Location"])
    assert made.status_code == 200
    assert made["Content-Type"] == "audio/mpeg"
    assert ".mp3" in made["Content-Disposition"]
    original = asked.ask("GET", f"tracks/{track.public_id}/download?format=wav")
    assert len(b"".join(original.streaming_content)) == track.size


@pytest.mark.parametrize(("query", "field"), [("format=exe", "format"), ("lufs=0", "lufs"), ("lufs=nan", "lufs")])
def test_a_file_that_cannot_be_made(program, track, query, field):
    problem(program().ask("GET", f"tracks/{track.public_id}/download?{query}"), 422, "validation_failed", field)


def test_a_missing_file_is_said(program, make_track):
    track = make_track(file="00/none.wav", cover="00/none.webp")
    for part in ("audio", "cover", "download", "download?format=mp3"):
        problem(program().ask("GET", f"tracks/{track.public_id}/{part}"), 404, "not_found")


def test_renamed_noted_tagged_and_starred_at_once_or_not_at_all(program, track):
    asked = program()
    changed = asked.ask(
        "PATCH", f"tracks/{track.public_id}", {"title": "Dawn", "notes": "n", "add_tag": "Intro", "starred": True}
    )
    shown = changed.json()
    assert (shown["title"], shown["notes"], shown["tags"], shown["starred"]) == ("Dawn", "n", ["intro"], True)
    problem(
        asked.ask("PATCH", f"tracks/{track.public_id}", {"title": "Dusk", "add_tag": "x" * 41}),
        422,
        "validation_failed",
        "add_tag",
    )
    assert asked.get(f"tracks/{track.public_id}")["title"] == "Dawn"
    asked.ask("PATCH", f"tracks/{track.public_id}", {"remove_tag": "intro", "starred": False})
    assert asked.get(f"tracks/{track.public_id}")["tags"] == []


def test_a_read_key_changes_nothing(program, track):
    asked = program(Scope.READ)
    for method, path, body in (("PATCH", "", {"title": "x"}), ("POST", "/trash", None), ("POST", "/restore", None),
                               ("POST", "/stems", None), ("POST", "/variations", {"change": "slower"})):  # fmt: skip
        problem(asked.ask(method, f"tracks/{track.public_id}{path}", body), 403, "forbidden")


def test_binned_and_fetched_back(program, track):
    asked = program()
    assert asked.post(f"tracks/{track.public_id}/trash")["trashed_at"]
    assert titles(asked.get("tracks")) == []
    assert titles(asked.get("tracks?trashed=true")) == [track.title]
    assert asked.post(f"tracks/{track.public_id}/restore")["trashed_at"] is None


def test_taken_apart(program, track, make_stem, tmp_path):
    asked, address = program(), f"tracks/{track.public_id}/stems"
    assert asked.get(address)["can_create"]
    problem(asked.ask("GET", f"tracks/{track.public_id}/midi"), 404, "not_found")
    assert asked.post(address)["in_progress"]
    (tmp_path / "notes.mid").write_bytes(b"MThd")
    composer_stems.keep_notes(track, tmp_path / "notes.mid", same=True)
    make_stem(track, "Bass")
    apart = asked.get(address)
    assert [one["title"] for one in apart["stems"]] == ["Bass"]
    for url in (apart["midi_url"], apart["stems"][0]["audio_url"]):
        assert asked.ask("GET", url.removeprefix("http://testserver")).status_code == 200


def test_made_again_with_a_change(program, track):
    asked = program()
    once = [
        asked.post(f"tracks/{track.public_id}/variations", {"change": "10% slower"}, idempotency_key="v") for _ in "ab"
    ]
    assert once[0]["id"] == once[1]["id"]
    assert once[0]["prompt"]["settings"]["variation"] == "10% slower"
