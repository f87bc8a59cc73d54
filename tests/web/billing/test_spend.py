"""The spend page: figures that link to their lines, lines that add up, a CSV, and invalid addresses."""

import csv
import datetime as dt
import html
import re
from unittest.mock import patch

import pytest

from generator.currency import dollars, plain
from generator.models import Budget, LedgerEntry, Price
from generator.services.billing import ledger
from generator.web.billing import spend
from tests.conftest import POLL, STREAM


@pytest.fixture
def spent(ask, user, project):
    """A month with every kind of entry: charges on two models, a release, a credit, a correction, an open hold."""
    first = ask("warm lo-fi", model=POLL, takes=3)
    ledger.settle(first, 2, "2 of 3 takes delivered")
    ledger.settle(ask("rain", model=STREAM), 1, "1 of 1 takes delivered")
    ledger.settle(ask("at home", project=user.personal_project), 1, "1 of 1 takes delivered")
    ask("still running", takes=2)
    for kind, amount in ((LedgerEntry.Kind.CREDIT, 12_345), (LedgerEntry.Kind.ADJUSTMENT, -4_321)):
        ledger.book(
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
    return [html.unescape(link) for link in re.findall(r'href="(/spend/ledger-entries/[^"]*)"', shown)]


def figure(shown: str, name: str) -> str:
    """Return the value of a figure of the page."""
    return re.search(rf'data-figure="{name}">.*?<strong>([^<]*)</strong>', shown, re.DOTALL)[1]


# --- the page ---


def test_the_page_says_what_the_month_cost(user_client, spent):
    shown = user_client.get("/spend/").content.decode()
    assert figure(shown, "spent") == "$0.103334"  # 0.06 + 0.03 + 0.03 − 0.012345 − 0.004321
    assert figure(shown, "held") == "$0.06"
    assert figure(shown, "credited") == "$0.012345"
    assert figure(shown, "takes") == "4"


@pytest.mark.parametrize("scope", ["", "project"])
def test_the_lines_behind_every_figure_add_up_to_it(user_client, spent, project, scope):
    page = user_client.get("/spend/", {"project": project.public_id} if scope else {})
    figures = page.context["figures"]
    kinds = ("by_model", "by_provider", "by_project", "by_person")
    shares = [share for kind in kinds for share in page.context[kind]]
    by_key = {share.key: share.spent for share in shares}
    by_day = {str(day.day): amount for day, amount in page.context["days"].items()}
    checked = 0
    for link in links(page.content.decode()):
        lines = user_client.get(link)
        assert lines.status_code == 200
        if "format=csv" in link:
            continue
        wanted, total = lines.context["selection"], lines.context["total"]
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


def test_earlier_months_are_one_click_away(user_client, ask):
    Price.objects.update(valid_from=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    with patch("django.utils.timezone.now", lambda: dt.datetime(2026, 3, 5, tzinfo=dt.UTC)):
        ledger.settle(ask(), 1, "done")
    ledger.settle(ask(takes=2), 2, "done")
    shown = user_client.get("/spend/")
    assert [(name, spent, takes) for name, _, spent, takes in shown.context["by_month"]] == [
        (spend.reports_spend.this_month(), 60_000, 2),
        ("2026-03", 30_000, 1),
    ]
    assert 'href="/spend/?month=2026-03"' in shown.content.decode()


def test_a_quiet_month_says_so(user_client, user):
    shown = user_client.get("/spend/", {"month": "2026-01"}).content.decode()
    assert figure(shown, "spent") == "$0.00"
    assert 'class="chart"' not in shown


def test_caps_show_what_is_left_of_them(user_client, spent, project):
    Budget.objects.create(project=project, cap=dollars("1"))
    shown = user_client.get("/spend/", {"project": project.public_id}).content.decode()
    assert 'data-left="$0.866666"' in shown  # 1 − 0.073334 spent here − 0.06 held here
    assert "of $1.00" in shown


def test_a_cap_of_nothing_is_full_and_breaks_nothing(user_client, user):
    Budget.objects.create(user=user, cap=0)
    assert b'data-left="$0.00"' in user_client.get("/spend/").content


# --- whose money ---


@pytest.mark.parametrize("address", ["/spend/", "/spend/ledger-entries/"])
def test_a_project_one_is_no_member_of_does_not_exist(client, project, stranger, address):
    client.force_login(stranger)
    for public_id in (project.public_id, "nowhere"):
        assert client.get(address, {"project": public_id}).status_code == 404
        assert client.get(address, {"project": public_id, "format": "csv"}).status_code == 404


def test_ones_own_page_shows_nobody_elses_money(client, spent, stranger):
    client.force_login(stranger)
    assert figure(client.get("/spend/").content.decode(), "spent") == "$0.00"
    assert client.get("/spend/ledger-entries/").context["total"].lines == 0


def test_no_filter_widens_ones_own_lines(client, spent, stranger, user, project):
    client.force_login(stranger)
    for filters in ({"person": user.pk}, {"of": project.public_id}, {"model": POLL}, {"kind": "held"}):
        assert client.get("/spend/ledger-entries/", filters).context["total"].lines == 0


def test_a_line_links_to_its_track_only_for_those_who_may_go_there(user_client, client, ask, make_track, project, user):
    run = ask()
    ledger.settle(run, 1, "done")
    track = make_track(generation=run)
    assert track.get_absolute_url() in user_client.get("/spend/ledger-entries/").content.decode()
    project.memberships.all().delete()
    shown = user_client.get("/spend/ledger-entries/").content.decode()
    assert track.get_absolute_url() not in shown
    assert "warm lo-fi" in shown, "what one paid for stays known"


# --- invalid addresses ---


NO_MONTHS = ["", "2026-13", "2026-00", "1999-12", "20260-1", "2026-1", "now", "9999-12", "2026-11-01", "२०२६-११", "-"]


def test_a_month_that_is_none_is_this_one(user_client, user):
    for address in ("/spend/", "/spend/ledger-entries/"):
        this = user_client.get(address).context["month"]
        assert {user_client.get(address, {"month": month}).context["month"] for month in NO_MONTHS} == {this}


NONSENSE = [
    {"day": "0"}, {"day": "32"}, {"day": "x"}, {"day": "-1"}, {"day": "01"}, {"kind": "theft"}, {"person": "me"},
    {"person": "9" * 30}, {"before": "x"}, {"before": "-1"}, {"before": "9" * 30}, {"person": "٣"},
]  # fmt: skip


def test_a_filter_that_makes_no_sense_is_as_if_it_had_not_been_asked(user_client, spent):
    everything = user_client.get("/spend/ledger-entries/").context["total"]
    assert everything.lines > 0
    for asked in NONSENSE:
        assert user_client.get("/spend/ledger-entries/", asked).context["total"] == everything, asked


@pytest.mark.parametrize("asked", [{"model": "none/such"}, {"of": "nowhere"}, {"person": "9" * 18}, {"before": "0"}])
def test_a_filter_that_fits_nothing_shows_an_empty_page(user_client, spent, asked):
    assert list(user_client.get("/spend/ledger-entries/", asked).context["lines"]) == []


def test_the_last_and_first_months_that_can_be_asked_for_are_shown(user_client, user):
    for month in ("2000-01", "2099-12"):
        for address in ("/spend/", "/spend/ledger-entries/"):
            assert user_client.get(address, {"month": month}).context["month"] == month


# --- lines and CSV ---


def test_older_lines_follow_page_by_page_each_exactly_once(user_client, spent, monkeypatch):
    monkeypatch.setattr(spend, "MAX_LINES", 3)
    seen, query = [], "kind=spent"
    while query:
        page = user_client.get(f"/spend/ledger-entries/?{query}")
        seen += [entry.pk for entry, _ in page.context["lines"]]
        query = page.context["following"]
    spending = LedgerEntry.objects.filter(kind__in=("charge", "credit", "adjustment"))
    assert seen == list(spending.order_by("-id").values_list("pk", flat=True))


def rows_of(reply) -> list[dict[str, str]]:
    text = b"".join(reply.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("filters", [{}, {"kind": "spent"}, {"kind": "held"}, {"model": POLL}, {"kind": "charge"}])
def test_the_csv_holds_the_lines_that_are_shown_and_their_sum(user_client, spent, filters):
    shown = user_client.get("/spend/ledger-entries/", filters).context
    reply = user_client.get("/spend/ledger-entries/", filters | {"format": "csv"})
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"].endswith(f'filename="bgm-studio-spend-{shown["month"]}.csv"')
    rows = rows_of(reply)
    assert [row["amount USD"] for row in rows] == [plain(entry.amount) for entry, _ in shown["lines"]]
    assert sum(dollars(row["spent USD"]) for row in rows) == shown["total"].spent
    assert sum(dollars(row["held USD"]) for row in rows) == shown["total"].held


def test_a_project_named_like_a_formula_does_not_run(user_client, ask, project):
    type(project).objects.filter(pk=project.pk).update(name="=1+1")
    ask()
    assert rows_of(user_client.get("/spend/ledger-entries/", {"format": "csv"}))[0]["project"] == "'=1+1"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_money_is_only_read_here(user_client, user, method):
    for address in ("/spend/", "/spend/ledger-entries/"):
        assert getattr(user_client, method)(address).status_code == 405
