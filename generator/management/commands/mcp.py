"""`manage.py mcp`: serve tools to an AI agent, over stdin and stdout or over HTTP."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from generator.management.agents.client import Studio
from generator.management.agents.tools import server


class Command(BaseCommand):
    help = (
        "Serve the studio's tools to an AI agent (Model Context Protocol). BGM_KEY: the API key; BGM_URL: the address "
        "of another studio; by default, the studio of this directory is used."
    )
    requires_system_checks: list[str] = []  # only the protocol may write to stdout

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--http", metavar="HOST:PORT", help="Serve streamable HTTP at /mcp; each request has its own key."
        )

    def handle(self, *args: Any, http: str | None = None, **options: Any) -> None:
        url = os.environ.get("BGM_URL", "")
        if http is None:
            if not os.environ.get("BGM_KEY"):
                raise CommandError("Set BGM_KEY to an API key of the studio (docs/mcp.md).")
            server(Studio(url, os.environ["BGM_KEY"])).run("stdio")
            return
        host, _, port = http.rpartition(":")
        if not host or not port.isdecimal():
            raise CommandError("Enter an address such as 127.0.0.1:8765.")
        server(Studio(url, "")).run("streamable-http", host=host, port=int(port), stateless_http=True)
