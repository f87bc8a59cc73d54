"""Tags of files, in three formats and converted between them."""

from dataclasses import fields, replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from PIL import Image

from generator.audio import FORMATS, Tags, convert, decode, encode, read_cover, read_tags, write_tags
from tests.audio.signals import RATE, song

FULL = Tags(
    title="Regen am Fenster – 窓の雨 🎧",
    artist="Музыка · BGM Studio",
    album="Кухня",
    date="2026-11-21",
    comment="Made by AI.\nTake 1.",
    bpm=82.0,
    key="A minor",
    isrc="AA6Q72000047",
    encoder="BGM Studio",
    license="Use it anywhere.",
    prompt='warm lo-fi, d\'accord; "café" = 1',
    generator="composer/studio",
    url="https://studio.example/t/abc?x=1",
    track_id="G-1/2",
    digital_source="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    ai_generated=True,
)


def picture(kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (32, 32), (200, 80, 40)).save(out, kind)
    return out.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    for format in FORMATS:
        encode(song(1), RATE, folder / f"song.{format}", format)
    return folder


@pytest.fixture
def file(made, tmp_path, request):
    path = tmp_path / f"song.{request.param}"
    path.write_bytes((made / path.name).read_bytes())
    return path


each_format = pytest.mark.parametrize("file", FORMATS, indirect=True)


def test_the_full_set_is_full() -> None:
    assert all(getattr(FULL, field.name) for field in fields(Tags))


@each_format
@pytest.mark.parametrize("tags", [FULL, Tags(), Tags(title="Only this"), replace(FULL, ai_generated=False, bpm=None)])
def test_round_trip(file, tags) -> None:
    before = decode(file).samples
    write_tags(file, tags, picture())
    assert read_tags(file) == tags
    assert read_cover(file) == picture()
    assert (decode(file).samples == before).all()


@each_format
@pytest.mark.parametrize("target", FORMATS)
def test_tags_survive_a_conversion(file, target, tmp_path) -> None:
    write_tags(file, FULL, picture())
    out = tmp_path / f"other.{target}"
    convert(file, out, target)
    assert read_tags(out) == FULL
    assert read_cover(out) == picture()
    assert decode(out).frames == RATE


@each_format
def test_writing_replaces_everything(file) -> None:
    write_tags(file, FULL, picture())
    write_tags(file, Tags(title="Second"))
    assert read_tags(file) == Tags(title="Second")
    assert read_cover(file) is None


@each_format
def test_untagged_files_say_nothing(file) -> None:
    assert replace(read_tags(file), encoder="") == Tags()
    assert read_cover(file) is None


def test_the_ai_mark_is_where_other_programs_look(made, tmp_path) -> None:
    for format in ("mp3", "flac"):
        path = tmp_path / f"song.{format}"
        path.write_bytes((made / path.name).read_bytes())
        write_tags(path, FULL)
    id3 = ID3(tmp_path / "song.mp3")
    assert id3.version == (2, 4, 0)
    assert id3["TXXX:DIGITAL_SOURCE_TYPE"].text == [FULL.digital_source]
    assert id3["TXXX:AI_GENERATED"].text == ["1"]
    vorbis = FLAC(tmp_path / "song.flac")
    assert vorbis["digital_source_type"] == [FULL.digital_source]
    assert vorbis["ai_generated"] == ["1"]


def test_players_find_tempo_and_key(made, tmp_path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes((made / "song.mp3").read_bytes())
    write_tags(path, replace(FULL, bpm=81.6))
    assert (str(ID3(path)["TBPM"]), str(ID3(path)["TKEY"])) == ("82", "Am")


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_the_picture_is_labelled_as_what_it_is(made, tmp_path, kind, mime) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes((made / "song.flac").read_bytes())
    write_tags(path, FULL, picture(kind))
    assert FLAC(path).pictures[0].mime == mime


@pytest.mark.parametrize("name", ["song.ogg", "song", "page.flac"])
def test_other_files_are_refused(tmp_path, name) -> None:
    (tmp_path / name).write_text("not this")
    with pytest.raises(ValueError, match=name):
        write_tags(tmp_path / name, FULL)


_texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=60)


@settings(max_examples=6, deadline=None)
@given(title=_texts, prompt=_texts, bpm=st.integers(1, 400))
@pytest.mark.parametrize("format", FORMATS)
def test_any_text_comes_back(made, tmp_path_factory, format, title, prompt, bpm) -> None:
    path = tmp_path_factory.mktemp("any") / f"song.{format}"
    path.write_bytes((made / path.name).read_bytes())
    tags = Tags(title=title, prompt=prompt, bpm=bpm)
    write_tags(path, tags)
    assert read_tags(path) == tags
