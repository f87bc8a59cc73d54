"""`manage.py studio`: the whole studio in one command."""

import logging
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from generator.management import identity
from generator.management.database import database_words
from generator.management.hold import WRONG, held
from generator.management.prepare import prepare
from generator.management.supervisor import PARTS, Supervisor


class Command(BaseCommand):
    help = "Prepare the database and files, then run the web server and the background work until Ctrl-C."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--admin", default="", help="E-mail address of the first administrator.")
        parser.add_argument("--only", choices=PARTS, default="", help="Run one half, when machines share the work.")
        parser.add_argument("--timings", action="store_true", help="Say how long the start took.")

    def handle(self, *args, **options) -> None:
        began = time.perf_counter()
        host, port, only = options["host"], options["port"], options["only"]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        lock = held(Path(settings.DATA_DIR), address)
        if only != "cluster":
            _check_port(host, port)
        os.environ["STUDIO_DATA"] = str(settings.DATA_DIR)  # marks our processes, also when it was the default
        _prepare(options["admin"], self.stdout.write)
        prepared = time.perf_counter()
        logging.getLogger("studio").setLevel(logging.INFO)

        def ready() -> None:
            self.stdout.write(f"\nBGM Studio is ready:  {address}   (Ctrl-C stops it)")
            if options["timings"]:
                self.stdout.write(f"prepare {prepared - began:.2f} s, first answer {time.perf_counter() - began:.2f} s")
            self.stdout.flush()

        with lock:
            Supervisor(host, port, only).run(ready)


def _prepare(admin: str, say: Callable[[str], None]) -> None:
    """Raises CommandError: a person has to put the database, the disk or the media folder right."""
    try:
        prepare(admin, say)
    except identity.WrongMedia as wrong:
        raise CommandError(str(wrong), returncode=WRONG) from wrong
    except DatabaseError as error:
        raise CommandError(database_words(error), returncode=WRONG) from error
    except OSError as error:
        raise CommandError(f"{error.filename or settings.DATA_DIR}: {error.strerror}.", returncode=WRONG) from error


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Port {port} on {host} cannot be used: {error.strerror}.", returncode=WRONG) from None
