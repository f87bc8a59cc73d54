"""What the composer reads from a text, and that no text does harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.composer import STYLES, Brief, BriefError, ComposerControls, compose, read_brief
from generator.composer.writing.form import plan
from generator.composer.writing.score import write


def brief(text: str, **controls: object) -> Brief:
    return read_brief(text, ComposerControls(**controls), seed=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("lo-fi, 45 s", 45),
        ("45s of jazz", 45),
        ("a 90-second trailer", 90),
        ("1:30 folk", 90),
        ("2 min house", 120),
        ("1.5 minutes", 90),
        ("two minutes of calm", 120),
        ("half a minute", 30),
        ("a minute and a half, warm", 90),
        ("thirty seconds", 30),
        ("an 80s synth groove", 60),
        ("music from the 90s", 60),
        ("80s synth, 30s", 30),
        ("50s of jazz", 50),
        ("jazz, 90s", 90),
        ("1000 s", 60),
        ("3 s", 60),
    ],
)
def test_lengths(text: str, seconds: float) -> None:
    assert brief(text).length_s == seconds


@pytest.mark.parametrize(
    ("text", "bpm"), [("90 bpm", 90), ("lo-fi at 72bpm", 72), ("128-BPM house", 128), ("jazz, 200 BPM", 200)]
)
def test_tempos(text: str, bpm: float) -> None:
    assert (brief(text).bpm, brief(text).bpm_is_requested) == (bpm, True)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("piano in D minor", "D minor"),
        ("F# major house", "F# major"),
        ("a waltz in Bb major", "Bb major"),
        ("E flat minor strings", "Eb minor"),
        ("folk in G-major", "G major"),
        ("C♯ minor", "C# minor"),
    ],
)
def test_keys(text: str, key: str) -> None:
    assert brief(text).key == key


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("lo-fi, no drums", {"drums"}),
        ("house without bass", {"bass"}),
        ("corporate, no drums and no piano", {"drums", "piano"}),
        ("folk, without any percussion, no melody", {"drums", "melody"}),
        ("drums and bass", set()),
    ],
)
def test_what_is_left_out(text: str, out: set[str]) -> None:
    assert brief(text).leave_out == out


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("rainy lo-fi for studying", "lofi"),
        ("epic trailer", "trailer"),
        ("orchestral fantasy", "orchestral"),
        ("christmas shopping", "holiday"),
        ("music for toddlers and kids", "children"),
        ("indie rock anthem", "rock"),
        ("liquid drum and bass", "dnb"),
        ("african drum circle", "world"),
        ("singing bowls for yoga", "meditation"),
        ("8-bit boss fight", "chiptune"),
        ("funky slap bass", "funk"),
        ("bossa nova for a cooking video", "bossa"),
        ("true crime podcast", "tension"),
        ("noir jazz", "jazz"),
        ("an 80s synth groove", "synthwave"),
        ("piano house", "house"),
    ],
)
def test_styles(text: str, style: str) -> None:
    assert brief(text).style == style


def test_what_was_heard_is_said_in_the_persons_words() -> None:
    heard = brief("rainy lo-fi, 45 s, no drums, in D minor, 80 bpm, seamless loop")
    assert heard.summary() == "lo-fi hip-hop, rainy, 45 s, 80 BPM, D minor, seamless loop, no drums"
    assert {word.phrase for word in heard.decisions} >= {"lo-fi", "rainy", "45 s", "80 bpm"}


def test_unknown_words_change_only_chance() -> None:
    plain, odd = brief("jazz 20 s"), brief("jazz 20 s flibbertigibbet quux")
    assert (plain.style, plain.length_s, plain.leave_out) == (odd.style, odd.length_s, odd.leave_out)


def test_rain_is_put_underneath_when_asked_and_vinyl_is_left_out() -> None:
    assert brief("piano with rain sounds").texture == "rain"
    assert brief("lo-fi").texture == "vinyl"
    assert brief("lo-fi, no crackle").texture == ""
    assert brief("lo-fi", leave_out=("vinyl",)).texture == ""


def test_controls_win_over_the_text() -> None:
    asked = brief("90 bpm jazz in D minor, 30 s", bpm=120, style="folk", key="A major", length_s=50)
    assert (asked.bpm, asked.style, asked.key, asked.length_s) == (120, "folk", "A major", 50)


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({"style": "polka"}, "“polka”"),
        ({"key": "H major"}, "“H major”"),
        ({"bpm": 10}, "Tempo must be between 40 and 220"),
        ({"energy": 1.5}, "Energy must be between 0 and 1"),
        ({"energy": ()}, "at least one level"),
        ({"density": -1}, "Density must be between"),
        ({"loudness_lufs": 0}, "Loudness must be between"),
    ],
)
def test_impossible_controls_are_refused_in_words(controls: dict[str, object], words: str) -> None:
    with pytest.raises(BriefError, match=words):
        brief("", **controls)


SPEAKING = st.sampled_from(
    ("no", "without", "and", "drums", "1:30", "90 bpm", "in D minor", "lo-fi", "🎧", "雨", "'; DROP TABLE", "<script>",
     "{{7*7}}", "\x00", "٣٠ s", "½ minute", "0 s", "9999 bpm", "two minutes", "minus", ",", "or", "the")
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(text=st.one_of(st.text(max_size=300), st.lists(SPEAKING, max_size=30).map(" ".join)), seed=st.integers(0, 2**31))
def test_any_text_gives_a_piece(text: str, seed: int) -> None:
    """At least its notes; the next test shows that all notes can be played."""
    settled = read_brief(text, seed=seed)
    score = write(settled, plan(settled), 1)
    assert settled.style in STYLES
    assert any(line.notes for line in score.lines) or score.hits or len(settled.leave_out) > 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "a" * 10_000,
        "no " * 3_333,
        "no drums, " * 1_000,
        "🎧🌧️👩‍🍳",
        "静かな雨の夜",
        "موسيقى هادئة",
        "'; DROP TABLE tracks; --",
        "../../etc/passwd\x00",
        "no drums, no bass, no piano, no guitar, no strings, no pads, no synths, no melody",
    ],
)
def test_odd_texts_sound(text: str) -> None:
    take = compose(read_brief(text, ComposerControls(length_s=5, style="corporate"), seed=1))
    assert len(take.pcm) == 5 * 44_100
    assert take.title
    assert take.midi().startswith(b"MThd")


@settings(max_examples=15, deadline=None)
@given(
    length=st.one_of(st.floats(5, 200), st.just(600.0)),
    bpm=st.one_of(st.none(), st.floats(40, 220)),
    energy=st.one_of(st.none(), st.floats(0, 1), st.lists(st.floats(0, 1), min_size=1, max_size=6).map(tuple)),
    density=st.one_of(st.none(), st.floats(0, 1)),
    loop=st.booleans(),
    style=st.sampled_from(list(STYLES)),
)
def test_any_possible_controls_give_notes(length, bpm, energy, density, loop, style) -> None:  # type: ignore[no-untyped-def]
    settled = brief("", length_s=length, bpm=bpm, energy=energy, density=density, loop=loop, style=style)
    form = plan(settled)
    score = write(settled, form, 2)
    assert any(line.notes for line in score.lines)
    assert form.length_s == length


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("Titelmusik für einen Wissenschaftspodcast", "podcast"),
        ("Hochzeitsfilm, romantisch", "wedding"),
        ("film de mariage, tendre", "wedding"),
        ("platformer, 8-bit", "game"),
        ("a yoga channel", "meditation"),
    ],
)
def test_what_the_music_is_for(text, use):
    assert brief(text).use == use


@pytest.mark.parametrize(
    "text", ["room for the speaker", "narration on top", "voice-over goes on top", "under our presenter", "a music bed"]
)
def test_a_voice_over_the_music_makes_it_a_bed(text):
    assert brief(f"{text}, ambient").bed
