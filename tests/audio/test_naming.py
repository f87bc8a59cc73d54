"""File names that every system accepts and a person can recognize."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.audio import file_name


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"title": "Rain on the Window", "bpm": 82, "key": "A minor"}, "Rain on the Window - 82 BPM - A minor.flac"),
        ({"title": "Rain", "bpm": 81.6, "take": 2}, "Rain - take 2 - 82 BPM.flac"),
        ({"title": "Café 窓の雨"}, "Café 窓の雨.flac"),
        ({"title": 'AC/DC: "live" <1|2>?*'}, "AC DC live 1 2.flac"),
        ({"title": "../../etc/passwd"}, "etc passwd.flac"),
        ({"title": "CON"}, "CON_.flac"),
        ({"title": "com1.backup"}, "_com1.backup.flac"),
        ({"title": "  ...  "}, "Track.flac"),
        ({"title": ""}, "Track.flac"),
        ({"title": "a\r\nb\tc\u202egpj"}, "a b cgpj.flac"),
        ({"title": "-rf"}, "rf.flac"),
    ],
)
def test_names(asked, name) -> None:
    assert file_name(**asked, ext="flac") == name


@given(
    title=st.text(max_size=300),
    bpm=st.none() | st.floats(1, 400),
    key=st.none() | st.sampled_from(["A minor", "F# major"]),
    take=st.none() | st.integers(1, 9),
    ext=st.sampled_from(["mp3", "wav", "flac"]),
)
@example(title="nul", bpm=None, key=None, take=None, ext="mp3")
@example(title="LPT9", bpm=90.0, key="A minor", take=3, ext="mp3")
@example(title="雨" * 200, bpm=90.0, key="F# major", take=3, ext="mp3")
@example(title="x" * 119 + ". ", bpm=None, key=None, take=None, ext="wav")
@example(title="e\u0301" * 100, bpm=None, key=None, take=None, ext="wav")
def test_any_title_makes_a_safe_name(title, bpm, key, take, ext) -> None:
    name = file_name(title, bpm=bpm, key=key, take=take, ext=ext)
    stem, dot, end = name.rpartition(".")
    assert (dot, end) == (".", ext)
    assert 1 <= len(stem.encode()) <= 120
    assert not set(name) & set('<>:"/\\|?*')
    assert all(unicodedata.category(char)[0] != "C" for char in name)
    assert stem == stem.strip(" .")
    assert not stem.startswith("-")
    assert stem.partition(".")[0].strip().lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert unicodedata.is_normalized("NFC", name)
    if take:
        assert f"take {take}" in name
    if key:
        assert name.endswith(f"{key}.{ext}")
