"""Provider accounts: testing keys, reading balances and bills, and verifying provider webhook events.

Webhook events only trigger an earlier poll; results and file addresses are always read from the poll.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import httpx
from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import currency
from generator.currency import Micros
from generator.messages import Message
from generator.models import (
    BalanceReading,
    Generation,
    LedgerEntry,
    ProviderAccount,
    ProviderBill,
    ProviderWebhookEvent,
    State,
)
from generator.providers import http
from generator.providers.base import Bill, Bookkeeping, Configurable, Notifying, Provider, Testable
from generator.providers.errors import Cause, OperatorMustAct, ProviderError, WebhookRefused
from generator.services.billing import budget_alerts
from generator.services.billing.ledger import book
from generator.services.generation import states
from generator.services.provider_jobs import catalog, circuit_breaker
from generator.translation import translate

log = logging.getLogger(__name__)

USAGE_WINDOW = dt.timedelta(days=2)  # refunds come within three hours; the studio may be down for a day
NOTICE_INTERVAL = dt.timedelta(days=1)


def provider_of(account: ProviderAccount) -> Provider | None:
    """Return the account's provider, or None if it is no longer in the settings."""
    try:
        return catalog.with_account(catalog.provider_of(account.key), account)
    except KeyError:
        return None


def settings_of(account: ProviderAccount) -> tuple[str, ...]:
    """Return the names of the extra settings for an account of this provider."""
    return tuple(getattr(provider_of(account), "extra", ()))


def call(work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]]) -> Any:
    """Make a provider's call with a connection of its own, and wait for it."""

    async def run() -> Any:
        async with http.client() as connection:
            return await work(connection)

    return async_to_sync(run)()


# --- the test button ---


def test(account: ProviderAccount) -> tuple[bool, str]:
    """Test the key with a free call; return whether it works, and a message. Success closes the breaker."""
    provider = provider_of(account)
    if provider is None:
        return False, _("{provider} is no longer installed.").format(provider=account.title)
    if not isinstance(provider, Configurable):
        return True, _("{provider} needs no key.").format(provider=account.title)
    if not provider.has_key:
        return False, _("{provider} has no key yet.").format(provider=account.title)
    if not isinstance(provider, Testable | Bookkeeping):
        sentence = _("A key is set. {provider} has no free API call, so only a generation can test the key.")
        return True, sentence.format(provider=account.title)
    try:
        answer = call(provider.test) if isinstance(provider, Testable) else _test_by_balance(account, provider)
    except OperatorMustAct as error:
        circuit_breaker.halt(account, error)
        return False, translate(error.sentence)
    except ProviderError as error:
        ProviderAccount.objects.filter(pk=account.pk).update(last_error=error.sentence, last_error_at=timezone.now())
        return False, translate(error.sentence)
    try_again(account)
    return True, translate(answer)


def _test_by_balance(account: ProviderAccount, provider: Bookkeeping) -> str:
    balance: Micros = call(provider.balance)
    ProviderAccount.objects.filter(pk=account.pk).update(balance=balance, balance_at=timezone.now())
    sentence = _("The key works. {provider} reports a balance of {amount}.")
    return sentence.format(provider=account.title, amount=currency.show(balance))


def try_again(account: ProviderAccount) -> None:
    """Close the breaker after a person fixed the account, and make waiting work due at once."""
    circuit_breaker.close(account)
    waits = Generation.objects.filter(model__provider=account, due_at__isnull=False).exclude(wait_reason="")
    waits.update(due_at=timezone.now())


def waiting_for(account: ProviderAccount) -> dict[str, int]:
    """Count the generations waiting for this provider, by acceptance: {"queued": 2, "accepted": 1}."""
    open_ = Generation.objects.filter(model__provider=account)
    accepted = open_.filter(state__in=(State.SUBMITTING, State.RUNNING, State.IN_DOUBT))
    return {"queued": open_.filter(state=State.QUEUED).count(), "accepted": accepted.count()}


# --- balances and bills ---


def refresh() -> None:
    """Read every account's balance and bills; a provider that fails is read again the next hour."""
    for account in ProviderAccount.objects.filter(enabled=True):
        provider = provider_of(account)
        if not isinstance(provider, Bookkeeping) or not provider.has_key:
            continue
        try:
            _read_billing(account, provider)
        except OperatorMustAct as error:
            if error.cause == Cause.KEY_REFUSED and circuit_breaker.halt(account, error):
                budget_alerts.notify_of_halt(account, error.sentence)
            log.warning("the books of %s could not be read: %s", account.title, error.sentence)
        except ProviderError as error:
            log.warning("the books of %s could not be read: %s", account.title, error.sentence)
    ProviderWebhookEvent.objects.filter(at__lt=timezone.now() - NOTICE_INTERVAL).delete()


def _read_billing(account: ProviderAccount, provider: Bookkeeping) -> None:
    now = time.time()
    balance: Micros = call(provider.balance)
    if _is_mended(account, balance):
        try_again(account)
    ProviderAccount.objects.filter(pk=account.pk).update(balance=balance, balance_at=timezone.now())
    BalanceReading.objects.create(account=account, balance=balance)
    for bill in call(lambda client: provider.billings(now - USAGE_WINDOW.total_seconds(), now, client)):
        _store_bill(account, bill)


def _is_mended(account: ProviderAccount, balance: Micros) -> bool:
    """Return whether a readable balance shows that the cause of a halt is fixed."""
    if account.halt_code == Cause.NO_CREDIT:
        return balance > (account.balance or 0)
    return account.halt_code == Cause.KEY_REFUSED


def _store_bill(account: ProviderAccount, bill: Bill) -> None:
    """Store a bill once; a bill about a known job is reported once in its history."""
    generation = (
        Generation.objects.filter(model__provider=account, provider_job_id=bill.job).first() if bill.job else None
    )
    columns = {"kind": bill.kind[:40], "amount": bill.amount, "at": bill.at, "provider_job_id": bill.job[:200]}
    with transaction.atomic():
        line = ProviderBill.objects.get_or_create(account=account, uuid=bill.uuid, defaults=columns)[0]
        # Reported once, when the bill is first matched with a job: a lost job may be found after its bill.
        if generation and line.generation_id is None:
            ProviderBill.objects.filter(pk=line.pk).update(generation=generation)
            _note_refund(account, bill, generation)


def record_cost(generation: Generation, cost: Micros) -> None:
    """Store what a provider says in a job's answer that it cost, once, as a bill, so that the review compares it."""
    columns = {
        "kind": "cost of a job",
        "amount": cost,
        "at": timezone.now(),
        "provider_job_id": generation.provider_job_id,
        "generation": generation,
    }
    uuid = f"job {generation.provider_job_id}"[:120]
    ProviderBill.objects.get_or_create(account=generation.model.provider, uuid=uuid, defaults=columns)


def _note_refund(account: ProviderAccount, bill: Bill, generation: Generation) -> None:
    if not _is_refund(bill.kind):
        return
    text = Message(
        "{provider} has refunded {amount}", provider=account.title, amount=currency.show(Micros(abs(bill.amount)))
    )
    states.note(generation, text, data={"bill": bill.uuid})
    if owed := _refund_due(generation):
        # What if the process dies here? The bill, the note and the credit are one transaction.
        book(
            LedgerEntry.Kind.CREDIT,
            owed,
            project=generation.project,
            user=generation.author,
            generation=generation,
            model_key=generation.model.key,
            price=generation.price,
            reason=f"{text} of what was charged",
        )


def _is_refund(kind: str) -> bool:
    return "refund" in kind.lower()


def _refund_due(generation: Generation) -> Micros:
    """Return the amount charged here beyond the share of the job's price that the provider kept.

    Nothing is owed for a released job, nor for the missing take of a partial delivery, which was released too.
    """
    lines = list(ProviderBill.objects.filter(generation=generation).values_list("kind", "amount"))
    taken = sum(abs(amount) for kind, amount in lines if not _is_refund(kind)) or generation.price_total
    refunded = sum(abs(amount) for kind, amount in lines if _is_refund(kind))
    sums = dict(generation.entries.order_by().values_list("kind").annotate(Sum("amount")))
    charged = sums.get(LedgerEntry.Kind.CHARGE, 0) - sums.get(LedgerEntry.Kind.CREDIT, 0)
    provider_share = generation.price_total * max(taken - refunded, 0) // taken if taken else 0
    return Micros(max(charged - provider_share, 0))


# --- webhook events ---


def receive_webhook(account: ProviderAccount, headers: Mapping[str, str], body: bytes) -> None:
    """Accept a signed event that a job has ended; poll the job at once, or as soon as its id is known.

    Raises:
        WebhookRefused: the event cannot be verified, or this provider sends none.
    """
    provider = provider_of(account)
    if not isinstance(provider, Notifying):
        raise WebhookRefused("this provider sends no messages")
    event = provider.verify_webhook(headers, body, account.webhook_secret, time.time())
    provider_job_id = event.snapshot.provider_job_id[:200]
    try:
        with transaction.atomic():
            ProviderWebhookEvent.objects.create(
                account=account, event=event.once[:200], provider_job_id=provider_job_id
            )
    except IntegrityError:
        return  # a repeated event
    poll_now(account, provider_job_id)


def poll_now(account: ProviderAccount, provider_job_id: str) -> None:
    """Make a running or in-doubt job due, so that the sweep polls it next."""
    open_ = Generation.objects.filter(model__provider=account, state__in=(State.RUNNING, State.IN_DOUBT))
    open_.filter(provider_job_id=provider_job_id).update(due_at=timezone.now())
