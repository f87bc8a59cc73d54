"""Waiting work at a provider: why, for how long, what it says, and that nothing is lost or paid meanwhile."""

import datetime as dt
import json
import socket
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from generator.currency import dollars
from generator.models import Generation, Price, ProviderAccount, Scope, State
from generator.providers import http
from generator.services.billing import ledger as billing_ledger
from generator.services.billing import reconciliation
from generator.services.errors import UserError
from generator.services.generation import cancellation, eta
from generator.services.provider_jobs import (
    backoff,
    catalog,
    circuit_breaker,
    job_runner,
    poller,
    provider_accounts,
    waiting_reasons,
)
from generator.services.team import api_keys
from tests.conftest import BGM, COMPOSER, MUSIC, ended, ledger

HTMX = {"HX-Request": "true", "HX-Target": "running"}
HELD = {BGM: {"hold": dollars("0.03")}, MUSIC: {"hold": dollars("0.05")}}
WEEK = dt.timedelta(days=8)
BOTH = pytest.mark.parametrize("model", [BGM, MUSIC])


def account(model: str = BGM) -> ProviderAccount:
    return ProviderAccount.objects.get(key=model.partition("/")[0])


def look(generation: Generation) -> Generation:
    """Process a due row, as the sweep does."""

    async def once(row: Generation) -> None:
        async with http.client() as connection:
            await job_runner.advance(row, connection)

    related = ("model__provider", "prompt", "project", "author", "price")
    async_to_sync(once)(Generation.objects.select_related(*related).get(pk=generation.pk))
    generation.refresh_from_db()
    return generation


def work(*generations: Generation) -> None:
    Generation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    poller.run(0.4)
    for one in generations:
        one.refresh_from_db()


@pytest.fixture
def waits(user_client, project):
    """The code on a generation's card."""

    def _waits(generation: Generation) -> str:
        shown = user_client.get(f"/projects/{project.public_id}/running/", headers=HTMX).content.decode()
        card = shown.partition(f'id="job-{generation.public_id}"')[2].partition("</article>")[0]
        return card.partition('data-wait="')[2].partition('"')[0]

    return _waits


@pytest.fixture
def running(paid_providers, ask):
    """A generation that its provider has accepted."""

    def _running(model: str = BGM, **asked) -> Generation:
        paid_providers.soundverse.early_id, paid_providers.soundverse.end = True, "none"
        generation = ask(model=model, **asked)
        look(generation)
        assert (generation.state, bool(generation.provider_job_id)) == (State.RUNNING, True)
        return generation

    return _running


def closed_port() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


# --- no connection ---


@BOTH
@pytest.mark.parametrize("address", [closed_port(), "https://nowhere.invalid"], ids=["refused", "no such name"])
def test_what_cannot_be_sent_says_so_and_is_sent_later(
    paid_providers, ask, user_client, project, waits, run_background, monkeypatch, model, address
):
    name = f"{model.partition('/')[0].upper()}_BASE_URL"
    monkeypatch.setenv(name, address)
    generation = look(ask(model=model, format="mp3"))
    assert (generation.state, generation.wait_reason) == (State.QUEUED, "unreachable")
    assert generation.due_at - timezone.now() < dt.timedelta(seconds=5)
    assert ledger(generation) == HELD[model]
    assert waits(generation) == "unreachable"
    shown = user_client.get(f"/projects/{project.public_id}/running/", headers=HTMX).content.decode()
    assert f"?again={generation.public_id}&amp;on={quote(COMPOSER, safe='')}" in shown
    assert f'action="/generations/{generation.public_id}/cancel/"' in shown
    monkeypatch.setenv(name, paid_providers.url)
    work(generation)
    ended(generation, run_background)
    assert waiting_reasons.reason_for(generation) is None


def test_an_outage_is_counted_once_a_run_and_rests_no_longer_than_a_minute(paid_providers, ask, monkeypatch):
    monkeypatch.setenv("WAVESPEED_BASE_URL", closed_port())
    monkeypatch.setattr(circuit_breaker, "MIN_FAILING_S", 0)
    lone = ask(model=BGM)
    for _ in range(7):
        look(lone)
    assert account().failures_in_a_row == 1
    assert not account().is_resting
    for number in range(4):
        look(ask(f"run {number}", model=BGM))
    assert account().is_resting
    assert account().resting_until - timezone.now() <= dt.timedelta(seconds=60)


# --- accepted, but no usable answer ---


def poison(provider_job_id: str) -> dict[str, dict]:
    fine = {"code": 200, "message": "success", "data": {"id": provider_job_id, "status": "completed", "outputs": []}}
    whole = json.dumps(fine).encode()
    return {
        "another id": {"body": whole.replace(provider_job_id.encode(), b"f" * 32)},
        "NaN": {"body": whole.replace(b"200", b"NaN")},
        "trailing bytes": {"body": whole + b"{}"},
        "over a megabyte": {"body": whole + b" " * 1_100_000},
        "unknown status": {"body": whole.replace(b"completed", b"pondering")},
        "a broken encoding": {"body": whole, "headers": {"content-encoding": "gzip"}},
        "a page": {"body": b"<html>hello</html>"},
        "nothing": {"body": b""},
    }


KINDS = tuple(poison("x" * 32))


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_one_poisoned_job_is_its_own_doubt_and_rests_nobody(paid_providers, running, monkeypatch, model, kind):
    if model == MUSIC and kind == "another id":
        pytest.skip("an answer of Soundverse's may name a job by any of its ids")
    monkeypatch.setattr(circuit_breaker, "MIN_FAILING_S", 0)
    monkeypatch.setenv("SOUNDVERSE_STATUS_PATH", "/v5/status?message_id={id}")
    generation = running(model)
    failures = account(model).failures_in_a_row
    route = "result" if model == BGM else "status"
    waits = []
    for _ in range(6):
        paid_providers.trouble(route, "status", times=2, **poison(generation.provider_job_id)[kind])
        look(generation)
        paid_providers.rows.clear()
        waits.append(generation.due_at - timezone.now())
    assert account(model).failures_in_a_row <= failures
    assert not account(model).is_resting
    assert generation.state in (State.RUNNING, State.IN_DOUBT)
    assert ledger(generation) == HELD[model]
    if kind != "unknown status":
        assert (generation.state, generation.wait_reason) == (State.IN_DOUBT, "unusable_answer")
        assert waits[-1] > 2 * waits[0]


@BOTH
@pytest.mark.parametrize("status", [401, 402, 403])
def test_one_job_that_may_not_be_asked_for_is_its_own_doubt_and_halts_nobody(
    paid_providers, running, ask, run_background, monkeypatch, model, status
):
    """A refused key halts work once: if it has since been tested, only this job was the problem."""
    monkeypatch.setenv("SOUNDVERSE_STATUS_PATH", "/v5/status?message_id={id}")
    generation = running(model)
    route = "result" if model == BGM else "status"
    for number in range(6):
        paid_providers.trouble(
            route, "status", times=2, status=status, body=b'{"code":%d,"message":"no","data":{}}' % status
        )
        look(generation)
        paid_providers.rows.clear()
        if number == 0:
            circuit_breaker.close(account(model))
        assert not account(model).halt_code
        assert not account(model).is_resting
    assert (generation.state, generation.wait_reason) == (State.IN_DOUBT, "unusable_answer")
    assert ledger(generation) == HELD[model]
    paid_providers.soundverse.end = "completed"
    ended(ask("somebody else’s", model=model, format="mp3"), run_background)


def test_a_list_that_may_not_be_read_halts_nobody(paid_providers, ask):
    paid_providers.trouble("submit", "reset", accept=True)
    generation = look(ask(model=BGM))
    paid_providers.trouble("list", "status", status=403, body=b'{"code":403,"message":"role"}')
    look(generation)
    assert (generation.state, account().halt_code) == (State.IN_DOUBT, "")
    assert generation.due_at > timezone.now()


@pytest.mark.parametrize("status", [402, 403])
def test_a_price_that_may_not_be_asked_for_stops_nothing(paid_providers, ask, run_background, status):
    paid_providers.trouble("price", "status", status=status, body=b'{"code":%d,"message":"role"}' % status)
    generation = ended(ask(model=BGM), run_background)
    assert (ledger(generation)["charge"], account().halt_code) == (dollars("0.03"), "")


def test_a_lone_job_whose_polls_are_answered_503_rests_nobody_else(paid_providers, running, monkeypatch):
    monkeypatch.setattr(circuit_breaker, "MIN_FAILING_S", 0)
    generation = running()
    for _ in range(7):
        paid_providers.trouble("result", "status", status=503)
        look(generation)
    assert generation.state == State.RUNNING
    assert not account().is_resting


def test_a_job_that_its_provider_does_not_know_for_a_while_is_looked_for_and_delivered(
    paid_providers, running, run_background, waits
):
    generation = running()
    jobs, paid_providers.wavespeed.jobs = paid_providers.wavespeed.jobs, []
    for _ in range(6):
        look(generation)
        assert generation.due_at
    assert (generation.state, waits(generation)) == (State.IN_DOUBT, "unknown_job")
    paid_providers.wavespeed.jobs = jobs
    work(generation)
    ended(generation, run_background)
    assert len(jobs) == 1
    assert (generation.error_code, generation.error_message) == ("", "")


@BOTH
def test_after_a_week_the_review_decides(paid_providers, running, model):
    generation = running(model)
    paid_providers.wavespeed.jobs.clear()
    Generation.objects.update(submit_attempted_at=timezone.now() - WEEK, created_at=timezone.now() - WEEK)
    look(generation)
    assert (generation.state, generation.due_at) == (State.IN_DOUBT, None)
    assert ledger(generation) == HELD[model]
    reconciliation.refresh()
    assert generation.issues.filter(kind="doubt").exists()


def test_a_stream_without_an_id_or_a_list_keeps_a_next_look_for_a_week(paid_providers, ask):
    paid_providers.trouble("stream", "drop", size=300)
    generation = look(ask(model=MUSIC, format="mp3"))
    assert (generation.state, generation.provider_job_id) == (State.IN_DOUBT, "")
    look(generation)
    assert generation.due_at > timezone.now()
    Generation.objects.update(submit_attempted_at=timezone.now() - WEEK)
    assert look(generation).due_at is None


# --- the provider is missing ---


@pytest.fixture
def gone(settings):
    """Remove the provider's module from the settings, or restore it."""
    everything = list(settings.STUDIO_PROVIDERS)

    def _gone(*, back: bool = False) -> None:
        settings.STUDIO_PROVIDERS = everything if back else ["generator.providers.builtin"]
        catalog.registry.cache_clear()

    return _gone


@pytest.fixture(params=["module", "model", "key"])
def away(request, gone, paid_providers, monkeypatch):
    """A provider that cannot be reached: `away()` and `away(back=True)`."""

    def model(*, back: bool = False) -> None:
        registry = catalog.registry()
        if back:
            catalog.registry.cache_clear()
        else:
            registry._specs.pop(BGM)

    def key(*, back: bool = False) -> None:
        monkeypatch.setenv("WAVESPEED_API_KEY", paid_providers.wavespeed.key if back else "")

    return {"module": gone, "model": model, "key": key}[request.param]


def test_accepted_work_waits_for_its_provider_and_is_delivered(
    paid_providers, running, ask, waits, away, run_background, admin_client
):
    accepted, queued, unwanted = running(), ask("queued", model=BGM), ask("unwanted", model=BGM)
    away()
    for one in (accepted, queued, unwanted):
        state = one.state
        look(one)
        assert one.state == state
        assert one.due_at > timezone.now()
        assert ledger(one) == HELD[BGM]
        assert waits(one) == one.wait_reason != ""
    cancellation.cancel(unwanted, unwanted.author)
    assert ledger(unwanted) == {"hold": dollars("0.03"), "release": dollars("0.03")}
    page = admin_client.get(f"/admin/generator/provideraccount/{account().pk}/change/").content.decode()
    assert "1 queued, 1 accepted" in page
    away(back=True)
    work(accepted, queued)
    ended(accepted, run_background)
    ended(queued, run_background)
    assert len(paid_providers.wavespeed.jobs) == 2


# --- halted for the administrator ---


def halt_key(paid_providers) -> None:
    paid_providers.wavespeed.key = "another"


def halt_credit(paid_providers) -> None:
    paid_providers.wavespeed.balance = 0.0


@pytest.mark.parametrize(
    ("trouble", "code"), [(halt_key, "key_refused"), (halt_credit, "no_credit")], ids=["key", "credit"]
)
def test_a_halted_queue_waits_as_a_whole_and_goes_on(
    paid_providers, ask, user, project, waits, run_background, monkeypatch, trouble, code
):
    key = paid_providers.wavespeed.key
    queued = [ask(f"number {number}", model=BGM) for number in range(3)]
    trouble(paid_providers)
    work(*queued)
    assert [one.state for one in queued] == [State.QUEUED] * 3
    assert account().halt_code == code
    assert {waits(one) for one in queued} == {code}
    choice = catalog.choice(BGM)
    assert choice is None or not choice.available
    with pytest.raises(UserError):
        ask(model=BGM)
    ProviderAccount.objects.update(resting_until=timezone.now())  # its pause is over, and nothing was fixed
    seen = len(paid_providers.seen)
    work(*queued)
    assert len(paid_providers.seen) - seen <= 2  # one goes first: its quote, its request
    assert [one.state for one in queued] == [State.QUEUED] * 3

    paid_providers.wavespeed.key, paid_providers.wavespeed.balance = key, 10.0
    assert provider_accounts.test(account())[0]
    for one in queued:
        ended(one, run_background)
    assert account().halt_code == ""
    assert len(paid_providers.wavespeed.jobs) == 3
    assert billing_ledger.differences() == []


def change_price(paid_providers) -> None:
    paid_providers.wavespeed.prices["mureka-ai/mureka-v7.6/generate-bgm"] = 0.05


@pytest.mark.parametrize("trouble", [halt_key, halt_credit, change_price])
def test_the_staff_are_told_once_when_a_queue_is_halted(
    paid_providers, ask, admin_user, user, project, run_background, mailoutbox, settings, trouble
):
    settings.EMAIL_CONFIGURED = True
    key = paid_providers.wavespeed.key
    trouble(paid_providers)
    work(*(ask(f"number {number}", model=BGM) for number in range(3)))
    ProviderAccount.objects.update(resting_until=timezone.now())
    work()
    run_background()
    (told,) = admin_user.notifications.all()
    assert told.link == f"/admin/generator/provideraccount/{account().pk}/change/"
    assert [mail.to for mail in mailoutbox] == [[admin_user.email]]
    assert not user.notifications.exists()
    if trouble is halt_key:  # another halt is a new event
        paid_providers.wavespeed.key = key
        provider_accounts.test(account())
        trouble(paid_providers)
        work(ask("later", model=BGM))
        run_background()
        assert admin_user.notifications.count() == 2


def test_a_key_that_is_mended_elsewhere_is_found_out_by_the_first_run(paid_providers, ask, run_background):
    key, paid_providers.wavespeed.key = paid_providers.wavespeed.key, "another"
    queued = [ask(f"number {number}", model=BGM) for number in range(2)]
    work(*queued)
    paid_providers.wavespeed.key = key
    ProviderAccount.objects.update(resting_until=timezone.now())
    work(*queued)
    for one in queued:
        ended(one, run_background)
    assert account().halt_code == ""


def test_a_key_that_is_revoked_while_a_job_is_made_halts_and_loses_nothing(paid_providers, running, run_background):
    generation = running()
    key, paid_providers.wavespeed.key = paid_providers.wavespeed.key, "another"
    look(generation)
    assert (generation.state, account().halt_code) == (State.RUNNING, "key_refused")
    paid_providers.wavespeed.key = key
    assert provider_accounts.test(account())[0]
    ended(generation, run_background)


def test_a_start_forgets_a_halt_only_of_a_key_from_the_environment(paid_providers, synced_catalog):
    ProviderAccount.objects.filter(key="wavespeed").update(halt_code="key_refused")
    kept = account(MUSIC)
    kept.secret, kept.halt_code = "a key", "key_refused"
    kept.save()
    catalog.sync()
    assert (account().halt_code, account(MUSIC).halt_code) == ("", "key_refused")


# --- what the card and the API say ---


@BOTH
@pytest.mark.parametrize("wish", ["315360000", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wish_to_come_back_in_ten_years_is_cut_and_told(paid_providers, ask, waits, model, wish):
    route = "submit" if model == BGM else "stream"
    paid_providers.trouble(route, "status", status=429, headers={"retry-after": wish})
    generation = look(ask(model=model, format="mp3"))
    assert (generation.state, waits(generation)) == (State.QUEUED, "busy")
    assert generation.due_at - timezone.now() < dt.timedelta(seconds=1.3 * backoff.MAX_RETRY_AFTER_S)


@pytest.mark.parametrize("state", [State.RUNNING, State.COLLECTING])
def test_what_takes_longer_than_usual_says_so_instead_of_a_time_left(ask, synced_catalog, state):
    generation = ask()
    long_ago = timezone.now() - dt.timedelta(seconds=126)
    Generation.objects.update(state=state, percent=90, started_at=long_ago, stage="Being made")
    generation.model.usual_ms = 40_000
    generation.refresh_from_db()
    generation.model.usual_ms = 40_000
    progress = eta.progress(generation)
    assert (progress.is_overdue, progress.seconds_left, progress.is_usual) == (True, None, False)
    assert "40 s" in progress.sentence


def test_a_price_that_was_confirmed_is_agreed_to_and_the_old_one_is_charged(
    paid_providers, ask, priced, run_background
):
    paid_providers.wavespeed.prices["mureka-ai/mureka-v7.6/generate-bgm"] = 0.05
    generation = ask(model=BGM)
    priced(BGM, "0.05")
    ended(generation, run_background)
    assert ledger(generation)["charge"] == dollars("0.03")
    assert Price.objects.at(generation.model, timezone.now()).per_take == dollars("0.05")


def test_a_price_a_take_that_cannot_be_written_exactly_is_agreed_to(paid_providers, ask, priced):
    paid_providers.wavespeed.prices["mureka-ai/mureka-v7.6/generate-bgm"] = 0.1 / 3
    priced(BGM, "0.033333")
    assert look(ask(model=BGM, takes=3)).state == State.RUNNING
    priced(BGM, "0.03333")
    assert look(ask("cheaper", model=BGM, takes=3)).wait_reason == "price_changed"


def test_the_api_gives_the_code(paid_providers, ask, user, client, monkeypatch):
    monkeypatch.setenv("WAVESPEED_BASE_URL", closed_port())
    generation = look(ask(model=BGM))
    _, token = api_keys.make(user, "a program", Scope.READ)
    said = client.get(
        f"/api/v1/generations/{generation.public_id}", headers={"Authorization": f"Bearer {token}"}
    ).json()
    assert said["wait"]["code"] == "provider_unreachable"
    assert said["wait"]["retry_at"]
    assert said["error"] is None
