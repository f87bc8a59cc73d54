"""References by program: uploaded, read, registered at a price, used in a request; and what is refused."""

import pytest

from generator.models import Generation, LedgerEntry, ProviderReference, Reference, Scope
from generator.services.library import references
from tests.api.test_v1_generations import problem
from tests.conftest import COMPOSER, POLL
from tests.fakes import sounds

BGM, FIELD = "wavespeed/mureka-v7.6-bgm", "instrumental_id"
USE = {"model": BGM, "field": FIELD}


def follow_field() -> str:
    """Return the composer's field that takes a reference."""
    (field,) = [field for field in references.catalog.spec_of(COMPOSER).fields if field.purpose]
    return field.name


def test_from_an_upload_to_music_that_follows_it(paid_providers, program, project, run_background):
    farm = program()
    new = farm.post("references", {"project": project.public_id, "file": sounds.sound("mp3"), **USE})
    assert (new["state"], new["title"], new["audio_url"]) == ("processing", "My theme", None)
    run_background()
    read = farm.get(f"references/{new['id']}")
    assert (read["state"], read["error_message"]) == ("ready", "")
    assert read["length_s"] > 0
    heard = farm.ask("GET", read["audio_url"].removeprefix("http://testserver"))
    assert (heard["Content-Type"], int(heard["Content-Length"])) == ("audio/mpeg", read["size"])

    (use,) = [one for one in farm.get(f"references/{new['id']}/supported-models")["items"] if one["model"] == BGM]
    assert (use["field"], use["state"], use["price_usd"], use["unavailable_reason"]) == (
        FIELD,
        "registration_required",
        "0.010000",
        "",
    )
    brief = {"model": BGM, "text": "calm bed", "project": project.public_id, "references": {FIELD: new["id"]}}
    problem(farm.ask("POST", "generations", brief), 422, "validation_failed", FIELD)

    paid = [farm.post(f"references/{new['id']}/register", USE, idempotency_key="once") for _ in range(2)]
    assert paid[0]["id"] == paid[1]["id"]
    assert paid[0]["price_usd"] == "0.010000"
    other = {"model": BGM, "field": "no such"}
    problem(farm.ask("POST", f"references/{new['id']}/register", other), 422, "validation_failed", "references")
    run_background()
    assert LedgerEntry.objects.filter(model_key="wavespeed/create-upload-id", kind="charge").count() == 1
    again = farm.post(f"references/{new['id']}/register", USE)  # it has an id: nothing is sent, nothing is paid
    assert again["id"] == paid[0]["id"]
    (use,) = [one for one in farm.get(f"references/{new['id']}/supported-models")["items"] if one["model"] == BGM]
    assert (use["state"], use["generation"]) == ("ready", paid[0]["id"])

    made = farm.post("generations", brief)
    run_background()
    assert farm.get(f"generations/{made['id']}")["state"] == "ready"
    (job,) = [job for job in paid_providers.wavespeed.jobs if job.model.endswith("generate-bgm")]
    assert job.inputs[FIELD] == ProviderReference.objects.get().registered_id


def test_a_register_key_is_not_taken_for_another_reference(paid_providers, program, make_reference):
    farm, one, two = program(), make_reference("One"), make_reference("Two")
    farm.post(f"references/{one.public_id}/register", USE, idempotency_key="k")
    problem(
        farm.ask("POST", f"references/{two.public_id}/register", USE, idempotency_key="k"),
        409,
        "conflict",
        "Idempotency-Key",
    )
    assert Generation.objects.count() == 1


def test_the_composer_follows_a_reference_for_nothing_in_a_comparison_too(program, make_reference, project):
    measured = {"bpm": 96.0, "bpm_confidence": 0.9, "key": "A minor", "key_confidence": 0.9,
                "brightness": 1200.0, "energy": [0.2, 0.6, 0.9]}  # fmt: skip
    row, farm, field = make_reference(measured=measured), program(), follow_field()
    (use,) = [
        one for one in farm.get(f"references/{row.public_id}/supported-models")["items"] if one["model"] == COMPOSER
    ]
    assert (use["field"], use["state"], use["price_usd"]) == (field, "ready", None)
    brief = {"text": "warm lo-fi", "project": project.public_id, "references": {field: row.public_id}}
    made = farm.post("generations", brief | {"model": COMPOSER})
    assert made["prompt"]["settings"][field] == references.followed(references.catalog.spec_of(COMPOSER), row)
    farm.post("comparisons", brief | {"models": [COMPOSER, POLL]})
    followed = [one.prompt.settings.get(field) for one in Generation.objects.exclude(comparison=None)]
    assert sum(bool(one) for one in followed) == 1


@pytest.mark.parametrize("wanted", [{"no such": "x"}, {"text": "x"}])
def test_a_field_that_takes_no_reference_is_told(program, project, wanted):
    brief = {"text": "warm lo-fi", "project": project.public_id, "references": wanted}
    problem(program().ask("POST", "generations", brief | {"model": COMPOSER}), 422, "validation_failed", "references")
    problem(
        program().ask("POST", "comparisons", brief | {"models": [COMPOSER, POLL]}),
        422,
        "validation_failed",
        "references",
    )


@pytest.mark.parametrize("public_id", ["no-such", "paste", "upload", ""])
def test_a_reference_that_is_not_there_is_told(program, project, public_id):
    brief = {
        "model": COMPOSER,
        "text": "warm lo-fi",
        "project": project.public_id,
        "references": {follow_field(): public_id},
    }
    problem(program().ask("POST", "generations", brief), 422, "validation_failed", follow_field())
    assert not Generation.objects.exists()


def test_what_was_taken_from_a_private_track_is_nobody_elses(program, make_track, make_reference, member, project):
    track = make_track()
    row = make_reference(track=track)
    program().ask("PATCH", f"tracks/{track.public_id}", {"private": True})
    theirs = program(of=member("editor"))
    problem(theirs.ask("GET", f"references/{row.public_id}"), 404, "not_found")
    brief = {
        "model": COMPOSER,
        "text": "x",
        "project": project.public_id,
        "references": {follow_field(): row.public_id},
    }
    assert (
        "no such reference"
        in problem(theirs.ask("POST", "generations", brief), 422, "validation_failed", follow_field())["detail"]
    )


def test_no_sound_is_refused_once_it_is_read_and_the_same_sound_is_kept_once(program, project, run_background):
    farm = program()
    odd = farm.post("references", {"project": project.public_id, "file": b"%PDF-1.7 a letter " * 20})
    good = [
        farm.post("references", {"project": project.public_id, "file": sounds.sound("mp3")})["id"] for _ in range(2)
    ]
    assert good[0] == good[1]
    run_background()
    told = farm.get(f"references/{odd['id']}")
    assert told["state"] == "rejected"
    assert told["error_message"]
    problem(farm.ask("GET", f"references/{odd['id']}/audio"), 404, "not_found")


def test_what_is_too_large_or_missing_or_no_form_is_told_and_nothing_is_kept(program, project, monkeypatch):
    farm = program()
    problem(
        farm.ask("POST", "references", {"project": project.public_id, "file": b""}), 422, "validation_failed", "file"
    )
    problem(farm.ask("POST", "references", {"project": project.public_id}), 415, "unsupported_media_type")
    bad = farm.client.post("/api/v1/references", b"--x\r\n", content_type="multipart/form-data",
                           headers={"authorization": f"Bearer {farm.token}"})  # fmt: skip
    problem(bad, 400, "invalid_request")
    for start in ("-1", "901", "nan", "soon"):
        asked = {"project": project.public_id, "file": b"x", "start_s": start}
        problem(farm.ask("POST", "references", asked), 422, "validation_failed", "start_s")
    monkeypatch.setattr("generator.http.uploads.MAX_UPLOAD_BYTES", 1000)
    large = {"project": project.public_id, "file": bytes(200_000)}
    assert "larger than" in problem(farm.ask("POST", "references", large), 413, "request_too_large", "file")["detail"]
    assert not Reference.objects.exists()


def test_listed_binned_and_fetched_back(program, make_reference, make_track, run_background):
    farm, row = program(), make_reference(upload_sha256="a" * 64)
    assert farm.post(f"references/{row.public_id}/trash")["trashed_at"]
    assert farm.get("references")["items"] == []
    assert [one["id"] for one in farm.get("references?trashed=true")["items"]] == [row.public_id]
    twin = make_reference(upload_sha256="a" * 64)
    problem(farm.ask("POST", f"references/{row.public_id}/restore"), 409, "conflict")
    farm.post(f"references/{twin.public_id}/trash")
    assert farm.post(f"references/{row.public_id}/restore")["trashed_at"] is None
    taken = farm.post(f"tracks/{make_track('Tea time').public_id}/references")
    assert [one["id"] for one in farm.get("references")["items"]] == [taken["id"], row.public_id]
    assert program(Scope.READ).get(f"references/{taken['id']}")["title"] == "Tea time"
