"""`manage.py backup FILE.tar`: write the whole studio to one checked file while it runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.dateparse import parse_datetime

from generator.management.archive import ArchiveError, backup
from generator.models import Installation


class Command(BaseCommand):
    help = "Write the database, audio and secrets to one file and verify it. The studio may be running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backup(options["file"])
        except ArchiveError as error:
            raise CommandError(str(error), returncode=2) from error
        size = options["file"].stat().st_size / 1e6
        self.stdout.write(f"{options['file']}: {manifest['files']} files, {size:.1f} MB, checked.")
        self._record(manifest["made_at"])
        if manifest["missing"]:
            names = ", ".join(manifest["missing"][:5])
            self.stderr.write(f"{len(manifest['missing'])} files that the database refers to are missing: {names}")

    def _record(self, made_at: str) -> None:
        """Note the time for the set-up checklist; the backup is complete, so a failure is only reported."""
        try:
            Installation.objects.filter(pk=1).update(backed_up_at=parse_datetime(made_at))
        except DatabaseError as error:
            self.stderr.write(f"The time of the backup could not be recorded: {error}")
