"""The jobs whose clicks are promised, walked as a person walks them; the tests and `benchmarks.page` count these."""

import itertools
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from playwright.sync_api import Page, expect

from tests.audio.signals import RATE, noise
from tests.audio.singers import talker
from tests.browser.clicks import clicks, count_clicks
from tests.browser.hands import Hand, Mouse
from tests.browser.runs import make_track
from tests.browser.test_main_job import is_playing
from tests.management.tree import Studio

PASSWORD = "a long enough password"
ISSUES_IN_A_MONTH = 72
_numbers = itertools.count(1)  # people and projects of their own for each walk

INVITED = """
from generator.models import Role, Track, User
from generator.services.team import invitations
owner = User.objects.get(is_superuser=True)
track = Track.objects.filter(author=owner).order_by("pk").first()
invitation = invitations.invite("{email}", owner, track.project, Role.VIEWER, "Grace Hopper")
print(f"/join/{{invitation.token}}/")
"""
MEMBER = """
from generator.models import User
User.objects.create_user("{email}", "{password}", name="Grace Hopper").vouch_for_address()
"""
OPEN_MONTH = """
import datetime as dt
from django.utils import timezone
from generator.models import ClosedMonth
# A month can be closed an hour after it has ended.
month = (timezone.now() - dt.timedelta(hours=2)).replace(day=1) - dt.timedelta(days=1)
while ClosedMonth.objects.filter(month=f"{month:%Y-%m}").exists():
    month = month.replace(day=1) - dt.timedelta(days=1)
print(f"{month:%Y-%m}")
"""
ISSUES = """
from generator.models import ReconciliationIssue
ReconciliationIssue.objects.bulk_create([
    ReconciliationIssue(kind="price", subject=f"{month} {{n}}", sentence=f"Billed otherwise {{n}}", month="{month}")
    for n in range({count})
])
"""
BOOKED = """
import datetime as dt
from unittest.mock import patch
from django.utils import timezone
from generator.models import LedgerEntry, User
from generator.services.billing import ledger
person = User.objects.get(pk=1)
before = dt.datetime.strptime("{month}-20", "%Y-%m-%d").replace(tzinfo=dt.UTC)
with patch("django.utils.timezone.now", return_value=before):
    ledger.book(LedgerEntry.Kind.ADJUSTMENT, 120_000, project=person.personal_project, user=person,
                reason="a browser test", model_key="composer/composer")
"""

# The administrator’s first steps begin anew, whatever earlier walks have done.
TOUR = """
from django.utils import timezone
from generator.models import Tour, User
begun = {"started_at": timezone.now(), "dismissed_at": None, "listened_at": None, "downloaded_at": None}
Tour.objects.update_or_create(user=User.objects.get(is_superuser=True), defaults=begun)
"""


@dataclass(frozen=True)
class Journey:
    """A job: `prepare` brings the page to its start, `walk` does it and returns what it yields; only `walk` counts."""

    name: str
    most_clicks: int
    prepare: Callable[[Page, Studio], None]
    walk: Callable[[Page, Hand], Any]

    def count(self, page: Page, studio: Studio) -> int:
        return self.follow(page, studio, Mouse())[0]

    def follow(self, page: Page, studio: Studio, hand: Hand) -> tuple[int, Any]:
        """Return the clicks, and what the walk yielded."""
        self.prepare(page, studio)
        count_clicks(page)
        outcome = self.walk(page, hand)
        return clicks(page), outcome


def _open_studio(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/")
    page.locator("#prompt").wait_for()


def _type_a_prompt(page: Page, studio: Studio) -> None:
    _open_studio(page, studio)
    page.locator("#prompt").fill("warm lo-fi, 6 s")
    expect(page.locator("[data-chip=length]")).to_contain_text("6 s")


def _hear_the_first_sound(page: Page, hand: Hand) -> None:
    newest = page.locator(".track[data-src] .track-title a").first
    before = newest.get_attribute("href")
    hand.press(page.locator("#generate"))
    expect(newest).not_to_have_attribute("href", str(before), timeout=60_000)
    hand.press(page.locator(".track[data-src] [data-play]").first)
    is_playing(page)


def _have_a_track(page: Page, studio: Studio) -> None:
    _open_studio(page, studio)
    make_track(page, "calm ambient, 20 s")


def _deliver_thirty_seconds(page: Page, hand: Hand) -> Any:
    """Return the download of a 0:30 version as MP3 and WAV at −16 LUFS."""
    hand.press(page.locator(".track-title a").first)
    hand.press(page.get_by_role("button", name="0:30", exact=True))
    version = page.locator("#detail .version", has_text="0:30")
    hand.press(version.locator(".split-more"))
    with page.expect_download(timeout=60_000) as download:
        hand.press(version.get_by_label("MP3 + WAV, −16 LUFS"))
    return download.value


def have_a_new_project(page: Page, studio: Studio) -> None:
    """Make a project that can be shared, and open it; where a visitor starts depends on what was done before."""
    page.goto(f"{studio.url}/projects/new/")
    page.locator("#name").fill(f"Five guests {next(_numbers)}")
    page.locator("main .button-live").click()
    page.wait_for_url(re.compile(r"/projects/(?!new/)\w+/$"))


def _invite_five(page: Page, hand: Hand) -> None:
    hand.press(page.locator(".switcher > summary"))
    hand.press(page.locator(".switcher .menu a[href$='/members/']"))
    expect(page.locator("#email")).to_be_focused()
    names = ("Ada Lovelace", "Bo Diddley", "Cy Twombly", "Dee Dee", "Eve Arden")
    company = f"five{next(_numbers)}.example"
    page.keyboard.type(", ".join(f"{name} <{name.split()[0].lower()}@{company}>" for name in names))
    hand.press(page.locator("#invite .button-live"))
    expect(page.locator("#invited [data-state=invited]")).to_have_count(5)
    expect(page.locator("#pending-invitations li")).to_have_count(5)


def _have_a_month_to_close(page: Page, studio: Studio) -> None:
    month = studio.output(OPEN_MONTH).strip()  # the last one, or an earlier one that is still open
    studio.shell(BOOKED.format(month=month))
    studio.shell(ISSUES.format(month=month, count=ISSUES_IN_A_MONTH))
    _open_studio(page, studio)
    page.evaluate("month => { sessionStorage.month = month; }", month)


def _close_the_month(page: Page, hand: Hand) -> None:
    month = page.evaluate("sessionStorage.month")
    hand.press(page.locator(".shell-nav a[href='/admin/']"))
    hand.press(page.locator("#close-month"))
    hand.press(page.locator("#resolve-issues"))
    hand.enter(page.locator("#text"))
    page.keyboard.type("compared with the bill")
    hand.press(page.locator("button[name=all]"))
    hand.press(page.locator("#close .button.default"))
    closed = page.locator(f"tr[data-month='{month}']")
    expect(closed).to_have_attribute("data-closed", "")


def _follow_an_invitation(page: Page, studio: Studio) -> None:
    """Open the link of an invitation as somebody who has no account."""
    page.context.clear_cookies()
    page.goto(studio.url + studio.output(INVITED.format(email=f"grace{next(_numbers)}@new.example")).strip())
    page.locator("main [name=password1]").wait_for()


def _create_the_account_and_listen(page: Page, hand: Hand) -> None:
    expect(page.locator("main [name=password1]")).to_be_focused()  # all else is known from the invitation
    page.keyboard.type(PASSWORD)
    hand.press(page.locator("main .button-live"))
    _play_what_is_in_view(page, hand)


def _have_an_invitation(page: Page, studio: Studio) -> None:
    """Open the page of projects as somebody with an account who is invited to one more."""
    email = f"grace{next(_numbers)}@old.example"
    studio.shell(MEMBER.format(email=email, password=PASSWORD) + INVITED.format(email=email))
    page.context.clear_cookies()
    page.goto(f"{studio.url}/accounts/login/?next=/projects/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.locator("form[action$='/accept/']").wait_for()


def _accept_and_listen(page: Page, hand: Hand) -> None:
    hand.press(page.locator("form[action$='/accept/'] button"))
    _play_what_is_in_view(page, hand)


def _play_what_is_in_view(page: Page, hand: Hand) -> None:
    """Press the first play mark of the list, which nobody had to scroll to."""
    mark = page.locator(".track[data-src] [data-play]").first
    mark.wait_for()
    expect(mark).to_be_in_viewport(ratio=1)
    hand.press(mark)
    is_playing(page)


# --- the finishing room ---


def _have_a_track_page(page: Page, studio: Studio) -> None:
    _open_studio(page, studio)
    page.goto(studio.url + make_track(page, "calm piano, 40 s"))
    page.locator("#open-finish").wait_for()


def _await_preview(page: Page) -> None:
    preview = page.locator("#edit-preview")
    expect(preview).to_have_attribute("data-state", "ready", timeout=90_000)


def _make_and_download(page: Page, hand: Hand, link: str) -> Any:
    hand.press(page.locator("[id^=make-files-]"))
    newest = page.locator("#edit-made .made-edit").first
    expect(newest).to_have_attribute("data-state", "ready", timeout=90_000)
    with page.expect_download(timeout=60_000) as download:
        hand.press(newest.locator(link))
    return download.value


def _deliver_to_an_edit(page: Page, hand: Hand) -> Any:
    """Return a zip with MP3 and 48 kHz/24 bit WAV of 28.5 s at −16 LUFS with a fade-in, heard before it is made."""
    hand.press(page.locator("#open-finish"))
    hand.enter(page.locator("#e-length"))
    page.keyboard.type("28.5")
    hand.enter(page.locator("#e-fade_in"))
    page.keyboard.type("1")
    hand.press(page.locator("#job-podcast"))
    _await_preview(page)
    hand.press(page.locator("#edit-preview [data-play]"))
    is_playing(page)
    hand.press(page.locator("#format-wav48"))
    return _make_and_download(page, hand, "a[href$='files.zip']")


def _deliver_a_loop(page: Page, hand: Hand) -> Any:
    """Return the OGG of a seamless loop."""
    hand.press(page.locator("#edits .chip", has_text="loop"))
    _await_preview(page)
    return _make_and_download(page, hand, 'a:has-text("OGG")')


def _deliver_a_pack(page: Page, hand: Hand) -> Any:
    """Return the zip of the preset that is offered."""
    hand.press(page.locator("#delivery-pack #make-pack"))
    expect(page.locator("#pack")).to_have_attribute("data-state", "ready", timeout=180_000)
    with page.expect_download(timeout=60_000) as download:
        hand.press(page.locator("#pack-download"))
    return download.value


@cache
def voice_file() -> Path:
    """Return a recording of six seconds of speech."""
    samples = np.concatenate([talker(4.0, seed=2), noise(2.0, 0.0003)])
    file = Path(tempfile.mkdtemp()) / "intro.wav"
    soundfile.write(file, samples, RATE)
    return file


def _deliver_under_a_voice(page: Page, hand: Hand) -> Any:
    """Return the music alone of a track turned down under a recording; the mix is made with it."""
    hand.press(page.locator("#open-finish"))
    page.locator("#room .edit-lines").wait_for(state="attached")  # without its script the link leads to a form
    with page.expect_file_chooser() as chooser:
        hand.press(page.locator("#job-voice"))
    chooser.value.set_files(voice_file())
    _await_preview(page)
    expect(page.locator("#voice-meter")).to_be_visible()
    hand.press(page.locator("#save-both"))
    hand.press(page.locator("[id^=make-files-]"))
    made = page.locator("#edit-made .made-edit[data-state=ready]")
    expect(made.nth(1)).to_be_visible(timeout=90_000)
    with page.expect_download(timeout=60_000) as download:
        hand.press(made.nth(1).locator("a[download]").first)
    return download.value


FIRST_SOUND = Journey("type, first sound", 2, _type_a_prompt, _hear_the_first_sound)
THIRTY_SECONDS = Journey("0:30 as MP3 + WAV at −16 LUFS", 4, _have_a_track, _deliver_thirty_seconds)
INVITE_FIVE = Journey("invite five people", 3, have_a_new_project, _invite_five)
CLOSE_A_MONTH = Journey("close a month of 72 issues", 8, _have_a_month_to_close, _close_the_month)
JOIN_AND_LISTEN = Journey("accept as a new person, play", 2, _follow_an_invitation, _create_the_account_and_listen)
ACCEPT_AND_LISTEN = Journey("accept with an account, play", 2, _have_an_invitation, _accept_and_listen)

EDIT_DELIVERED = Journey("28.5 s as MP3 + WAV at −16 LUFS, faded in", 8, _have_a_track_page, _deliver_to_an_edit)
LOOP_DELIVERED = Journey("a game loop as OGG", 4, _have_a_track_page, _deliver_a_loop)
VOICE_DELIVERED = Journey("under my voice, alone and mixed", 5, _have_a_track_page, _deliver_under_a_voice)

# In this order for one page: the last two leave it with somebody else signed in.
JOURNEYS = (
    FIRST_SOUND,
    THIRTY_SECONDS,
    EDIT_DELIVERED,
    LOOP_DELIVERED,
    VOICE_DELIVERED,
    INVITE_FIVE,
    CLOSE_A_MONTH,
    JOIN_AND_LISTEN,
    ACCEPT_AND_LISTEN,
)
PACK_DELIVERED = Journey("everything of a track in one zip", 2, _have_a_track_page, _deliver_a_pack)
