from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Standard

from generator.models import Webhook, WebhookDelivery
from generator.services.webhooks import endpoints
from tests.fakes.failing_server import Seen
from tests.fakes.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def hook(receiver, project, user) -> Webhook:
    """Ada's webhook, subscribed to every event."""
    return endpoints.make(project, user, "edit suite", f"{receiver.url}/in", base="https://studio.example")


@pytest.fixture
def opened(hook) -> Callable[[Seen], dict[str, Any]]:
    """Verify a message with the official library and return its content."""
    return lambda seen: Standard(hook.secret).verify(seen.body, dict(seen.headers))


def later() -> None:
    """Make every next attempt due."""
    WebhookDelivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
