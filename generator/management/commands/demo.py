"""`manage.py demo`: fill an empty studio with a made-up company, to look at and to measure."""

import secrets

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from generator.workflow import Refused, catalogue, demo, desks, housekeeping


class Command(BaseCommand):
    help = "Fill an empty studio with three projects, twelve people and half a year of work. Refuses any other."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--runs", type=int, default=4000)
        parser.add_argument("--months", type=int, default=6)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args, **options) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        catalogue.sync()
        desks.ensure_groups()
        housekeeping.ensure_schedules()
        password = secrets.token_urlsafe(9)
        try:
            company = demo.make(options["runs"], options["months"], password, options["seed"])
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        self.stdout.write("\n".join(demo.people(company)))
        self.stdout.write(f"Everybody signs in with the password {password}")
