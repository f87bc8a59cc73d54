"""ElevenLabs through the studio: what is made is delivered and charged once, what is lost is in doubt alone."""

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.currency import Micros
from generator.models import (
    Batch,
    Generation,
    LedgerEntry,
    MusicModel,
    Price,
    ProviderAccount,
    RemoteOutput,
    State,
    Track,
)
from generator.providers.elevenlabs import reply as replies
from generator.services.background import housekeeping, received_files
from generator.services.billing.ledger import differences
from generator.services.briefs import batches
from generator.services.briefs.batches import Item
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.services.generation.checkout import CheckoutRequest
from generator.services.provider_jobs import job_runner, poller, provider_accounts
from tests.conftest import ended, ledger

MODEL = "elevenlabs/music_v2"
SECTIONS = "intro 12 s: soft pads; main 36 s: piano"


class Killed(BaseException):
    """What ends a process at once."""


@pytest.fixture
def shop(elevenlabs_shop):
    return elevenlabs_shop


def due_again(generation: Generation) -> Generation:
    """Let the claim of a process that died expire."""
    Generation.objects.filter(pk=generation.pk).update(due_at=generation.created_at)
    return generation


# --- one take ---


def test_a_take_is_delivered_and_charged_by_its_length(shop, ask, run_background):
    generation = ended(ask(model=MODEL, settings={"duration": 90}), run_background)
    assert ledger(generation) == {"hold": 450_000, "charge": 450_000}
    assert Track.objects.get(generation=generation).format == "mp3"
    assert generation.provider_job_id == "song000001"
    assert not received_files.folder_of(generation).exists()
    facts = [event.data for event in generation.events.all() if "character-cost" in event.data]
    assert facts[0]["character-cost"] == "1800"


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ({}, 300_000),
        ({"duration": 3}, 15_000),
        ({"sections": SECTIONS, "duration": 600}, 240_000),
        ({"sections": "a 12.1 s"}, 65_000),
    ],
)
def test_the_price_is_that_of_the_music_that_is_requested(shop, user, project, values, total):
    assert submit.quote(user, project, MODEL, 1, values).total == total


def test_sections_that_cannot_be_read_have_no_price_and_say_why(shop, user, project):
    with pytest.raises(UserError) as refused:
        submit.quote(user, project, MODEL, 1, {"sections": "intro"})
    assert refused.value.code == "rejected"


def test_wav_is_delivered_as_wav(shop, ask, run_background):
    generation = ended(ask(model=MODEL, format="wav"), run_background)
    track = Track.objects.get(generation=generation)
    assert (track.format, track.sample_rate, track.channels) == ("wav", 44_100, 2)


@pytest.mark.parametrize("do", ["drop", "reset", "hang"])
def test_a_lost_reply_is_in_doubt_and_never_sent_again(shop, vendors, ask, run_background, monkeypatch, do):
    vendors.trouble("music", do, accept=True, size=4000, seconds=0.01)
    generation = ended(ask(model=MODEL), run_background, State.IN_DOUBT)
    for _ in range(3):
        due_again(generation)
        poller.run(0.2)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    assert ledger(generation) == {"hold": 300_000}
    assert len(shop.jobs) == 1
    assert not Track.objects.exists()


@pytest.mark.parametrize("status", [429, 401, 402, 403])
def test_a_refused_request_waits_and_is_made_once(shop, ask, run_background, status):
    shop.refuse = (status, {"code": "x"})
    generation = ask(model=MODEL)
    poller.run(0.3)
    generation.refresh_from_db()
    assert generation.state == State.QUEUED
    shop.refuse = None
    provider_accounts.try_again(ProviderAccount.objects.get(key="elevenlabs"))
    due_again(generation)
    ended(generation, run_background)
    assert len(shop.jobs) == 1


# --- a process that dies ---


@pytest.mark.parametrize(
    ("owner", "name", "after", "state", "takes"),
    [
        (replies, "finish", False, State.IN_DOUBT, 0),  # all bytes are here, and nothing says that they are all
        (replies, "finish", True, State.READY, 1),
        (job_runner, "_handle_success", False, State.READY, 1),
        (job_runner, "_handle_success", True, State.READY, 1),
    ],
)
def test_a_death_between_reply_and_library_neither_loses_nor_repeats(
    shop, ask, run_background, monkeypatch, owner, name, after, state, takes
):
    generation = ask(model=MODEL)
    real, armed = getattr(owner, name), [True]

    def dies(*args, **named):
        value = real(*args, **named) if after or not armed[0] else None
        if armed[0]:
            armed[0] = False
            raise Killed
        return value

    monkeypatch.setattr(owner, name, dies)
    poller.run(0.5)
    assert not armed[0]
    due_again(generation)
    ended(generation, run_background, state)
    assert Track.objects.count() == takes
    assert ledger(generation) == ({"hold": 300_000, "charge": 300_000} if takes else {"hold": 300_000})
    assert len(shop.jobs) == 1


def test_a_file_of_a_reply_is_found_whatever_the_vendor_called_it(shop, ask, run_background):
    """Two replies with one name: neither is lost, neither is charged to the other."""
    shop.ids = iter([1, 1])
    first, second = ask(model=MODEL), ask("calm strings", model=MODEL)
    poller.run(0.5)
    run_background()
    for generation in (first, second):
        due_again(generation)
        poller.run(0.5)
        ended(generation, run_background)
        assert ledger(generation) == {"hold": 300_000, "charge": 300_000}
    assert Track.objects.count() == len(shop.jobs) == 2


def test_received_files_live_as_long_as_somebody_needs_them(shop, vendors, ask, run_background):
    vendors.trouble("music", "drop", accept=True, size=4000)
    lost = ended(ask(model=MODEL), run_background, State.IN_DOUBT)
    (part,) = received_files.folder_of(lost).iterdir()
    assert part.stat().st_size == 4000
    later = part.stat().st_mtime + received_files.KEPT_S + 10
    received_files.delete_old(later)
    assert part.exists()
    Generation.objects.filter(pk=lost.pk).update(state=State.FAILED)
    received_files.delete_old(later - 20)
    housekeeping.nightly()
    assert part.exists()
    received_files.delete_old(later)
    assert not part.parent.exists()


def test_a_received_file_that_is_not_audio_is_kept_for_the_operator(shop, vendors, ask, run_background, monkeypatch):
    from generator.services.provider_jobs import downloader

    monkeypatch.setattr(downloader, "RETRY_DELAYS_S", (0,))
    vendors.trouble("music", "status", status=200, body=b"\x00" * 5000, headers={"content-type": "audio/mpeg"})
    generation = ended(ask(model=MODEL), run_background, State.FAILED)
    assert ledger(generation) == {"hold": 300_000, "release": 300_000}
    assert RemoteOutput.objects.get().useless == downloader.MAX_USELESS_DOWNLOADS
    assert received_files.folder_of(generation).exists()


# --- several takes ---


def test_no_more_requests_are_open_than_the_plan_allows(shop, user, project, run_background, monkeypatch):
    monkeypatch.setenv("ELEVENLABS_MAX_CONCURRENT", "2")
    open_now, most = [], []

    def pause(moment: int) -> None:
        if moment == 0:
            open_now.append(1)
            most.append(len(open_now))
            shop.closing.wait(0.2)
        else:
            open_now.pop()

    shop.pause = pause
    press(user, project, 4)
    run_background()
    assert Track.objects.count() == 4
    assert max(most) == 2


def press(user, project, takes: int, **changes) -> Batch:
    item = Item(MODEL, "warm lo-fi", takes, "mp3", changes.pop("settings", {"duration": 3}))
    key = CheckoutRequest("press-1", "hash", changes.pop("expected", None))
    return batches.submit_batch(user, project, Batch.Kind.TAKES, [item], key)


def test_a_lost_take_is_in_doubt_alone(shop, vendors, user, project, run_background):
    vendors.trouble("music", "drop", accept=True, size=4000)
    vendors.trouble("music", "status", status=400, body=b'{"detail": {"code": "bad_prompt"}}')
    press(user, project, 4)
    run_background()
    states = sorted(Generation.objects.values_list("state", flat=True))
    assert states == sorted([State.IN_DOUBT, State.FAILED, State.READY, State.READY])
    totals = dict.fromkeys(("hold", "charge", "release"), 0)
    for kind, amount in LedgerEntry.objects.values_list("kind", "amount"):
        totals[kind] += amount
    assert totals == {"hold": 4 * 15_000, "charge": 2 * 15_000, "release": 15_000}
    assert differences() == []
    assert len(shop.jobs) == 3


def test_takes_of_one_press_have_different_seeds(shop, user, project, run_background):
    press(user, project, 3, settings={"sections": SECTIONS, "plan_seed": 7})
    run_background()
    assert sorted(job.inputs["seed"] for job in shop.jobs) == [7, 8, 9]


def test_a_press_costs_what_its_button_says_or_nothing_is_sent(shop, user, project):
    total = submit.quote(user, project, MODEL, 3, {"duration": 3}).total
    with pytest.raises(UserError):
        press(user, project, 3, expected=total + 1)
    assert not Generation.objects.exists()
    press(user, project, 3, expected=total)
    press(user, project, 3, expected=total)  # the same press again
    assert Generation.objects.count() == 3


def test_several_takes_of_one_generation_are_refused_by_name(shop, ask):
    with pytest.raises(UserError) as refused:
        ask(model=MODEL, takes=2)
    assert (refused.value.field, refused.value.code) == ("takes", "out_of_range")


_formulas = st.sampled_from(
    [
        "base_price * seconds / 60 * takes",
        "base_price * $ceil(seconds) / 60 * takes",
        "base_price * $ceil(seconds / 7) / 9",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    base=st.integers(0, 10**7),
    formula=_formulas,
    takes=st.integers(1, 4),
    tenths=st.integers(30, 1200),
    ends=st.lists(st.sampled_from([State.READY, State.FAILED, State.IN_DOUBT]), min_size=4, max_size=4),
)
def test_any_press_holds_what_it_quotes_and_settles_each_take_exactly(
    shop, user, project, django_db_blocker, base, formula, takes, tenths, ends
):
    from django.db import transaction

    from generator.providers.errors import Failed
    from generator.services.generation import completion, states

    with transaction.atomic():
        Price.objects.create(model=MusicModel.objects.get(key=MODEL), per_take=Micros(base), formula=formula, note="x")
        values = {"sections": f"part {tenths / 10:g} s"}
        quote = submit.quote(user, project, MODEL, takes, values)
        press(user, project, takes, settings=values, expected=quote.total)
        runs = list(Generation.objects.order_by("id"))
        assert len(runs) == takes
        assert sum(run.price_total for run in runs) == quote.total
        for run, end in zip(runs, ends, strict=False):
            states.advance(run, State.SUBMITTING, "sent")
            if end == State.IN_DOUBT:
                states.advance(run, State.IN_DOUBT, "lost")
            elif end == State.FAILED:
                completion.fail(run, Failed("no"))
            entries = ledger(run)
            held = {"hold": run.price_total}
            expected = held | ({"release": run.price_total} if end == State.FAILED and run.price_total else {})
            assert {kind: amount for kind, amount in entries.items() if amount} == {
                kind: amount for kind, amount in expected.items() if amount
            }
        assert differences() == []
        transaction.set_rollback(True)


# --- the pages and the API ---


def test_several_takes_come_from_one_press_on_the_page(shop, client, user, project, run_background):
    client.force_login(user)
    page = client.post(reverse("create-live", args=[project.public_id]), {"model": MODEL, "text": "warm", "takes": "3"})
    assert b"0.90" in page.content
    form = {
        "model": MODEL,
        "text": "warm lo-fi",
        "takes": "3",
        "format": "mp3",
        "idempotency_key": "k1",
        "duration": "60",
    }
    sent = client.post(reverse("generate", args=[project.public_id]), form | {"expected_price": "900000"})
    assert sent.status_code == 302
    assert Batch.objects.get().kind == Batch.Kind.TAKES
    run_background()
    assert Track.objects.count() == 3


def test_a_suggestion_fills_the_form_with_one_press_and_is_never_sent_by_itself(
    shop, client, user, project, ask, run_background
):
    shop.refuse = (400, {"code": "bad_prompt", "message": "artist", "prompt_suggestion": "calm & soft piano"})
    generation = ended(
        ask("like a famous pianist", model=MODEL, settings={"duration": 30}), run_background, State.FAILED
    )
    assert generation.suggestion == {"text": "calm & soft piano"}
    client.force_login(user)
    link = f"{reverse('studio', args=[project.public_id])}?again={generation.public_id}&amp;use=suggestion"
    assert link in client.get(reverse("studio", args=[project.public_id])).content.decode()
    page = client.get(link.replace("&amp;", "&"))
    form = page.context["form"]
    assert (form.text, form.again) == ("calm & soft piano", generation.public_id)
    assert [shown.value for shown in form.fields if shown.field.name == "duration"] == ["30"]
    assert Generation.objects.count() == 1
    assert ledger(generation) == {"hold": 150_000, "release": 150_000}


def test_the_admin_tests_the_key(shop):
    passed, sentence = provider_accounts.test(ProviderAccount.objects.get(key="elevenlabs"))
    assert passed
    assert "creator" in sentence
