"""Guarded reading: good files of many hands, and files that must not hurt (F-I6 to F-I15)."""

import io
import os
import struct
import zipfile

import pytest

from attestation.intake.addresses import column_letter
from attestation.intake.reading import guard, read_table, shown_name
from attestation.refusals import Refused
from tests.attestation.intake_cast import HERE, book

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DAMAGED = "The file is damaged or too large. Open it, save it anew as .xlsx and upload it again."


def refusal(data: bytes, name: str = "f.xlsx") -> str:
    with pytest.raises(Refused) as caught:
        read_table(data, name)
    return str(caught.value)


def read(data: bytes, name: str = "f.xlsx", sheet: str = "", headers=()):
    """The table, closed, and its rows."""
    with read_table(data, name, sheet, headers) as table:
        return table, table.rows


def rows_of(data: bytes, name: str):
    return [(row.number, row.cells) for row in read(data, name)[1]]


def zipped(parts: dict[str, bytes | str], **options) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", options.get("method", zipfile.ZIP_DEFLATED)) as pack:
        for name, content in parts.items():
            pack.writestr(name, content)
    return out.getvalue()


def repacked(data: bytes, **changed: bytes | str) -> bytes:
    """The same workbook with parts replaced or added; `__` in a name stands for a slash."""
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    parts |= {name.replace("__", "/") + ".xml": content for name, content in changed.items()}
    return zipped(parts)


# --- what is read ---------------------------------------------------------------------------------------


def test_cells_come_typed_with_the_numbers_a_person_sees():
    data = book([["a"], [], [1, 4.6, "  x ", True, None, "0012"]])
    assert rows_of(data, "f.xlsx") == [(1, ["a"]), (3, [1, ["n", "4.6"], "  x ", True, "", "0012"])]


def test_a_table_that_begins_below_and_right_keeps_its_addresses():
    data = book([[], [], [None, None, "c"]])
    assert rows_of(data, "f.xlsx") == [(3, [None, None, "c"])]


def test_f_i8_dates_of_both_systems_are_real_dates():
    for name in ("staff-kk.xlsx", "staff-id-numbers-1904.xlsx", "staff-ru.ods"):
        _table, rows = read((HERE / name).read_bytes(), name)
        assert ["d", "2024-02-29"] in rows[-1].cells, name


def test_f_i6_the_first_sheet_with_rows_is_read_and_named():
    workbook = book([], Тізім=[["a"]], Lists=[["b"]])
    table, _rows = read(workbook)
    assert (table.sheet, table.sheets) == ("Тізім", ["Sheet", "Тізім", "Lists"])
    assert table.others == ["Lists"]
    table, rows = read(workbook, sheet="Lists")
    assert (table.others, rows[0].cells) == (["Тізім"], ["b"])


def test_f_i6_hidden_sheets_come_last():
    from openpyxl import load_workbook

    opened = load_workbook(io.BytesIO(book([["hidden"]], Shown=[["shown"]])))
    opened["Sheet"].sheet_state = "hidden"
    opened.active = 1
    out = io.BytesIO()
    opened.save(out)
    assert read(out.getvalue())[0].sheet == "Shown"


def test_f_i9_formulas_without_a_value_and_error_cells_are_marked():
    name = "bad/formula-without-value.xlsx"
    rows = dict(rows_of((HERE / name).read_bytes(), name))
    assert rows[3][2] == ["f"]
    assert rows[4][6] == ["e", "#N/A"]


def test_f_i9_a_formula_with_a_value_is_its_value():
    sheet = "<c r='A1'><f>1+1</f><v>2</v></c><c r='B1' t='str'><f>\"\"</f><v></v></c><c r='C1' s='1'/>"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<worksheet xmlns="{space}"><sheetData><row r="1">{sheet}</row></sheetData></worksheet>'
    assert rows_of(repacked(book([["x"]]), xl__worksheets__sheet1=xml), "f.xlsx") == [(1, [2])]


@pytest.mark.parametrize("text", ["#N/A", "#Н/Д", "#REF!", "Err:502"])
def test_f_i9_an_error_written_as_text_is_an_error(text):
    assert rows_of(f"a\n{text}\n".encode(), "f.csv")[1] == (2, [["e", text]])


# --- text files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter"),
    [
        ("staff-ru-windows-1251.csv", "windows-1251", ";"),
        ("staff-kk-kz-1048.csv", "KZ-1048", "\t"),
        ("staff-kk-utf-16.csv", "UTF-16", ";"),
        ("staff-en-utf-8-bom.csv", "UTF-8", ","),
    ],
)
def test_f_i7_the_encoding_and_the_delimiter_are_found(name, encoding, delimiter):
    table, rows = read((HERE / name).read_bytes(), name)
    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    assert len(rows) == table.count == 4
    assert len(rows[0].cells) == rows[0].width == 8


def test_f_i7_a_dos_file_and_a_bar_between_columns_are_read():
    text = "ИИН|Фамилия|Имя\n030115500013|Семёнова|Анна Юрьевна\n"
    with read_table(text.encode("cp866"), "f.csv") as table:
        assert (table.encoding, table.delimiter) == ("CP866", "|")
        assert [row.cells for row in table.rows] == [line.split("|") for line in text.splitlines()]


def test_f_i7_every_kazakh_letter_survives_kz_1048():
    text = "ӘәҒғҚқҢңӨөҰұҮүҺһІіЁё"
    assert rows_of(f"a;b\n{text};1\n".encode("kz1048"), "f.csv")[1] == (2, [text, "1"])


def test_f_i7_one_letter_of_another_language_does_not_make_a_file_pt154():
    table, rows = read("Имя;Фамилия\nЂорђе;Ѓорѓиев\n".encode("cp1251"), "f.csv")
    assert (table.encoding, rows[1].cells) == ("windows-1251", ["Ђорђе", "Ѓорѓиев"])
    assert read("Аты\nІңкәр Ғалымқызы Гүлнұр\n".encode("ptcp154"), "f.csv")[0].encoding == "PT154"


def test_f_i7_a_list_of_numbers_does_not_decide_the_delimiter():
    lines = ["iin;correct;wrong", *(f"8001{n};6{n};1,2,{n}" for n in range(9))]
    assert read("\n".join(lines).encode(), "f.csv")[0].delimiter == ";"


def test_f_i7_the_hint_of_excel_is_taken_and_not_counted():
    assert rows_of(b"sep=|\r\na|b\r\n1|2\r\n", "f.csv") == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_f_i7_rows_are_counted_as_a_spreadsheet_counts_them():
    text = 'a,b\r"x\ny",1\r\r2,3\r'
    assert rows_of(text.encode(), "f.csv") == [(1, ["a", "b"]), (2, ["x\ny", "1"]), (4, ["2", "3"])]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            "ИИН,Фамилия\n1,Оспанова Айгуль Сериковна\n2,Оспанова ".encode() + b"\xff\n",
            "Line 3 can't be read as UTF-8: byte FF at position 93. Save the file as CSV UTF-8.",
        ),
        (
            "Имя\n".encode("cp1251") + b"\x98\n",
            "Line 2 can't be read as windows-1251: byte 98 at position 5. Save the file as CSV UTF-8.",
        ),
        (
            b"\xff\xfea\x00b",
            "Line 1 can't be read as UTF-16: byte 62 at position 5. Save the file as CSV UTF-8.",
        ),
        (
            b"a,b\n1,\x00\n",
            "Line 2 holds an empty sign (position 7), which is no text. Save the file as CSV UTF-8.",
        ),
        (
            b"a,b\n1,\x1b\n",
            "Line 2 holds an invisible sign (position 7), which is no text. Save the file as CSV UTF-8.",
        ),
        (
            b'a,b\n1,2\n3,"open\n4,5\n',
            "Row 3 (line 3) has a quotation mark that is not closed. Correct it in the file.",
        ),
    ],
)
def test_f_i7_what_can_t_be_read_is_refused_with_its_place(data, sentence):
    assert refusal(data, "f.csv") == sentence


# --- what is refused before a parser sees it ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        (
            "f.pdf",
            b"%PDF-1.4",
            "This kind of file is not taken. Save it as .xlsx, .csv, .ods or .xls and upload it again.",
        ),
        (
            "f.xlsm",
            b"PK\x03\x04",
            "The file contains macros. Save it as an ordinary workbook (.xlsx) and upload it again.",
        ),
        ("f.xlsx", b"", "The file is empty. Choose the file with the rows and upload it again."),
        (
            "f.xlsx",
            b"%PDF-1.4",
            "The contents of the file are not those of a .xlsx file. Save it anew as .xlsx or .csv.",
        ),
        (
            "f.csv",
            b"%PDF-1.4",
            "The contents of the file are not those of a .csv file. Save it anew as .xlsx or .csv.",
        ),
        ("f.csv", b"PK\x03\x04", DAMAGED),
        ("f.xls", b"PK\x03\x04", DAMAGED),
        (
            "f.xls",
            OLE + "WordDocument".encode("utf-16-le"),
            "The contents of the file are not those of a .xls file. Save it anew as .xlsx or .csv.",
        ),
        (
            "f.xlsx",
            zipped({"a.txt": "x"}),
            "The contents of the file are not those of a .xlsx file. Save it anew as .xlsx or .csv.",
        ),
        (
            "f.ods",
            zipped({"mimetype": "application/zip", "content.xml": "<a/>"}),
            "The contents of the file are not those of a .ods file. Save it anew as .xlsx or .csv.",
        ),
    ],
)
def test_f_i10_what_is_no_spreadsheet_is_refused(name, data, sentence):
    assert refusal(data, name) == sentence


@pytest.mark.parametrize("name", ["f.xlsx", "f.xls"])
def test_f_i11_a_password_is_named(name):
    data = OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le")
    assert (
        refusal(data, name)
        == "The file is protected by a password. Save it without a password and upload it again."
    )


def test_f_i11_a_protected_ods_is_named():
    manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    data = zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": "<a/>",
            "META-INF/manifest.xml": manifest,
        }
    )
    assert refusal(data, "f.ods").startswith("The file is protected by a password.")


def test_f_i11_truncated_broken_and_headless_files_are_damaged():
    whole = book([["a", "b"]] * 50)
    assert refusal(whole[: len(whole) // 2]) == DAMAGED
    broken = bytearray(zipped({"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<workbook>" * 99}))
    assert refusal(bytes(broken)) == DAMAGED
    assert refusal(OLE + b"\0" * 4096, "f.xls") == DAMAGED


def test_f_i11_a_wrong_checksum_is_damage():
    data = zipped({"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<b/>"}, method=zipfile.ZIP_STORED)
    assert refusal(data.replace(b"<b/>", b"<c/>", 1)) == DAMAGED


def test_f_i12_a_bomb_is_refused_before_it_is_unpacked():
    bomb = repacked(book([["a"]]), xl__worksheets__sheet2=b" " * (60 * 2**20))
    assert len(bomb) < 100_000
    assert refusal(bomb).startswith("The file is damaged or too large.")


def test_f_i12_too_many_parts_are_refused():
    data = zipped({"[Content_Types].xml": "<a/>", **{f"xl/{n}.bin": b"" for n in range(600)}})
    assert refusal(data).startswith("The file is damaged or too large.")


def test_f_i12_huge_cells_and_rows_are_refused():
    assert refusal(f"a\n{'x' * 40_000}\n".encode(), "f.csv") == (
        "Row 2 has a cell of more than 32767 characters. Shorten it."
    )
    assert refusal(b"a\n" * 150_001, "f.csv") == (
        "The file has more than 150000 rows. Split it and upload the parts."
    )


def test_f_i12_a_file_over_the_limit_is_not_looked_into():
    assert refusal(b"x" * (20 * 2**20 + 1), "f.csv") == (
        "The file is larger than 20 MB. Split it and upload the parts."
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_f_i13_entities_are_refused_and_no_file_is_read(encoding, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("never seen")
    text = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><sst>&x;</sst>'
    data = repacked(book([["a"]]), xl__sharedStrings=text.encode(encoding))
    before = os.stat(secret).st_atime_ns
    assert refusal(data) == (
        "The file declares XML entities, which is not allowed. Save it anew as .xlsx or .csv."
    )
    assert os.stat(secret).st_atime_ns == before


@pytest.mark.parametrize("name", ["f.xlsx", "f.xls", "f.csv"])
def test_f_i13_macros_are_refused_under_any_name(name):
    with_macros = io.BytesIO(book([["a"]]))
    with zipfile.ZipFile(with_macros, "a") as pack:
        pack.writestr("xl/vbaProject.bin", b"x")
    assert refusal(with_macros.getvalue(), name).startswith("The file contains macros.")
    assert refusal(OLE + "_VBA_PROJECT".encode("utf-16-le"), name).startswith("The file contains macros.")


def test_f_i11_encrypted_entries_are_protected():
    data = bytearray(book([["a"]]))
    # The flag "encrypted" in the central directory's first entry.
    at = data.index(b"PK\x01\x02") + 8
    struct.pack_into("<H", data, at, struct.unpack_from("<H", data, at)[0] | 1)
    assert refusal(bytes(data)).startswith("The file is protected by a password.")


def test_f_i10_a_file_without_rows_says_so():
    assert refusal(book([])) == "The file has no rows. Fill in the rows under the header and upload it again."
    assert refusal(b"\n\n", "f.csv").startswith("The file has no rows.")


def test_f_i10_a_csv_of_random_bytes_is_refused():
    assert "which is no text" in refusal(bytes(range(256)) * 4, "f.csv")


# --- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        (r"C:\Users\x\staff.xlsx", "staff.xlsx"),
        ("a\x00b\u202excsv.csv", "abxcsv.csv"),
        ("<b>x</b>.csv", "b>.csv"),
        ("", "?"),
    ],
)
def test_f_i15_a_file_name_is_shown_and_never_a_path(name, shown):
    assert shown_name(name) == shown


def test_f_i15_a_long_name_is_shortened_and_keeps_its_ending():
    short = shown_name("ұ" * 300 + ".xlsx")
    assert len(short) == 120
    assert short.endswith(".xlsx")
    assert guard(book([["a"]]), "ұ" * 300 + ".xlsx") == "xlsx"


def test_columns_have_the_letters_of_a_spreadsheet():
    assert [column_letter(n) for n in (1, 26, 27, 702, 703, 16384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
