"""A month on paper: its figures, what they are made of, and every line that moved money; it adds up to the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from generator import money
from generator.billing import spend
from generator.billing.pdf import Sheet
from generator.billing.spend import Limited, Month, Share, Wanted
from generator.models import ClosedMonth, Entry
from generator.money import Micros
from generator.workflow import catalogue

LINE_HEAD = ("Date", "What", "For", "Model", "Person", "USD")
LINE_WIDTHS = (1.4, 2.4, 4.7, 2.6, 1.9, 1.6)


@dataclass(frozen=True)
class Statement:
    """What a statement says, before it is set."""

    whose: str
    month_title: str
    month: Month
    lines: tuple[Entry, ...]
    shares: tuple[tuple[str, Sequence[Share]], ...]
    closed: ClosedMonth | None

    @property
    def lines_come_to(self) -> Micros:
        """The sum of the lines that are printed, which is the month's figure."""
        return Micros(sum(line.moves_spent for line in self.lines))  # type: ignore[attr-defined]


def of(scope: Limited, month: str, whose: str, month_title: str) -> Statement:
    """Read a month for a person, a project or everybody."""
    rows = spend.lines(scope, month, Wanted(kind="spent")).order_by("day", "id")
    found = (
        ("By model", spend.by_model(scope, month)),
        ("By project", spend.by_project(scope, month)),
        ("By person", spend.by_person(scope, month)),
    )
    closed = ClosedMonth.objects.filter(month=month).select_related("closed_by").first()
    return Statement(whose, month_title, spend.month(scope, month), tuple(rows), found, closed)


def render(statement: Statement, *, compress: bool = True) -> bytes:
    """Set a statement as a PDF."""
    month = statement.month
    made = f"{timezone.localtime():%-d %B %Y, %H:%M %Z}"
    name = f"Statement of {statement.month_title}"
    sheet = Sheet(name, f"BGM Studio · {name} · {statement.whose} · made on {made}", compress=compress)
    sheet.heading(name, statement.whose)
    sheet.facts(
        [
            ("Charged", f"{money.show(month.charged)} for {month.takes} take{'' if month.takes == 1 else 's'}"),
            ("Credited", money.show(-month.credited) if month.credited else money.show(0)),
            ("Corrected", money.show(month.adjusted)),
            ("Spent", money.show(month.spent)),
            ("Held when made", f"{money.show(month.held)}, not part of what was spent"),
            ("State", _state(statement)),
        ]
    )
    for title, shares in statement.shares:
        if len(shares) > 1 or title == "By model":
            sheet.section(title)
            rows = [(one.title, str(one.takes), money.show(one.spent)) for one in shares]
            sheet.table(("Name", "Takes", "Spent, USD"), (6, 1, 2), rows, last=2)
    sheet.section("Every line")
    sheet.table(
        ("Date", "What", "For", "Model", "Person", "USD"), (1.4, 1.5, 5.5, 2.6, 1.8, 1.8), map(_line, statement.lines)
    )
    sheet.facts([(f"{len(statement.lines)} lines", f"come to {money.show(statement.lines_come_to)}, in US dollars")])
    return sheet.finish()


def _state(statement: Statement) -> str:
    if not statement.closed:
        return "open: more may be booked in this month"
    return f"closed on {statement.closed.closed_at:%-d %B %Y}; fingerprint {statement.closed.digest[:16]}"


def _line(line: Entry) -> tuple[str, ...]:
    what = line.get_kind_display() if line.kind == Entry.Kind.CHARGE else f"{line.get_kind_display()}: {line.reason}"
    text = spend.about(line) if line.generation else line.reason
    amount = money.show(line.moves_spent)  # type: ignore[attr-defined]
    return f"{line.day:%Y-%m-%d}", what, text[:200], catalogue.title_of(line.model_key), line.user.label, amount
