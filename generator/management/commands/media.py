"""`manage.py media`: check that the media folder belongs to the database; `--accept` makes it so."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generator.management import media_identity


class Command(BaseCommand):
    help = "Check whether the media folder belongs to the database. The studio does not start with another one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accept", action="store_true", help="Mark the folder, as it is, as belonging to this database."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["accept"]:
                media_identity.accept()
            else:
                media_identity.check()
        except media_identity.WrongMedia as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write("The media folder belongs to this database.")
