"""What a text says: negations and lists, quantities, places, instruments, typos, languages, and names."""

import time

import pytest

from generator.composer import STYLES, ComposerControls, compose, read_brief
from generator.composer.text.meaning import nearest_genre
from generator.composer.text.parsing.facts import read
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.understanding import understand
from generator.composer.text.vocabulary.families import FAMILY, style_of
from generator.composer.text.vocabulary.languages import LANGUAGES


def brief(text: str):
    return read_brief(text, seed=1)


def understood(text: str):
    return understand(text, ComposerControls(), brief(text))


def wanted(text: str, kind: Kind) -> set[str]:
    return {fact.value for fact in read(text).find(kind)}


def denied(text: str, kind: Kind) -> set[str]:
    return {fact.value for fact in read(text).find(kind, wanted=False)}


@pytest.mark.parametrize(
    ("text", "out", "asked"),
    [
        ("no drums, strings and piano", {"drums"}, {"strings", "piano"}),
        ("no drums or bass", {"drums", "bass"}, set()),
        ("no drums, bass or vocals", {"drums", "bass"}, set()),
        ("without piano and drums", {"piano", "drums"}, set()),
        ("without drums, bass and piano", {"drums", "bass", "piano"}, set()),
        ("without drums but with harp", {"drums"}, {"harp"}),
        ("no drums, but please add a choir", {"drums"}, {"choir"}),
        ("I don't want any guitars. Violin please", {"guitar"}, {"violin"}),
        ("avoid the crazy distorted synths", {"synth"}, set()),
        ("guitar-free folk with flute", {"guitar"}, {"flute"}),
        ("drumless jazz", {"drums"}, set()),
        ("everything except drums", {"drums"}, set()),
        ("nothing but piano", set(), {"piano"}),
        ("no instruments except harp", set(), {"harp"}),
        ("strings instead of brass", {"brass"}, {"strings"}),
        ("not only strings but also harp", set(), {"strings", "harp"}),
        ("less drums", set(), set()),
        ("drums yes, guitar no", {"guitar"}, {"drums"}),
        ("Style: rock. Avoid: brass, choir. With: harp", {"brass", "choir"}, {"harp"}),
        ("no music with drums or bass, just a pad", {"drums", "bass"}, {"pad"}),
        ("ni batterie ni cuivres, une harpe", {"drums", "brass"}, {"harp"}),
        ("ピアノ禁止、ハープ", {"piano"}, {"harp"}),
        ("drums and bass only", set(), {"drums", "bass"}),
        ("ohne Klavier und Schlagzeug, mit Harfe", {"piano", "drums"}, {"harp"}),
        ("sans batterie ni basse, avec violon", {"drums", "bass"}, {"violin"}),
        ("ドラムとベースなし、ピアノ", {"drums", "bass"}, {"piano"}),
        ("不要鼓和贝斯，要小提琴", {"drums", "bass"}, {"violin"}),
        ("드럼 없이 피아노", {"drums"}, {"piano"}),
    ],
)
def test_negations_have_a_scope(text, out, asked):
    assert denied(text, Kind.INSTRUMENT) == out
    assert wanted(text, Kind.INSTRUMENT) == asked


@pytest.mark.parametrize(
    ("text", "moods", "genres"),
    [
        ("not sad piano music", set(), set()),
        ("neither happy nor sad, ambient", set(), {"ambient"}),
        ("not too dark thriller", set(), {"tension"}),
        ("no jazz, something funky", set(), {"funk"}),
        ("nothing epic, calm folk", {"calm"}, {"folk"}),
        ("nicht zu traurig, eher fröhlich", {"happy"}, set()),
    ],
)
def test_denied_moods_and_genres_are_not_heard(text, moods, genres):
    assert wanted(text, Kind.MOOD) == moods
    assert wanted(text, Kind.GENRE) | wanted(text, Kind.TOPIC) == genres


def test_a_denied_genre_is_not_played():
    for seed in range(8):
        assert read_brief("calm, not ambient", seed=seed).style != "ambient"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2 min 30 s", 150), ("1m45s", 105), ("½ minute", 30), ("2½ minutes", 150), ("90sec", 90),
        ("2 1/2 minutes", 150),
        ("a minute and twenty seconds", 80), ("minute and a half? a minute and a half", 90), ("1 minute 30", 90),
        ("2 and a half minutes", 150), ("10-20 seconds", 15), ("forty five seconds", 45), ("anderthalb Minuten", 90),
        ("une minute et demie", 90), ("dos minutos y medio", 150), ("2分30秒", 150), ("一分半", 90), ("两分钟", 120),
        ("1분 30초", 90), ("tre minuti", 180), ("lo-fi for a 15 s intro", 15), ("drop at 0:20, one minute", 60),
        ("quiet until 0:20, length: 45 s", 45), ("hit at 12 s, 30 seconds long", 30),
    ],
)  # fmt: skip
def test_lengths_in_all_forms(text, seconds):
    assert brief(text).length_s == seconds


@pytest.mark.parametrize("text", ["1h of jazz", "half an hour of jazz", "jazz, 45 minutes"])
def test_a_length_out_of_range_is_refused_and_said(text):
    assert brief(text).length_s == 60
    assert [unknown.kind for unknown in understood(text).not_understood] == ["length"]
    assert "length" not in {chip.name for chip in understood(text).chips}


@pytest.mark.parametrize(
    ("text", "bpm"),
    [
        ("dnb 174", 174), ("tempo 118", 118), ("BPM: 90", 90), ("around 100 bpm", 100), ("170bpm", 170),
        ("90-100 bpm", 95),
        ("120 beats per minute", 120), ("テンポ120", 120), ("速度90", 90), ("템포 100", 100), ("presto strings", 180),
    ],
)  # fmt: skip
def test_tempos_in_all_forms(text, bpm):
    assert (brief(text).bpm, brief(text).bpm_is_requested) == (bpm, True)


@pytest.mark.parametrize(
    "text", ["808 and trap", "top 100 people", "the year 1999", "8-bit", "jazz, 20 s", "100% hype"]
)
def test_other_numbers_are_no_tempo(text):
    assert not brief(text).bpm_is_requested


def test_slow_and_fast_move_the_tempo_within_the_style():
    slow, fast = ([read_brief(f"{pace} house", seed=seed).bpm for seed in range(9)] for pace in ("slow", "fast"))
    low, _, high = STYLES["house"].tempo
    assert low <= min(slow) <= max(slow) < min(fast) <= max(fast) <= high


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("key of G", "G major"), ("lo-fi in Am", "A minor"), ("C#m", "C# minor"), ("slow blues in E", "E major"),
        ("in a minor", "A minor"), ("a-Moll", "A minor"), ("H-Dur", "B major"), ("Es-Dur", "Eb major"),
        ("la menor", "A minor"),
        ("si bémol majeur", "Bb major"), ("イ短調", "A minor"), ("가단조", "A minor"), ("C大调", "C major"),
        ("in Bb", "Bb major"), ("soul, 72 bpm, Eb, organ", "Eb major"),
    ],
)  # fmt: skip
def test_keys_in_all_forms(text, key):
    assert brief(text).key == key


@pytest.mark.parametrize(
    "text", ["a minor setback", "in a minor key", "In A Gadda", "I am in", "DM me", "vitamin C video"]
)
def test_other_letters_are_no_key(text):
    assert not read(text).find(Kind.KEY)


def test_a_meter_in_figures_counts_before_one_that_a_word_implies():
    assert brief("a lullaby on a celesta, 3/4").meter == "3/4"
    assert brief("a lullaby on a celesta").meter == "6/8"


@pytest.mark.parametrize(("text", "mood"), [("darker", "dark"), ("a bit happier", "happy"), ("a sadder piano", "sad")])
def test_comparatives_are_moods(text, mood):
    assert wanted(text, Kind.MOOD) == {mood}


def test_a_connecting_word_is_no_fact_of_another_language():
    assert wanted("música para un vídeo sobre la montaña, épica", Kind.MOOD) == {"epic"}  # French "sobre" is sober


def test_an_unsupported_meter_is_said():
    assert [(unknown.phrase, unknown.kind) for unknown in understood("jazz in 5/4").not_understood] == [
        ("5/4", "meter")
    ]


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("jazz, no drums in the first 10 seconds", [("out", 0, 10, {"drums"})]),
        ("house, no drums or bass until 0:16", [("out", 0, 16, {"drums", "bass"})]),
        ("trailer, hit at 12 s and at 0:30", [("hit", 12, 12, set()), ("hit", 30, 30, set())]),
        ("trailer, hits at 3 s, 6 s and 9 s", [("hit", 3, 3, set()), ("hit", 6, 6, set()), ("hit", 9, 9, set())]),
        ("house, drums leave at 12 s and return at 20 s", [("out", 12, 60, {"drums"}), ("enter", 20, 20, {"drums"})]),
        ("house, drop at 0:45, stop at 30 s", [("stop", 30, 30, set()), ("drop", 45, 45, set())]),
        ("folk, quiet in the last 15 s", [("quiet", -15, 0, set())]),
        ("starts quiet, builds at 0:20", [("quiet", 0, 20, set()), ("build", 20, 20, set())]),
        ("8 s intro then drums come in", [("section", 0, 8, set()), ("enter", 8, 8, {"drums"})]),
        (
            "house, quiet for 5 seconds, then a hit at 0:05, then full until 0:20",
            [("quiet", 0, 5, set()), ("hit", 5, 5, set()), ("full", 5, 20, set())],
        ),
        ("strings enter at 0:30, jazz", [("enter", 30, 30, {"strings"})]),
        ("from 0:10 to 0:20 no drums, house", [("out", 10, 20, {"drums"})]),
        ("in den ersten 10 Sekunden kein Schlagzeug", [("out", 0, 10, {"drums"})]),
        ("前10秒没有鼓，爵士", [("out", 0, 10, {"drums"})]),
        ("最初の10秒はドラムなし、ジャズ", [("out", 0, 10, {"drums"})]),
    ],
)
def test_a_time_is_a_place_in_the_piece(text, moments):
    found = [(moment.kind, moment.start_s, moment.end_s, set(moment.players)) for moment in brief(text).timeline]
    assert found == moments
    assert brief(text).leave_out == frozenset()
    assert brief(text).length_s == 60


def test_a_moment_is_a_chip_that_can_be_ignored():
    text = "jazz, no drums in the first 10 seconds, 45 s"
    [chip] = [chip for chip in understood(text).chips if chip.name == "moment"]
    ignored = read_brief(text, ComposerControls(ignore=tuple(chip.phrase.split(", "))), seed=1)
    assert (ignored.timeline, ignored.leave_out, ignored.length_s) == ((), frozenset(), 45)


def test_a_place_of_nothing_is_said():
    assert [unknown.kind for unknown in understood("jazz at 0:45").not_understood] == ["place"]
    assert [unknown.kind for unknown in understood("jazz, 20 s, hit at 0:30").not_understood] == ["place"]


@pytest.mark.parametrize(
    ("text", "player", "nearest"),
    [
        ("lo-fi with violin", "violin", ""),
        ("jazz with cello", "cello", ""),
        ("ambient and celesta", "celesta", ""),
        ("house with rhodes", "electric piano", ""),
        ("rock plus ukulele", "ukulele", ""),
        ("house with mandolin", "guitar", "guitar"),
        ("lo-fi with bassoon", "flute", "flute"),
        ("rock with theremin", "synth", "synth"),
    ],
)
def test_instruments_by_their_own_names(text, player, nearest):
    made = brief(text)
    assert player in made.leave_in or any(part.family == player for part in STYLES[made.style].parts)
    assert [unknown.title for unknown in understood(text).not_understood] == ([nearest] if nearest else [])


def test_a_soloist_plays_in_the_piece():
    made = compose(read_brief("lo-fi with violin and celesta, 12 s, no drums", seed=3))
    assert {"violin", "celesta"} <= {line.part.instrument for line in made.score.lines if line.notes}


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("chill beat for a study vlog", "lofi"),
        ("jazz for a cooking video", "jazz"),
        ("piano for a podcast", "piano"),
        ("happy music for a wedding", "folk"),
        ("orchestral music for a video game", "orchestral"),
        ("ambient techno for a fashion show", style_of("techno")[0]),
        ("sad, for a fashion show", "piano"),
    ],
)
def test_a_genre_counts_before_an_instrument_a_mood_and_a_use(text, style):
    assert brief(text).style == style


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("orchestrl", Kind.GENRE, "orchestral"),
        ("regae", Kind.GENRE, "reggae"),
        ("viollin", Kind.INSTRUMENT, "violin"),
        ("celo", Kind.INSTRUMENT, "cello"),
        ("enrgetic", Kind.MOOD, "energetic"),
        ("inspriational", Kind.MOOD, "hopeful"),
    ],
)
def test_typos_are_corrected(text, kind, value):
    assert wanted(text, kind) == {value}


@pytest.mark.parametrize(
    "word", ["silky", "hazel", "orchard", "blurs", "furry", "patio", "planet", "fund", "drugs", "horse"]
)
def test_real_words_are_no_typos(word):
    assert not [fact for fact in read(word).facts if fact.phrase != word]


@pytest.mark.parametrize(
    ("text", "style", "mood", "seconds"),
    [
        ("Ruhige Klaviermusik ohne Schlagzeug, 45 Sekunden", "piano", "calm", 45),
        ("musique joyeuse pour orchestre sans batterie, 45 secondes", "orchestral", "happy", 45),
        ("bossa nova alegre sin batería, 45 segundos", "bossa", "happy", 45),
        ("colonna sonora epica senza batteria, 45 secondi", "cinematic", "epic", 45),
        ("samba animado sem bateria, 45 segundos", "bossa", "upbeat", 45),
        ("悲しいピアノ曲、ドラムなし、45秒", "piano", "sad", 45),
        ("欢快的爵士乐，不要鼓，45秒", "jazz", "happy", 45),
        ("신나는 재즈, 드럼 없이, 45초", "jazz", "energetic", 45),
    ],
)
def test_briefs_in_other_languages(text, style, mood, seconds):
    made = brief(text)
    assert (made.style, made.moods, made.length_s, made.leave_out) == (style, (mood,), seconds, {"drums"})


@pytest.mark.parametrize(
    "text", ["The alto section of the estate", "we tested the hotel pub", "comic buffet for kinder lads"]
)
def test_english_words_are_not_read_in_other_languages(text):
    assert not [fact for fact in read(text).facts if fact.kind in (Kind.GENRE, Kind.MOOD, Kind.INSTRUMENT)]


@pytest.mark.parametrize(
    ("text", "genre"),
    [
        ("like Hans Zimmer", "cinematic"),
        ("Stardew Valley vibes", "folk"),
        ("in the style of Daft Punk", "house"),
        ("something like Queen", "rock"),
        ("久石譲のような曲", "orchestral"),
    ],
)
def test_a_name_is_what_is_meant_by_it_and_that_is_said(text, genre):
    style = style_of(genre)[0]
    assert brief(text).style == style
    assert [(unknown.kind, unknown.value) for unknown in understood(text).not_understood] == [("name", style)]


@pytest.mark.parametrize("text", ["a queen in a castle", "the muse of my life", "drake and goose, folk"])
def test_common_words_are_no_names(text):
    assert not read(text).find(Kind.NAME)


def test_every_genre_has_a_style_and_what_is_only_near_is_said():
    genres = {value for language in LANGUAGES for value in language.facts.get(Kind.GENRE, ())}
    assert genres <= set(FAMILY)
    assert all(style_of(genre)[0] for genre in genres)
    assert [unknown.kind for unknown in understood("klezmer").not_understood] == ["genre"]
    assert understood("jazz").not_understood == ()


@pytest.mark.parametrize(
    "text", ["", "podcast", "happy", "something for my brand", "beach", "ukulele", "piano, violin"]
)
def test_a_guess_is_never_shown_as_heard(text):
    shown = {chip.name for chip in understood(text).chips}
    assert shown.isdisjoint({"style", "length", "bpm", "key", "meter"})
    assert "not said" in brief(text).summary()


def test_words_of_no_vocabulary_are_said_if_they_are_all_there_is():
    [unknown] = understood("flibbertigibbet quux").not_understood
    assert (unknown.phrase, unknown.kind) == ("flibbertigibbet quux", "words")
    assert understood("flibbertigibbet jazz").not_understood == ()


class Encoder:
    """Stands for the optional encoder: knows one phrase, whose vector is that of an anchor."""

    def __init__(self, genre: str) -> None:
        genres, labels, anchors = nearest_genre._anchors()
        self.vector, self.other = anchors[labels == genres.index(genre)].sum(axis=0), anchors.mean(axis=0)

    def encode(self, phrases):
        return [self.vector if "gunfight" in phrase else self.other * 0 for phrase in phrases]


def test_an_encoder_maps_unknown_words_to_the_nearest_genre(monkeypatch):
    monkeypatch.setattr(nearest_genre, "is_available", lambda: True)
    monkeypatch.setattr(nearest_genre, "_encoder", lambda: Encoder("western"))
    nearest_genre._nearest.cache_clear()
    text = "gunfight at high noon"
    assert brief(text).style == style_of("western")[0]
    assert [(unknown.phrase, unknown.kind) for unknown in understood(text).not_understood] == [(text, "meant")]
    assert [unknown.kind for unknown in understood("parsley stapler").not_understood] == ["words"]
    nearest_genre._nearest.cache_clear()


def test_reading_is_fast_and_linear():
    read("warm up")
    began = time.perf_counter()
    for number in range(40):
        read(f"rainy lo-fi number {number} for a cooking video, 45 s, no drums, with violin, drop at 0:20, in D minor")
    assert (time.perf_counter() - began) / 40 < 0.015
    began = time.perf_counter()
    for text in (
        "no drums, " * 2000,
        "雨" * 9000,
        "90 bpm " * 2500,
        "orchestrl " * 1500,
        "a" * 20_000,
        "at 0:10 " * 2000,
    ):
        read(text)
    assert time.perf_counter() - began < 20
