"""Reading XML element by element: characters, encodings, entities, bounds, errors."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_parsers.xml_characters import CharacterFilter
from insights_parsers.xml_prolog import root_name
from insights_parsers.xml_stream import MAX_DEPTH, MAX_TOKEN, stream
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError
from insights_uploader.model.measure import Remark


class Recorder:
    """Records every event as a line of text; text in pieces as one."""

    def __init__(self) -> None:
        self.roots: tuple[str, ...] = ("r",)
        self.items: list[str | Remark] = []
        self._text = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._flush()
        self.items.append(" ".join([f"<{name}", *(f"{k}={v}" for k, v in attributes.items())]))

    def end(self, name: str) -> None:
        self._flush()
        self.items.append(f"/{name}")

    def data(self, text: str) -> None:
        self._text += text

    def _flush(self) -> None:
        if self._text:
            self.items.append(self._text)
            self._text = ""


@contextmanager
def source_of(*pieces: bytes) -> Iterator[Source]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "results.xml")
        with path.open("wb") as file:
            file.writelines(pieces)
        with Source(str(path)) as source:
            yield source


def events(*pieces: bytes) -> list[str | Remark]:
    with source_of(*pieces) as source:
        return list(stream(source, Recorder()))


def refusal(*pieces: bytes) -> MalformedError:
    with source_of(*pieces) as source, pytest.raises(MalformedError) as caught:
        list(stream(source, Recorder()))
    return caught.value


def test_elements_attributes_and_text_arrive_in_order() -> None:
    assert events(b'<r a="1">x<b/>y</r>') == ["<r a=1", "x", "<b", "/b", "y", "/r"]


def test_names_come_without_their_namespace() -> None:
    assert events(b'<n:r xmlns:n="urn:x"><n:b/></n:r>') == ["<r", "<b", "/b", "/r"]


# Characters that XML forbids


def test_forbidden_bytes_and_references_are_replaced_and_remarked() -> None:
    *read, remark = events(b'<r>\n<b a="&#27;[1m"/>\0 &#x0; &#xFFFE; &#55296; &#x110000;</r>')
    assert read == ["<r", "\n", "<b a=\ufffd[1m", "/b", "\ufffd \ufffd \ufffd \ufffd \ufffd", "/r"]
    assert remark == Remark("6 characters that XML forbids were replaced, first in line 2", 2)


def test_one_replacement_is_remarked_in_the_singular() -> None:
    remark = Remark("1 character that XML forbids was replaced, in line 1", 1)
    assert events(b"<r>\x1b</r>")[-1] == remark


def test_a_byte_before_a_reference_is_the_first_and_the_other_way_round() -> None:
    for text in (b"\n\n\x01\n\n&#1;", b"\n\n&#1;\n\n\x01"):
        remark = events(b"<r>" + text + b"</r>")[-1]
        assert isinstance(remark, Remark)
        assert remark.line == 3


def test_allowed_control_characters_and_references_stay() -> None:
    text = b"\t\x7f&#9;&#13;&#32;&#xD7FF;&#xE000;&#xfffd;&#x10000;&#1114111;&amp;&#0000000000065;"
    expected = "\t\x7f\t\r \ud7ff\ue000\ufffd\U00010000\U0010ffff&A"
    assert events(b"<r>" + text + b"</r>") == ["<r", expected, "/r"]


@pytest.mark.parametrize("literal", [b"<![CDATA[%s]]>", b"<!--%s-->", b"<?p %s?>"])
def test_in_a_literal_section_a_reference_is_text(literal: bytes) -> None:
    # XML 1.0, 2.7: within a CDATA section only the end of it is markup; 2.5, 2.6 likewise.
    read = events(b"<r>" + literal % b"&#27;" + b"<b/></r>")
    assert not any(isinstance(item, Remark) for item in read)
    assert ("&#27;" in read) == (b"CDATA" in literal)


def test_a_byte_in_a_literal_section_is_replaced_and_a_reference_after_it_too() -> None:
    *read, remark = events(b"<r><![CDATA[a\x1b]]]]><!-- <![CDATA[ -->&#27;</r>")
    assert read == ["<r", "a\ufffd]]\ufffd", "/r"]
    assert isinstance(remark, Remark)


def test_the_position_of_an_error_is_that_of_the_original() -> None:
    error = refusal(b"<r>\n\x1b\x1b&#27;\n&#27;\n</b></r>")
    assert error.position.startswith("line 4, ")


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "Shift_JIS"])
def test_the_filter_serves_single_byte_encodings(encoding: str) -> None:
    text = "ソ é".encode(encoding, "ignore")
    read = events(b'<?xml version="1.0" encoding="%s"?><r>' % encoding.encode(), text, b"\x1b</r>")
    assert read[1] == text.decode(encoding) + "?"  # none of these has U+FFFD


PIECES = st.sampled_from(
    [
        b"<![CDATA[",
        b"]]>",
        b"]",
        b"\x00",
        b"\x1f",
        b"\n",
        b"text",
        "é".encode(),
        b"<!--",
        b"-->",
        b"-",
        b"<?",
        b"?>",
        b"&#27;",
        b"&#x1B;",
        b"&#10;",
        b"&#",
        b"&",
        b"2",
        b"7;",
        b"<",
        b"!",
    ]
)


@given(st.lists(PIECES, max_size=40).map(b"".join), st.lists(st.integers(0, 250), max_size=30))
def test_the_filter_does_not_depend_on_the_sizes_of_chunks(data: bytes, cuts: list[int]) -> None:
    whole, cut = CharacterFilter("utf-8"), CharacterFilter("utf-8")
    bounds = [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
    pieces = [cut.feed(data[a:b]) for a, b in pairwise(bounds)]
    assert b"".join([*pieces, cut.close()]) == whole.feed(data) + whole.close()
    assert (cut.replaced, cut.first_line, cut.line) == (
        whole.replaced,
        whole.first_line,
        whole.line,
    )
    assert not re.search(b"[\0-\x08\x0b\x0c\x0e-\x1f]", whole.feed(data))


def test_the_filter_holds_back_a_few_bytes_only() -> None:
    characters = CharacterFilter("utf-8")
    given_back = sum(len(characters.feed(b"&#" + b"0" * 1000)) for _ in range(100))
    assert given_back > 100_000


# Encodings


def test_a_bom_wins_over_the_declaration() -> None:
    # XML 1.0, appendix F: the first bytes tell, the declaration may be wrong (.NET tools).
    text = '<?xml version="1.0" encoding="utf-16"?><r>é</r>'
    for encoding in ("utf-8-sig", "utf-16"):
        assert events(text.encode(encoding)) == ["<r", "é", "/r"]


def test_a_declaration_of_utf_16_in_ascii_is_wrong() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><r>é</r>'  # .NET's StringWriter
    assert events(text.encode()) == ["<r", "é", "/r"]


@pytest.mark.parametrize("encoding", ["klingon-8", "idna", "undefined", "rot13", "x" * 4000])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    # Python knows some of them and encodes no text in them.
    text = f'<?xml version="1.0" encoding="{encoding}"?><r>\x1b</r>'.encode()
    assert root_name(text) == "r"
    error = refusal(text)
    assert encoding[:40] in error.reason
    assert error.position.startswith("line 1, ")


@pytest.mark.parametrize("where", [b"<r>\n%s</r>", b"<r>\n<b a='%s'/></r>", b"<r>\n<!--%s--></r>"])
def test_invalid_utf_8_is_refused_with_its_position(where: bytes) -> None:
    error = refusal(where % b"\xe9\xff")
    assert error.position.startswith("line 2, column ")


# Entities and DOCTYPE


@pytest.mark.parametrize(
    "subset",
    [
        b'<!ENTITY x "y">',
        b'<!ENTITY x SYSTEM "file:///etc/hostname">',
        b'<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;',
        b'<!ENTITY x SYSTEM "x.gif" NDATA gif>',
        b'%p; <!ENTITY x "y">',
        b'<!-- ]> <r/> --> <!ENTITY x "y">',
        b'<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">',
    ],
)
@pytest.mark.parametrize("external", [b"", b' SYSTEM "http://127.0.0.1:1/r.dtd"'])
def test_an_entity_declaration_is_refused(subset: bytes, external: bytes) -> None:
    error = refusal(b"<!DOCTYPE r", external, b" [", subset, b"]>\n<r>text</r>")
    assert "entity declarations are not accepted" in error.reason
    assert error.position.startswith("line 1, ")


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE r>",
        b'<!DOCTYPE r SYSTEM "http://127.0.0.1:1/r.dtd">',
        b'<!DOCTYPE r PUBLIC "-//X//EN" "file:///nowhere/r.dtd">',
        b'<!DOCTYPE r [<!ELEMENT r ANY> <!-- <!ENTITY x "y"> -->]>',
        b'<!-- <!ENTITY x "y"> -->',
    ],
)
def test_a_doctype_is_ignored_and_never_fetched(doctype: bytes) -> None:
    assert events(doctype, b"<r/>") == ["<r", "/r"]


def test_the_word_entity_after_the_prolog_is_text() -> None:
    assert events(b'<r><![CDATA[<!ENTITY x "y">]]></r>') == ["<r", '<!ENTITY x "y">', "/r"]


@pytest.mark.parametrize("doctype", [b"", b'<!DOCTYPE r SYSTEM "r.dtd">\n'])
@pytest.mark.parametrize("content", [b"<r>\n&foo;</r>", b'<r>\n<b a="&foo;"/></r>'])
def test_an_undefined_entity_is_refused(doctype: bytes, content: bytes) -> None:
    error = refusal(doctype, content)
    assert "'foo'" in error.reason
    assert error.position.startswith("line 3, " if doctype else "line 2, ")


def test_an_undeclared_prefix_is_refused() -> None:
    assert "prefix x on b" in refusal(b"<r><x:b/></r>").reason


# Errors


@pytest.mark.parametrize(
    ("content", "position", "reason"),
    [
        (b"<r>\n <b>text", "line 2, column 9", "the file ends inside <b>"),
        (b"<r>\n <![CDATA[text", "line 2, column 15", "the file ends inside <r>"),
        (b"<r>\n<", "line 2", "the file ends inside <r>"),
        (b"<r\n a='1", "line 2", "the file ends before the end of its first tag"),
        (b"<!-- only a comment -->", "line 1", "the file ends before the end of its first tag"),
        (b"<r>\n<b></c></r>", "line 2, column 8", "tag mismatch: b line 2 and c"),
        (b"<r/>\n<r/>", "line 2, column 1", "Extra content"),
        (b"<r/>\ntext", "line 2, column 1", "Extra content"),
        (b"<r>\n<b a='1' a='2'/></r>", "line 2", "Attribute a redefined"),
        (b"<r>\n a & b</r>", "line 2", "not written as &amp;"),
        (b"\n<?xml version='1.0'?><r/>", "line 2, column 1", "declaration not at start"),
        (b'{"a": 1}', "line 1, column 1", "invalid token"),
        (b"<html>\n<r/></html>", "line 1, column 1", "the root element is <html> and not <r>"),
    ],
)
def test_what_is_not_well_formed_names_its_place(
    content: bytes, position: str, reason: str
) -> None:
    error = refusal(content)
    assert error.position.startswith(position)
    assert reason in error.reason


@pytest.mark.parametrize("junk", [b"]", b"<", b"&#2", b"--", b"?"])  # what the filter holds back
def test_trailing_junk_of_any_kind_is_refused(junk: bytes) -> None:
    assert "Extra content" in refusal(b"<r/>\n", junk).reason


def test_a_truncated_file_gets_a_hint() -> None:
    assert "interrupted" in refusal(b"<r><b>").hint


def test_items_of_a_sound_beginning_come_before_the_error() -> None:
    filler = b"<b/>" * 100_000
    with source_of(b"<r>", filler, b"</c>") as source:
        reading = stream(source, Recorder())
        assert next(reading) == "<r"
        with pytest.raises(MalformedError):
            list(reading)


# Bounds


def test_depth_is_bounded() -> None:
    deep = MAX_DEPTH - 1
    assert len(events(b"<r>", b"<b>" * deep, b"</b>" * deep, b"</r>")) == 2 * MAX_DEPTH
    assert "inside each other" in refusal(b"<r>" * (MAX_DEPTH + 1)).reason
    assert "inside each other" in refusal(b"<r>" * 1_000_000).reason


@pytest.mark.parametrize("opening", [b"<r a='", b"<r><!--", b"<r><b ", b"<!--", b"<r><?p "])
def test_what_must_be_held_whole_is_bounded(opening: bytes) -> None:
    error = refusal(opening, *[b"x" * (1 << 20)] * (4 + (MAX_TOKEN >> 20)))
    assert "more than 16 MiB" in error.reason or "invalid token" in error.reason


def test_a_long_attribute_within_the_bound_is_read() -> None:
    # libxml2 stops at 10 MB without huge_tree.
    read = events(b"<r a='", *[b"x" * 1_000_000] * 12, b"'/>")
    assert [len(str(item)) for item in read] == [12_000_005, 2]


@pytest.mark.parametrize(("opening", "closing"), [(b"", b""), (b"<![CDATA[", b"]]>")])
def test_text_of_any_length_comes_in_pieces(opening: bytes, closing: bytes) -> None:
    longest = 0

    class Measure(Recorder):
        def data(self, text: str) -> None:
            nonlocal longest
            longest = max(longest, len(text))
            self._total += len(text)

        _total = 0

    target = Measure()
    text = b"]] line of output ]\n" * 1000
    with source_of(b"<r>", opening, *[text] * 1000, closing, b"</r>") as source:
        assert list(stream(source, target)) == ["<r", "/r"]
    assert target._total == 20_000_000
    assert longest < 1_000_000


# The root's name


@pytest.mark.parametrize(
    ("head", "root"),
    [
        (b"<r/>", "r"),
        (b"  <r>", "r"),
        (
            b'<?xml version="1.0"?>\n<!-- <no/> --><!DOCTYPE r SYSTEM "x.dtd"><?p <no/>?><r a="',
            None,
        ),
        (
            b'<?xml version="1.0"?>\n<!-- <no/> --><!DOCTYPE r SYSTEM "x.dtd"><?p <no/>?><r a="">',
            "r",
        ),
        (b'<n:r xmlns:n="urn:x">', "r"),
        (b'<?xml version="1.0" encoding="latin-1"?><r a="\xe9">', "r"),
        (b"<r a='\x1b&#27;'>", "r"),
        (b"<other><r/></other>", "other"),
        (b'<!DOCTYPE r [<!ENTITY x "y">]><r>', "r"),
        (b"{}", None),
        (b"", None),
    ],
)
def test_root_name(head: bytes, root: str | None) -> None:
    assert root_name(head) == root


@given(st.binary(max_size=200))
def test_root_name_of_anything(head: bytes) -> None:
    root_name(head)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_nothing_but_a_malformed_error_is_raised(content: bytes) -> None:
    with source_of(b"<r>", content, b"</r>") as source, suppress(MalformedError):
        assert list(stream(source, Recorder()))[0] == "<r"  # noqa: RUF015 - to its end


# Several documents in one file

ONE = b'<?xml version="1.0"?>\n<r a="1">x</r>'
READ = ["<r a=1", "x", "/r"]


@pytest.mark.parametrize("between", [b"", b"\n", b"\n\n  \n", b"<!-- end -->\n", b"\n<?note x?>\n"])
def test_documents_after_each_other_are_read_as_one_file(between: bytes) -> None:
    assert events(between.join([ONE] * 3)) == READ * 3


@pytest.mark.parametrize("size", [*range(1, 8), *range(70, 90)])
def test_the_next_document_is_found_wherever_the_chunks_end(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insights_parsers.xml_stream._CHUNK", size)
    assert events(*[ONE, b"\n"] * 4) == READ * 4


@pytest.mark.parametrize("quoting", [b"<r><![CDATA[%b]]></r>", b"<r><!--%b--></r>"])
def test_a_declaration_that_is_quoted_begins_nothing(quoting: bytes) -> None:
    content = quoting % b'<r/><?xml version="1.0"?><r/>'
    assert [event for event in events(content) if event in ("<r", "/r")] == ["<r", "/r"]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (ONE + b"\n" + ONE[:-2], "line 4, column"),
        (ONE + b"\n\n" + ONE.replace(b">x<", b">&y;<"), "line 5, column"),
        (ONE + b"\njunk" + ONE, "line 3, column 1"),
        (ONE + b'<r><?xml version="1.0"?></r>', "line 2, column"),
        (ONE + b"\n<?xml ", "line "),
        (ONE + b"\n<?xm", "line "),
    ],
)
def test_a_broken_one_among_them_is_named_by_its_line_in_the_file(
    content: bytes, where: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        events(content)
    assert where in str(caught.value)
