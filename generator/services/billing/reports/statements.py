"""Monthly statements: figures, breakdowns and every entry that changed the spend. The entries add up to the figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generator import currency
from generator.currency import Micros
from generator.models import ClosedMonth, LedgerEntry
from generator.services.billing.reports import spend
from generator.services.billing.reports.pdf import Sheet
from generator.services.billing.reports.spend import Limited, Month, Share, Wanted
from generator.services.provider_jobs import catalog


@dataclass(frozen=True)
class Statement:
    """The content of a statement."""

    whose: str
    month_title: str
    month: Month
    lines: tuple[LedgerEntry, ...]
    shares: tuple[tuple[str, Sequence[Share]], ...]
    closed: ClosedMonth | None

    @property
    def lines_come_to(self) -> Micros:
        """Return the sum of the printed entries, which equals the month's spend."""
        return Micros(sum(spend.figures_of(line).moves_spent for line in self.lines))


def statement_of(scope: Limited, month: str, owner_name: str, month_title: str) -> Statement:
    """Build the statement of a month for a person, a project or the whole studio."""
    rows = spend.lines(scope, month, Wanted(kind="spent")).order_by("day", "id")
    shares = (
        (_("By model"), spend.by_model(scope, month)),
        (_("By project"), spend.by_project(scope, month)),
        (_("By person"), spend.by_person(scope, month)),
    )
    closed = ClosedMonth.objects.filter(month=month).select_related("closed_by").first()
    return Statement(owner_name, month_title, spend.month(scope, month), tuple(rows), shares, closed)


def statement_pdf(statement: Statement, *, compress: bool = True) -> bytes:
    """Render a statement as a PDF."""
    month = statement.month
    now = timezone.localtime()
    name = _("Statement for {month}").format(month=statement.month_title)
    created = _("created on {date}").format(date=date_format(now, "DATETIME_FORMAT"))
    sheet = Sheet(name, f"BGM Studio · {name} · {statement.whose} · {created}", compress=compress)
    sheet.heading(name, statement.whose)
    charged = ngettext("{amount} for {count} take", "{amount} for {count} takes", month.takes)
    held_text = _("{amount}, not included in the amount spent").format(amount=currency.show(month.held))
    sheet.facts(
        [
            (_("Charged"), charged.format(amount=currency.show(month.charged), count=month.takes)),
            (_("Credited"), currency.show(-month.credited) if month.credited else currency.show(0)),
            (_("Corrected"), currency.show(month.adjusted)),
            *([(_("Stated by people"), currency.show(month.stated))] if month.stated else []),
            (_("Spent"), currency.show(month.spent)),
            (_("On hold"), held_text),
            (_("Status"), _state(statement)),
        ]
    )
    for number, (title, shares) in enumerate(statement.shares):
        if len(shares) > 1 or number == 0:
            sheet.section(title)
            rows = [(share.title, str(share.takes), currency.show(share.spent)) for share in shares]
            sheet.table((_("Name"), _("Takes"), _("Spent (USD)")), (6, 1, 2), rows, last=2)
    sheet.section(_("All entries"))
    head = (_("Date"), _("Entry"), _("For"), _("Model"), _("Person"), "USD")
    sheet.table(head, (1.4, 1.5, 5.5, 2.6, 1.8, 1.8), map(_line, statement.lines))
    count = len(statement.lines)
    entries = ngettext("{count} entry", "{count} entries", count).format(count=count)
    total = _("{amount} in total, in US dollars").format(amount=currency.show(statement.lines_come_to))
    sheet.facts([(entries, total)])
    return sheet.finish()


def _state(statement: Statement) -> str:
    if not statement.closed:
        return _("open: entries may still be added to this month")
    sentence = _("closed on {date}; fingerprint {fingerprint}")
    return sentence.format(date=date_format(statement.closed.closed_at), fingerprint=statement.closed.digest[:16])


def _line(line: LedgerEntry) -> tuple[str, ...]:
    kind = (
        line.get_kind_display() if line.kind == LedgerEntry.Kind.CHARGE else f"{line.get_kind_display()}: {line.reason}"
    )
    text = spend.describe(line) if line.generation else line.reason
    amount = currency.show(spend.figures_of(line).moves_spent)
    return f"{line.day:%Y-%m-%d}", kind, text[:200], catalog.title_of(line.model_key), line.user.label, amount
