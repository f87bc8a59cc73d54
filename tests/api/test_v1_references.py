"""References by program: taken in, read, registered at a price, named in a request; and what is refused."""

import pytest

from generator.models import Entry, Generation, Reference, ReferenceId, Scope
from generator.workflow import references
from tests.api.test_v1_generations import problem
from tests.conftest import COMPOSER, POLL
from tests.fakes import sounds

BGM, FIELD = "wavespeed/mureka-v7.6-bgm", "instrumental_id"
USE = {"model": BGM, "field": FIELD}


def follow_field() -> str:
    """The composer's field that takes a reference."""
    (field,) = [field for field in references.catalogue.spec_of(COMPOSER).fields if field.purpose]
    return field.name


def test_from_an_upload_to_music_that_follows_it(shops, program, project, run_background):
    farm = program()
    new = farm.post("references", {"project": project.ref, "file": sounds.sound("mp3"), **USE})
    assert (new["state"], new["title"], new["audio_url"]) == ("reading", "My theme", None)
    run_background()
    read = farm.get(f"references/{new['id']}")
    assert (read["state"], read["problem"]) == ("ready", "")
    assert read["length_s"] > 0
    heard = farm.ask("GET", read["audio_url"].removeprefix("http://testserver"))
    assert (heard["Content-Type"], int(heard["Content-Length"])) == ("audio/mpeg", read["size"])

    (use,) = [one for one in farm.get(f"references/{new['id']}/uses")["items"] if one["model"] == BGM]
    assert (use["field"], use["state"], use["price_usd"], use["refusal"]) == (FIELD, "to register", "0.010000", "")
    brief = {"model": BGM, "text": "calm bed", "project": project.ref, "references": {FIELD: new["id"]}}
    refused = problem(farm.ask("POST", "generations", brief), 422, "refused", FIELD)
    assert "registered first" in refused["detail"]

    paid = [farm.post(f"references/{new['id']}/register", USE, idempotency_key="once") for _ in range(2)]
    assert paid[0]["id"] == paid[1]["id"]
    assert paid[0]["price_usd"] == "0.010000"
    other = {"model": BGM, "field": "no such"}
    problem(farm.ask("POST", f"references/{new['id']}/register", other), 422, "refused", "references")
    run_background()
    assert Entry.objects.filter(model_key="wavespeed/create-upload-id", kind="charge").count() == 1
    again = farm.post(f"references/{new['id']}/register", USE)  # it has an id: nothing is asked, nothing is paid
    assert again["id"] == paid[0]["id"]
    (use,) = [one for one in farm.get(f"references/{new['id']}/uses")["items"] if one["model"] == BGM]
    assert (use["state"], use["generation"]) == ("ready", paid[0]["id"])

    made = farm.post("generations", brief)
    run_background()
    assert farm.get(f"generations/{made['id']}")["state"] == "ready"
    (job,) = [job for job in shops.wavespeed.jobs if job.model.endswith("generate-bgm")]
    assert job.inputs[FIELD] == ReferenceId.objects.get().registered_id


def test_a_register_key_is_not_taken_for_another_reference(shops, program, make_reference):
    farm, one, two = program(), make_reference("One"), make_reference("Two")
    farm.post(f"references/{one.ref}/register", USE, idempotency_key="k")
    problem(
        farm.ask("POST", f"references/{two.ref}/register", USE, idempotency_key="k"), 409, "conflict", "Idempotency-Key"
    )
    assert Generation.objects.count() == 1


def test_the_composer_follows_a_reference_for_nothing_in_a_comparison_too(program, make_reference, project):
    measured = {"bpm": 96.0, "bpm_confidence": 0.9, "key": "A minor", "key_confidence": 0.9,
                "brightness": 1200.0, "energy": [0.2, 0.6, 0.9]}  # fmt: skip
    row, farm, field = make_reference(measured=measured), program(), follow_field()
    (use,) = [one for one in farm.get(f"references/{row.ref}/uses")["items"] if one["model"] == COMPOSER]
    assert (use["field"], use["state"], use["price_usd"]) == (field, "ready", None)
    brief = {"text": "warm lo-fi", "project": project.ref, "references": {field: row.ref}}
    made = farm.post("generations", brief | {"model": COMPOSER})
    assert made["prompt"]["settings"][field] == references.followed(references.catalogue.spec_of(COMPOSER), row)
    farm.post("comparisons", brief | {"models": [COMPOSER, POLL]})
    followed = [one.prompt.settings.get(field) for one in Generation.objects.exclude(comparison=None)]
    assert sum(bool(one) for one in followed) == 1


@pytest.mark.parametrize("wanted", [{"no such": "x"}, {"text": "x"}])
def test_a_field_that_takes_no_reference_is_told(program, project, wanted):
    brief = {"text": "warm lo-fi", "project": project.ref, "references": wanted}
    problem(program().ask("POST", "generations", brief | {"model": COMPOSER}), 422, "refused", "references")
    problem(program().ask("POST", "comparisons", brief | {"models": [COMPOSER, POLL]}), 422, "refused", "references")


@pytest.mark.parametrize("ref", ["no-such", "paste", "upload", ""])
def test_a_reference_that_is_not_there_is_told(program, project, ref):
    brief = {"model": COMPOSER, "text": "warm lo-fi", "project": project.ref, "references": {follow_field(): ref}}
    problem(program().ask("POST", "generations", brief), 422, "refused", follow_field())
    assert not Generation.objects.exists()


def test_what_was_taken_from_a_private_track_is_nobody_elses(program, make_track, make_reference, member, project):
    track = make_track()
    row = make_reference(track=track)
    program().ask("PATCH", f"tracks/{track.ref}", {"private": True})
    theirs = program(of=member("editor"))
    problem(theirs.ask("GET", f"references/{row.ref}"), 404, "not_found")
    brief = {"model": COMPOSER, "text": "x", "project": project.ref, "references": {follow_field(): row.ref}}
    assert (
        "no such reference"
        in problem(theirs.ask("POST", "generations", brief), 422, "refused", follow_field())["detail"]
    )


def test_no_sound_is_refused_once_it_is_read_and_the_same_sound_is_kept_once(program, project, run_background):
    farm = program()
    odd = farm.post("references", {"project": project.ref, "file": b"%PDF-1.7 a letter " * 20})
    good = [farm.post("references", {"project": project.ref, "file": sounds.sound("mp3")})["id"] for _ in range(2)]
    assert good[0] == good[1]
    run_background()
    told = farm.get(f"references/{odd['id']}")
    assert told["state"] == "refused"
    assert told["problem"]
    problem(farm.ask("GET", f"references/{odd['id']}/audio"), 404, "not_found")


def test_what_is_too_large_or_missing_or_no_form_is_told_and_nothing_is_kept(program, project, monkeypatch):
    farm = program()
    problem(farm.ask("POST", "references", {"project": project.ref, "file": b""}), 422, "refused", "file")
    problem(farm.ask("POST", "references", {"project": project.ref}), 422, "refused", "file")
    bad = farm.client.post("/api/v1/references", b"--x\r\n", content_type="multipart/form-data",
                           headers={"authorization": f"Bearer {farm.token}"})  # fmt: skip
    problem(bad, 400, "unreadable")
    for start in ("-1", "901", "nan", "soon"):
        asked = {"project": project.ref, "file": b"x", "start_s": start}
        problem(farm.ask("POST", "references", asked), 422, "refused", "start_s")
    monkeypatch.setattr("generator.web.uploads.MOST_UPLOAD", 1000)
    large = {"project": project.ref, "file": bytes(200_000)}
    assert "larger than" in problem(farm.ask("POST", "references", large), 413, "too_large", "file")["detail"]
    assert not Reference.objects.exists()


def test_listed_binned_and_fetched_back(program, make_reference, make_track, run_background):
    farm, row = program(), make_reference(upload_sha256="a" * 64)
    assert farm.post(f"references/{row.ref}/bin")["binned_at"]
    assert farm.get("references")["items"] == []
    assert [one["id"] for one in farm.get("references?binned=true")["items"]] == [row.ref]
    twin = make_reference(upload_sha256="a" * 64)
    problem(farm.ask("POST", f"references/{row.ref}/restore"), 409, "conflict")
    farm.post(f"references/{twin.ref}/bin")
    assert farm.post(f"references/{row.ref}/restore")["binned_at"] is None
    taken = farm.post(f"tracks/{make_track('Tea time').ref}/reference")
    assert [one["id"] for one in farm.get("references")["items"]] == [taken["id"], row.ref]
    assert program(Scope.READ).get(f"references/{taken['id']}")["title"] == "Tea time"
