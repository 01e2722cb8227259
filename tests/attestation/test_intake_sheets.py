"""What the reader sees of a workbook: hidden rows, stray cells, its sheets, its kind (F-I6, F-I10, F-I12)."""

import io
import subprocess
import sys
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook, load_workbook

from attestation.intake import reading
from attestation.intake.sheet_xml import BookXml as Parts
from tests.attestation.intake_cast import HERE, book
from tests.attestation.test_intake_reading import DAMAGED, read, refusal, repacked, zipped

CASES = HERE / "cases"
HEADERS = frozenset({"иин", "фамилия", "имя"})
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MERGED = [["Организация"], [], [None, "ИИН / ЖСН", "Фамилия"], [None, "1", "a"]]


def case(name: str):
    return read((CASES / name).read_bytes(), name, headers=HEADERS)


def saved(workbook: Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def with_cell(address: str, value: object, rows: int = 3) -> bytes:
    opened = load_workbook(io.BytesIO(book([[f"a{n}", f"b{n}"] for n in range(rows)])))
    opened.active[address] = value
    return saved(opened)


def sheet_of(rows: str, prefix: str = "", **parts: str) -> bytes:
    """A workbook whose sheet has this XML for rows."""
    named = f":{prefix[:-1]}" if prefix else ""
    xml = f"<{prefix}sheetData>{rows}</{prefix}sheetData>"
    xml = f'<{prefix}worksheet xmlns{named}="{SPACE}">{xml}</{prefix}worksheet>'
    return repacked(book([["x"]]), xl__worksheets__sheet1=xml, **parts)


# --- hidden rows ----------------------------------------------------------------------------------------


def test_f_i6_a_hidden_row_is_read_and_known():
    _table, rows = case("1c-hidden.xlsx")
    assert [row.number for row in rows if row.hidden] == [8]
    assert rows[5].cells[1] == "850101300779"


@pytest.mark.parametrize("hidden", ['hidden="1"', "hidden='true'"])
def test_f_i6_rows_that_a_filter_hides_are_known(hidden):
    rows = "".join(
        f'<row r="{n}" {hidden if n in (2, 4) else ""}><c><v>{n}</v></c></row>' for n in range(1, 6)
    )
    assert [row.number for row in read(sheet_of(rows))[1] if row.hidden] == [2, 4]
    assert not [row for row in read(sheet_of(rows.replace(hidden, 'hidden="0"')))[1] if row.hidden]


def ods(rows: str, before: str = "") -> bytes:
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest:manifest/>",
            "content.xml": f"<office:document-content{names}><office:body><office:spreadsheet>{before}"
            f'<table:table table:name="A&amp;B">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def ods_row(text: str, attributes: str = "", repeated: int = 1) -> str:
    cell = (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{repeated}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )
    return f"<table:table-row {attributes}>{cell}</table:table-row>"


def test_f_i6_hidden_rows_of_an_ods_are_known():
    data = ods(
        ods_row("a")
        + ods_row("b", 'table:number-rows-repeated="2" table:visibility="collapse"')
        + ods_row("c")
        + ods_row("d", 'table:visibility="filter"')
        + '<table:table-row table:visibility="collapse" table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>',
        before='<table:table table:name="Empty"><table:table-row table:visibility="collapse"/></table:table>',
    )
    _table, rows = read(data, "f.ods")
    assert [(row.number, row.hidden) for row in rows] == [
        (1, False),
        (2, True),
        (3, True),
        (4, False),
        (5, True),
    ]


def test_f_i12_repeated_cells_of_an_ods_do_not_explode():
    bomb = ods(ods_row("a", 'table:number-rows-repeated="1048576"', 16384))
    assert refusal(bomb, "f.ods").startswith("The file is damaged or too large.")


# --- stray cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["A1048576", "Z1048576", "XFD1", "IW2", "XFD1048576", "B1004"])
def test_f_i12_a_stray_cell_is_named_and_left_out(address):
    table, rows = read(with_cell(address, "x"))
    assert (table.stray, table.strays) == ([address], 1)
    assert [row.cells for row in rows] == [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]


@pytest.mark.parametrize("address", ["B1003", "IV2"])
def test_f_i12_what_is_near_enough_is_data(address):
    table, rows = read(with_cell(address, "x"))
    assert (table.stray, table.strays) == ([], 0)
    assert "x" in [cell for row in rows for cell in row.cells]


@pytest.mark.parametrize("address", ["A1048576", "XFD1"])
def test_f_i12_a_blank_far_away_is_no_cell(address):
    table, rows = read(with_cell(address, "  "))
    assert (table.stray, table.strays, len(rows)) == ([], 0, 3)


def test_f_i12_a_blank_among_the_shared_texts_is_blank():
    far = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="9000"><c r="A9000" t="s"><v>%d</v></c></row>'
    texts = f'<sst xmlns="{SPACE}"><si><t>a</t></si><si><t xml:space="preserve"> &#160; </t></si><si/></sst>'
    for index, strays in ((0, 1), (1, 0), (2, 0), (10**9, 1)):  # there is no such text: no blank
        table, rows = read(sheet_of(far % index, xl__sharedStrings=texts))
        assert (table.strays, len(rows)) == (strays, 1)


def test_f_i12_many_stray_cells_are_counted_and_twenty_named():
    table, rows = read(book([["a", *[None] * 300, *range(30)], ["b"]]))
    assert (len(table.stray), table.strays) == (20, 30)
    assert table.stray[:2] == ["KP1", "KQ1"]
    assert [row.cells for row in rows] == [["a"], ["b"]]


def test_f_i12_a_far_row_with_data_is_refused_and_named():
    opened = load_workbook(io.BytesIO(with_cell("A5000", "x")))
    opened.active["B5000"] = "y"
    assert refusal(saved(opened)) == (
        "Row 5000 stands far below the row before it, 3. "
        "Move it up to the table, or delete it, and upload the file again."
    )


def test_f_i12_styled_cells_between_do_not_make_a_far_row_near():
    opened = load_workbook(io.BytesIO(with_cell("A3000", "x")))
    for number in range(4, 3000):
        opened.active.cell(number, 1).number_format = "0.00"
    assert read(saved(opened))[0].stray == ["A3000"]


def test_f_i12_a_table_may_begin_far_down():
    rows = "".join(f'<row r="{n}"><c r="B{n}"><v>{n}</v></c></row>' for n in (5000, 5001))
    assert [row.number for row in read(sheet_of(rows))[1]] == [5000, 5001]


def test_f_i12_a_sheet_whose_names_have_a_prefix_is_read_alike():
    rows = '<x:row r="1" hidden="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row><x:row r="2"/>'
    rows += '<x:row r="3"><x:c r="A3" t="e"><x:v>#N/A</x:v></x:c></x:row>'
    rows += '<x:row r="9000"><x:c r="C9000"><x:v>1</x:v></x:c></x:row>'
    table, read_rows = read(sheet_of(rows, "x:"))
    assert [(row.cells, row.hidden) for row in read_rows] == [([1], True), ([["e", "#N/A"]], False)]
    assert table.stray == ["C9000"]


def test_f_i9_marks_stay_where_cells_were_taken_out():
    rows = '<row r="1"><c r="A1"><f>1+1</f></c><c r="XFD1"><f>1+1</f></c></row>'
    rows += '<row r="2"><c r="A2"><v>1</v></c></row><row r="9000"><c r="A9000" t="e"><v>#REF!</v></c></row>'
    table, read_rows = read(sheet_of(rows))
    assert [row.cells for row in read_rows] == [[["f"]], [1]]
    assert table.stray == ["XFD1", "A9000"]


def cost(data: bytes) -> tuple[float, int]:
    """CPU seconds and the most memory in MB of one child, asked of the child itself."""
    limits = reading.json.dumps({**reading.LIMITS, "kind": "xlsx", "sheet": "", "headers": []})
    tell = "; most = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]"
    tell += "; print(time.process_time(), most[0], file=sys.stderr)"
    tell = reading.CHILD.replace("import sys", "import sys, time") + tell
    command = [sys.executable, "-I", "-X", "utf8", "-c", tell, str(reading.ROOT), limits]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    seconds, kilobytes = done.stderr.split()
    return float(seconds), int(kilobytes) // 1024


def test_f_i12_the_last_cell_of_a_sheet_is_left_out_of_a_file_of_people():
    for name, stray in (("cases/last-row.xlsx", "A1048576"), ("bad/far-cell.xlsx", "XFD1048576")):
        table, rows = read((HERE / name).read_bytes(), name)
        assert table.stray == [stray]
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def test_f_i12_stray_cells_cost_their_kilobytes():
    ordinary = cost(with_cell("A1", "x"))
    for data in ((CASES / "last-row.xlsx").read_bytes(), with_cell("Z1048576", "x"), with_cell("XFD1", " ")):
        seconds, megabytes = cost(data)
        assert megabytes < 60
        assert seconds < ordinary[0] + 0.5


@pytest.mark.daily(3)
def test_f_i12_a_large_workbook_takes_less_than_250_mb_a_hundred_thousand_rows():
    cells = "".join(
        f'<c r="{chr(65 + i)}%d" t="inlineStr"><is><t>Қожахметова%d</t></is></c>' for i in range(12)
    )
    data = sheet_of(
        "".join(
            f'<row r="{n}">{cells % tuple(v for _ in range(12) for v in (n, n))}</row>'
            for n in range(1, 20_001)
        )
    )
    assert cost(data)[1] < 16 + 250 / 5
    assert read(data)[0].count == 20_000


def test_f_i9_what_calamine_does_not_show_of_an_ods_is_read():
    error = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    wrong = ods_row("#DIV/0!").replace('office:value-type="string"', error)
    rows = ods_row("a<text:line-break/>b <text:span>c<text:tab />d</text:span>") + wrong + ods_row("e")
    read_rows = read(ods(rows).replace(b"xmlns:text", b'xmlns:calcext="urn:x" xmlns:text'), "f.ods")[1]
    assert [row.cells for row in read_rows] == [["a\nb c\td"], [["e", "#DIV/0!"]], ["e"]]


# --- the sheet that is read -----------------------------------------------------------------------------


def test_f_i6_the_sheet_with_the_headers_is_read_and_the_other_named():
    table, rows = case("sheet2.xlsx")
    assert (table.sheet, table.sheets, table.others) == ("Штат", ["Инструкция", "Штат"], ["Инструкция"])
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ([["ИИН"], ["x"]], [["ИИН", "Фамилия"]], "Two"),  # one header word is not enough
        ([["x"]], MERGED, "Two"),
        ([["ИИН", "Фамилия"]], [["ИИН", "Фамилия", "Имя"]], "Sheet"),  # the first that has them
        ([["x"]], [["y"]], "Sheet"),  # none has them
        ([["x"]], [*[[n] for n in range(10)], ["ИИН", "Фамилия"]], "Sheet"),  # not among the first ten
        ([["x"]], [*[[n] if n % 2 else [] for n in range(18)], ["ИИН *", "Фамилия:"]], "Two"),
        ([["x"]], [["ИИН", "иин "]], "Sheet"),  # the same word twice
        ([], [["y"]], "Two"),
    ],
)
def test_f_i6_which_sheet_has_the_headers(first, second, chosen):
    table, _rows = read(book(first, Two=second), headers=HEADERS)
    assert table.sheet == chosen
    assert table.others == [name for name in ("Sheet", "Two") if name != chosen and (first or name == "Two")]


def test_f_i6_the_headers_are_found_in_other_kinds_too():
    empty = '<table:table table:name="First">' + ods_row("x") + "</table:table>"
    header = ods_row("ИИН").replace("</table:table-row>", "") + ods_row("Имя").partition(">")[2]
    assert read(ods(header, empty), "f.ods", headers=HEADERS)[0].sheet == "A&B"
    assert read(ods(header, empty), "f.ods")[0].sheet == "First"


def test_f_i6_a_hidden_sheet_with_the_headers_comes_after_a_visible_one():
    opened = load_workbook(io.BytesIO(book([["ИИН", "Имя"]], Shown=[["ИИН", "Имя"]])))
    opened["Sheet"].sheet_state = "hidden"
    opened.active = 1
    assert read(saved(opened), headers=HEADERS)[0].sheet == "Shown"


def test_f_i6_a_sheet_that_is_asked_for_is_read_whatever_it_holds():
    data = (CASES / "sheet2.xlsx").read_bytes()
    table, rows = read(data, "sheet2.xlsx", "Инструкция", HEADERS)
    assert (table.sheet, table.others, len(rows)) == ("Инструкция", ["Штат"], 2)


def test_f_i12_far_data_on_another_sheet_does_not_refuse_the_file():
    opened = load_workbook(io.BytesIO(with_cell("A5000", "x")))
    opened.active["B5000"] = "y"
    opened.create_sheet("Two").append(["ИИН", "Имя"])
    assert read(saved(opened), headers=HEADERS)[0].sheet == "Two"


# --- what a file is -------------------------------------------------------------------------------------


def test_f_i10_an_xls_named_xlsx_is_read_by_its_contents():
    table, rows = case("xls-renamed.xlsx")
    assert (table.kind, table.renamed, len(rows)) == ("xls", "xls", 6)


@pytest.mark.parametrize("name", ["f.xls", "f.csv", "f.ods"])
def test_f_i10_a_workbook_under_another_name_is_read_by_its_contents(name):
    table, rows = read(book([["a"]]), name)
    assert (table.kind, table.renamed, rows[0].cells) == ("xlsx", "xlsx", ["a"])
    assert read(book([["a"]]))[0].renamed == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le"])
def test_f_i10_a_csv_named_as_a_workbook_is_read_by_its_contents(encoding):
    table, rows = read("ИИН;Имя\n1;Анна\n".encode(encoding), "f.xls")
    assert (table.kind, table.renamed, rows[1].cells) == ("csv", "csv", ["1", "Анна"])


def test_f_i10_bytes_that_are_no_text_are_not_read_as_a_csv():
    assert refusal(bytes(range(256)), "f.xlsx") == (
        "The contents of the file are not those of a .xlsx file. Save it anew as .xlsx or .csv."
    )


@pytest.mark.parametrize(
    "data",
    [
        (CASES / "html.xls").read_bytes(),
        b"\n <!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.0//EN'><html>",
        "\ufeff<table><tr>".encode(),
        "<HTML>".encode("utf-16"),
        b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">',
        b"MIME-Version: 1.0\nContent-Type: multipart/related",
    ],
)
@pytest.mark.parametrize("name", ["f.xls", "f.xlsx", "f.csv"])
def test_f_i10_a_web_page_is_named(name, data):
    assert refusal(data, name) == (
        "The file is a web page. Open it in Excel, save it as .xlsx and upload it again."
    )


# --- text files -----------------------------------------------------------------------------------------


def test_f_i7_utf_16_without_its_mark_is_read():
    table, rows = case("c-utf16le-nobom.csv")
    assert (table.encoding, table.delimiter, len(rows)) == ("UTF-16", "\t", 6)
    assert rows[1].cells[:2] == ["030115500013", "Әлімханов"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_f_i7_both_byte_orders_are_found(encoding):
    table, rows = read("ЖСН;Тегі\r\n1;Іңкәров\r\n".encode(encoding), "f.csv")
    assert (table.encoding, rows[1].cells) == ("UTF-16", ["1", "Іңкәров"])


@pytest.mark.parametrize(("end", "unterminated"), [("", True), ("\n", False), ("\r\n", False), ("\r", False)])
def test_f_i7_a_last_line_without_an_end_is_known(end, unterminated):
    assert read(f"a;b\n1;2{end}".encode(), "f.csv")[0].unterminated is unterminated


def test_f_i7_the_width_of_a_record_counts_its_blank_fields():
    _table, rows = read(b"a;b;c\n1;;\n2\n;;\n3;4;5;\n", "f.csv")
    assert [(row.number, row.cells, row.width) for row in rows] == [
        (1, ["a", "b", "c"], 3),
        (2, ["1"], 3),
        (3, ["2"], 1),
        (5, ["3", "4", "5"], 4),
    ]
    assert [row.width for row in read(book([["a", None]]))[1]] == [None]


def test_a_text_that_looks_like_an_escape_is_kept():
    assert read(b"a\n\\u0000\n", "f.csv")[1][1].cells == ["\\u0000"]


# --- links, dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["externalLinks", "ExternalLINKS"])
def test_f_i13_links_to_other_workbooks_are_noted_and_never_read(folder):
    part = f"xl/{folder}/externalLink1.xml"
    data = io.BytesIO(book([["a"], [7]]))
    with zipfile.ZipFile(data, "a") as pack:
        pack.writestr(part, "<!DOCTYPE a []><externalLink/>")
    broken = data.getvalue().replace(b"<!DOCTYPE a []><externalLink/>", b"?" * 30)
    assert b"?" * 30 in broken  # who reads it finds a wrong checksum
    table, rows = read(broken)
    assert table.links
    assert [row.cells for row in rows] == [["a"], [7]]
    assert part not in Parts(broken).book.namelist()
    assert not read(book([["a"]]))[0].links


def test_f_i13_a_sheet_that_points_at_a_link_is_not_followed():
    with zipfile.ZipFile(io.BytesIO(book([["a"]]))) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    links = parts["xl/_rels/workbook.xml.rels"]
    assert b"worksheets/sheet1.xml" in links
    parts["xl/externalLinks/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"]
    parts["xl/_rels/workbook.xml.rels"] = links.replace(b"worksheets/sheet1", b"externalLinks/sheet1")
    assert refusal(zipped(parts)) == DAMAGED


def test_f_i8_a_day_and_a_moment_are_told_apart():
    moments = [date(2026, 3, 1), datetime(2026, 3, 1), datetime(2026, 3, 1, 10, 30), time(10, 30)]
    opened = Workbook()
    opened.active.append(moments)
    opened.active["B1"].number_format = "yyyy-mm-dd hh:mm:ss"
    assert read(saved(opened))[1][0].cells == [
        ["d", "2026-03-01"],
        ["d", "2026-03-01"],
        ["t", "2026-03-01T10:30:00"],
        ["o", "10:30:00"],
    ]
    value = '<table:table-cell office:value-type="date" office:date-value="2026-03-01T%s"/>'
    row = f"<table:table-row>{value % '00:00:00'}{value % '10:30:00'}</table:table-row>"
    assert read(ods(row), "f.ods")[1][0].cells == [["d", "2026-03-01"], ["t", "2026-03-01T10:30:00"]]
