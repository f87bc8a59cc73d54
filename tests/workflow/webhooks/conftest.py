from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Standard

from generator import workflow
from generator.models import Webhook, WebhookMessage
from tests.fakes.live import Seen
from tests.fakes.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def hook(receiver, project, user) -> Webhook:
    """Ada's webhook, told of everything."""
    return workflow.webhooks.make(project, user, "edit suite", f"{receiver.url}/in", base="https://studio.example")


@pytest.fixture
def opened(hook) -> Callable[[Seen], dict[str, Any]]:
    """Verify what came with the official library and return what it says."""
    return lambda seen: Standard(hook.secret).verify(seen.body, dict(seen.headers))


def later() -> None:
    """Let the time of every next try come."""
    WebhookMessage.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
