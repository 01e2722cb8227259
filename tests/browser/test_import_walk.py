"""A large file in a real Chromium: it waits, is read, the page follows by itself; refused, it says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from attestation import clock
from attestation.intake import background
from attestation.models import ImportJob, ImportWork
from tests.attestation.admin_cast import at, make_region, url
from tests.attestation.test_admin_imports import HEADER, NEW, row
from tests.browser.test_admin_walk import log_in, said, shoot
from tests.browser.widths import LANGUAGES
from tests.siblings_cast import workbook

__all__ = ["at", "shoot"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at")]


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
