"""The paid providers' accounts in the admin: keys are write-only; a button tests them."""

import datetime as dt
import json
import re

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from generator.admin.catalog import ProviderAdmin
from generator.currency import dollars
from generator.models import Budget, MusicModel, Price, ProviderAccount, State
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog
from tests.admin.test_changes import errors, url
from tests.conftest import BGM
from tests.fakes import wavespeed

pytestmark = pytest.mark.usefixtures("installed")
KEY = "ws_live_0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def account(desk) -> ProviderAccount:
    """WaveSpeed's account, empty."""
    return ProviderAccount.objects.get(key="wavespeed")


def save(desk, account, **fields: str):
    now = ProviderAccount.objects.get(pk=account.pk)
    form = {"enabled": "on", "secret": "", "base_url": now.base_url, "extra": "{}", "webhook_secret": ""} | fields
    return desk.post(url("provideraccount_change", account.pk), form, follow=True)


def now(account: ProviderAccount) -> ProviderAccount:
    return ProviderAccount.objects.get(pk=account.pk)


def test_a_key_is_kept_sealed_and_never_shown_again(desk, account):
    save(desk, account, secret=KEY, webhook_secret="whsec_hidden-from-view")
    assert (now(account).secret, now(account).webhook_secret) == (KEY, "whsec_hidden-from-view")
    for page in (url("provideraccount_change", account.pk), url("provideraccount_changelist")):
        shown = desk.get(page).content.decode()
        assert KEY not in shown
        assert "hidden-from-view" not in shown
        assert "ends in 4567" in shown
    history = desk.get(url("provideraccount_history", account.pk)).content.decode()
    assert KEY not in history


def test_of_a_short_key_nothing_at_all_is_shown(desk, account):
    save(desk, account, secret="short-9876")
    assert "9876" not in desk.get(url("provideraccount_changelist")).content.decode()


def test_an_empty_answer_keeps_the_key_and_a_dash_takes_it_away(desk, account):
    save(desk, account, secret=KEY)
    save(desk, account)
    assert now(account).secret == KEY
    assert catalog.choice(BGM)
    save(desk, account, secret="-")
    assert now(account).secret == ""
    assert catalog.choice(BGM) is None


@pytest.mark.parametrize("extra", ['{"mode": "sync"}', '{"webhook_url": 5}', "[1]", "nonsense"])
def test_settings_that_nobody_reads_are_refused(desk, account, extra):
    assert "extra" in errors(save(desk, account, secret=KEY, extra=extra))
    save(desk, account, secret=KEY, extra='{"webhook_url": "https://studio.example/provider-webhooks/wavespeed/"}')
    assert now(account).extra == {"webhook_url": "https://studio.example/provider-webhooks/wavespeed/"}


def test_a_kept_key_is_not_sent_to_an_address_it_was_not_typed_for(desk, account, vendors):
    save(desk, account, secret=KEY)
    assert "secret" in errors(save(desk, account, base_url=vendors.url, _test="1"))
    assert not vendors.seen
    assert now(account).base_url == ""
    save(desk, account, base_url=vendors.url, secret=KEY)
    assert now(account).base_url == vendors.url


def test_an_address_without_a_key_is_refused_because_it_would_be_ignored(desk, account, vendors):
    assert errors(save(desk, account, base_url=vendors.url))


@pytest.mark.parametrize(
    ("key", "address", "says"),
    [
        (KEY, "", "The key works. WaveSpeed reports a balance of $10.00."),
        ("not-the-key-at-all-0000", "", "WaveSpeed rejected the studio’s API key"),
        (KEY, "http://127.0.0.1:9", "WaveSpeed did not report"),
        ("", None, "WaveSpeed has no key yet."),
    ],
    ids=["works", "wrong", "unreachable", "none"],
)
def test_the_button_tries_the_key_and_says_what_came_of_it(desk, account, vendors, key, address, says):
    fields = {"secret": key} if address is None else {"secret": key, "base_url": address or vendors.url}
    assert says in save(desk, account, _test="1", **fields).content.decode()
    assert not vendors.wavespeed.jobs


def test_a_key_that_was_tried_and_refused_is_offered_to_nobody_until_one_works(desk, account, vendors, ask):
    save(desk, account, _test="1", secret="not-the-key-at-all-0000", base_url=vendors.url)
    assert catalog.models() == []
    with pytest.raises(UserError):
        ask(model=BGM)
    assert now(account).halt_code == "key_refused"
    assert "rejected by the provider" in desk.get(url("provideraccount_changelist")).content.decode()
    save(desk, account, _test="1", secret=KEY, base_url=vendors.url)
    assert catalog.choice(BGM).available
    assert now(account).halt_code == ""


def test_another_key_is_offered_again_without_a_try(desk, account, vendors):
    save(desk, account, _test="1", secret="not-the-key-at-all-0000", base_url=vendors.url)
    save(desk, account, secret=KEY, base_url=vendors.url)
    assert catalog.choice(BGM).available


def test_a_key_sealed_under_a_lost_secret_says_so(desk, account, vendors, settings):
    save(desk, account, secret=KEY, base_url=vendors.url)
    settings.SECRET_KEY = "another-" * 8
    shown = ProviderAdmin(ProviderAccount, admin.site).key_is(now(account))
    assert "unreadable" in shown


def test_a_provider_that_is_no_longer_installed_still_has_its_page(desk):
    gone = ProviderAccount.objects.create(key="gone", title="Gone")
    assert desk.get(url("provideraccount_changelist")).status_code == 200
    assert desk.get(url("provideraccount_change", gone.pk)).status_code == 200


def test_a_price_that_moved_is_shown_until_a_new_one_is_added(desk, account, client):
    save(desk, account, secret=KEY)
    Price.objects.update(created_at=timezone.now() - dt.timedelta(hours=1))
    model = MusicModel.objects.get(key=BGM)
    MusicModel.objects.filter(pk=model.pk).update(quoted=dollars("0.05"), quoted_at=timezone.now())
    assert "$0.05" in desk.get(url("musicmodel_changelist")).content.decode()
    page = desk.get("/", {"model": BGM}, follow=True).content.decode()
    assert "has changed the price of Mureka V7.6 BGM" in page
    today = timezone.localtime()
    sent = {"model": model.pk, "per_take": "0.05", "valid_from_0": f"{today:%Y-%m-%d}", "valid_from_1": "00:00:00"}
    desk.post(url("price_add"), sent)
    assert "has changed the price" not in desk.get("/", {"model": BGM}, follow=True).content.decode()


def test_the_page_of_a_provider_shows_its_ceiling(desk, account):
    page = url("provideraccount_change", account.pk)
    assert "none · <a" in desk.get(page).content.decode()
    Budget.objects.create(provider_key="wavespeed", cap=dollars("50"))
    shown = desk.get(page).content.decode()
    assert re.search(r"\$50\.00 [^<]*\$0\.00 [^<]*· <a", shown)


# --- a contract that the code describes wrongly ---

V9 = "wavespeed/mureka-v9-bgm"
FOUND = {
    "path": "mureka-ai/mureka-v9/make-bgm",
    "takes_max": 3,
    "fields": ["instrumental_id", "mood"],
    "checked": "2026-11-20",
}


def correct(desk, key: str, typed: object):
    page = url("musicmodel_change", MusicModel.objects.get(key=key).pk)
    return desk.post(page, {"enabled": "on", "corrections": json.dumps(typed)}, follow=True)


def test_a_contract_is_corrected_without_code_down_to_the_request_that_leaves(
    desk, paid_providers, user, project, ask, run_background, monkeypatch
):
    user_client = Client()
    user_client.force_login(user)
    studio = f"/projects/{project.public_id}/"
    text = (str, bool)
    fields = dict.fromkeys(("prompt", "mood", "instrumental_id", "output_format"), text)
    fields["number_of_songs"] = (int, lambda value: 1 <= value <= 3)
    monkeypatch.setitem(wavespeed.MODELS, FOUND["path"], wavespeed.Model(0.10, fields))
    paid_providers.wavespeed.prices[FOUND["path"]] = 0.10
    page = user_client.get(studio, {"model": V9}).content.decode()
    assert "Not verified." in page
    assert 'name="mood"' not in page
    correct(desk, V9, FOUND)
    Price.objects.create(model=MusicModel.objects.get(key=V9), per_take=dollars("0.10"))
    page = user_client.get(studio, {"model": V9}).content.decode()
    assert "Not verified." not in page
    assert "2026-11-20" in page
    assert 'name="mood"' in page
    generation = ask(model=V9, takes=2, settings={"mood": "warm"})
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.READY
    (job,) = paid_providers.wavespeed.jobs
    assert (job.model, job.inputs["number_of_songs"], job.inputs["mood"]) == (FOUND["path"], 2, "warm")


@pytest.mark.parametrize(
    "typed",
    [
        {"paht": "a/b"},
        {"path": "https://elsewhere.example/steal"},
        {"path": "../balance"},
        {"takes_max": 99},
        {"formats": ["ogg"]},
        {"fields": ["prompt"]},
        {"fields": ["Bad Name"]},
        {"needed": ["lyrics"]},
        {"checked": "yesterday"},
        [1],
    ],
)
def test_corrections_that_make_no_sense_are_refused_in_a_sentence(desk, account, typed):
    (said,) = errors(correct(desk, V9, typed))["corrections"]
    assert said.endswith(".")
    assert MusicModel.objects.get(key=V9).corrections == {}


def test_an_actions_contract_is_corrected_too(desk, account):
    correct(desk, "wavespeed/stem-song", {"path": "mureka-ai/stems", "fields": ["audio"], "checked": "2026-11-20"})
    spec = catalog.spec_for(MusicModel.objects.get(key="wavespeed/stem-song"))
    assert (spec.unverified, spec.checked, spec.fields) == ("", "2026-11-20", ())
    assert errors(correct(desk, "wavespeed/stem-song", {"takes_max": 2}))


def test_corrections_of_an_older_release_leave_the_built_in_contract(desk, account):
    MusicModel.objects.filter(key=V9).update(corrections={"gone": 1})
    assert catalog.spec_for(MusicModel.objects.get(key=V9)).unverified
