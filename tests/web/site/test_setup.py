"""The set-up checklist: each item follows the real setting or row, and only administrators see it."""

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.composer.sound.layers import installed
from generator.management import archive
from generator.models import Installation, ProviderAccount, User
from generator.services import composer_samples, setup_checklist
from generator.services.provider_jobs import catalog


@pytest.fixture
def admin(db) -> User:
    return User.objects.create_superuser("root@example.com", "a long enough password")


@pytest.fixture
def client(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def states(client: Client) -> dict[str, str]:
    shown = client.get(reverse("setup")).content.decode()
    return dict(re.findall(r'id="setup-([\w-]+)" data-state="(\w+)"', shown))


def test_a_new_studio_has_everything_open(client, settings):
    settings.EMAIL_CONFIGURED, settings.STUDIO_URL = False, ""
    assert states(client) == dict.fromkeys(
        ("mail", "address", "backup", "second-factor", "provider-key", "samples"), "open"
    )


def test_mail_is_done_with_a_server_but_not_in_an_offline_copy(client, settings):
    settings.EMAIL_CONFIGURED = True
    assert states(client)["mail"] == "done"
    settings.STUDIO_OFFLINE = True
    assert states(client)["mail"] == "open"


@pytest.mark.parametrize(
    ("address", "hosts", "state"),
    [
        ("", ["*"], "open"),
        ("https://music.example.com", ["localhost"], "open"),
        ("https://music.example.com", ["music.example.com"], "done"),
        ("https://music.example.com", [".example.com"], "done"),
    ],
)
def test_the_address_must_be_set_and_allowed(admin, settings, address, hosts, state):
    settings.STUDIO_URL, settings.ALLOWED_HOSTS = address, hosts
    item = next(one for one in setup_checklist.items() if one.key == "address")
    assert ("done" if item.is_done else "open") == state


def test_samples_are_done_once_the_pack_is_installed(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert states(client)["samples"] == "open"
    folder = installed.folder_of(composer_samples.root())
    folder.mkdir(parents=True)
    (folder / "index.json").write_text("{}")
    assert states(client)["samples"] == "done"


def test_the_backup_command_records_its_time(client, monkeypatch, tmp_path):
    Installation.objects.get_or_create(pk=1)
    file = tmp_path / "studio.tar"

    def fake(target):
        target.write_bytes(b"x")
        return {"made_at": timezone.now().isoformat(timespec="seconds"), "files": 0, "missing": []}

    monkeypatch.setattr("generator.management.commands.backup.backup", fake)
    call_command("backup", str(file))
    assert states(client)["backup"] == "done"
    Installation.objects.update(backed_up_at=timezone.now() - dt.timedelta(days=8))
    assert states(client)["backup"] == "open"


def test_a_failed_backup_is_not_recorded(client, monkeypatch, tmp_path):
    Installation.objects.get_or_create(pk=1)

    def fail(target):
        raise archive.ArchiveError("no")

    monkeypatch.setattr("generator.management.commands.backup.backup", fail)
    with pytest.raises(Exception, match="no"):
        call_command("backup", str(tmp_path / "studio.tar"))
    assert Installation.objects.get().backed_up_at is None


def test_every_administrator_needs_a_second_factor(client, admin):
    Authenticator.objects.create(user=admin, type=Authenticator.Type.TOTP, data={})
    assert states(client)["second-factor"] == "done"
    User.objects.create_superuser("second@example.com", "a long enough password")
    assert states(client)["second-factor"] == "open"


def test_a_refused_key_reopens_the_provider(client, monkeypatch):
    catalog.sync()
    monkeypatch.setattr(setup_checklist, "_needs_key", lambda account: True)
    monkeypatch.setattr(setup_checklist.catalog, "has_key", lambda account: True)
    assert states(client)["provider-key"] == "done"
    ProviderAccount.objects.filter(pk=ProviderAccount.objects.first().pk).update(halt_code="key_refused")
    assert states(client)["provider-key"] == "open"


def test_the_menu_leads_administrators_there_while_something_is_open(client, stranger, monkeypatch):
    other = Client()
    other.force_login(stranger)
    assert b'id="setup-link"' in client.get(reverse("projects")).content
    assert b'id="setup-link"' not in other.get(reverse("projects")).content
    monkeypatch.setattr(setup_checklist, "count_open", lambda user: 0)
    assert b'id="setup-link"' not in client.get(reverse("projects")).content


def test_the_admin_links_to_it(client):
    assert reverse("setup") in client.get(reverse("admin:index")).content.decode()
