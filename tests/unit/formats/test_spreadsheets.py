"""CSV as spreadsheets and databases write it."""

import codecs
import hashlib
from pathlib import Path

import pytest

from tests.support.record_files import read
from userctl.core.errors import InvalidInput
from userctl.formats.read_options import parse_delimiter, parse_names
from userctl.formats.source import open_source

ZOE = [(2, {"email": "zoe@example.com", "name": "Zoë"})]
CONTENT = "email,name\nzoe@example.com,Zoë\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_shows_what_stands_between_the_cells(delimiter: str) -> None:
    assert read(CONTENT.replace(",", delimiter)) == ZOE


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nemail;name\nzoe@example.com;Zoë\n",
        "SEP=;\r\nemail;name\r\nzoe@example.com;Zoë\r\n",
        '"sep=|"\nemail|name\nzoe@example.com|Zoë\n',
        "sep=\t\nemail\tname\nzoe@example.com\tZoë\n",
    ],
)
def test_the_first_line_of_a_spreadsheet_may_name_the_delimiter(content: str) -> None:
    assert read(content) == [(3, ZOE[0][1])]


def test_the_delimiter_can_be_named() -> None:
    assert read(CONTENT.replace(",", ":"), delimiter=":") == ZOE
    with pytest.raises(InvalidInput):
        read(CONTENT, delimiter=";")


def test_a_name_that_holds_another_delimiter_does_not_mislead() -> None:
    found = read("name;email;a,b,c,d\nx;y;z\n", ignore_unknown=True)
    assert found == [(2, {"name": "x", "email": "y"})]
    assert read("email\na;b\n") == [(2, {"email": "a;b"})]


@pytest.mark.parametrize(
    ("text", "found"), [("tab", "\t"), ("\\t", "\t"), (";", ";"), (None, None)]
)
def test_a_tabulator_has_a_name(text: str | None, found: str | None) -> None:
    assert parse_delimiter(text) == found


@pytest.mark.parametrize("text", ["", ";;", '"', "\n", "comma"])
def test_what_is_no_delimiter_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a delimiter"):
        parse_delimiter(text)


@pytest.mark.parametrize("header", ["Email,NAME", " email , Name "])
def test_the_case_of_a_header_does_not_matter(header: str) -> None:
    assert read(f"{header}\nzoe@example.com,Zoë\n") == ZOE


def test_another_name_can_stand_for_a_field() -> None:
    names = parse_names(["E-Mail=email", "a=b=name"], ("email", "name"))
    assert read("e-mail,A=B\nzoe@example.com,Zoë\n", aliases=names) == ZOE
    assert (
        read('{"E-MAIL": "zoe@example.com", "a=b": "Zoë"}', "jsonl", aliases=names)[0][1]
        == ZOE[0][1]
    )


@pytest.mark.parametrize("pair", ["email", "E-Mail=", "=email", "E-Mail=mail", "E-Mail=id"])
def test_a_map_that_names_no_field_is_refused(pair: str) -> None:
    with pytest.raises(InvalidInput, match="does not name a field"):
        parse_names([pair], ("email", "name"))


def test_a_map_of_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'e-mail', which is not in the header"):
        read(CONTENT, aliases={"e-mail": "email"})


def test_two_names_for_one_field_are_refused() -> None:
    with pytest.raises(InvalidInput, match="names the field 'email' twice"):
        read("email,e-mail\n", aliases={"e-mail": "email"})


def test_unknown_fields_are_left_out_if_that_is_wanted() -> None:
    content = 'Department,email,Notes,name\nIT,zoe@example.com,"a\nb",Zoë\n'
    with pytest.raises(InvalidInput, match="Unknown field 'Department' in the header"):
        read(content)
    assert read(content, ignore_unknown=True) == ZOE
    line = '{"Department": 7, "email": "zoe@example.com", "name": "Zoë"}'
    assert read(line, "jsonl", ignore_unknown=True)[0][1] == ZOE[0][1]
    assert read(f"[{line}]", "json", ignore_unknown=True)[0][1] == ZOE[0][1]


def test_columns_without_a_name_and_a_text_are_nothing() -> None:
    assert read("email,name,\nzoe@example.com,Zoë,\n") == ZOE
    assert read("email,,name\nzoe@example.com,,Zoë,,\n") == ZOE
    lost = read("email,,name\nzoe@example.com,x,Zoë\n")
    assert lost == [(2, "Cell 2 has no name in the header.")]
    assert read("email,name\nzoe@example.com,Zoë,x\n") == [(2, "Expected 2 cells, found 3.")]


def test_rows_without_any_text_are_blank_lines() -> None:
    assert read("\n\nemail;name\n;\nzoe@example.com;Zoë\n;;;\n") == [(5, ZOE[0][1])]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_shows_the_encoding(mark: bytes, encoding: str) -> None:
    assert read(mark + CONTENT.encode(encoding)) == ZOE
    # It cannot be anything else, whatever was named.
    assert read(mark + CONTENT.encode(encoding), encoding="cp1252") == ZOE
    line = '{"email": "zoe@example.com", "name": "Zoë"}'
    for content, file_format in ((line, "jsonl"), (f"[{line}]", "json")):
        found = read(mark + content.encode(encoding), file_format)  # type: ignore[arg-type]
        assert found == [(1, ZOE[0][1])]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_file_without_a_mark_shows_its_encoding_by_its_zeros(encoding: str) -> None:
    assert read(CONTENT.encode(encoding)) == ZOE


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "cp037", "UTF-8-SIG"])
def test_the_encoding_can_be_named(encoding: str) -> None:
    assert read(CONTENT.encode(encoding), encoding=encoding) == ZOE


@pytest.mark.parametrize("name", ["nonsense", "", "hex", "rot13", "idna", "undefined", "a\0b"])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not an encoding"):
        read(CONTENT, encoding=name)


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "json"])
def test_a_byte_that_does_not_fit_is_named_and_rejects_its_record_alone(file_format: str) -> None:
    records = {
        "csv": b"email,name\na,Zo\xeb\nb,c\n",
        "jsonl": b'\n{"email": "a", "name": "Zo\xeb"}\n{"email": "b", "name": "c"}\n',
        "json": b'[\n{"email": "a", "name": "Zo\xeb"},\n{"email": "b", "name": "c"}]\n',
    }
    bad, good = read(records[file_format], file_format)  # type: ignore[arg-type]
    assert bad[0] == 2
    assert bad[1].startswith("Not UTF-8: the byte 0xEB does not fit.")
    assert "--encoding" in bad[1]
    assert good == (3, {"email": "b", "name": "c"})


def test_bytes_that_do_not_fit_the_named_encoding_are_named_too() -> None:
    [(_, reason)] = read(b"email\n\x81@x\n", encoding="cp1252")
    assert reason.startswith("Not CP1252: the byte 0x81 does not fit.")
    [(_, reason)] = read(codecs.BOM_UTF16_LE + "email\na".encode("utf-16-le") + b"\0\xd8")
    assert reason.startswith("Not UTF-16: the byte 0x00 does not fit.")


@pytest.mark.parametrize("content", [b"\xe9mail\nx\n", b"email,pr\xe9nom\nx,y\n"])
def test_a_header_that_is_not_text_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="Not UTF-8: the byte 0xE9"):
        read(content)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 20_000])
def test_what_was_looked_at_is_read_and_hashed_like_the_rest(tmp_path: Path, size: int) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"x" * size)
    with open_source(file) as (text, digest, known):
        assert text.read() == "x" * size
    assert (digest(), known) == (hashlib.sha256(b"x" * size).hexdigest(), size)
