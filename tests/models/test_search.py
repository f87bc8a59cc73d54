"""Search results: in any spelling, and in scripts without spaces between words."""

import importlib
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.models import Track
from generator.models.search import MAX_TERM_CHARS, index_terms, matching
from generator.services.library import tracks as library_tracks

TITLES = {
    "japanese": "夏の音楽祭のテーマ",
    "chinese": "安静的钢琴曲",
    "korean": "잔잔한 피아노음악을",
    "thai": "เพลงเปียโนเงียบ",
    "turkish": "İSTANBUL ılık akşam",
    "german": "Straße im Fluß",
    "capital": "STRASSE",
    "composed": "Caf\u00e9 na\u00efve",
    "taken apart": "Cafe\u0301 nai\u0308ve",
    "french": "Œuvre cœur",
    "nordic": "Søndag på Ærø, Þingvellir",
    "polish": "Łódź",
    "wide": "ＢＧＭ ﾋﾟｱﾉ",
    "greek": "ΟΔΥΣΣΕΥΣ",
    "hindi": "हिन्दी संगीत",
    "arabic": "مُوسِيقَى هادئة",
    "hebrew": "שָׁלוֹם",
    "hidden": "zero\u200bwidth soft\u00adhyphen",
    "selected form": "葛\U000e0100城",
    "young letters": "\U00031350\U00031350野家",
    "picture": "night 🎹 love ❤ 👍🏽",
    "plain": "lo-fi_beats v2.5",
    "long": "x" * 5000,
}
FOUND = [
    ("音楽", "japanese"),
    ("楽祭", "japanese"),
    ("祭", "japanese"),
    ("テーマ", "japanese"),
    ("夏の音楽祭のテーマ", "japanese"),
    ("钢琴", "chinese"),
    ("琴曲", "chinese"),
    ("피아노", "korean"),
    ("음악", "korean"),
    ("잔", "korean"),
    ("เปียโน", "thai"),
    ("istanbul", "turkish"),
    ("ISTANBUL", "turkish"),
    ("\u0130stanbul", "turkish"),
    ("\u0131stanbul", "turkish"),
    ("ilik aksam", "turkish"),
    ("I\u0307STANB", "turkish"),
    ("strasse", "german capital"),
    ("STRASSE", "german capital"),
    ("straße", "german capital"),
    ("STRAẞE", "german capital"),
    ("fluss", "german"),
    ("cafe", "composed taken_apart"),
    ("caf\u00e9", "composed taken_apart"),
    ("CAFE\u0301", "composed taken_apart"),
    ("naive", "composed taken_apart"),
    ("oeuvre", "french"),
    ("cœur", "french"),
    ("sondag aero", "nordic"),
    ("thing", "nordic"),
    ("lodz", "polish"),
    ("bgm ピアノ", "wide"),
    ("οδυσσευς", "greek"),
    ("οδυσσεύσ", "greek"),
    ("हिन्दी", "hindi"),
    ("संगीत", "hindi"),
    ("موسيقى", "arabic"),
    ("שלום", "hebrew"),
    ("zerowidth", "hidden"),
    ("softhyphen", "hidden"),
    ("葛城", "selected_form"),
    ("葛\U000e0101城", "selected_form"),
    ("\U00031350野", "young_letters"),
    ("\U00031350\U00031350", "young_letters"),
    ("ﾟｱﾉ", "wide"),
    ("🎹", "picture"),
    ("❤\ufe0f", "picture"),
    ("👍", "picture"),
    ("👎", ""),
    ("beats", "plain"),
    ("lo-fi", "plain"),
    ("v2", "plain"),
    ("x" * 200, "long"),
    ("楽音", ""),
    ("琴钢", ""),
    ("harbour", ""),
    ("音楽 钢琴", ""),
]


@pytest.fixture
def titled(make_track) -> dict[str, Track]:
    tracks = {name: make_track() for name in TITLES}
    for name, track in tracks.items():
        Track.objects.filter(pk=track.pk).update(title=name, search_text=index_terms(TITLES[name]))
    return tracks


def found(words: str) -> set[str]:
    return set(matching(Track.objects.all(), words).values_list("title", flat=True))


def test_a_search_finds_what_a_person_would_say_is_there(titled):
    def expected(names: str) -> set[str]:
        return {name for name in TITLES if name.replace(" ", "_") in names.split()}

    wrong = [(words, found(words)) for words, names in FOUND if found(words) != expected(names)]
    assert wrong == []


LETTERS = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
    st.characters(min_codepoint=0xFF66, max_codepoint=0xFF9D),
    st.sampled_from("あがぎパピーゝ々〆ヶッ〇ㄅ𠮷𪚥𰻞\U00031350神"),
)


@pytest.mark.django_db
def test_any_part_of_two_letters_or_more_is_found(make_track):
    track = make_track()

    @settings(max_examples=40, deadline=None, database=None)
    @given(st.text(LETTERS, min_size=2, max_size=30), st.data())
    def _look(title, data):
        first = data.draw(st.integers(0, len(title) - 2))
        last = data.draw(st.integers(first + 2, len(title)))
        Track.objects.filter(pk=track.pk).update(search_text=index_terms(title))
        assert list(matching(Track.objects.all(), title[first:last])) == [track]

    _look()


@pytest.mark.parametrize("words", ["音楽祭", "istanbul akşam", "straße"])
def test_the_beginnings_find_it_while_it_is_typed(titled, words):
    whole = found(words)
    assert whole
    for length in range(1, len(words)):
        assert whole <= found(words[:length])


@pytest.mark.parametrize(
    "words", ["'", '"', "a' & 'b", "NEAR(x)", "*", "\\", "\x00", "\ud800", "( 音", "-x", "a" * 200]
)
def test_nothing_of_the_query_language_gets_through(titled, words):
    found(words)


def test_renaming_and_tags_are_found_at_once(make_track):
    track = make_track()
    library_tracks.rename(track, "静かな夜")
    library_tracks.tag(Track.objects.filter(pk=track.pk), "雨音")
    assert list(matching(Track.objects.all(), "かな")) == list(matching(Track.objects.all(), "雨音")) == [track]


def test_terms_are_short_and_parted_by_single_spaces():
    terms = index_terms("  " + "x" * 5000 + "  \n 音 ").split(" ")
    assert max(map(len, terms)) == MAX_TERM_CHARS
    assert all(terms)


def test_what_was_there_before_is_indexed_anew(make_track):
    track = make_track()
    Track.objects.filter(pk=track.pk).update(search_text="Straße\n夏の音楽祭  Ada")
    migration = importlib.import_module("generator.migrations.0054_search_terms")
    migration.reindex(None, SimpleNamespace(connection=connection))
    for words in ("strasse", "音楽", "ada"):
        assert list(matching(Track.objects.all(), words)) == [track]
    library_tracks.rename(track, "Something else")
    assert list(matching(Track.objects.all(), "音楽")) == []
