"""F-I22: every table that leaves the product, in a list written by hand; none has a formula in it."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.functional import lazystr
from openpyxl import load_workbook

from attestation.admin.files import csv_text
from attestation.by import By
from attestation.deadlines.outages import record_outage
from attestation.intake import engine
from attestation.intake.values import harmless, plain
from attestation.models import Attestation, Center, Deadline, Employee, Outage, TermChange, User
from office.management.commands.rehearse import Command as Rehearse
from scoring.models import Violation
from tests.attestation.admin_cast import MONDAY, Region, at, client_of, export_address, make_region, url
from tests.factories import AttestationFactory, EmployeeFactory, ResultFactory, UserFactory, moment
from tests.house import APPS, ROOT
from tests.jobs.platform_cast import NOBODY
from tests.siblings_cast import workbook

__all__ = ["at"]

# What a spreadsheet program takes for the beginning of a formula, or throws away before one.
SIGNS = ["=", "+", "-", "@", "\t", "\r"]
WILD = "=1+1"
Cells = list[list[Any]]


@dataclass
class Desk:
    """A region whose texts all begin like a formula, and an administrator at the screen."""

    region: Region
    admin: User
    outage: Outage
    folder: Path

    def got(self, name: str, *args: Any) -> bytes:
        """A file that a page gives."""
        answer = client_of(self.admin).get(url(name, *args))
        assert answer.status_code == 200
        return answer.content

    def sent(self, name: str, *args: Any, **data: str) -> bytes:
        """A file that a page gives for a POST."""
        answer = client_of(self.admin).post(url(name, *args), data)
        assert answer.status_code == 200
        return answer.content


def of_csv(data: bytes | str) -> Cells:
    """The cells as a spreadsheet program reads them."""
    text = data if isinstance(data, str) else data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def of_xlsx(data: bytes) -> Cells:
    """The cells of every sheet, and that none is stored as a formula."""
    rows = [row for sheet in load_workbook(io.BytesIO(data)) for row in sheet.iter_rows()]
    assert [cell.coordinate for row in rows for cell in row if cell.data_type == "f"] == []
    return [[cell.value for cell in row] for row in rows]


def staff_file(desk: Desk) -> bytes:
    """A file whose rows have errors and texts that begin like a formula."""
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(["iin", "last_name", "first_name", "center_bin", "position", "hired_on", f"{WILD}head"])
    lines.writerow(["900315300001", f"{WILD}text", "Ә", "1", "career_specialist", "2020-01-15", "…"])
    return out.getvalue().encode()


def failed_on_the_page(desk: Desk) -> Cells:
    """The rows to correct, from the page of the import."""
    job = engine.preview("staff", staff_file(desk), "staff.csv", by=By(desk.admin, MONDAY))
    return of_xlsx(desk.got("attestation_importjob_failed", job.pk))


def failed_beside_the_file(desk: Desk) -> Cells:
    """The rows to correct, which the command writes beside the file."""
    source = desk.folder / "staff.csv"
    source.write_bytes(staff_file(desk))
    with pytest.raises(Exception, match="Rows to correct"):
        call_command("import_staff", str(source), "--skip-errors")
    (written,) = desk.folder.glob("*.xlsx")
    return of_xlsx(written.read_bytes())


def template_of_a_cycle(desk: Desk) -> Cells:
    """The file to be filled in with the results of the cycle's people."""
    address = url("attestation_importjob_template", "results")
    answer = client_of(desk.admin).get(address, {"cycle": desk.region.case.cycle_id})
    return of_xlsx(answer.content)


def on_record(desk: Desk, kind: str) -> Cells:
    """What is on record of the kind, from the list or from the page of the cycle."""
    answer = client_of(desk.admin).post(export_address(kind, desk.region.case.cycle_id))
    return of_xlsx(answer.content)


def compared(desk: Desk) -> Cells:
    """What a comparison with the Platform found, from its page."""
    rows = [[NOBODY, "position", "conforms", f"{WILD}cycle"], [NOBODY, "position", f"{WILD}word", ""]]
    content = workbook(["iin", "purpose", "decision", "cycle"], *rows)
    job = engine.preview("decisions", content, "f.xlsx", by=By(desk.admin, MONDAY))
    return of_xlsx(desk.got("attestation_importjob_differences", job.pk))


def consequences_of(desk: Desk) -> Cells:
    """Whom a publication concerns, from its page."""
    person = EmployeeFactory(center=desk.region.career, last_name=f"{WILD}name")
    case = AttestationFactory(cycle=desk.region.case.cycle, employee=person, status="tested")
    ResultFactory(attestation=case, published_at=None)
    return of_xlsx(desk.sent("attestation_cycle_act", case.cycle_id, "publish", step="file"))


def settled(desk: Desk) -> Cells:
    """What the settlement of an outage made longer."""
    deadline = Deadline.objects.get(attestation=desk.region.case, kind=Deadline.Kind.APPEAL)
    TermChange.objects.create(
        deadline=deadline,
        outage=desk.outage,
        cause=TermChange.Cause.OUTAGE,
        was_due_on=deadline.due_on,
        due_on=date(2026, 2, 10),
        state=TermChange.State.APPLIED,
        made_at=MONDAY,
    )
    Outage.objects.update(settled_at=MONDAY, settled_by=desk.admin, settled_reason="…")
    return of_csv(desk.got("attestation_outage_terms", desk.outage.pk))


def rehearsed(desk: Desk) -> Cells:
    """What the command prints."""
    told = Rehearse().act(by=By(None, MONDAY), days=7, limit=3600.0, csv=True)
    return of_csv(told.text)


def listed(name: str, form: str) -> Callable[[Desk], Cells]:
    """The rows of a list as on the screen."""
    read = of_csv if form == "csv" else of_xlsx
    return lambda desk: read(desk.sent(f"attestation_{name}_export", form))


# What leaves the product, and whether a text that a person or a file gave stands in it.
EXPORTS: dict[str, tuple[Callable[[Desk], Cells], bool]] = {
    **{
        f"the list {name}, .{form}": (listed(name, form), True)
        for name in ("decision", "attestation", "journalentry")
        for form in ("csv", "xlsx")
    },
    "the staff, .csv": (lambda d: of_csv(d.sent("attestation_employee_export", "csv")), True),
    "the staff, .xlsx": (lambda d: of_xlsx(d.sent("attestation_employee_export", "xlsx")), True),
    "the centres, .xlsx": (lambda d: on_record(d, "centers"), True),
    "the violations, .xlsx": (lambda d: on_record(d, "violations"), True),
    "the results of a cycle, .xlsx": (lambda d: on_record(d, "results"), False),
    "the template of a cycle, .xlsx": (template_of_a_cycle, True),
    "the board's 90 days, .csv": (lambda d: of_csv(d.got("attestation_deadline_plot")), False),
    "the terms an outage cut into, .csv": (
        lambda d: of_csv(d.got("attestation_outage_terms", d.outage.pk)),
        True,
    ),
    "the terms a settlement made longer, .csv": (settled, True),
    "the rehearsal's page, .csv": (lambda d: of_csv(d.sent("rehearsal", days="7", csv="1")), True),
    "the rehearsal's command, .csv": (rehearsed, True),
    "the rows to correct from the page, .xlsx": (failed_on_the_page, True),
    "a comparison with the Platform, .xlsx": (compared, True),
    "what an act will do, .xlsx": (consequences_of, True),
    "the rows to correct from the command, .xlsx": (failed_beside_the_file, True),
}


def made_once() -> tuple[Region, User, Outage]:
    region = make_region("Ю9")
    outage = record_outage(
        began_at=moment("2026-02-06 09:00"),
        ended_at=moment("2026-02-06 11:00"),
        reason="…",
        by=By(None, MONDAY),
    )
    return region, UserFactory(), outage


@pytest.fixture
def desk(at: Callable[..., None], shared: tuple[Region, User, Outage], tmp_path: Path) -> Desk:
    """Something in every export."""
    return Desk(*shared, tmp_path)


def make_wild(desk: Desk) -> None:
    """Every text on record begins like a formula."""
    Employee.objects.update(last_name=f"{WILD}text", unit=f"{WILD}unit")
    Center.objects.update(name_kk=f"{WILD}kk", name_ru=f"{WILD}ru")
    Violation.objects.create(
        employee=desk.region.case.employee,
        recorded_on=date(2026, 2, 5),
        description=f"{WILD}what",
        external_id=f"{WILD}id",
    )
    for case in Attestation.objects.all():
        Attestation.objects.filter(pk=case.pk).update(case_no=f"{WILD}case {case.pk}")


@pytest.mark.django_db
@pytest.mark.parametrize("name", EXPORTS)
def test_no_cell_of_an_export_is_a_formula(name: str, desk: Desk) -> None:
    """A text that begins like a formula stands behind an apostrophe, in whichever cell of the file it is."""
    read, has_texts = EXPORTS[name]
    make_wild(desk)
    texts = [cell for row in read(desk) for cell in row if isinstance(cell, str)]
    assert texts
    assert [cell for cell in texts if cell[:1] in SIGNS] == []
    assert any(cell.startswith(f"'{WILD}") for cell in texts) == has_texts


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["the staff, .csv", "the staff, .xlsx"])
def test_an_iin_goes_out_as_text(name: str, desk: Desk) -> None:
    """A number would lose its first zeros."""
    iin = desk.region.case.employee.iin
    Employee.objects.filter(iin=iin).update(iin=f"00{iin[2:]}")
    assert f"00{iin[2:]}" in [cell for row in EXPORTS[name][0](desk) for cell in row]


@pytest.mark.parametrize("sign", [*SIGNS, "\0"])
def test_each_sign_is_guarded_and_comes_back(sign: str) -> None:
    """Alone, before a text, and where somebody has put an apostrophe before it already."""
    for text in (sign, f"{sign}1+1", f"'{sign}1", f"''{sign}"):
        assert harmless(text) == f"'{text}"
        assert plain(harmless(text)) == text
        assert of_csv(csv_text([text], [[text, lazystr(text)]])) == [[f"'{text}"], [f"'{text}", f"'{text}"]]


def test_what_is_no_formula_goes_out_as_it_is() -> None:
    assert of_csv(csv_text(["a"], [["O'Ким", "'a'", "1-2", "", -5, None]])) == [
        ["a"],
        ["O'Ким", "'a'", "1-2", "", "-5", ""],
    ]


# Where the product makes tables at all; each place guards every cell, or what it makes does not leave.
WRITERS = {
    ("attestation/admin/files.py", "csv.writer"): "csv_text, the one writer of .csv",
    ("attestation/admin/exports.py", "export"): "csv_text or workbook",
    ("attestation/intake/failed_rows.py", "Workbook"): "workbook, cells pass writable",
    ("attestation/intake/template_file.py", "Workbook"): "template, cells pass writable",
    ("office/demo/files.py", "Workbook"): "the demo's own files, which the demo reads again",
}
MAKERS = {"writer", "DictWriter", "Workbook", "Dataset", "Databook", "export", "export_data", "to_csv"}


@cache
def calls() -> list[tuple[Path, ast.Call]]:
    """Every call of the product, file by file."""
    return [
        (path, node)
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]


def writers() -> set[tuple[str, str]]:
    """The calls that make a table, each with its file."""
    found = set()
    for path, node in calls():
        name = ast.unparse(node.func)
        if name.rpartition(".")[2] in MAKERS and not name.startswith(("self.", "super().")):
            name = "resource_of().export" if name.startswith("resource_of(") else name
            found.add((str(path.relative_to(ROOT)), name))
    return found


def test_no_table_is_made_at_any_other_place() -> None:
    """A new place guards its cells by `csv_text` or `harmless`, and stands in both lists here."""
    assert writers() == set(WRITERS)


def test_every_page_that_gives_a_table_is_in_the_list() -> None:
    """The calls that answer with a file: what is on record, the board, outages, rehearsal, rows of files."""
    found = [
        (path.name, node.func.id)
        for path, node in calls()
        if isinstance(node.func, ast.Name)
        and node.func.id in ("download", "download_csv", "failed_rows", "csv_text")
    ]
    assert sorted(found) == [
        ("board.py", "download_csv"),
        ("due_plot.py", "csv_text"),
        ("exports.py", "csv_text"),
        ("exports.py", "download"),
        ("exports.py", "download_csv"),
        ("files.py", "download"),
        ("import_command.py", "failed_rows"),
        ("import_templates.py", "download"),
        ("imports.py", "download"),
        ("imports.py", "download"),
        ("imports.py", "failed_rows"),
        ("outage_lines.py", "csv_text"),
        ("outage_lines.py", "csv_text"),
        ("outages.py", "download_csv"),
        ("rehearsal_page.py", "csv_text"),
        ("rehearsal_page.py", "download_csv"),
    ]
