"""The track page as a workbench: waveform, actions, three tabs; and its short form in the studio's right pane."""

import re

import pytest

from generator.models import NotificationKind
from generator.services.library import approvals

PANE = {"HX-Request": "true", "HX-Target": "detail"}
SECTIONS = [
    {"name": "intro", "start_s": 0.0, "end_s": 10.0},
    {"name": "A", "start_s": 10.0, "end_s": 30.0},
    {"name": "A2", "start_s": 30.0, "end_s": 50.0},
    {"name": "B", "start_s": 50.0, "end_s": 100.0},
    {"name": "of another composer", "start_s": 0.0, "end_s": 100.0},
]


@pytest.fixture
def page(user_client):
    """Return a track's page or pane: `page(track, "?tab=review")`."""

    def _page(track, query: str = "", **headers) -> str:
        return user_client.get(track.get_absolute_url() + query, headers=headers).content.decode()

    return _page


# --- tabs ---


@pytest.mark.parametrize(
    ("query", "tab"),
    [("", "finish"), ("?tab=review", "review"), ("?tab=record", "record"), ("?tab=nothing", "finish")],
)
def test_a_tab_is_a_page_of_its_own(page, track, query, tab):
    shown = page(track, query)
    assert re.findall(r'data-tab="(\w+)" aria-current="page"', shown) == [tab]
    assert re.findall(r'data-panel="(\w+)" data-open', shown) == [tab]
    assert re.findall(r'data-panel="(\w+)"', shown) == ["finish", "review", "record"]


def test_everything_that_an_address_can_name_is_on_a_tab(page, make_track, user):
    track = make_track(findings=[{"code": "clipping", "severity": "fault", "sentence": "It clips."}])
    comment = approvals.comment(track, user, 0, "Here")
    shown = page(track)
    for panel, ids in {
        "finish": ["downloads", "versions", "stems", "build-on"],
        "review": ["comments", f"comment-{comment.public_id}", "approval", "findings", "sharing", "share-with-link"],
        "record": ["license", "organize", "history"],
    }.items():
        part = shown.partition(f'data-panel="{panel}"')[2].partition('class="track-panel"')[0]
        assert [name for name in ids if f'id="{name}"' not in part] == []


def test_a_notification_leads_to_the_comment_on_its_tab(make_track, member, user):
    track = make_track()
    said = approvals.comment(track, member("viewer"), 0, "Too loud")
    told = user.notifications.filter(kind=NotificationKind.COMMENT).latest("id")
    assert told.link == f"{track.get_absolute_url()}?tab=review#comment-{said.public_id}"


def test_open_comments_are_counted_on_the_tab(page, track, user):
    assert 'class="tab-count"' not in page(track)
    first = approvals.comment(track, user, 0, "Here")
    approvals.comment(track, user, 100, "And here")
    approvals.resolve(first, user, True)
    assert re.findall(r'class="tab-count">(\d+)<', page(track)) == ["1"]


# --- actions ---


def test_the_actions_follow_what_one_may_do(page, client, track, member):
    shown = page(track)
    for part in ("data-play", "data-download", "data-star", "?tab=review#sharing", 'id="approve-action"', "?again="):
        assert part in shown.partition('class="track-actions"')[2].partition("</nav>")[0]
    client.force_login(member("viewer"))
    seen = client.get(track.get_absolute_url()).content.decode()
    actions = seen.partition('class="track-actions"')[2].partition("</nav>")[0]
    assert "?again=" not in actions
    assert 'name="on" value="1">' not in actions.partition('id="approve-action"')[2]


@pytest.mark.parametrize(
    ("target", "also", "ids"),
    [
        ("approve-action", "review", ["approve-action", "approval"]),
        ("approve-action", "", ["approve-action"]),
        ("approval", "", ["approval", "approve-action"]),
    ],
)
def test_approving_changes_every_place_that_says_it(user_client, track, target, also, ids):
    sent = {"on": "1", "also": also}
    reply = user_client.post(
        f"/tracks/{track.public_id}/approve/", sent, headers={"HX-Request": "true", "HX-Target": target}
    )
    shown = reply.content.decode()
    assert re.findall(r'id="(approv[\w-]+)"', shown) == ids
    assert shown.count('hx-swap-oob="true"') == len(ids) - 1
    assert shown.count("data-approved") == len(ids)


# --- waveform ---


def test_the_plan_of_the_sections_names_times_energy_and_players(page, make_track):
    planned = [
        {"name": "intro", "start_s": 0.0, "end_s": 10.0, "energy": 0.25, "players": ["Piano"], "title": ""},
        {"name": "B", "start_s": 10.0, "end_s": 99.0, "energy": 0.8, "players": ["Drums", "Bass"], "title": "Hook"},
    ]
    shown = page(make_track(length_ms=60_000, made_of={"sections": planned}))
    plan = shown.partition("sections-plan")[2].partition("</table>")[0]
    rows = re.findall(
        r"<tr>\s*<th scope=.row.>(.*?)</th>\s*<td[^>]*>(.*?)</td>.*?value=.(\d+).*?<td>(.*?)</td>", plan, re.S
    )
    assert rows == [("Intro", "0:00–0:10", "25", "Piano"), ("Hook", "0:10–1:00", "80", "Drums, Bass")]
    assert "sections-plan" not in page(make_track(made_of={"sections": SECTIONS}))


def test_sections_of_the_composition_are_drawn_and_unknown_ones_are_not(page, make_track):
    shown = page(make_track(length_ms=100_000, made_of={"sections": SECTIONS}))
    found = re.findall(r'class="section section-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', shown)
    assert found == [("edge", "0.00", "10.00"), ("verse", "10.00", "40.00"), ("chorus", "50.00", "50.00")]
    assert 'class="sections"' not in page(make_track())


@pytest.mark.parametrize("length_ms", [500, 5_000, 8_140, 30_000, 95_400, 600_000, 7_200_000])
def test_the_ruler_has_a_readable_number_of_labels(page, make_track, length_ms):
    shown = page(make_track(length_ms=length_ms)).partition('class="ruler"')[2].partition("</svg>")[0]
    labels = re.findall(r'<text class="(?:tick-odd)?" x="([\d.]+)%', shown)
    assert 1 <= len(labels) <= 9
    assert labels[0] == "0.00"
    assert len(re.findall("<line ", shown)) <= 60


def test_the_waveform_is_a_slider_with_all_peaks_for_the_zoom(page, make_track):
    shown = page(make_track(peaks=bytes(range(250)) * 8))
    assert 'type="range"' in shown.partition('id="waveform"')[2]
    assert len(re.search(r'data-peaks="([^"]+)"', shown)[1]) > 2600
    assert shown.count("data-zoom=") == 2


# --- the right pane ---


def test_the_pane_is_short_and_leads_to_the_page(page, track):
    shown = page(track, **PANE)
    assert f'id="open-full-page" href="{track.get_absolute_url()}"' in shown
    for part in ("data-close-detail", "data-play", "data-download", 'id="approve-action"', 'id="waveform"'):
        assert part in shown
    for part in ("<html", "data-panel", 'id="history"', 'id="organize"', 'id="stems"', "data-zoom"):
        assert part not in shown
    assert len(shown) < len(page(track)) * 0.75
