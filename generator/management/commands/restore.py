"""`manage.py restore FILE.tar`: bring a backup back into an empty data directory."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generator.management.archive import DUMP, ArchiveError, check, restore
from generator.management.hold import held
from generator.management.restored import OFFLINE


class Command(BaseCommand):
    help = "Check a backup and put it into an empty data directory (and database)."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="Only say whether the file is whole.")
        parser.add_argument(
            "--connect",
            action="store_true",
            help="Connect to the PostgreSQL database of DATABASE_URL and restore into it.",
        )

    def handle(self, *args, **options) -> None:
        try:
            if options["check"]:
                manifest = check(options["file"])
            else:
                with held(Path(settings.DATA_DIR), "a backup is being restored"):
                    manifest = restore(options["file"], connect=options["connect"])
        except ArchiveError as error:
            raise CommandError(str(error), returncode=2) from error
        done = "is whole" if options["check"] else "is restored; start the studio"
        self.stdout.write(f"The backup of {manifest['made_at']} with {manifest['files']} files {done}.")
        if not options["check"]:
            self.stdout.write(
                f"It is offline ({OFFLINE}=on in {settings.DATA_DIR / '.env'}): it asks no paid provider and sends no "
                "webhook and no mail until that line is removed."
            )
        if manifest["database"] == DUMP and "\nDATABASE_URL=" not in (settings.DATA_DIR / ".env").read_text():
            self.stdout.write("Start it with the same DATABASE_URL.")
        if manifest.get("switched_off"):
            self.stdout.write(f"Switched off in the same file: {', '.join(manifest['switched_off'])}.")
