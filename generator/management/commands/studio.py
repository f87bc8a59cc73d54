"""`manage.py studio`: the whole studio in one command."""

import logging
import sys
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generator.management.prepare import prepare
from generator.management.supervisor import Supervisor

try:
    import fcntl
except ImportError:  # not on Windows, where starting twice is up to the person
    fcntl = None  # type: ignore[assignment]


class Command(BaseCommand):
    help = "Prepare the database and files, then run the web server and the background work until Ctrl-C."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--admin", default="", help="E-mail address of the first administrator.")
        parser.add_argument("--timings", action="store_true")

    def handle(self, *args, **options) -> None:
        began = time.perf_counter()
        lock = _only_one(Path(settings.DATA_DIR))
        prepare(options["admin"], self.stdout.write)
        prepared = time.perf_counter()
        logging.getLogger("studio").setLevel(logging.INFO)

        def ready() -> None:
            self.stdout.write(
                f"\nBGM Studio is ready:  http://{options['host']}:{options['port']}/   (Ctrl-C stops it)"
            )
            if options["timings"]:
                self.stdout.write(f"prepare {prepared - began:.2f} s, first answer {time.perf_counter() - began:.2f} s")
            self.stdout.flush()

        code = Supervisor(options["host"], options["port"]).run(ready)
        with suppress(AttributeError):
            lock.close()
        sys.exit(code)


def _only_one(folder: Path):
    """Hold a lock on DIR for as long as this process lives.

    Raises:
        CommandError: another studio runs on the same DIR.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "studio.lock").open("w")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(f"A studio is running on {folder} already. Stop it, or choose another --data.") from None
    return file
