"""`manage.py catalog`: what a provider's catalog has; `add PATH`, `check`, and `accept PATH`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generator import currency
from generator.models import ImportedModel, ProviderAccount
from generator.providers.importing import Offer
from generator.services.errors import UserError
from generator.services.vendor_catalog import changes, importing, vendor_offers


class Command(BaseCommand):
    help = (
        "List the music models of a provider's catalog, or add one to the studio. `check` compares what was added with "
        "the catalog as it is now, and `accept` uses the new version of a model that has changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", default="list", choices=("list", "add", "check", "accept"))
        parser.add_argument("paths", nargs="*", metavar="PATH", help="Such as sonilo/text-to-music.")
        parser.add_argument("--provider", default="wavespeed", help="The provider's key.")
        parser.add_argument("--all", action="store_true", help="List what does not look like music, too.")
        parser.add_argument("--search", default="", help="List only what contains this.")

    def handle(self, *args: Any, **options: Any) -> None:
        account = ProviderAccount.objects.filter(key=options["provider"]).first()
        if account is None:
            raise CommandError(f"There is no provider {options['provider']}.", returncode=2)
        if options["action"] in ("add", "accept") and not options["paths"]:
            raise CommandError("Name one or more paths.", returncode=2)
        try:
            getattr(self, f"_{options['action']}")(account, options)
        except UserError as error:
            raise CommandError(error.sentence, returncode=2) from error

    def _list(self, account: ProviderAccount, options: dict[str, Any]) -> None:
        for offer in vendor_offers.read_offers(account):
            is_listed = options["all"] or (offer.is_music and offer.spec is not None)
            if is_listed and options["search"].casefold() in f"{offer.path} {offer.title}".casefold():
                self.stdout.write(f"{offer.path}\t{_price(offer)}")
                for line in (offer.problem, *offer.doubts):
                    if line:
                        self.stdout.write(f"    {line}")

    def _add(self, account: ProviderAccount, options: dict[str, Any]) -> None:
        for path in options["paths"]:
            model = importing.add(account, path, vendor_offers.read_offer(account, path).digest, None)
            state = "offered now" if model.prices.exists() else "offered once a price is added"
            self.stdout.write(f"{model.key} was added; it is {state}.")

    def _check(self, account: ProviderAccount, options: dict[str, Any]) -> None:
        changes.compare(account)
        rows = ImportedModel.objects.filter(model__provider=account).select_related("model__provider")
        for imported in rows:
            self.stdout.write(f"{imported.path}\t{changes.summary(imported)}")

    def _accept(self, account: ProviderAccount, options: dict[str, Any]) -> None:
        for path in options["paths"]:
            imported = ImportedModel.objects.filter(model__provider=account, path=path).first()
            new = importing.waiting_offer(imported) if imported else None
            if imported is None or new is None:
                raise UserError(f"{path} has no new version.")
            importing.accept(imported, new.digest, None)
            self.stdout.write(f"The new version of {path} is in use.")


def _price(offer: Offer) -> str:
    if offer.spec is None:
        return "cannot be added"
    if offer.price is None:
        return "price unknown"
    amount = currency.show(offer.price)
    return f"{offer.formula} (base_price = {amount})" if offer.formula else amount
