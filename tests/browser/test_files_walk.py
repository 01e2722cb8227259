"""A staff list of an accounting program goes in with one upload; the next month's with four clicks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from openpyxl import Workbook

from attestation.intake import vocabulary
from attestation.models import Employee, ImportJob, JournalEntry
from tests.attestation.admin_cast import Region, at, make_region, url
from tests.browser.test_admin_walk import log_in, said, shoot
from tests.browser.widths import LANGUAGES
from tests.factories import numbered

__all__ = ["at", "shoot"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]
MOST_CLICKS, MOST_CLICKS_LATER = 9, 4
CHIEF, LEADING = "Главный специалист", "Ведущий специалист"
HEADER = (
    *("№ п/п", "ИИН / ЖСН", "Фамилия", "Имя", "Очество", None, "БИН\nцентра", "Подразделение"),
    *("Должность (по штатному расписанию)", "Дата приёма (дд.мм.гггг):", "Эл. почта"),
)


def sheet(region: Region, path: Path, *, first: int, more: int) -> None:
    """Five people and `more`: title rows, a numbering, two positions of theirs, lost zeros, a totals row."""
    book = Workbook()
    page = book.active
    page.title = "TDSheet"
    page.append(["Организация: КГУ «Карьерный центр»"])
    page.append(["Список сотрудников на 01.03.2026"])
    page.append([])
    page.append(HEADER)
    page.append([number if title else None for number, title in enumerate(HEADER, start=1)])
    for place in range(5 + more):
        iin = numbered("0503153", first + place)
        page.append(
            [
                place + 1,
                # A number has no zero before it.
                int(iin) if place % 2 else f"{iin}\xa0",
                f"Әлімханов{place} ",
                " Ұлан",
                "Серікұлы",
                None,
                region.career.bin,
                "Бөлім №1",
                CHIEF if place < 3 else LEADING,
                "01.03.2024 0:00:00",
                f"p{place}@example.kz",
            ]
        )
    page.append(["Итого", *[None] * 9, 5 + more])
    book.save(path)


class Hand:
    """A hand that counts its clicks; choosing from a list is two of them."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks = page, 0

    def bring(self, file: Path) -> None:
        self.clicks += 1
        self.page.set_input_files("input[type=file]", str(file))

    def press(self, button: str) -> None:
        self.clicks += 1
        with self.page.expect_navigation():
            self.page.click(button)

    def choose(self, place: int, value: str) -> None:
        self.clicks += 2
        self.page.locator("form.words select").nth(place).select_option(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_of_an_accounting_program_goes_in_with_one_upload(
    language: str, page: Any, shoot: Callable[[str], None], tmp_path: Path
) -> None:
    region = make_region("Ақмола")
    before = Employee.objects.count()
    file, later = tmp_path / "Штат.xlsx", tmp_path / "Штат-2.xlsx"
    sheet(region, file, first=10, more=0)
    sheet(region, later, first=10, more=2)
    log_in(page, region.officer, language)
    with translation.override(language):
        hand = Hand(page)
        page.goto(url("attestation_importjob_upload", "staff"))
        hand.bring(file)
        hand.press("form[data-once] button.primary")
        shoot(f"columns-{language}")
        text = said(page)
        assert "Очество" in text
        assert "Серікұлы" in text
        hand.press("form[data-once] button.primary")
        shoot(f"words-{language}")
        text = said(page)
        assert f"«{CHIEF}»" in text
        assert "I6, I7, I8" in text
        hand.choose(0, "career_specialist")
        hand.choose(1, "assistant")
        hand.press("form.words button.primary")
        shoot(f"preview-{language}")
        job = ImportJob.objects.get()
        assert (job.rows_new, job.rows_error) == (5, 0)
        assert vocabulary.label(vocabulary.POSITIONS, "career_specialist") in said(page)
        hand.press("form.confirm button")
        shoot(f"imported-{language}")
        assert hand.clicks <= MOST_CLICKS
        assert Employee.objects.count() == before + 5
        answers = JournalEntry.objects.get(act="import_confirmed").data["answers"]
        assert answers["values"]["position"] == {CHIEF: "career_specialist", LEADING: "assistant"}

        hand = Hand(page)
        page.goto(url("attestation_importjob_upload", "staff"))
        hand.bring(later)
        hand.press("form[data-once] button.primary")
        shoot(f"remembered-{language}")
        assert f"«{CHIEF}»" in said(page)
        hand.press("form.confirm button")
        assert hand.clicks <= MOST_CLICKS_LATER
        assert Employee.objects.count() == before + 7
        shoot(f"later-{language}")
