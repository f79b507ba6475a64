"""Files of rows: read within limits, written without formulas, and the same after both."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
import tablib
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from chat.knowledge import sheets

NASTY = [
    "=1+1",
    "'=1",
    "''",
    "'a",
    "+1",
    "-1",
    "@x",
    "＝1",
    "\tx",
    "1",
    "1.5",
    "TRUE",
    "#N/A",
    "a\nb",
    'a"b;c,d',
    "_x0041_",
    "卡",
]


def fault(content: bytes) -> str:
    with pytest.raises(ValidationError) as caught:
        sheets.read(content)
    return caught.value.messages[0]


def sheet(*rows: list[object]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@given(st.text())
def test_what_is_neutral_becomes_plain_again(text: str):
    assert sheets.plain(sheets.neutral(text)) == text


@given(st.sampled_from(["", "'", "''"]), st.sampled_from("=+-@\t\r＝＋－＠"), st.text(max_size=5))
def test_no_cell_begins_like_a_formula(quotes: str, sign: str, text: str):
    assert sheets.neutral(quotes + sign + text).startswith("'")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_both_formats_bring_every_cell_back(kind: str):
    data = tablib.Dataset(
        ["x", *NASTY], ["", *reversed(NASTY)], headers=["slug", *(f"c{n}" for n in range(len(NASTY)))]
    )
    found = sheets.read(sheets.write(data, kind))
    assert (found.headers, list(found)) == (data.headers, list(data))


def test_an_exported_sheet_has_no_formula():
    content = sheets.write(tablib.Dataset(*[[text] for text in NASTY], headers=["slug"]), "xlsx")
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []


def test_excel_writes_numbers_semicolons_and_rows_with_nothing():
    assert list(sheets.read(sheet(["Slug ", "tags", None], [1.0, None], [], ["b", 2.5]))) == [
        ("1", ""),
        ("", ""),
        ("b", "2.5"),
    ]
    assert list(sheets.read(b"slug;tags\r\na,b;c\r\n")) == [("a,b", "c")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The first row must hold the names of the columns."),
        ("slug,标签".encode("gbk"), "The file is not UTF-8 text."),
        (b'slug\n"open', "The file is no CSV"),
        (b"PK\x03\x04 broken", "The file cannot be read as XLSX."),
        (b"x" * (sheets.MAX_FILE_BYTES + 1), "The file is larger than 40 MB."),
    ],
)
def test_files_that_are_refused(content: bytes, message: str):
    assert fault(content).startswith(message)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheets, "MAX_UNPACKED_BYTES", 1_000_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(1_000_001))
    assert fault(out.getvalue()) == "The file is too large when unpacked."


@pytest.mark.parametrize(
    "write", [lambda rows: sheet(*rows), lambda rows: "\n".join(*zip(*rows, strict=True)).encode()]
)
def test_too_many_rows(write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    rows = [["slug"], *[["a"]] * 3]
    assert len(sheets.read(write(rows))) == 3
    assert fault(write([*rows, ["a"]])) == "The file has more than 3 rows. Divide it."
