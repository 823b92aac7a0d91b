"""A results file gives the same bytes however it was encoded, as often as asked."""

import codecs
import errno
import os
from pathlib import Path

import pytest

from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import MalformedError, ResultsError

TEXT = '<a b="é 😀">\n</a>\n'


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), None),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),  # .NET tools
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-8"),  # PowerShell's redirection
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-8"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-8"),
        (TEXT.encode("utf-16-le"), "utf-8"),
        (TEXT.encode("utf-16-be"), "utf-8"),
    ],
)
def test_every_encoding_gives_the_same_bytes(
    tmp_path: Path, content: bytes, encoding: str | None
) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    with Source(str(path)) as source:
        assert source.encoding == encoding
        assert source.head() == TEXT.encode()
        assert bytes(source.map()) == TEXT.encode()
        assert source.size == len(TEXT.encode())
        first, second = source.open(), source.open()
        assert first.read(4) == second.read(4) == TEXT.encode()[:4]
        assert second.read() == TEXT.encode()[4:]


def test_broken_utf_16_is_an_error_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(codecs.BOM_UTF16_LE + b"<\0a\0\x00\xd8>\0")  # a lone surrogate
    with pytest.raises(MalformedError, match=r"a\.xml: near byte \d+: is not valid UTF-16-LE"):
        Source(str(path))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ResultsError, match="not a regular file"):
        Source(str(tmp_path / "pipe"))


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ResultsError, match="loop"):
        Source(str(tmp_path / "loop"))


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b" \r\n\t" * 2000, "holds only blanks")]
)
def test_a_file_without_content_is_refused_unless_it_may_be_empty(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.sarif"
    path.write_bytes(content)
    with pytest.raises(ResultsError, match=f"a.sarif: the file {words}") as caught:
        Source(str(path))
    assert caught.value.slug == "empty-results"
    with Source(str(path), may_be_empty=True) as source:
        assert source.head().strip() == b""
        assert bytes(source.map()) == source.open().read()


@pytest.mark.parametrize("bom", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE])
def test_what_a_bom_alone_means_is_the_parsers_to_say(tmp_path: Path, bom: bytes) -> None:
    path = tmp_path / "a.sarif"
    path.write_bytes(bom)
    with Source(str(path)) as source:
        assert source.head() == source.open().read() == bytes(source.map()) == b""


@pytest.mark.parametrize("blanks", [1, 4096, 5 << 20])
def test_the_head_begins_after_any_number_of_blanks(tmp_path: Path, blanks: int) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"\n" * blanks + TEXT.encode())
    with Source(str(path)) as source:
        assert source.head() == TEXT.encode()
        assert source.size == blanks + len(TEXT.encode())
        assert source.open().read() == bytes(source.map()) == path.read_bytes()


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no /proc")
@pytest.mark.parametrize("name", ["status", "mem"])
def test_what_only_looks_like_a_file_is_refused(name: str) -> None:
    with pytest.raises(ResultsError, match=f"/proc/self/{name}: "):
        Source(f"/proc/self/{name}", may_be_empty=True)


def test_a_file_that_can_no_longer_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    path = tmp_path / "a.xml"
    path.write_text(TEXT)
    with Source(str(path)) as source:
        monkeypatch.setattr("os.pread", fail)
        monkeypatch.setattr("os.preadv", fail)
        monkeypatch.setattr("mmap.mmap", fail)
        for read in (source.head, source.map, source.open().read):
            with pytest.raises(ResultsError, match=r"a\.xml: Input/output error"):
                read()
