"""`manage.py key EMAIL --name ci`: create an API key and print it once."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from generator import currency, permissions
from generator.models import Scope, User
from generator.services.amount_confirmation import needs_confirmation, parse_amount
from generator.services.errors import UserError
from generator.services.team import api_keys

MAX_DAYS = 36_500


class Command(BaseCommand):
    help = "Create an API key for a person and print it once, as the only line on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="What will use the key.")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.GENERATE)
        parser.add_argument(
            "--project",
            default="",
            help="The project's public ID, as in the address /projects/REF/; empty: all of the person's projects.",
        )
        parser.add_argument("--budget", default="", help="Budget in dollars per month, such as 12.50.")
        parser.add_argument("--days", type=int, default=0, help="Days until the key expires; 0: never.")
        parser.add_argument("--model-override", default="", help="The model that answers clients of a vendor's API.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no account with the address {options['email']}.", returncode=2)
        try:
            _, token = api_keys.make(user, options["name"], Scope(options["scope"]), **_more(user, options))
        except (UserError, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(token)


def _more(user: User, options: dict[str, Any]) -> dict[str, Any]:
    project = permissions.projects(user).filter(public_id=options["project"]).first()
    if options["project"] and project is None:
        raise UserError(f"{user.label} is not a member of project {options['project']}.")
    if options["days"] and not 0 < options["days"] <= MAX_DAYS:
        raise UserError(f"--days must be a number from 1 to {MAX_DAYS:,}.")
    until = timezone.now() + dt.timedelta(days=options["days"]) if options["days"] else None
    cap = parse_amount(options["budget"], "cap") if options["budget"] else None
    if cap is not None and not currency.is_plain(options["budget"]):
        raise UserError(
            f"{needs_confirmation(options['budget'], cap)} If that is correct, enter {currency.as_typed(cap)}."
        )
    return {"project": project, "expires_at": until, "cap": cap, "model_override": options["model_override"]}
