"""The operator's side of remote providers: trying a key, reading balances and bills, believing their messages.

Messages only make us look sooner: what a job is worth and where its files are is read by asking for it.
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

from generator import money
from generator.models import BalanceReading, Entry, Generation, Notice, ProviderAccount, ProviderBill, State
from generator.money import Micros
from generator.providers import http
from generator.providers.base import Bill, Bookkeeping, Configurable, Notifying, Provider
from generator.providers.errors import Cause, OperatorMustAct, ProviderError, WebhookRefused
from generator.workflow import breaker, catalogue, states, warnings
from generator.workflow.money import book

log = logging.getLogger(__name__)

LOOK_BACK = dt.timedelta(days=2)  # refunds come within three hours; a day of not running is allowed
NOTICES_FOR = dt.timedelta(days=1)


def provider_of(account: ProviderAccount) -> Provider | None:
    """The account's provider, or None when it is not among the settings any more."""
    try:
        return catalogue.with_account(catalogue.provider_of(account.key), account)
    except KeyError:
        return None


def settings_of(account: ProviderAccount) -> tuple[str, ...]:
    """The names of the settings an account of this provider may hold."""
    return tuple(getattr(provider_of(account), "extra", ()))


def _call(work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        async with http.client() as connection:
            return await work(connection)

    return async_to_sync(run)()


# --- the test button ---


def test(account: ProviderAccount) -> tuple[bool, str]:
    """Try the key with a call that costs nothing; whether it works, and a sentence. Success closes the breaker."""
    provider = provider_of(account)
    if provider is None:
        return False, f"{account.title} is not among the installed providers any more."
    if not isinstance(provider, Configurable):
        return True, f"{account.title} needs no key."
    if not provider.has_key:
        return False, f"{account.title} has no key yet."
    if not isinstance(provider, Bookkeeping):
        return True, f"A key is set. {account.title} has no call that costs nothing, so only a generation can try it."
    try:
        balance: Micros = _call(provider.balance)
    except OperatorMustAct as error:
        breaker.halt(account, error)
        return False, error.sentence
    except ProviderError as error:
        ProviderAccount.objects.filter(pk=account.pk).update(last_error=error.sentence, last_error_at=timezone.now())
        return False, error.sentence
    ProviderAccount.objects.filter(pk=account.pk).update(balance=balance, balance_at=timezone.now())
    try_again(account)
    return True, f"The key works. {account.title} says {money.show(balance)} is left."


def try_again(account: ProviderAccount) -> None:
    """Somebody has mended the account: close the breaker, and look at once at what waits for its provider."""
    breaker.close(account)
    waits = Generation.objects.filter(model__provider=account, due_at__isnull=False).exclude(wait_reason="")
    waits.update(due_at=timezone.now())


def waiting_for(account: ProviderAccount) -> dict[str, int]:
    """How many runs wait for this provider, by whether it has accepted them: {"queued": 2, "accepted": 1}."""
    open_ = Generation.objects.filter(model__provider=account)
    accepted = open_.filter(state__in=(State.SUBMITTING, State.RUNNING, State.IN_DOUBT))
    return {"queued": open_.filter(state=State.QUEUED).count(), "accepted": accepted.count()}


# --- balances and bills ---


def refresh() -> None:
    """Read every account's balance and bills; a provider that cannot be asked is asked again the next hour."""
    for account in ProviderAccount.objects.filter(enabled=True):
        provider = provider_of(account)
        if not isinstance(provider, Bookkeeping) or not provider.has_key:
            continue
        try:
            _read_books(account, provider)
        except OperatorMustAct as error:
            if error.cause == Cause.KEY_REFUSED and breaker.halt(account, error):
                warnings.tell_of_halt(account, error.sentence)
            log.warning("the books of %s could not be read: %s", account.title, error.sentence)
        except ProviderError as error:
            log.warning("the books of %s could not be read: %s", account.title, error.sentence)
    Notice.objects.filter(at__lt=timezone.now() - NOTICES_FOR).delete()


def _read_books(account: ProviderAccount, provider: Bookkeeping) -> None:
    now = time.time()
    balance: Micros = _call(provider.balance)
    if _is_mended(account, balance):
        try_again(account)
    ProviderAccount.objects.filter(pk=account.pk).update(balance=balance, balance_at=timezone.now())
    BalanceReading.objects.create(account=account, balance=balance)
    for bill in _call(lambda client: provider.billings(now - LOOK_BACK.total_seconds(), now, client)):
        _keep(account, bill)


def _is_mended(account: ProviderAccount, balance: Micros) -> bool:
    """Whether what halted an account is over, as far as a balance that can be read tells."""
    if account.halt_code == Cause.NO_CREDIT:
        return balance > (account.balance or 0)
    return account.halt_code == Cause.KEY_REFUSED


def _keep(account: ProviderAccount, bill: Bill) -> None:
    """Store a line once; a line about a failed job of ours is told in its history."""
    generation = Generation.objects.filter(model__provider=account, handle=bill.job).first() if bill.job else None
    facts = {"kind": bill.kind[:40], "amount": bill.amount, "at": bill.at, "handle": bill.job[:200]}
    with transaction.atomic():
        line, _ = ProviderBill.objects.get_or_create(account=account, uuid=bill.uuid, defaults=facts)
        # Told once, when the line is first known to be about a job of ours: a lost job may be found after its bill.
        if generation and line.generation_id is None:
            ProviderBill.objects.filter(pk=line.pk).update(generation=generation)
            _tell(account, bill, generation)


def _tell(account: ProviderAccount, bill: Bill, generation: Generation) -> None:
    if not _is_refund(bill.kind):
        return
    words = f"{account.title} has refunded {money.show(Micros(abs(bill.amount)))}"
    states.note(generation, words, data={"bill": bill.uuid})
    if owed := _owed(generation):
        # What if the process dies here? The line, the words and the credit are one transaction.
        book(
            Entry.Kind.CREDIT,
            owed,
            project=generation.project,
            user=generation.author,
            generation=generation,
            model_key=generation.model.key,
            price=generation.price,
            reason=f"{words} of what was charged",
        )


def _is_refund(kind: str) -> bool:
    return "refund" in kind.lower()


def _owed(generation: Generation) -> Micros:
    """What was charged here beyond the share of the job's price that the provider has kept.

    A job that was released here is owed nothing, and neither is the missing take of a partial delivery: that was
    released too, and their refund of it is theirs to give.
    """
    lines = list(ProviderBill.objects.filter(generation=generation).values_list("kind", "amount"))
    taken = sum(abs(amount) for kind, amount in lines if not _is_refund(kind)) or generation.held
    refunded = sum(abs(amount) for kind, amount in lines if _is_refund(kind))
    sums = dict(
        generation.entries.order_by().values_list("kind").annotate(Sum("amount"))  # type: ignore[misc]
    )
    charged = sums.get(Entry.Kind.CHARGE, 0) - sums.get(Entry.Kind.CREDIT, 0)
    kept = generation.held * max(taken - refunded, 0) // taken if taken else 0
    return Micros(max(charged - kept, 0))


# --- messages ---


def notice(account: ProviderAccount, headers: Mapping[str, str], body: bytes) -> None:
    """Take a signed message that a job has ended: look at that job at once, or as soon as it is known here.

    Raises:
        WebhookRefused: it cannot be believed, or this provider sends none.
    """
    provider = provider_of(account)
    if not isinstance(provider, Notifying):
        raise WebhookRefused("this provider sends no messages")
    said = provider.verify_webhook(headers, body, account.webhook_secret, time.time())
    handle = said.snapshot.handle[:200]
    try:
        with transaction.atomic():
            Notice.objects.create(account=account, event=said.once[:200], handle=handle)
    except IntegrityError:
        return  # the same news again
    look_now(account, handle)


def look_now(account: ProviderAccount, handle: str) -> None:
    """Make a running job due, or one that is unclear, so that the sweep's next turn asks for it."""
    open_ = Generation.objects.filter(model__provider=account, state__in=(State.RUNNING, State.IN_DOUBT))
    open_.filter(handle=handle).update(due_at=timezone.now())
