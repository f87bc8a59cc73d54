"""Soundverse's framer: every framing seen so far, split at any point."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.providers.soundverse.protocol import MAX_LINE_BYTES, Framer

A, B = {"content": "one", "isComplete": False}, {"content": "two", "isComplete": True}
a, b = json.dumps(A).encode(), json.dumps(B).encode()
TICK = {"content": "✅ fertig", "n": 1}
tick = json.dumps(TICK, ensure_ascii=False).encode()
SEPARATED = {"content": "line\u2028and\u2029and\x85end"}
separated = json.dumps(SEPARATED, ensure_ascii=False).encode()

STREAMS = {
    "bare lines": (a + b"\n" + b + b"\n", [A, B], 0),
    "bare lines, CRLF": (a + b"\r\n" + b + b"\r\n", [A, B], 0),
    "bare lines, lone CR": (a + b"\r" + b + b"\r", [A, B], 0),
    "blank lines as keep-alive": (b"\n\n" + a + b"\n\n\n" + b + b"\n", [A, B], 0),
    "no newline at the end": (a + b"\n" + b, [A, B], 0),
    "events": (b"data: " + a + b"\n\ndata: " + b + b"\n\n", [A, B], 0),
    "events, CRLF": (b"data: " + a + b"\r\n\r\ndata: " + b + b"\r\n\r\n", [A, B], 0),
    "events without a space": (b"data:" + a + b"\n\ndata:" + b + b"\n\n", [A, B], 0),
    "events without blank lines": (b"data: " + a + b"\ndata: " + b + b"\n", [A, B], 0),
    "an event without its end": (b"data: " + a + b"\n\ndata: " + b, [A, B], 0),
    "event, id and retry lines": (b"event: chunk\nid: 7\nretry: 3000\ndata: " + a + b"\n\nevent\ndata\n\n", [A], 0),
    "comments and pings": (b": ping\n\n:\n" + a + b"\n: ping\n" + b + b"\n", [A, B], 0),
    "an event over several data lines": (b'data: {"content": "one",\ndata: "isComplete": false}\n\n', [A], 0),
    "an event over several data lines, CRLF": (b'data: {"content": "one",\r\ndata: "isComplete": false}\r\n', [A], 0),
    "an object printed over lines": (json.dumps(A, indent=2).encode() + b"\n" + b + b"\n", [A, B], 0),
    "an object printed over lines, CRLF": (json.dumps(A, indent=2).replace("\n", "\r\n").encode(), [A], 0),
    "both framings in one stream": (a + b"\ndata: " + b + b"\n\n", [A, B], 0),
    "glued in a line": (a + b + b"\n", [A, B], 0),
    "glued with blanks": (a + b"  " + b + b"\n" + a, [A, B, A], 0),
    "done": (b"data: " + a + b"\n\ndata: [DONE]\n\n" + b + b"\n", [A], 0),
    "done, bare": (a + b"\n[DONE]\n" + b + b"\n", [A], 0),
    "byte order mark": (b"\xef\xbb\xbf" + a + b"\n" + b + b"\n", [A, B], 0),
    "byte order mark before an event": (b"\xef\xbb\xbfdata: " + a + b"\n\n", [A], 0),
    "text beyond ASCII": (tick + b"\n", [TICK], 0),
    "raw line separators inside a text": (separated + b"\n" + a + b"\n", [SEPARATED, A], 0),
    "not UTF-8": (b'{"content": "\xff"}\n', [{"content": "\ufffd"}], 0),
    "a control character in a text": (b'{"content": "a\tb"}\n', [{"content": "a\tb"}], 0),
    "a line that is nothing": (b"<html>\n" + a + b"\nrubbish\n", [A], 1),
    "an object cut off, then whole ones": (b'{"content": "on\n' + a + b"\n" + b + b"\n", [A, B], 0),
    "an event cut off, then whole ones": (b'data: {"content": "on\n\ndata: ' + a + b"\n\n", [A], 0),
    "an object cut off at the end": (a + b'\n{"content": "tw', [A], 1),
    "numbers, lists and null are no objects": (b"5\n[1]\nnull\n[]\n", [], 4),
    "an object with rubbish behind it": (a + b"rubbish\n", [A], 0),
    "NaN is not JSON": (b'{"n": NaN}\n' + a + b"\n", [A], 0),
    "nested without end": (b"[" * 50_000 + b"\n" + b'{"a":' * 50_000 + b"\n" + a + b"\n", [A], 0),
    "a line that is too long": (b'{"content": "' + b"x" * MAX_LINE_BYTES + b'"}\n' + a + b"\n", [A], 0),
    "a line that is too long, at the end": (a + b"\n" + b"x" * (MAX_LINE_BYTES + 1), [A], 1),
    "nothing": (b"", [], 0),
}


def read(framer: Framer, chunks: list[bytes]) -> list[dict]:
    found = [item for chunk in chunks for item in framer.feed(chunk)]
    return found + framer.close()


@pytest.mark.parametrize(("stream", "objects", "useless"), STREAMS.values(), ids=STREAMS)
def test_the_objects_are_found_and_useless_lines_counted(stream, objects, useless):
    framer = Framer()
    assert read(framer, [stream]) == objects
    assert framer.useless == useless


@pytest.mark.parametrize("stream", [row[0] for name, row in STREAMS.items() if len(row[0]) < 1000])
def test_byte_by_byte_is_the_same(stream):
    whole, single = Framer(), Framer()
    assert read(single, [stream[at : at + 1] for at in range(len(stream))]) == read(whole, [stream])
    assert single.useless == whole.useless


def test_an_object_is_told_the_moment_its_line_ends():
    framer = Framer()
    assert framer.feed(b"data: " + a + b"\r") == [A]
    assert framer.feed(b"\ndata: " + b + b"\n") == [B]


def test_a_useful_line_ends_a_run_of_useless_ones():
    framer = Framer()
    framer.feed(b"x\n" * 20)
    assert framer.useless == 20
    assert framer.feed(a + b"\n") == [A]
    assert framer.useless == 0


def test_a_stream_of_more_useless_lines_is_hopeless():
    framer = Framer()
    assert framer.feed(b"x\n" * 21 + a + b"\n") == []
    assert framer.hopeless


_LINES = [a, b, tick, separated, b"rubbish", b": ping\n", b"[DONE]", b"event: x\n", json.dumps(B, indent=1).encode()]
_PARTS = [b"\n", b"\r\n", b"\r", b"\n\n", b"data: ", b"data:", b"{", b"}", b'"', b'{"a":', b"1", b" ", b"\xef\xbb\xbf"]
_PIECES = st.sampled_from([*_LINES, *_PARTS, b"\xe2\x9c"])


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=25), st.lists(st.integers(0, 400), max_size=12))
def test_how_the_bytes_are_cut_makes_no_difference(pieces, cuts):
    stream = b"".join(pieces)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:end] for start, end in itertools.pairwise(places)]
    whole, cut = Framer(), Framer()
    assert read(whole, [stream]) == read(cut, chunks)
    assert (whole.useless, whole.done, whole.hopeless) == (cut.useless, cut.done, cut.hopeless)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers() | st.none(), max_size=4), max_size=8
    ),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_whatever_a_server_frames_is_read_back(objects, events, newline):
    before, after = ("data: ", newline * 2) if events else ("", newline)
    stream = "".join(f"{before}{json.dumps(item)}{after}" for item in objects).encode()
    assert read(Framer(), [stream]) == objects
