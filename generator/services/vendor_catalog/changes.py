"""The daily look at the vendors' catalogs: what changed of the imported models, and what that would have cost."""

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from generator import currency
from generator.currency import Micros
from generator.models import Generation, ImportedModel, ProviderAccount, State
from generator.price_formula import TAKES, FormulaError, read_formula
from generator.providers.importing import Change, Importing, Offer
from generator.services.billing.budget_alerts import NOTIFY_TASK, staff_who_may
from generator.services.errors import UserError
from generator.services.provider_jobs import provider_accounts
from generator.services.vendor_catalog import importing, vendor_offers
from generator.translation import translate

log = logging.getLogger(__name__)
INTERVAL = dt.timedelta(hours=20)  # checked hourly; less than a day, so that it does not move through the day
MONTH = dt.timedelta(days=30)


def compare_daily() -> None:
    """Look at each catalog that has not been looked at for a day; one that cannot be read is tried again in an hour."""
    for account in vendor_offers.importers():
        models = ImportedModel.objects.filter(model__provider=account)
        if not account.enabled or not models.exists():
            continue
        if models.filter(looked_at__gt=timezone.now() - INTERVAL).exists():
            continue
        try:
            compare(account)
        except UserError as error:
            log.warning("the catalog of %s could not be read: %s", account.title, error.sentence)


def compare(account: ProviderAccount) -> list[ImportedModel]:
    """Compare the imported models with the vendor's catalog as it is now; return those with news, and report them.

    Raises:
        UserError: the catalog cannot be read; nothing is changed.
    """
    offers = {offer.path: offer for offer in vendor_offers.read_offers(account, anew=True) if offer.path}
    news = []
    for imported in ImportedModel.objects.filter(model__provider=account).select_related("model__provider"):
        offer = offers.get(imported.path)
        # An entry that cannot be read at all is no longer a model that could be offered.
        is_news = (
            importing.record_offer(imported, offer) if offer and offer.digest else importing.record_absence(imported)
        )
        if is_news:
            imported.refresh_from_db()
            news.append(imported)
    if news:
        _notify(account, news)
    return news


def _notify(account: ProviderAccount, news: Iterable[ImportedModel]) -> None:
    people = [person.pk for person in staff_who_may("change_musicmodel")]
    text = "\n".join(summary(imported) for imported in news)
    subject = _("{provider} has changed its catalog").format(provider=account.title)
    link = reverse("admin:vendor-catalog", args=[account.key])
    async_task(NOTIFY_TASK, people, subject, text, None, link)


def summary(imported: ImportedModel) -> str:
    """Return what is new of an imported model, in a few sentences."""
    title = imported.model.title
    if imported.gone_at:
        return _("{model} is no longer listed. It is not offered, and its tracks stay.").format(model=title)
    found = changes_of(imported)
    if not found:
        return _("{model} is as it was accepted.").format(model=title)
    parts = [_("{model} has changed and is not offered until you accept it.").format(model=title)]
    parts += [translate(change.sentence) for change in found]
    new = importing.waiting_offer(imported)
    if new and (cost := cost_of_last_month(imported, new)).count:
        parts.append(cost.sentence)
    return " ".join(parts)


def changes_of(imported: ImportedModel) -> list[Change]:
    """Return the differences between the version in use and the one that waits to be accepted."""
    importer = provider_accounts.provider_of(imported.model.provider)
    old, new = importing.current_offer(imported), importing.waiting_offer(imported)
    if old is None or new is None or not isinstance(importer, Importing):
        return []
    return list(importer.changes(old.entry, new.entry))


@dataclass(frozen=True)
class MonthCost:
    """What the last 30 days' finished generations were priced, and what they would cost now."""

    count: int
    was: Micros
    would_be: Micros
    unknown: int  # that have no price any more

    @property
    def sentence(self) -> str:
        sentence = _("The {count} generations of the last 30 days cost {was}; now they would cost {would_be}.").format(
            count=self.count, was=currency.show(self.was), would_be=currency.show(self.would_be)
        )
        if self.unknown:
            unknown = _("{count} more would have no price.").format(count=self.unknown)
            return f"{sentence} {unknown}"
        return sentence


def cost_of_last_month(imported: ImportedModel, offer: Offer) -> MonthCost:
    """Return what the model's finished generations of the last 30 days would have cost at another description."""
    rows = Generation.objects.filter(
        model=imported.model, state=State.READY, finished_at__gte=timezone.now() - MONTH
    ).select_related("prompt")
    was = would_be = count = unknown = 0
    for generation in rows.iterator():
        total = _total(offer, generation)
        if total is None:
            unknown += 1
            continue
        count, was, would_be = count + 1, was + generation.price_total, would_be + total
    return MonthCost(count, Micros(was), Micros(would_be), unknown)


def _total(offer: Offer, generation: Generation) -> Micros | None:
    if offer.price is None or offer.spec is None or offer.spec.imported is None:
        return None
    takes = generation.takes_requested
    if not offer.formula:
        return Micros(offer.price * takes)
    settings = {name: value for name, value in generation.prompt.settings.items() if name not in ("takes", "format")}
    values = offer.spec.imported.values(settings, takes, generation.prompt.text)
    try:
        return read_formula(offer.formula).total(offer.price, {**values, TAKES: takes})
    except FormulaError:
        return None
