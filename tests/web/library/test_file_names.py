"""File names are unique and readable by every program, and invisible characters make no name."""

import io
import re
import zipfile
from urllib.parse import unquote

import pytest
from django.urls import reverse

from generator.audio import disposition, file_name, unused_name
from generator.http.file_responses import name_of
from generator.models import Generation, LedgerEntry
from generator.services.errors import UserError
from tests.conftest import COMPOSER, POLL

INVISIBLE = ["\u200b", "\u200b \u2060\n", "\ufeff", "\u3164", "\u2800", "\u00ad\u200d", "\U000e0020", "\u0301"]


def test_files_of_one_track_at_other_loudnesses_have_other_names(make_track):
    track = make_track("Tea time")
    names = {name_of(track, "wav", lufs) for lufs in (None, -14.0, -16.0, -16.5)}
    assert len(names) == 4
    assert any("-16.5 LUFS" in name for name in names)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Café.mp3", "Cafe.mp3"),
        ("窓の雨.flac", "Track.flac"),
        ("Rain 窓 - 82 BPM.flac", "Rain _ - 82 BPM.flac"),
        ("Tea.mp3", "Tea.mp3"),
        ("ＡＢ.mp3", "AB.mp3"),
    ],
)
def test_a_download_has_a_name_for_old_programs_and_for_new_ones(name, plain):
    for inline in (False, True):
        header = disposition(name, inline=inline)
        assert header.isascii()
        assert header.startswith("inline;" if inline else "attachment;")
        assert re.search(r'filename="([^"]*)"', header)[1] == plain
        extended = re.search(r"filename\*=utf-8''(\S+)", header)
        assert (unquote(extended[1]) if extended else plain) == name


def test_every_download_of_a_track_names_it_both_ways(user_client, make_track):
    track = make_track("Café 窓の雨")
    reply = user_client.get(reverse("download", args=[track.public_id, track.format]))
    assert reply.status_code == 200
    assert 'filename="Cafe' in reply["Content-Disposition"]
    assert "filename*=utf-8''Caf%C3%A9" in reply["Content-Disposition"]


def test_a_zip_has_no_two_names_that_any_system_takes_for_one(user_client, project, make_track):
    for title in ("Tea", "tea", "TEA", "Te\u0301a", "T\u00e9a", "CON", "con", "x" * 119, "x" * 120):
        make_track(title)
    tracks = [*project.tracks.all()]
    reply = user_client.post(
        f"/projects/{project.public_id}/bulk/", {"action": "zip", "track": [track.public_id for track in tracks]}
    )
    content = b"".join(reply.streaming_content) if reply.streaming else reply.content
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert len(names) == len(tracks)
    assert len({name.casefold() for name in names}) == len(names)
    assert not any(name.split(".")[0].strip().lower() in ("con", "nul", "aux") for name in names)
    assert all(len(name.encode()) <= 130 for name in names)


def test_an_unused_name_is_found_whatever_the_case():
    taken: set[str] = set()
    for title in ("Tea", "tea", "TEA", "Tea (2)"):
        taken.add(unused_name(file_name(title, ext="mp3"), taken))
    assert len({one.casefold() for one in taken}) == 4


def test_titles_do_not_repeat_in_a_project(ask, run_background):
    runs = [
        ask("an intro for a podcast", model=COMPOSER, settings={"length": 5.0, "seed": 7}, takes=2) for _ in range(2)
    ]
    run_background()
    titles = [track.title for run in runs for track in run.tracks.all()]
    assert len(titles) == 4
    assert len({title.casefold() for title in titles}) == 4


@pytest.mark.parametrize("text", INVISIBLE)
@pytest.mark.parametrize("model", [POLL, COMPOSER])
def test_a_text_that_cannot_be_seen_is_refused_and_costs_nothing(ask, text, model, project, user):
    with pytest.raises(UserError) as refused:
        ask(text, model=model)
    assert refused.value.field == "text"
    assert not Generation.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_the_page_refuses_it_too_with_a_house_style(user_client, project, user):
    from generator.services.team import project_defaults

    project_defaults.change(
        project, user, allowed_models=(), format="", lufs="", prompt_suffix="with strings", excluded_terms=""
    )
    form = {"text": "\u200b\u200b", "model": COMPOSER, "takes": "1", "format": "flac", "idempotency_key": "k"}
    reply = user_client.post(f"/projects/{project.public_id}/generate/", form)
    assert reply.status_code == 422
    assert not Generation.objects.exists()
