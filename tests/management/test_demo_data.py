"""The demo company: its ledger agrees, and it is never mixed with real data."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count

from generator.management import demo_data
from generator.models import ClosedMonth, Generation, LedgerEntry, Project, State, Track, User
from generator.services.billing import ledger, period_close
from generator.services.library import media


def test_a_small_company_is_whole(synced_catalog, client, capsys):
    call_command("demo", runs=120, months=6)
    password = capsys.readouterr().out.split()[-1]
    assert (User.objects.count(), Generation.objects.count()) == (12, 120 + len(demo_data.PIECES))
    assert Project.objects.filter(personal_to=None).count() == 3
    assert ledger.differences() == []
    assert all(period_close.is_unchanged(one) for one in ClosedMonth.objects.all())
    assert ClosedMonth.objects.count() >= 3
    takes = dict(LedgerEntry.objects.filter(kind="charge").order_by().values_list("generation", "takes"))
    tracks = dict(Track.objects.order_by().values_list("generation").annotate(count=Count("pk")))
    assert takes == tracks
    assert not Generation.objects.active().exists()
    assert set(Generation.objects.values_list("state", flat=True)) >= {State.READY}
    assert all(media.path(name).is_file() for name in set(Track.objects.values_list("file", flat=True)))
    assert client.login(username="amara@demo.example", email="amara@demo.example", password=password)
    assert client.get("/admin/review/").status_code == 200
    assert client.get("/spend/").status_code == 200


def test_a_studio_that_is_in_use_is_left_alone(user, ask):
    ask()
    with pytest.raises(CommandError, match="not empty"):
        call_command("demo", runs=1)
    assert (User.objects.count(), Generation.objects.count()) == (1, 1)
