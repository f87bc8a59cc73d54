"""`manage.py restore FILE.tar`: restore a backup into an empty data directory."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generator.management.archive import DUMP, ArchiveError, check, restore
from generator.management.instance_lock import held
from generator.management.restored_settings import OFFLINE


class Command(BaseCommand):
    help = "Verify a backup and restore it into an empty data directory (and database)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="Only check whether the file is complete.")
        parser.add_argument(
            "--connect",
            action="store_true",
            help="Connect to the PostgreSQL database of DATABASE_URL and restore into it.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["check"]:
                manifest = check(options["file"])
            else:
                with held(Path(settings.DATA_DIR), "a backup is being restored"):
                    manifest = restore(options["file"], connect=options["connect"])
        except ArchiveError as error:
            raise CommandError(str(error), returncode=2) from error
        done = "is complete" if options["check"] else "is restored; start the studio"
        self.stdout.write(f"The backup of {manifest['made_at']} with {manifest['files']} files {done}.")
        if not options["check"]:
            self.stdout.write(
                f"It is offline ({OFFLINE}=on in {settings.DATA_DIR / '.env'}): it uses no paid provider and sends no "
                "webhooks and no email until that line is removed."
            )
        if manifest["database"] == DUMP and "\nDATABASE_URL=" not in (settings.DATA_DIR / ".env").read_text():
            self.stdout.write("Start it with the same DATABASE_URL.")
        if manifest.get("switched_off"):
            self.stdout.write(f"Switched off in the same file: {', '.join(manifest['switched_off'])}.")
