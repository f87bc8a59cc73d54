"""`manage.py key EMAIL --name ci`: make an API key and print it, once."""

import datetime as dt

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from generator import access, money
from generator.models import Scope, User
from generator.workflow import Refused, keys
from generator.workflow.amounts import parse_amount, to_confirm

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Make an API key for a person and print it: the only line on standard output, and the only time."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="What will use it.")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.GENERATE)
        parser.add_argument("--project", default="", help="Its ref, as in the address /p/REF/; empty: all of theirs.")
        parser.add_argument("--cap", default="", help="Dollars a month, such as 12.50.")
        parser.add_argument("--days", type=int, default=0, help="How long it opens anything; 0: until it is revoked.")
        parser.add_argument("--stand-in", default="", help="The model that answers clients written for a vendor.")

    def handle(self, *args, **options) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {options['email']}.", returncode=2)
        try:
            _, token = keys.make(user, options["name"], Scope(options["scope"]), **_more(user, options))
        except (Refused, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(token)


def _more(user: User, options: dict) -> dict:
    project = access.projects(user).filter(ref=options["project"]).first()
    if options["project"] and project is None:
        raise Refused(f"{user.label} is in no project {options['project']}.")
    if options["days"] and not 0 < options["days"] <= MOST_DAYS:
        raise Refused(f"Give --days as a number from 1 to {MOST_DAYS:,}.")
    until = timezone.now() + dt.timedelta(days=options["days"]) if options["days"] else None
    cap = parse_amount(options["cap"], "cap") if options["cap"] else None
    if cap is not None and not money.is_plain(options["cap"]):
        raise Refused(f"{to_confirm(options['cap'], cap)} If that is right, give it as {money.as_typed(cap)}.")
    return {"project": project, "expires_at": until, "cap": cap, "stand_in": options["stand_in"]}
