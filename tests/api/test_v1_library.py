"""The library from a program: searched as on the page, heard by ranges, fetched in a format, kept in order."""

import pytest

from generator import workflow
from generator.models import Membership, PrivateTrack, Project, Role, Scope
from generator.web.facets import KINDS
from generator.web.filters import SORTS
from generator.workflow import library
from tests.api.test_v1_generations import problem


def titles(found: dict) -> list[str]:
    return [one["title"] for one in found["items"]]


@pytest.fixture
def shelf(make_track, user):
    """Five tracks with something to tell them apart by."""
    made = [make_track(f"Tea {n}", bpm=60.0 + 20 * n, length_ms=1000 * n, musical_key="A minor") for n in range(1, 5)]
    made.append(make_track("Rain", model="fakepoll/one", findings=[{"code": "x", "severity": "note", "sentence": "y"}]))
    return made


def test_searched_and_sorted_as_on_the_page(program, browser, shelf, project, user):
    library.star(type(shelf[0]).objects.filter(pk=shelf[0].pk), user, True)
    library.tag(type(shelf[1]).objects.filter(pk=shelf[1].pk), "Intro")
    wanted = ["q=tea", "q=rain", "starred=1", "tag=intro", "model=fakepoll/one", "findings=1", "tempo=slow",
              "length=short", "key=A minor", f"author={user.pk}", "status=draft",
              *(f"sort={name}" for name in SORTS)]  # fmt: skip
    asked = program()
    for one in wanted:
        page = browser.get(f"/p/{project.ref}/more/?{one}").context["page"]
        assert titles(asked.get(f"tracks?{one}")) == [track.title for track in page.tracks], one
    assert {one.partition("=")[0] for one in wanted} >= set(KINDS)


def test_page_by_page_while_more_come(program, shelf, make_track):
    asked = program()
    first = asked.get("tracks?limit=2&sort=newest")
    make_track("Came meanwhile")
    second = asked.get(f"tracks?limit=2&sort=newest&cursor={first['next']}")
    third = asked.get(f"tracks?limit=2&sort=newest&cursor={second['next']}")
    assert titles(first) + titles(second) + titles(third) == ["Rain", "Tea 4", "Tea 3", "Tea 2", "Tea 1"]
    assert third["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [("sort=best", "sort"), ("cursor=x", "cursor"), ("tempo=allegro", "tempo"), ("starred=yes", "starred"),
     ("author=ada", "author"), ("status=lost", "status"), ("limit=0", "limit"), ("limit=101", "limit"),
     ("binned=perhaps", "binned"), ("length=5", "length")],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_told(program, query, field):
    problem(program().ask("GET", f"tracks?{query}"), 422, "refused", field)


def test_a_project_it_does_not_open_is_not_there(program, project, stranger):
    problem(program(of=stranger).ask("GET", f"tracks?project={project.ref}"), 404, "not_found", "project")


def test_a_key_of_one_project_sees_no_other(program, make_track, project, user):
    other = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=other, user=user, role=Role.OWNER)
    there = make_track("There", project=other)
    here = program(Scope.MANAGE, project=project)
    assert titles(here.get("tracks")) == []
    problem(here.ask("GET", f"tracks/{there.ref}"), 404, "not_found")
    assert titles(program().get("tracks")) == ["There"]


def test_what_is_private_to_somebody_else_is_not_there(program, track, member, user):
    PrivateTrack.objects.create(track=track, author=user)
    theirs = program(of=member("owner"))
    problem(theirs.ask("GET", f"tracks/{track.ref}"), 404, "not_found")
    assert program().get(f"tracks/{track.ref}")["private"] is True


def test_heard_whole_and_by_ranges(program, track):
    asked = program(Scope.READ)
    whole = asked.ask("GET", f"tracks/{track.ref}/audio")
    assert len(b"".join(whole.streaming_content)) == track.size
    part = asked.ask("GET", f"tracks/{track.ref}/audio", range="bytes=0-9")
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 0-9/{track.size}")
    head = asked.ask("HEAD", f"tracks/{track.ref}/audio")
    assert (head.status_code, head["Content-Length"]) == (200, str(track.size))
    wrong = asked.ask("GET", f"tracks/{track.ref}/audio", range="bytes=9999999-")
    problem(wrong, 416, "no_such_range")
    assert wrong["Content-Range"] == f"bytes */{track.size}"
    assert asked.ask("GET", f"tracks/{track.ref}/cover")["Content-Type"] == "image/webp"


def test_fetched_in_a_format_and_a_loudness_once_it_is_made(program, track, run_background):
    asked = program(Scope.READ)
    address = f"tracks/{track.ref}/download?format=mp3&lufs=-16"
    waiting = asked.ask("GET", address)
    assert (waiting.status_code, waiting["Retry-After"]) == (202, "2")
    assert waiting["Location"].endswith(address)
    run_background()
    made = asked.ask("GET", waiting["Location"])
    assert made.status_code == 200
    assert made["Content-Type"] == "audio/mpeg"
    assert ".mp3" in made["Content-Disposition"]
    original = asked.ask("GET", f"tracks/{track.ref}/download?format=wav")
    assert len(b"".join(original.streaming_content)) == track.size


@pytest.mark.parametrize(("query", "field"), [("format=exe", "format"), ("lufs=0", "lufs"), ("lufs=nan", "lufs")])
def test_a_file_that_cannot_be_made(program, track, query, field):
    problem(program().ask("GET", f"tracks/{track.ref}/download?{query}"), 422, "refused", field)


def test_a_missing_file_is_said(program, make_track):
    track = make_track(file="00/none.wav", cover="00/none.webp")
    for part in ("audio", "cover", "download", "download?format=mp3"):
        problem(program().ask("GET", f"tracks/{track.ref}/{part}"), 404, "not_found")


def test_renamed_noted_tagged_and_starred_at_once_or_not_at_all(program, track):
    asked = program()
    changed = asked.ask(
        "PATCH", f"tracks/{track.ref}", {"title": "Dawn", "notes": "n", "tag": "Intro", "starred": True}
    )
    shown = changed.json()
    assert (shown["title"], shown["notes"], shown["tags"], shown["starred"]) == ("Dawn", "n", ["intro"], True)
    problem(asked.ask("PATCH", f"tracks/{track.ref}", {"title": "Dusk", "tag": "x" * 41}), 422, "refused", "tag")
    assert asked.get(f"tracks/{track.ref}")["title"] == "Dawn"
    asked.ask("PATCH", f"tracks/{track.ref}", {"untag": "intro", "starred": False})
    assert asked.get(f"tracks/{track.ref}")["tags"] == []


def test_a_read_key_changes_nothing(program, track):
    asked = program(Scope.READ)
    for method, path, body in (("PATCH", "", {"title": "x"}), ("POST", "/bin", None), ("POST", "/restore", None),
                               ("POST", "/stems", None), ("POST", "/versions", {"change": "slower"})):  # fmt: skip
        problem(asked.ask(method, f"tracks/{track.ref}{path}", body), 403, "not_allowed")


def test_binned_and_fetched_back(program, track):
    asked = program()
    assert asked.post(f"tracks/{track.ref}/bin")["binned_at"]
    assert titles(asked.get("tracks")) == []
    assert titles(asked.get("tracks?binned=true")) == [track.title]
    assert asked.post(f"tracks/{track.ref}/restore")["binned_at"] is None


def test_taken_apart(program, track, make_stem, tmp_path):
    asked, address = program(), f"tracks/{track.ref}/stems"
    assert asked.get(address)["can_be_made"]
    problem(asked.ask("GET", f"tracks/{track.ref}/midi"), 404, "not_found")
    assert asked.post(address)["under_way"]
    (tmp_path / "notes.mid").write_bytes(b"MThd")
    workflow.parts.keep_notes(track, tmp_path / "notes.mid", same=True)
    make_stem(track, "Bass")
    apart = asked.get(address)
    assert [one["title"] for one in apart["stems"]] == ["Bass"]
    for url in (apart["midi_url"], apart["stems"][0]["audio_url"]):
        assert asked.ask("GET", url.removeprefix("http://testserver")).status_code == 200


def test_made_again_with_a_change(program, track):
    asked = program()
    once = [asked.post(f"tracks/{track.ref}/versions", {"change": "10 % slower"}, idempotency_key="v") for _ in "ab"]
    assert once[0]["id"] == once[1]["id"]
    assert once[0]["prompt"]["settings"]["variation"] == "10 % slower"
