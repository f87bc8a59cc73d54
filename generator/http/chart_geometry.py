"""Geometry of bar charts that are rendered on the server as SVG, without scripts or inline styles."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 1000, 200, 0.22  # WIDTH and HEIGHT in SVG units; GAP is a fraction of the space per bar


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
    """One bar per day between a floor and a ceiling; negative amounts hang below the zero line."""

    bars: tuple[Bar, ...]
    ceiling: int
    floor: int
    zero: float  # y of the zero line
    width: int = WIDTH
    height: int = HEIGHT


def round_up(amount: int) -> int:
    """Round up to 1, 2 or 5 times a power of ten, for a readable scale."""
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
    """Lay out the daily amounts of a month such as "2026-11"."""
    days = days_of_month(month)
    ceiling = round_up(max(0, *amounts.values(), 0))
    lowest = min(0, *amounts.values(), 0)
    floor = -round_up(-lowest) if lowest else 0
    scale = HEIGHT / (ceiling - floor)
    zero = ceiling * scale
    bar_space = WIDTH / len(days)
    bars = []
    for number, day in enumerate(days):
        amount = amounts.get(day, 0)
        top = min(zero, (ceiling - amount) * scale)
        left, wide = (number + GAP / 2) * bar_space, bar_space * (1 - GAP)
        bars.append(Bar(day, amount, round(left, 1), round(top, 1), round(wide, 1), round(abs(amount) * scale, 1)))
    return BarChart(tuple(bars), ceiling, floor, round(zero, 1))
