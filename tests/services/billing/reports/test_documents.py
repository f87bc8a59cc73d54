"""PDFs agree with the ledger: the statement to the micro-dollar, the certificate with the license of its day."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from reportlab.pdfbase.pdfmetrics import getFont

from generator.audio.tags import read_tags
from generator.currency import dollars, show
from generator.models import Generation, License, ProviderAccount, Rendition, Track, User
from generator.services.billing import issue_resolution, ledger
from generator.services.billing.reports import certificates, pdf, spend, statements
from generator.services.billing.reports import fonts as reports_fonts
from generator.services.billing.reports.overview import EVERYTHING
from generator.services.billing.reports.spend import Scope
from generator.services.generation import ingest
from generator.services.library import approvals, media, renditions
from generator.services.provider_jobs import catalog
from tests.conftest import COMPOSER, POLL, STREAM


def words(content: bytes) -> str:
    """Return the ASCII text that an uncompressed PDF shows, page by page."""
    shown = re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", content)
    return "\n".join(re.sub(rb"\\(.)", rb"\1", one).decode("latin-1") for one in shown)


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", content))


# --- statements ---


@pytest.fixture
def spent(ask, user, project):
    first = ask("warm lo-fi", model=POLL, takes=3)
    ledger.settle(first, 2, "2 of 3 takes delivered")
    ledger.settle(ask("rain on Řeka", model=STREAM), 1, "done")
    ledger.settle(ask("at home", project=user.personal_project), 1, "done")
    ask("still running", takes=2)
    issue_resolution.credit(first, user, 12_345, "a fault")
    issue_resolution.adjust(first, user, -4_321, "agreed")


def test_a_statement_adds_up_to_the_ledger_to_the_micro_dollar(spent, user, project):
    for scope, expected in ((Scope(user), 103_334), (Scope(user, project), 73_334), (EVERYTHING, 103_334)):
        made = statements.statement_of(scope, spend.this_month(), "whoever", "November 2026")
        assert made.lines_come_to == made.month.spent == expected
        for _, shares in made.shares:
            assert sum(share.spent for share in shares) == expected
        shown = words(statements.statement_pdf(made, compress=False))
        assert f"{show(expected)} in total" in shown
        assert "open: entries may still be added to this month" in shown
        assert {"warm lo-fi", "$0.06"} <= set(shown.splitlines())


def test_a_long_statement_goes_over_pages_and_loses_no_line(ask, user):
    lines = 150
    for number in range(lines):
        ledger.settle(ask(f"number {number:03}"), 1, "done")
    made = statements.statement_of(Scope(user), spend.this_month(), "Ada", "this month")
    content = statements.statement_pdf(made, compress=False)
    shown = words(content)
    assert [f"number {number:03}" in shown for number in range(lines)] == [True] * lines
    assert pages(content) == shown.count("Date")
    assert pages(content) >= 3
    assert f"{lines} entries" in shown


def test_the_page_hands_it_over_as_a_file(user_client, spent, project):
    reply = user_client.get("/spend/statement.pdf", {"project": project.public_id})
    assert reply.content.startswith(b"%PDF-")
    assert reply.headers["Content-Disposition"].endswith(f'"bgm-studio-statement-{spend.this_month()}.pdf"')
    assert b'data-download="statement"' in user_client.get("/spend/").content


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Řeka Жар αβγ", "Řeka Жар αβγ"),
        (
            "夏の音楽祭 安静的钢琴曲 繁體中文 피아노 음악 「ー」、。",
            "夏の音楽祭 安静的钢琴曲 繁體中文 피아노 음악 「ー」、。",
        ),
        ("Cafe\u0301 \uff22\uff27\uff2d", "Café ＢＧＭ"),
        ("tea 🎵 time", "tea [musical note] time"),
        ("مرحبا بالعالم", "[Arabic text]"),
        ("שלום, हिन्दी สวัสดี", "[Hebrew text], [Devanagari text] [Thai text]"),
        ("zero\u200bwidth 👍\ufe0f", "zerowidth [thumbs up sign]"),
        ("\ue000 \x07", "[U+E000]"),
    ],
)
def test_what_no_font_has_is_named_and_never_a_box(text, shown):
    sheet = pdf.Sheet("x", text, compress=False)
    sheet.paragraph(f"{text} " + "x" * 400 + text * 20)
    assert sheet._printable(text) == shown
    found = words(sheet.finish())
    assert (reports_fonts.NOTE[:20] in found) == ("[" in shown)
    pieces = list(reports_fonts.runs(shown, pdf.BOLD))
    assert "".join(piece for piece, _ in pieces) == shown
    assert all(ord(letter) in getFont(font).face.charToGlyph for piece, font in pieces for letter in piece)


def test_what_is_printed_can_be_read_and_copied_again():
    """Glyphs in use are embedded with their character mapping."""
    sheet = pdf.Sheet("x", "夏の音楽祭", compress=False)
    sheet.heading("夏の音楽祭", "피아노")
    sheet.table(("音", "USD"), (4, 1), [("安静的钢琴曲" * 20, "1")])
    content = sheet.finish()
    assert len(content) < 400_000
    fonts = set(re.findall(rb"/BaseFont /([A-Z]{6}\+[^ \n]+)", content))
    assert any(b"WenQuanYi" in font for font in fonts)
    meant = b"".join(re.findall(rb"<[0-9A-F]+>", content))
    for letter in "夏の音楽祭피아노钢琴":
        assert f"{ord(letter):04X}".encode() in meant


# --- certificates ---


@pytest.fixture
def made(ask, run_background) -> Track:
    """A real track by the built-in composer."""
    ask("calm piano, 5 s", model=COMPOSER)
    run_background()
    return Track.objects.select_related("generation__license", "generation__model__provider").get()


def test_a_track_keeps_the_terms_of_its_day(made, user):
    account = ProviderAccount.objects.get(key="composer")
    before = ingest.license_of(made.generation)
    License.objects.create(account=account, text="From now on, ask first.", created_by=user)
    again = Track.objects.get()
    assert certificates.certificate_of(again).license == before
    assert "without credit" in before


def test_a_new_run_comes_under_the_new_terms(ask, user):
    account = ProviderAccount.objects.get(key="fakepoll")
    now = timezone.now()
    old = License.objects.create(account=account, text="old", valid_from=now - dt.timedelta(days=9), created_by=user)
    assert ask().license == old
    new = License.objects.create(account=account, text="new", valid_from=now, created_by=user)
    License.objects.create(account=account, text="not yet", valid_from=now + dt.timedelta(days=9), created_by=user)
    assert ask().license == new


def test_terms_the_code_knows_are_kept_once_and_never_over_a_persons(synced_catalog, user, monkeypatch):
    account = ProviderAccount.objects.get(key="composer")
    for _ in range(2):
        catalog.sync()
    assert License.objects.filter(account=account).count() == 1
    catalog._sync_licence(account, "The code has learned better.")
    assert License.objects.filter(account=account).count() == 2
    License.objects.create(account=account, text="The lawyer's words.", created_by=user)
    catalog._sync_licence(account, "Once more.")
    assert License.objects.at(account, timezone.now()).text == "The lawyer's words."


def test_the_certificate_says_all_of_it(user_client, made):
    shown = user_client.get(f"/tracks/{made.public_id}/documents/").content.decode()
    content = words(certificates.certificate_pdf(certificates.certificate_of(made), compress=False))
    for fact in (made.sha256, "calm piano, 5 s", made.generation.public_id, "$0.00 per take", "without credit"):
        assert fact in shown
        assert fact in content.replace("\n", " ")
    assert "Generated by AI." in shown
    assert user_client.get(f"/tracks/{made.public_id}/certificate.pdf").content.startswith(b"%PDF-")


def test_a_title_cannot_write_into_the_credit_line(make_track):
    track = make_track("<script>alert(1)</script> & Co")
    assert "<script>" not in certificates.certificate_of(track).credit_html
    assert "&amp; Co" in certificates.certificate_of(track).credit_html


def test_a_track_from_before_terms_were_kept_says_so(user_client, make_track):
    track = make_track()
    assert Generation.objects.get().license is None
    shown = user_client.get(f"/tracks/{track.public_id}/documents/").content.decode()
    assert 'data-terms="current"' in shown


@pytest.mark.parametrize("format", ["mp3", "wav", "flac"])
def test_the_mark_of_ai_and_the_terms_are_in_every_format(made, format):
    file = renditions.make(made, format)
    tags = read_tags(file)
    assert tags.ai_generated is True
    assert "lgorithmicMedia" in tags.digital_source
    assert tags.license == made.generation.license.text
    assert Rendition.objects.count() == (0 if format == made.format else 1)
    assert media.path(made.file).exists()


def test_money_is_said_with_its_digits_on_paper(ask, user, priced):
    priced(POLL, "0.045")
    ledger.settle(ask(), 1, "done")
    made = statements.statement_of(Scope(User.objects.get(pk=user.pk)), spend.this_month(), "Ada", "now")
    assert made.month.spent == dollars("0.045")
    assert "$0.045" in words(statements.statement_pdf(made, compress=False))


def test_the_certificate_says_who_approved_it_as_long_as_that_holds(track, user):
    def approved() -> str:
        return dict(certificates.certificate_of(track).facts)["Approved for use"]

    assert approved() == "not yet (draft)"
    approvals.approve(track, user)
    assert approved().startswith("by Ada, ")
    approvals.withdraw(track, user)
    assert approved() == "not yet (draft)"
