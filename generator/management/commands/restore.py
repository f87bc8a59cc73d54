"""`manage.py restore FILE.tar`: bring a backup back into an empty data directory."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from generator.management.archive import ArchiveError, check, restore


class Command(BaseCommand):
    help = "Check a backup and put it into an empty data directory (and database)."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="Only say whether the file is whole.")

    def handle(self, *args, **options) -> None:
        try:
            manifest = (check if options["check"] else restore)(options["file"])
        except ArchiveError as error:
            raise CommandError(str(error), returncode=2) from error
        done = "is whole" if options["check"] else "is restored; start the studio"
        self.stdout.write(f"The backup of {manifest['made_at']} with {manifest['files']} files {done}.")
