"""The bar grid corrected by hand: new edits use it, old ones keep theirs, and every change can be undone."""

import pytest
from django.urls import reverse

from generator.audio.structure import Structure
from generator.models import Edit, GridChange, TrackStructure
from generator.services.finishing import structures

BEATS = (0.0, 0.1, 0.2, 0.3, 0.4)
PULSE = Structure(0.5, 600.0, BEATS, BEATS[::2], 2, (), 0.25, 0.5, 0.9, ends_s=0.5)
NO_PULSE = Structure(0.5, None, (), (), None, (), 0.25, 0.5, 0.0, ends_s=0.5)


def measure(track, structure: Structure) -> None:
    row = {"version": structures.VERSION, "structure": structure.to_json()}
    TrackStructure.objects.update_or_create(track=track, defaults=row)


def change(client, track, **fields):
    address = reverse("finish-grid-change", args=[track.public_id])
    return client.post(address, fields, headers={"hx-request": "true"})


def cut(client, track, run_background) -> Edit:
    client.post(reverse("finish-preview", args=[track.public_id]), {"start": "0.2"})
    run_background()
    return Edit.objects.latest("id")


def test_a_moved_grid_moves_new_cuts_and_undo_brings_the_old_edit_back(user_client, track, run_background):
    measure(track, PULSE)
    before = cut(user_client, track, run_background)
    change(user_client, track, do="later")
    assert structures.known(track).bars == (0.01, 0.21, 0.41)
    moved = cut(user_client, track, run_background)
    assert [round(edit.report["seconds"], 3) for edit in (before, moved)] == [0.3, 0.29]
    change(user_client, track, do="beat-later")
    assert structures.known(track).bars == (0.11, 0.31)
    for _ in range(2):
        change(user_client, track, do="undo")
    assert structures.known(track).bars == PULSE.bars
    assert cut(user_client, track, run_background).pk == moved.pk
    assert Edit.objects.count() == 2  # the same recipe over the same grid is the same edit
    assert change(user_client, track, do="undo").status_code == 422


def test_a_tapped_tempo_gives_a_pulse_to_a_track_without_one(user_client, track):
    measure(track, NO_PULSE)
    change(user_client, track, bpm="300", first_beat="0.1", beats_per_bar="2")
    assert structures.known(track).beats == (0.1, 0.3, 0.5)[:2]
    change(user_client, track, do="reset")
    assert structures.known(track).bars == ()
    change(user_client, track, do="undo")
    assert structures.known(track).bars == (0.1,)


def test_without_script_a_change_returns_to_the_room_as_it_was_shown(user_client, track, run_background):
    measure(track, PULSE)
    edit = cut(user_client, track, run_background)
    page, address = reverse("finish", args=[track.public_id]), reverse("finish-grid-change", args=[track.public_id])
    shown = {"referer": f"http://testserver{page}?edit={edit.public_id}"}
    reply = user_client.post(address, {"do": "later"}, headers=shown)
    assert reply.url == f"{page}?edit={edit.public_id}&open=grid#edit-grid"
    back = user_client.get(reply.url)
    assert (back.context["edit"], back.context["is_grid_open"]) == (edit, True)
    assert user_client.post(address, {"do": "later"}, headers={"referer": reply.url}).url.count("open=") == 1
    for elsewhere in ("https://example.com/", f"http://testserver{reverse('finish-preview', args=[track.public_id])}"):
        reply = user_client.post(address, {"bpm": "fast"}, headers={"referer": elsewhere})
        assert reply.url == f"{page}?open=grid#edit-grid"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"bpm": "fast"}, "invalid_number"),
        ({"bpm": "1000"}, "out_of_range"),
        ({"bpm": "nan"}, "out_of_range"),
        ({"bpm": "90", "first_beat": "soon"}, "invalid_duration"),
        ({}, "invalid_number"),
    ],
)
def test_what_is_no_tempo_is_refused_and_nothing_is_lost(user_client, track, fields, code):
    measure(track, PULSE)
    reply = change(user_client, track, **fields)
    assert (reply.status_code, reply.context["grid_error"].code) == (422, code)
    assert not GridChange.objects.exists()
