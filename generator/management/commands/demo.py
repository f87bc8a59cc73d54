"""`manage.py demo`: fill an empty studio with a fictional company, for demonstrations and measurements."""

import secrets
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generator.management import demo_data
from generator.services.background import housekeeping
from generator.services.billing import roles
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog


class Command(BaseCommand):
    help = (
        "Fill an empty studio with three projects, twelve people and six months of work; rejected in any other studio."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--runs", type=int, default=4000)
        parser.add_argument("--months", type=int, default=6)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        catalog.sync()
        roles.ensure_groups()
        housekeeping.ensure_schedules()
        password = secrets.token_urlsafe(9)
        try:
            demo = demo_data.make(options["runs"], options["months"], password, options["seed"])
        except UserError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write("\n".join(demo_data.sign_in_addresses(demo)))
        self.stdout.write(f"All accounts have the password {password}")
