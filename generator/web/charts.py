"""Charts drawn on the server: numbers in, the units of an SVG out. No script, no inline style."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 1000, 200, 0.22  # the gap is a share of a bar's room


@dataclass(frozen=True)
class Bar:
    day: dt.date
    amount: int
    x: float
    y: float
    width: float
    height: float

    @property
    def is_labelled(self) -> bool:
        return self.day.day in (1, 5, 10, 15, 20, 25, 30)


@dataclass(frozen=True)
class BarChart:
    """One bar for each day between a floor and a ceiling; days below zero hang from the zero line."""

    bars: tuple[Bar, ...]
    ceiling: int
    floor: int
    zero: float  # where the zero line is
    width: int = WIDTH
    height: int = HEIGHT


def round_up(amount: int) -> int:
    """The next 1, 2 or 5 followed by zeros: a scale a person can read."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if step * power >= amount:
                return step * power
        power *= 10


def days_of_month(month: str) -> list[dt.date]:
    first = dt.date.fromisoformat(f"{month}-01")
    after = (first + dt.timedelta(days=32)).replace(day=1)
    return [first + dt.timedelta(days=number) for number in range((after - first).days)]


def by_day(amounts: Mapping[dt.date, int], month: str) -> BarChart:
    """Lay out a month."""
    days = days_of_month(month)
    ceiling = round_up(max(0, *amounts.values(), 0))
    lowest = min(0, *amounts.values(), 0)
    floor = -round_up(-lowest) if lowest else 0
    scale = HEIGHT / (ceiling - floor)
    zero = ceiling * scale
    room = WIDTH / len(days)
    bars = []
    for number, day in enumerate(days):
        amount = amounts.get(day, 0)
        top = min(zero, (ceiling - amount) * scale)
        left, wide = (number + GAP / 2) * room, room * (1 - GAP)
        bars.append(Bar(day, amount, round(left, 1), round(top, 1), round(wide, 1), round(abs(amount) * scale, 1)))
    return BarChart(tuple(bars), ceiling, floor, round(zero, 1))
