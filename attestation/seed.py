"""What a new database starts with: the default rule set, the calendar, the regions, the journal's head."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

from django.apps.registry import Apps

from attestation.calendar_seed import SOURCE, seed_days
from attestation.law.calendar import ALMATY

REGIONS_CSV = Path(__file__).resolve().parent.parent / "fixtures" / "regions.csv"
# I-21: the default first day assumes publication on 18 September 2025.
EFFECTIVE_FROM = date(2025, 9, 29)
CALENDAR_YEARS = range(2024, 2031)
# The days off through this year were compared with a table written by hand from the rule, a reason for each
# (tests/law/calendar_2024_2027.yaml): they ship as confirmed by the release. Every later year, and one that a
# decree changes, waits for an administrator (I-09, F-R7).
CONFIRMED_THROUGH = 2026
COMPARED_AT = datetime(2026, 11, 23, tzinfo=ALMATY)


def seed_defaults(apps: Apps) -> None:
    """Put the defaults on record where they are missing; runs in a migration and after a test's flush."""
    apps.get_model("attestation", "JournalHead").objects.get_or_create(pk=1)
    apps.get_model("attestation", "RuleSet").objects.get_or_create(
        effective_from=EFFECTIVE_FROM,
        defaults={"title": "12.09.2025 № 271 бұйрық / Приказ № 271 от 12.09.2025"},
    )
    _seed_regions(apps)
    _seed_calendar(apps)


def _seed_regions(apps: Apps) -> None:
    region = apps.get_model("attestation", "Region")
    with REGIONS_CSV.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            region.objects.get_or_create(
                code=row["code"],
                defaults={name: row[name] for name in ("name_kk", "name_ru", "name_en")},
            )


def _seed_calendar(apps: Apps) -> None:
    """I-09: `holidays` fills the years in; those that nobody has compared yet wait for an administrator."""
    year_model = apps.get_model("attestation", "CalendarYear")
    day_model = apps.get_model("attestation", "CalendarDay")
    for year in CALENDAR_YEARS:
        record, made = year_model.objects.get_or_create(
            year=year, defaults={"confirmed_at": COMPARED_AT if year <= CONFIRMED_THROUGH else None}
        )
        if not made:
            continue
        day_model.objects.bulk_create(
            day_model(
                day=seed.day,
                year=record,
                kind=seed.kind,
                name_kk=seed.name_kk,
                name_ru=seed.name_ru,
                name_en=seed.name_en,
                source=SOURCE,
            )
            for seed in seed_days(year)
        )
