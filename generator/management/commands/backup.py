"""`manage.py backup FILE.tar`: the whole studio in one checked file, taken while it runs."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from generator.management.archive import ArchiveError, backup


class Command(BaseCommand):
    help = "Write database, audio and secrets to one file and check it. The studio may be running."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args, **options) -> None:
        try:
            manifest = backup(options["file"])
        except ArchiveError as error:
            raise CommandError(str(error), returncode=2) from error
        size = options["file"].stat().st_size / 1e6
        self.stdout.write(f"{options['file']}: {manifest['files']} files, {size:.1f} MB, checked.")
        if manifest["missing"]:
            names = ", ".join(manifest["missing"][:5])
            self.stderr.write(f"{len(manifest['missing'])} files that rows name were not there: {names}")
