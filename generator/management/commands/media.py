"""`manage.py media`: whether the media folder is the database's; `--accept` makes it so."""

from django.core.management.base import BaseCommand, CommandError

from generator.management import identity


class Command(BaseCommand):
    help = "Say whether the media folder belongs to the database. A start that finds another one refuses."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--accept", action="store_true", help="Mark the folder as this database's, as it is.")

    def handle(self, *args, **options) -> None:
        try:
            if options["accept"]:
                identity.accept()
            else:
                identity.check()
        except identity.WrongMedia as wrong:
            raise CommandError(str(wrong), returncode=2) from wrong
        self.stdout.write("The media folder belongs to this database.")
