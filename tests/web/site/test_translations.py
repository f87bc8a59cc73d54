"""Texts from below Django, and those that rows keep in English, are shown in the reader's language."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from generator import audio
from generator.messages import Message, from_json, join_texts, to_json
from generator.models import Generation, GenerationEvent, Scope, State
from generator.providers.wavespeed import protocol
from generator.services.errors import NOT_CHARGED
from generator.services.generation import completion, ingest, states
from generator.services.team import api_keys
from generator.translation import translate
from tests.api.conftest import Program
from tests.conftest import COMPOSER, ended
from tests.fakes.pseudo_locale import MARK, write_catalog

pytestmark = [
    pytest.mark.skipif(not shutil.which("msgen"), reason="no GNU gettext here"),
    pytest.mark.xdist_group("translations"),  # one catalog
]
CREATE_TEXT = "Warm lo-fi, 45 s, no drums, 102 bpm, with mandolin"


@pytest.fixture(scope="module")
def catalog_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pseudo-locale")
    write_catalog(folder)
    return folder


@pytest.fixture(autouse=True)
def pseudo_locale(catalog_folder) -> Iterator[None]:
    with override_settings(LOCALE_PATHS=[catalog_folder]):
        yield


def live(user_client, project, **typed):
    data = {"text": CREATE_TEXT, "model": COMPOSER} | typed
    return user_client.post(f"/projects/{project.public_id}/create/", data, headers={"HX-Request": "true"})


def running(user_client, project) -> str:
    return user_client.get(f"/projects/{project.public_id}/running/", headers={"HX-Request": "true"}).content.decode()


def test_what_was_understood_is_translated(user_client, project):
    reply = live(user_client, project)
    form, page = reply.context["form"], reply.content.decode()
    assert {chip.chip.name for chip in form.chips} >= {"style", "mood", "length", "bpm", "leave_out"}
    for chip in form.chips:
        assert chip.meaning.startswith(MARK)
        assert f">{chip.meaning}<" in page
    assert form.reading.count(MARK) >= len(form.chips)
    assert form.unknown[0].title.startswith(MARK)


def test_the_fields_of_a_model_are_translated(user_client, project):
    page = live(user_client, project).content.decode()
    for text in ("Length", "seconds", "Seamless loop", "For example: drums, bass", "Bossa nova", "Composes on this"):
        assert MARK + text in page


def test_a_rejection_by_a_provider_is_translated(user_client, project):
    for typed in ({"variation": "louder than life"}, {"energy_curve": "up"}, {"balance": "more cowbell"}):
        assert live(user_client, project, **typed).context["form"].reading_error.startswith(MARK)


def test_a_stored_error_is_translated_sentence_by_sentence(user_client, project, ask):
    generation = ask()
    completion.fail(generation, protocol.refusal(400, "", 0.0))
    generation.refresh_from_db()
    assert MARK not in generation.error_message
    assert generation.display_error.count(MARK) == 2
    assert generation.display_error in running(user_client, project)


def test_stored_sentences_with_values_are_recognized():
    problem = Message("The delivered file could not be used: {problem}", problem=Message("The file is empty."))
    missing = Message(
        "{delivered} of {requested} takes arrived. You were not charged for the rest.", delivered=1, requested=2
    )
    for message, count in ((join_texts(problem, NOT_CHARGED), 3), (Message("Ready: {arrived}", arrived=missing), 2)):
        generation = Generation(error_message=str(message))
        assert generation.display_error.replace(MARK, "") == message
        assert generation.display_error.count(MARK) == count


def test_an_event_is_translated_with_its_values(user_client, ask, run_background):
    generation = ended(ask("lo-fi, 8 s", model=COMPOSER, takes=2, settings={"seed": 7}), run_background)
    track = generation.tracks.get(take=2)
    assert not generation.events.filter(text__contains=MARK).exists()
    page = user_client.get(track.get_absolute_url()).content.decode()
    assert f"{MARK}Take 2 is ready to play" in page
    assert f"{MARK}All takes are finished" in page
    assert f"{MARK}no drums" not in page


def test_what_the_composer_understood_is_translated_on_the_track(user_client, ask, run_background):
    generation = ended(ask("lo-fi, 8 s, no drums", model=COMPOSER, settings={"seed": 7}), run_background)
    track = generation.tracks.get()
    assert MARK not in track.made_of["heard"]
    assert f"{MARK}no {MARK}drums" in user_client.get(track.get_absolute_url()).content.decode()


@pytest.mark.parametrize("stage", ["Mastering", "Take 2: Mastering", "Checking take 2"])
def test_a_stage_is_translated(user_client, project, ask, stage):
    generation = ask()
    Generation.objects.filter(pk=generation.pk).update(state=State.RUNNING, stage=stage)
    generation.refresh_from_db()
    assert generation.display_stage.count(MARK) == stage.count(": ") + 1
    assert generation.display_stage in running(user_client, project)


def test_a_finding_is_translated_with_its_values(user_client, make_track):
    measured = audio.Finding(
        "wrong_length", "warning", Message("The last {seconds:.1f} seconds are silent.", seconds=4)
    )
    track = make_track(findings=[ingest.stored_finding(measured)], has_findings=True)
    assert track.findings[0]["sentence"] == "The last 4.0 seconds are silent."
    assert f"{MARK}The last 4.0 seconds are silent." in user_client.get(track.get_absolute_url()).content.decode()


def test_the_api_answers_in_the_active_language(user, ask, run_background):
    generation = ended(ask("lo-fi, 8 s", model=COMPOSER, settings={"seed": 7}), run_background)
    silent = audio.Finding("mono", "warning", Message("The track is mono: both channels are identical."))
    generation.tracks.update(findings=[ingest.stored_finding(silent)], has_findings=True)
    failed = ask()
    completion.fail(failed, protocol.refusal(400, "", 0.0))
    key, token = api_keys.make(user, "render farm", Scope.GENERATE)
    program = Program(token, key)
    events = program.get(f"generations/{generation.public_id}/events")["items"]
    assert all(event["message"].startswith(MARK) for event in events)
    track = program.get(f"generations/{generation.public_id}")["tracks"][0]
    assert track["findings"][0]["message"].startswith(MARK)
    assert program.get(f"generations/{failed.public_id}")["error"]["message"].startswith(MARK)


def test_rows_from_before_are_shown_as_they_are(user_client, make_track):
    old = {"code": "wrong_length", "severity": "warning", "sentence": "The track is 2.0 seconds long.", "at_s": None}
    track = make_track(findings=[old], has_findings=True)
    states.note(track.generation, "Found by hand")
    page = user_client.get(track.get_absolute_url()).content.decode()
    assert old["sentence"] in page
    assert "Found by hand" in page


def test_words_of_people_and_vendors_are_not_translated(ask):
    generation = ask()
    states.note(generation, Message("{title} is ready", title="Strings"), data={"message_parts": "forged"})
    event = GenerationEvent.objects.latest("pk")
    assert event.display_text == f"{MARK}Strings is ready"
    states.note(generation, "Found by hand", data={"message_parts": {"text": "forged", "values": {}}})
    assert GenerationEvent.objects.latest("pk").display_text == "Found by hand"


def test_a_message_survives_storage():
    message = Message("The delivered file could not be used: {problem}", problem=Message("The file is empty."))
    assert from_json(to_json(message)) == message == "The delivered file could not be used: The file is empty."
    assert translate(from_json(to_json(message))).count(MARK) == 2
