"""Bar charts of the billing review, by day and by month, rendered on the server.

Positions are percentages, so that a chart of any width keeps the shape of its text.
"""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format

from generator.currency import Micros
from generator.http.chart_geometry import round_up

GAP = 0.24  # of the room of a bar
INTERVALS = 4  # of the scale, about
LABELS = 12  # at most, below the bars
LABELLED_DAYS = (1, 5, 10, 15, 20, 25, 30)


@dataclass(frozen=True)
class Bar:
    name: str  # its value in URLs: a day's number, or a month
    title: str
    label: str  # below the bar; empty for most days
    amount: Micros
    left: float
    middle: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Tick:
    amount: Micros
    y: float


@dataclass(frozen=True)
class Chart:
    """Bars around a zero line, and the lines of the scale behind them."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    room: float  # width of a bar with its gap


@dataclass(frozen=True)
class Row:
    """What one bar shows."""

    name: str
    title: str
    label: str
    amount: int


def columns(rows: Sequence[Row]) -> Chart:
    """Lay out one bar per row."""
    amounts = [row.amount for row in rows]
    step, floor, ceiling = scale(amounts)
    slot_width = 100 / max(len(rows), 1)

    def y(amount: int) -> float:
        return round(100 * (ceiling - amount) / (ceiling - floor), 2)

    bars = [
        Bar(
            row.name,
            row.title,
            row.label,
            Micros(row.amount),
            left=round((number + GAP / 2) * slot_width, 2),
            middle=round((number + 0.5) * slot_width, 2),
            top=y(max(row.amount, 0)),
            width=round(slot_width * (1 - GAP), 2),
            height=round(abs(y(row.amount) - y(0)), 2),
        )
        for number, row in enumerate(rows)
    ]
    ticks = [Tick(Micros(amount), y(amount)) for amount in range(floor, ceiling + 1, step)]
    return Chart(tuple(bars), tuple(ticks), round(slot_width, 2))


def scale(amounts: Sequence[int]) -> tuple[int, int, int]:
    """Return the step, floor and ceiling of a readable scale that includes zero and every amount."""
    highest, lowest = max((0, *amounts)), min((0, *amounts))
    step = round_up(max(1, -(-(highest - lowest) // INTERVALS)))
    ceiling, floor = -(-highest // step) * step, lowest // step * step
    return step, floor, ceiling if ceiling > floor else floor + step


def by_day(amounts: Mapping[dt.date, int], month: str) -> Chart:
    """Lay out one bar per day of a month."""
    year, number = map(int, month.split("-"))
    days = [dt.date(year, number, day + 1) for day in range(calendar.monthrange(year, number)[1])]
    labels = {day: str(day.day) if day.day in LABELLED_DAYS else "" for day in days}
    rows = [Row(str(day.day), date_format(day, "MONTH_DAY_FORMAT"), labels[day], amounts.get(day, 0)) for day in days]
    return columns(rows)


def by_month(amounts: Sequence[tuple[str, int]]) -> Chart:
    """Lay out one bar per (month, amount), with the names of the months; the year is named once."""
    every = -(-len(amounts) // LABELS) or 1
    rows = []
    for number, (month, amount) in enumerate(amounts):
        first = dt.date.fromisoformat(f"{month}-01")
        label = date_format(first, "M Y" if number == 0 or first.month == 1 else "M")
        rows.append(Row(month, date_format(first, "YEAR_MONTH_FORMAT"), label if number % every == 0 else "", amount))
    return columns(rows)
