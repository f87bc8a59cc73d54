"""The review's charts: bars of a month's days and of the newest months, drawn on the server."""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP = 1000, 160, 0.2


@dataclass(frozen=True)
class Bar:
    name: str  # what the address calls it: a day's number, or a month
    title: str
    amount: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """Bars over a zero line, between a floor and a ceiling."""

    bars: tuple[Bar, ...]
    ceiling: int
    floor: int
    zero: float
    width: int = WIDTH
    height: int = HEIGHT


def columns(rows: Sequence[tuple[str, str, int]]) -> Chart:
    """One bar for each (name, title, amount)."""
    ceiling, floor = max((0, *(row[2] for row in rows))), min((0, *(row[2] for row in rows)))
    scale = HEIGHT / ((ceiling - floor) or 1)
    zero, room = ceiling * scale if ceiling else (HEIGHT if not floor else 0), WIDTH / max(len(rows), 1)
    made = []
    for number, (name, title, amount) in enumerate(rows):
        tall = abs(amount) * scale
        top = zero - tall if amount > 0 else zero
        made.append(Bar(name, title, amount, round((number + GAP / 2) * room, 1), round(top, 1),
                        round(room * (1 - GAP), 1), round(tall, 1)))  # fmt: skip
    return Chart(tuple(made), ceiling, floor, round(zero, 1))


def bars(amounts: Mapping[dt.date, int], month: str) -> Chart:
    """One bar for each day of a month."""
    year, number = map(int, month.split("-"))
    days = [dt.date(year, number, day + 1) for day in range(calendar.monthrange(year, number)[1])]
    return columns([(str(day.day), f"{day:%-d %B}", amounts.get(day, 0)) for day in days])
