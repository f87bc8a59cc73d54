"""`manage.py samples`: say whether the composer's layered sample pack is installed; `fetch` and `remove` it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generator.services import composer_samples
from generator.services.errors import UserError


class Command(BaseCommand):
    help = (
        "Install recordings of the composer's instruments in several strengths: 98 MB are fetched, 16 MB are kept. "
        "Without an action, say whether they are installed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", choices=("fetch", "remove"))

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "remove":
            removed = composer_samples.remove()
            self.stdout.write("The sample pack was removed." if removed else "No sample pack is installed.")
            return
        if options["action"] == "fetch":
            try:
                fetched = composer_samples.fetch(self.stdout.write)
            except UserError as error:
                raise CommandError(error.sentence, returncode=2) from error
            if not fetched:
                self.stdout.write("The sample pack is installed already.")
                return
        number = composer_samples.number()
        folder = composer_samples.root()
        self.stdout.write(
            f"Sample pack {number} is installed in {folder}." if number else "No sample pack is installed."
        )
