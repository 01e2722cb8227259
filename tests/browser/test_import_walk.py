"""A large file in a real Chromium: it waits, is read, the page follows by itself; corrected, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext, ngettext
from openpyxl import Workbook, load_workbook

from attestation import clock
from attestation.admin import import_progress
from attestation.intake import background
from attestation.intake.kinds import staff
from attestation.intake.undo import why_left
from attestation.models import Employee, ImportJob, ImportRow, ImportWork, StagedRows
from attestation.work import between_batches
from tests.attestation.admin_cast import Region, at, make_region, url
from tests.attestation.test_admin_imports import HEADER, NEW, row
from tests.browser.test_admin_walk import log_in, said, shoot
from tests.browser.widths import LANGUAGES
from tests.factories import UserFactory, numbered
from tests.siblings_cast import workbook

__all__ = ["at", "shoot"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]


@pytest.mark.daily(2)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_large_file_follows_the_worker(
    language: str,
    page: Any,
    shoot: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    region = make_region("Ақмола")
    monkeypatch.setattr(background, "SMALL_BYTES", 0)
    settings.REDIS_URL = "redis://nowhere"
    monkeypatch.setattr("celery.current_app.send_task", lambda _name: None)
    log_in(page, region.officer, language)
    with translation.override(language):
        for name, content in (
            ("қызметкерлер.xlsx", workbook(HEADER, row(region, NEW, "Қасенова"))),
            ("басқа.xlsx", workbook(("a", "b"), (1, 2))),
        ):
            file = tmp_path / name
            file.write_bytes(content)
            page.goto(url("attestation_importjob_upload", "staff"))
            page.set_input_files("input[type=file]", str(file))
            page.click("form[data-once] button[type=submit]")
            page.wait_for_selector("progress")
            assert gettext("The file waits to be read.") in said(page)
            shoot(f"waiting-{language}")
            ImportJob.objects.filter(state="waiting").update(state="reading")
            began = clock.now() - timedelta(minutes=2)
            ImportWork.objects.update(began_at=began, rows=5000, rows_done=2000)
            page.wait_for_selector("progress[value='40']")
            shoot(f"reading-{language}")
            background.run_due(now=clock.now())
            page.wait_for_selector("progress", state="detached")
            shoot(f"{ImportJob.objects.latest('pk').state}-{language}")
        assert gettext("Upload a file again") in said(page)
    assert set(ImportJob.objects.values_list("state", flat=True)) == {"previewed", "refused"}


# --- the whole way of a staff file, with a worker beside the page ------------------------------------------

ROWS_AN_ERROR = 100
SIZES = (
    ("kk", 2500),
    pytest.param("ru", 2500, marks=pytest.mark.slow),
    pytest.param("kk", 20_000, marks=pytest.mark.slow),
)
# By column: what is wrong in every hundredth row.
FAULTS = ((0, NEW[:-1] + "0"), (1, None), (6, "31.02.2024"))
DAY_BORN = date(1975, 1, 1)


def person(region: Region, place: int) -> list[Any]:
    """The correct line of somebody; `place` from 0."""
    born = DAY_BORN + timedelta(days=place // 1000)
    iin = numbered(f"{born:%y%m%d}4", place % 1000 * 7)
    return list(row(region, iin, f"Қасенова{place}"))


def staff_file(region: Region, rows: int, path: Path) -> None:
    """So many people, of whom every hundredth has an error, of three kinds in turn."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Штат")
    sheet.append(HEADER)
    for place in range(rows):
        line = person(region, place)
        if place % ROWS_AN_ERROR == 0:
            column, wrong = FAULTS[place // ROWS_AN_ERROR % len(FAULTS)]
            line[column] = wrong
        sheet.append(line)
    book.save(path)


def correct(region: Region, path: Path) -> None:
    """Put right each line of the file of errors, as its officer would: by the note that names the row."""
    book = load_workbook(path)
    for line in book.active.iter_rows(min_row=2):
        number = int("".join(filter(str.isdigit, line[len(HEADER)].value.partition(":")[0])))
        for cell, value in zip(line, person(region, number - 2), strict=False):
            cell.value = value
    book.save(path)


class Worker:
    """A worker beside the page, which stops where the test wants to look at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = Event()
        save = staff.save_staff

        def held(rows: StagedRows, *, now: Any) -> None:
            if ImportWork.objects.exists() and rows.first > ROWS_AN_ERROR:
                assert self.go.wait(60)
            save(rows, now=now)

        monkeypatch.setattr(staff, "save_staff", held)

    def before_the_last_batch(self) -> None:
        """A file that is read is held there; of one that is imported only what is read is seen here."""
        if ImportWork.objects.filter(rows__gt=0, rows_done=F("rows"), asked_at=None).exists():
            assert self.go.wait(60)

    def run(self) -> int:
        try:
            with between_batches(self.before_the_last_batch):
                return background.run_due(now=clock.now())
        finally:
            connection.close()

    @contextmanager
    def beside(self) -> Iterator[None]:
        """While the page is looked at the worker is busy; afterwards it is done."""
        self.go.clear()
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.run)
            try:
                yield
            finally:
                self.go.set()
            assert running.result(timeout=120) == 1


def upload(page: Any, path: Path) -> None:
    page.set_input_files("input[type=file]", str(path))
    page.click("form[data-once] button[type=submit]")
    page.wait_for_url("**/importjob/*/change/")


def leave_and_come_back(page: Any, shoot: Callable[[str], None], name: str) -> None:
    """How far the worker is; it is told again to whoever comes back by the list of imports."""
    page.wait_for_selector("progress[value]:not([value='0'])")
    shoot(name)
    page.goto(url("attestation_employee_changelist"))
    page.goto(url("attestation_importjob_changelist"))
    shoot(f"list-{name}")
    page.click("#result_list tbody a")
    page.wait_for_selector("progress")
    assert 0 < int(page.get_attribute("progress", "value")) < 100


def undo(page: Any, shoot: Callable[[str], None], name: str, reason: str) -> None:
    page.click(f"a:has-text('{gettext('Undo this import')}')")
    page.fill("[name=reason]", reason)
    shoot(f"undo-{name}")
    page.click("form[data-once] button[type=submit]")
    page.wait_for_url("**/importjob/*/change/")
    shoot(f"undone-{name}")


@pytest.mark.daily(2)
@pytest.mark.parametrize(("language", "rows"), SIZES)
def test_a_staff_file_is_imported_corrected_and_undone(
    language: str,
    rows: int,
    page: Any,
    shoot: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    region, worker = make_region("Ақмола"), Worker(monkeypatch)
    before, wrong = Employee.objects.count(), rows // ROWS_AN_ERROR
    monkeypatch.setattr(import_progress, "REFRESH_EVERY_S", 1)
    settings.REDIS_URL = "redis://nowhere"
    monkeypatch.setattr("celery.current_app.send_task", lambda _name: None)
    file, failed = tmp_path / "қызметкерлер.xlsx", tmp_path / "қателер.xlsx"
    staff_file(region, rows, file)
    log_in(page, region.officer, language)
    with translation.override(language):
        page.goto(url("attestation_importjob_upload", "staff"))
        shoot(f"upload-{language}")
        upload(page, file)
        with worker.beside():
            leave_and_come_back(page, shoot, f"reading-{language}")
        page.wait_for_selector("progress", state="detached")
        job = ImportJob.objects.get()
        assert (job.state, job.rows_new, job.rows_error) == ("previewed", rows - wrong, wrong)
        shoot(f"previewed-{language}")

        page.click("form.confirm button")
        page.wait_for_selector("progress")
        with worker.beside():
            leave_and_come_back(page, shoot, f"confirming-{language}")
        page.wait_for_selector("progress", state="detached")
        assert Employee.objects.count() == before + rows - wrong
        shoot(f"imported-{language}")

        with page.expect_download() as download:
            page.click(f"a:has-text('{gettext('Rows with errors as a file')}')")
        download.value.save_as(failed)
        correct(region, failed)
        first = page.url
        page.set_input_files("form.corrected input[type=file]", str(failed))
        page.click("form.corrected button")
        page.wait_for_url(lambda address: address != first)
        shoot(f"corrected-{language}")
        corrected = ImportJob.objects.latest("pk")
        assert (corrected.rows_new, corrected.rows_error) == (wrong, 0)
        page.click("form.confirm button")
        page.wait_for_load_state()
        assert Employee.objects.count() == before + rows
        shoot(f"corrected-imported-{language}")
        second = page.url

        touched = Employee.objects.get(iin=person(region, 1)[0])
        UserFactory(employee=touched, username="қасенова", date_joined=clock.now() + timedelta(minutes=5))
        page.goto(first)
        undo(page, shoot, language, "Басқа орталықтың файлы")
        assert Employee.objects.filter(pk=touched.pk).exists()
        assert Employee.objects.count() == before + wrong + 1
        left = ImportRow.objects.get(left__isnull=False).left
        assert left
        assert why_left(left) in said(page)
        page.goto(second)
        undo(page, shoot, f"second-{language}", "Басқа орталықтың файлы")
        count = ngettext("%(count)s row was undone.", "%(count)s rows were undone.", wrong)
        assert count % {"count": wrong} in page.inner_text("body")
    assert Employee.objects.count() == before + 1
