"""Webhooks from providers: signed messages, used only as a trigger to poll the provider."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from generator.models import ProviderAccount
from generator.providers.errors import WebhookRefused
from generator.services.provider_jobs import provider_accounts

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def hook(request: HttpRequest, key: str) -> HttpResponse:
    """Receive a provider's message; the signature covers the raw body, so it is checked before any parsing."""
    account = get_object_or_404(ProviderAccount, key=key)
    try:
        provider_accounts.receive_webhook(account, request.headers, request.body)
    except WebhookRefused as error:
        log.warning("a webhook message for %s was rejected: %s", account.title, error)
        return HttpResponse("refused", status=400, content_type="text/plain")
    return HttpResponse("thank you", content_type="text/plain")
