"""`manage.py studio`: run the whole studio with one command."""

import logging
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from generator.management import media_identity
from generator.management.bootstrap import bootstrap
from generator.management.database_errors import describe_database_error
from generator.management.instance_lock import NEEDS_OPERATOR, held
from generator.management.supervisor import PARTS, Supervisor


class Command(BaseCommand):
    help = "Prepare the database and files, then run the web server and the background workers until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--admin", default="", help="Email address of the first administrator.")
        parser.add_argument(
            "--only", choices=PARTS, default="", help="Run only this part, when several machines share the work."
        )
        parser.add_argument("--timings", action="store_true", help="Print how long the start took.")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.perf_counter()
        host, port, only = options["host"], options["port"], options["only"]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        lock = held(Path(settings.DATA_DIR), address)
        if only != "cluster":
            _check_port(host, port)
        os.environ["STUDIO_DATA"] = str(settings.DATA_DIR)  # marks our processes, even when DIR is the default
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
    """Raise CommandError if a person has to fix the database, the disk or the media folder."""
    try:
        bootstrap(admin, say)
    except media_identity.WrongMedia as mismatch:
        raise CommandError(str(mismatch), returncode=NEEDS_OPERATOR) from mismatch
    except DatabaseError as error:
        raise CommandError(describe_database_error(error), returncode=NEEDS_OPERATOR) from error
    except OSError as error:
        raise CommandError(
            f"{error.filename or settings.DATA_DIR}: {error.strerror}.", returncode=NEEDS_OPERATOR
        ) from error


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used: {error.strerror}.", returncode=NEEDS_OPERATOR
            ) from None
