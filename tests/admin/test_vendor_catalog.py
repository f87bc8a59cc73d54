"""The catalog in the admin: what can be added, one press to add it, and one to accept a new version."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from generator.models import ImportedModel, MusicModel, ProviderAccount, User
from generator.services.provider_jobs import catalog
from generator.services.vendor_catalog import changes, importing, vendor_offers

SONILO, ODD = "sonilo/text-to-music", "example/odd-price"
PAGE = "/admin/vendor-catalog/wavespeed/"


@pytest.fixture
def account(paid_providers) -> ProviderAccount:
    return ProviderAccount.objects.get(key="wavespeed")


@pytest.fixture
def boss(db) -> User:
    return User.objects.create_superuser("boss@example.com", "a long enough password", name="Boss")


@pytest.fixture
def desk(client, boss):
    client.force_login(boss)
    return client


def paths_of(page) -> set[str]:
    return {row.offer.path for row in page.context["rows"]}


def press(desk, action, path="", digest=""):
    return desk.post(PAGE, {"action": action, "path": path, "digest": digest}, follow=True)


def dearer(vendors, path=SONILO):
    vendors.wavespeed.catalog = [
        {**item, "base_price": 0.003} if isinstance(item, dict) and item.get("model_id") == path else item
        for item in vendors.wavespeed.catalog
    ]


def test_it_lists_music_that_can_be_added_and_everything_else_on_request(desk, account):
    page = desk.get(PAGE)
    assert page.status_code == 200
    assert SONILO in paths_of(page)
    assert not {"minimax/speech-02", "mureka-ai/stem-song"} & paths_of(page)
    everything = desk.get(PAGE, {"all": "1"})
    assert {"minimax/speech-02", "mureka-ai/stem-song"} <= paths_of(everything)
    assert paths_of(desk.get(PAGE, {"q": "lyria"})) == {"google/lyria-3-clip/music", "google/lyria-3-pro/music"}
    assert page.context["total"] == everything.context["total"]


def test_it_shows_the_form_the_limits_the_price_and_the_doubts(desk, account):
    (row,) = desk.get(PAGE, {"q": "music-2.6"}).context["rows"]
    shown = desk.get(PAGE, {"q": "music-2.6"}).content.decode()
    assert row.doubts
    assert row.limits
    assert all(text in shown for text in ("bitrate", "256000", "$0.15"))


def test_one_press_adds_a_model_that_is_offered(desk, account):
    digest = vendor_offers.read_offer(account, SONILO).digest
    page = press(desk, "add", SONILO, digest)
    assert page.status_code == 200
    assert catalog.choice(f"wavespeed/{SONILO}").available
    model = MusicModel.objects.get(is_imported=True)
    assert model.prices.get().created_by.email == "boss@example.com"
    press(desk, "add", SONILO, digest)
    assert MusicModel.objects.filter(is_imported=True).count() == 1


def test_a_new_version_is_accepted_with_one_press(desk, account, paid_providers):
    press(desk, "add", SONILO, vendor_offers.read_offer(account, SONILO).digest)
    dearer(paid_providers)
    press(desk, "look")
    assert not catalog.choice(f"wavespeed/{SONILO}").available
    (row,) = desk.get(PAGE).context["imported"]
    press(desk, "accept", SONILO, row.digest)
    assert catalog.choice(f"wavespeed/{SONILO}").available
    assert not desk.get(PAGE).context["imported"]


def test_the_page_of_a_provider_leads_there_and_that_of_a_model_says_what_is_doubted(desk, account):
    change = reverse("admin:generator_provideraccount_change", args=[account.pk])
    assert PAGE in desk.get(change).content.decode()
    press(desk, "add", SONILO, vendor_offers.read_offer(account, SONILO).digest)
    model = MusicModel.objects.get(is_imported=True)
    shown = desk.get(reverse("admin:generator_musicmodel_change", args=[model.pk]))
    assert shown.status_code == 200
    assert "MP3" in shown.content.decode()


def test_every_model_says_that_it_was_never_tried(desk, account):
    (admin_page,) = [desk.get(reverse("admin:generator_musicmodel_changelist"))]
    assert admin_page.content.decode().count('class="field-tried">never') >= 5


def test_it_is_for_staff_who_may_change_models(client, account, user, stranger):
    assert client.get(PAGE).status_code == 302
    client.force_login(user)
    assert client.get(PAGE).status_code in (302, 403)
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    client.force_login(stranger)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"action": "add", "path": SONILO}).status_code == 403
    assert not ImportedModel.objects.exists()


def test_a_catalog_that_cannot_be_read_is_said(desk, account, paid_providers):
    paid_providers.trouble("models", "html")
    assert desk.get(PAGE).context["problem"]
    assert not desk.get(PAGE).context["problem"]
    assert desk.get("/admin/vendor-catalog/composer/").status_code == 404
    assert desk.get("/admin/vendor-catalog/nobody/").status_code == 404


def test_the_command_lists_adds_checks_and_accepts(account, paid_providers, capsys):
    call_command("catalog")
    listed = capsys.readouterr().out
    assert SONILO in listed
    assert "speech-02" not in listed
    call_command("catalog", "list", "--all", "--search", "speech")
    assert "speech-02" in capsys.readouterr().out
    call_command("catalog", "add", SONILO, ODD)
    assert catalog.choice(f"wavespeed/{SONILO}").available
    dearer(paid_providers)
    call_command("catalog", "check")
    assert not catalog.choice(f"wavespeed/{SONILO}").available
    call_command("catalog", "accept", SONILO)
    assert catalog.choice(f"wavespeed/{SONILO}").available
    with pytest.raises(CommandError):
        call_command("catalog", "accept", SONILO)
    with pytest.raises(CommandError):
        call_command("catalog", "add", "nobody/knows")
    with pytest.raises(CommandError):
        call_command("catalog", "--provider", "composer")


def test_the_operators_are_told_what_changed(account, paid_providers, boss, run_background, mailoutbox, mailing):
    importing.add(account, SONILO, vendor_offers.read_offer(account, SONILO).digest, None)
    dearer(paid_providers)
    changes.compare(account)
    run_background()
    assert boss.notifications.filter(link__contains=PAGE).exists() or any(PAGE in mail.body for mail in mailoutbox)
