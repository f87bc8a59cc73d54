"""Messages from providers: signed, believed or refused in a word, and never more than a reason to look."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from generator import workflow
from generator.models import ProviderAccount
from generator.providers.errors import WebhookRefused

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def hook(request: HttpRequest, key: str) -> HttpResponse:
    """Take a provider's message; the signature is over the raw body, so nothing is parsed before it is checked."""
    account = get_object_or_404(ProviderAccount, key=key)
    try:
        workflow.accounts.notice(account, request.headers, request.body)
    except WebhookRefused as refused:
        log.warning("a message for %s was refused: %s", account.title, refused)
        return HttpResponse("refused", status=400, content_type="text/plain")
    return HttpResponse("thank you", content_type="text/plain")
