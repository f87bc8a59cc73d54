"""A client signed in as the administrator."""

import datetime as dt

import pytest
from django.utils import timezone

from generator.models import Price, User


@pytest.fixture
def desk(client, synced_catalog):
    client.force_login(User.objects.create_superuser("boss@example.com", "a long enough password", name="Boss"))
    Price.objects.update(valid_from=timezone.now() - dt.timedelta(days=1))
    return client
