"""The spend page: figures that lead to their lines, lines that add up, a CSV, and addresses that make no sense."""

import csv
import datetime as dt
import html
import re
from unittest.mock import patch

import pytest

from generator.models import Budget, Entry, Price
from generator.money import dollars, plain
from generator.web import spend as door
from generator.workflow import money
from tests.conftest import POLL, STREAM


@pytest.fixture
def spent(ask, user, project):
    """A month with everything in it: charges on two models, a release, a credit, a correction, an open hold."""
    first = ask("warm lo-fi", model=POLL, takes=3)
    money.settle(first, 2, "2 of 3 takes delivered")
    money.settle(ask("rain", model=STREAM), 1, "1 of 1 takes delivered")
    money.settle(ask("at home", project=user.personal_project), 1, "1 of 1 takes delivered")
    ask("still running", takes=2)
    for kind, amount in ((Entry.Kind.CREDIT, 12_345), (Entry.Kind.ADJUSTMENT, -4_321)):
        money.book(
            kind,
            amount,
            project=project,
            user=user,
            generation=first,
            model_key=POLL,
            reason="agreed by telephone",
            actor=user,
        )


def links(shown: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="(/spend/lines/[^"]*)"', shown)]


# --- the page ---


def test_the_page_says_what_the_month_cost(browser, spent):
    shown = browser.get("/spend/").content.decode()
    assert "<span>Spent</span><strong>$0.103334</strong>" in shown  # 0.06 + 0.03 + 0.03 − 0.012345 − 0.004321
    assert "<span>Held now</span><strong>$0.06</strong>" in shown
    assert "<span>Credited</span><strong>$0.012345</strong>" in shown
    assert "<span>Takes</span><strong>4</strong>" in shown


@pytest.mark.parametrize("scope", ["", "project"])
def test_the_lines_behind_every_figure_add_up_to_it(browser, spent, project, scope):
    page = browser.get("/spend/", {"project": project.ref} if scope else {})
    figures = page.context["figures"]
    kinds = ("by_model", "by_provider", "by_project", "by_person")
    shares = [share for kind in kinds for share in page.context[kind]]
    by_key = {share.key: share.spent for share in shares}
    by_day = {str(day.day): amount for day, amount in page.context["days"].items()}
    checked = 0
    for link in links(page.content.decode()):
        lines = browser.get(link)
        assert lines.status_code == 200
        if "format=csv" in link:
            continue
        wanted, total = lines.context["wanted"], lines.context["total"]
        key = wanted.model or wanted.provider or wanted.project or (str(wanted.person) if wanted.person else "")
        if wanted.day:
            assert total.spent == by_day[str(wanted.day.day)]
        elif key:
            assert total.spent == by_key[key]
        elif wanted.kind == "held":
            assert total.held == figures.held
        elif wanted.kind == "credit":
            assert total.spent == -figures.credited
        elif wanted.kind == "charge":
            assert total.takes == figures.takes
        else:
            assert total.spent == figures.spent
        checked += 1
    assert checked >= 8


def test_earlier_months_are_one_click_away(browser, ask):
    Price.objects.update(valid_from=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    with patch("django.utils.timezone.now", lambda: dt.datetime(2026, 3, 5, tzinfo=dt.UTC)):
        money.settle(ask(), 1, "done")
    money.settle(ask(takes=2), 2, "done")
    shown = browser.get("/spend/")
    assert [(name, spent, takes) for name, _, spent, takes in shown.context["by_month"]] == [
        (door.ledger.this_month(), 60_000, 2),
        ("2026-03", 30_000, 1),
    ]
    assert 'href="/spend/?month=2026-03"' in shown.content.decode()


def test_a_quiet_month_says_so(browser, user):
    shown = browser.get("/spend/", {"month": "2026-01"}).content.decode()
    assert "Nothing was spent in January 2026." in shown
    assert "<strong>$0.00</strong>" in shown


def test_caps_show_what_is_left_of_them(browser, spent, project):
    Budget.objects.create(project=project, cap=dollars("1"))
    shown = browser.get("/spend/", {"project": project.ref}).content.decode()
    assert "$0.866666 left" in shown  # 1 − 0.073334 spent here − 0.06 held here
    assert "of $1.00" in shown


def test_a_cap_of_nothing_is_full_and_breaks_nothing(browser, user):
    Budget.objects.create(user=user, cap=0)
    assert b"$0.00 left" in browser.get("/spend/").content


# --- whose money ---


@pytest.mark.parametrize("address", ["/spend/", "/spend/lines/"])
def test_a_project_one_is_no_member_of_does_not_exist(client, project, stranger, address):
    client.force_login(stranger)
    for ref in (project.ref, "nowhere"):
        assert client.get(address, {"project": ref}).status_code == 404
        assert client.get(address, {"project": ref, "format": "csv"}).status_code == 404


def test_ones_own_page_shows_nobody_elses_money(client, spent, stranger):
    client.force_login(stranger)
    assert b"<span>Spent</span><strong>$0.00</strong>" in client.get("/spend/").content
    assert client.get("/spend/lines/").context["total"].lines == 0


def test_no_filter_widens_ones_own_lines(client, spent, stranger, user, project):
    client.force_login(stranger)
    for filters in ({"person": user.pk}, {"of": project.ref}, {"model": POLL}, {"kind": "held"}):
        assert client.get("/spend/lines/", filters).context["total"].lines == 0


def test_a_line_links_to_its_track_only_for_those_who_may_go_there(browser, client, ask, make_track, project, user):
    run = ask()
    money.settle(run, 1, "done")
    track = make_track(generation=run)
    assert track.get_absolute_url() in browser.get("/spend/lines/").content.decode()
    project.memberships.all().delete()
    shown = browser.get("/spend/lines/").content.decode()
    assert track.get_absolute_url() not in shown
    assert "warm lo-fi" in shown, "what one paid for stays known"


# --- nonsense ---


NO_MONTHS = ["", "2026-13", "2026-00", "1999-12", "20260-1", "2026-1", "now", "9999-12", "2026-11-01", "२०२६-११", "-"]


def test_a_month_that_is_none_is_this_one(browser, user):
    for address in ("/spend/", "/spend/lines/"):
        this = browser.get(address).context["month"]
        assert {browser.get(address, {"month": month}).context["month"] for month in NO_MONTHS} == {this}


NONSENSE = [
    {"day": "0"}, {"day": "32"}, {"day": "x"}, {"day": "-1"}, {"day": "01"}, {"kind": "theft"}, {"person": "me"},
    {"person": "9" * 30}, {"before": "x"}, {"before": "-1"}, {"before": "9" * 30}, {"person": "٣"},
]  # fmt: skip


def test_a_filter_that_makes_no_sense_is_as_if_it_had_not_been_asked(browser, spent):
    everything = browser.get("/spend/lines/").context["total"]
    assert everything.lines > 0
    for asked in NONSENSE:
        assert browser.get("/spend/lines/", asked).context["total"] == everything, asked


@pytest.mark.parametrize("asked", [{"model": "none/such"}, {"of": "nowhere"}, {"person": "9" * 18}, {"before": "0"}])
def test_a_filter_that_fits_nothing_shows_an_empty_page(browser, spent, asked):
    assert list(browser.get("/spend/lines/", asked).context["lines"]) == []


def test_the_last_and_first_months_that_can_be_asked_for_are_shown(browser, user):
    for month in ("2000-01", "2099-12"):
        for address in ("/spend/", "/spend/lines/"):
            assert browser.get(address, {"month": month}).context["month"] == month


# --- lines and CSV ---


def test_older_lines_follow_page_by_page_each_exactly_once(browser, spent, monkeypatch):
    monkeypatch.setattr(door, "LINES", 3)
    seen, query = [], "kind=spent"
    while query:
        page = browser.get(f"/spend/lines/?{query}")
        seen += [entry.pk for entry, _ in page.context["lines"]]
        query = page.context["following"]
    spending = Entry.objects.filter(kind__in=("charge", "credit", "adjustment"))
    assert seen == list(spending.order_by("-id").values_list("pk", flat=True))


def rows_of(reply) -> list[dict[str, str]]:
    text = b"".join(reply.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("filters", [{}, {"kind": "spent"}, {"kind": "held"}, {"model": POLL}, {"kind": "charge"}])
def test_the_csv_holds_the_lines_that_are_shown_and_their_sum(browser, spent, filters):
    shown = browser.get("/spend/lines/", filters).context
    reply = browser.get("/spend/lines/", filters | {"format": "csv"})
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"].endswith(f'filename="bgm-studio-spend-{shown["month"]}.csv"')
    rows = rows_of(reply)
    assert [row["amount USD"] for row in rows] == [plain(entry.amount) for entry, _ in shown["lines"]]
    assert sum(dollars(row["spent USD"]) for row in rows) == shown["total"].spent
    assert sum(dollars(row["held USD"]) for row in rows) == shown["total"].held


def test_a_project_named_like_a_formula_does_not_run(browser, ask, project):
    type(project).objects.filter(pk=project.pk).update(name="=1+1")
    ask()
    assert rows_of(browser.get("/spend/lines/", {"format": "csv"}))[0]["project"] == "'=1+1"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_money_is_only_read_here(browser, user, method):
    for address in ("/spend/", "/spend/lines/"):
        assert getattr(browser, method)(address).status_code == 405
