"""Rows of articles as CSV and XLSX files: read within limits, written so that no cell is a formula.

Loads tablib and openpyxl: import it where a file is read or written, not at the start.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.formats import base_formats

MAX_FILE_BYTES = 40_000_000
MAX_UNPACKED_BYTES = 200_000_000
MAX_ROWS = 10_000
MAX_COLUMNS = 40
CELL_CHARS = 32_767  # what a cell of XLSX holds
COLUMN_WIDTH = 40

# What a spreadsheet takes for the beginning of a formula, full width in East Asian ones; with the apostrophes
# that keep it from that.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def neutral(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would compute."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """What `neutral` was made from."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def write(dataset: tablib.Dataset, kind: str) -> bytes:
    """The file. CSV has a byte order mark, without which Excel does not show Chinese."""
    safe = tablib.Dataset(headers=dataset.headers, title=_("Articles"))
    safe.extend([neutral(cell) for cell in row] for row in dataset)
    if kind == "csv":
        return base_formats.CSV().export_data(safe, quoting=csv.QUOTE_ALL).encode("utf-8-sig")
    return base_formats.XLSX().export_data(safe, column_width=COLUMN_WIDTH)


def read(content: bytes) -> tablib.Dataset:
    """The rows of a CSV or XLSX file, empty ones as well; ValidationError for a file that cannot be read."""
    check_size(len(content))
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    # Two more than may be: the headers, and one to see that there are too many.
    table = [[plain(_cell(value)) for value in row] for row in islice(rows, MAX_ROWS + 2)]
    if len(table) > MAX_ROWS + 1:
        raise ValidationError(_("The file has more than %(limit)d rows. Divide it.") % {"limit": MAX_ROWS})
    if not table or not any(table[0]):
        raise ValidationError(_("The first row must hold the names of the columns."))
    headers = [header.strip().lower() for header in table[0]]
    while headers and not headers[-1]:
        headers.pop()
    dataset = tablib.Dataset(headers=headers)
    dataset.extend([*row, *[""] * len(headers)][: len(headers)] for row in table[1:])
    return dataset


def check_size(size: int) -> None:
    """ValidationError for more than is read."""
    if size > MAX_FILE_BYTES:
        raise ValidationError(_("The file is larger than %(limit)d MB.") % {"limit": MAX_FILE_BYTES // 1_000_000})


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("The file is not UTF-8 text. Save it as CSV UTF-8, or as XLSX.")) from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # Excel writes what its country uses
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            yield row[:MAX_COLUMNS]
    except csv.Error as error:
        raise ValidationError(_("The file is no CSV: %(error)s") % {"error": error}) from None


def _xlsx(content: bytes) -> Iterator[Iterable[Any]]:
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise ValidationError(_("The file is too large when unpacked."))
        sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        yield from sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS, values_only=True)
    except ValidationError:
        raise
    except Exception:  # openpyxl raises whatever the damage leads to
        raise ValidationError(_("The file cannot be read as XLSX.")) from None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
